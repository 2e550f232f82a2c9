"""
Tools of frameworks that are passed by their names, as modules or functions.

Google's ADK (google.github.io/adk-docs/tools) and strands-agents-tools 0.8, whose tools that change
something ask on the terminal first unless `BYPASS_TOOL_CONSENT` is set (`shell.py`, `use_aws.py`).
"""

import ast
from collections.abc import Mapping
from dataclasses import replace

from agentaudit.extract.documents import Documents
from agentaudit.extract.python_class_tools import ClassTool, known_tool
from agentaudit.extract.python_code import Module
from agentaudit.extract.python_tools import EVERYTHING
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_NOTHING = ClassTool(effects=())
_SHELL = ClassTool(effects=EVERYTHING, private=True, egress=True, free_form=("command",))
_WEB = ClassTool(effects=("read",), untrusted=True)
_PAGES = ClassTool(effects=("read",), untrusted=True, egress=True, free_form=("url",))
_ADK: Mapping[str, ClassTool] = {
    **dict.fromkeys(("google_search", "enterprise_web_search"), _WEB),
    **dict.fromkeys(("url_context", "load_web_page"), _PAGES),
    **dict.fromkeys(
        ("exit_loop", "get_user_choice", "transfer_to_agent", "transfer_to_agent_tool"), _NOTHING
    ),
    **dict.fromkeys(
        ("load_memory", "preload_memory", "load_artifacts"), ClassTool(effects=("read",))
    ),
}
_STRANDS: Mapping[str, ClassTool] = {
    **dict.fromkeys(("shell", "python_repl"), _SHELL),
    "file_read": ClassTool(effects=("read",), private=True, free_form=("path",)),
    **dict.fromkeys(
        ("file_write", "editor"), ClassTool(effects=("read", "write"), free_form=("path",))
    ),
    "use_aws": ClassTool(effects=("read", "write", "delete"), private=True),
    "http_request": replace(_PAGES, effects=("read", "send")),
    **dict.fromkeys(("tavily_search", "exa_search", "rss"), _WEB),
    **dict.fromkeys(("calculator", "current_time", "think", "stop", "sleep"), _NOTHING),
}
_CONSENTED = frozenset({"shell", "python_repl", "file_write", "editor", "use_aws"})
_BYPASS = "BYPASS_TOOL_CONSENT"


def named_tool(documents: Documents, module: Module, element: ast.expr, path: str) -> Tool | None:
    """The tool that a name of a framework is."""
    package, _, name = path.rpartition(".")
    if package.startswith("google.adk.") and name in _ADK:
        return known_tool(module, element, (name, _ADK[name]))
    if package.partition(".")[0] != "strands_tools" or name not in _STRANDS:
        return None
    tool = known_tool(module, element, (name, _STRANDS[name]))
    if name not in _CONSENTED:
        return tool
    return replace(tool, approval=Truth.NO if documents.once(_bypassed) else Truth.YES)


def _bypassed(documents: Documents) -> bool:
    """Whether any file of the deployment speaks of the variable that switches the question off."""
    return any(_BYPASS in document.text for document in documents)
