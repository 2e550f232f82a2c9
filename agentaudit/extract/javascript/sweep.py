"""Credentials in TypeScript and JavaScript, at places where none is known yet."""

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.javascript.modules import let_go, program
from agentaudit.extract.python.texts import settings_in_code
from agentaudit.extract.sweep import sweep


def sweep_javascript(documents: Documents, collector: Collector) -> None:
    """The sweep of scripts, and the last to ask for their trees."""
    known = program(documents).modules
    in_code = {file: settings_in_code(module) for file, module in known.items()}
    sweep(documents.of("javascript"), in_code, collector)
    let_go(documents)
