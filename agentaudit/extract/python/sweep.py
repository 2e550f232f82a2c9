"""Credentials in Python code, at places where none is known yet."""

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.imports import modules
from agentaudit.extract.python.shared_keys import let_go_of_keys
from agentaudit.extract.python.starts import let_go_of_code
from agentaudit.extract.python.texts import settings_in_code
from agentaudit.extract.sweep import sweep


def sweep_python(documents: Documents, collector: Collector) -> None:
    """The sweep of code, and the last to ask for its trees, which take more room than all else."""
    in_code = {file: settings_in_code(module) for file, module in modules(documents).items()}
    sweep(documents.of("python"), in_code, collector)
    let_go_of_keys(documents)
    let_go_of_code(documents)
