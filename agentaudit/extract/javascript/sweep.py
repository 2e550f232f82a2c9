"""Credentials in TypeScript and JavaScript, at places where none is known yet."""

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.javascript.modules import let_go, program
from agentaudit.extract.sweep import sweep


def sweep_javascript(documents: Documents, collector: Collector) -> None:
    """The sweep of scripts, and the last to ask for their trees."""
    sweep(documents.of("javascript"), program(documents).modules, collector)
    let_go(documents)
