"""
Tools of frameworks that are passed by their names, as modules or functions.

Google's ADK (`adk_named_tools`) and strands-agents-tools 0.8, whose tools that change something ask
on the terminal first unless `BYPASS_TOOL_CONSENT` is set (`shell.py`, `use_aws.py`).
"""

import ast
from collections.abc import Mapping

from msgspec.structs import replace

from agentaudit.extract.adk_named_tools import ADK_TOOLS
from agentaudit.extract.documents import Documents
from agentaudit.extract.known_tools import FILES, NOTHING, PAGES, SHELL, WEB, KnownTool
from agentaudit.extract.python_class_tools import known_tool
from agentaudit.extract.python_code import Module
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_STRANDS: Mapping[str, KnownTool] = {
    **dict.fromkeys(("shell", "python_repl"), SHELL),
    "file_read": FILES,
    **dict.fromkeys(
        ("file_write", "editor"), KnownTool(effects=("read", "write"), free_form=("path",))
    ),
    "use_aws": KnownTool(effects=("read", "write", "delete"), private=True),
    "http_request": replace(PAGES, effects=("read", "send")),
    **dict.fromkeys(("tavily_search", "exa_search", "rss"), WEB),
    **dict.fromkeys(("calculator", "current_time", "think", "stop", "sleep"), NOTHING),
}
_CONSENTED = frozenset({"shell", "python_repl", "file_write", "editor", "use_aws"})
_BYPASS = "BYPASS_TOOL_CONSENT"


def named_tool(documents: Documents, module: Module, element: ast.expr, path: str) -> Tool | None:
    """The tool that a name of a framework is."""
    package, _, name = path.rpartition(".")
    if package.startswith("google.adk.") and name in ADK_TOOLS:
        return known_tool(module, element, (name, ADK_TOOLS[name]))
    if package.partition(".")[0] != "strands_tools" or name not in _STRANDS:
        return None
    tool = known_tool(module, element, (name, _STRANDS[name]))
    if name not in _CONSENTED:
        return tool
    return replace(tool, approval=Truth.NO if documents.once(_bypassed) else Truth.YES)


def _bypassed(documents: Documents) -> bool:
    """Whether any file of the deployment speaks of the variable that switches the question off."""
    return any(_BYPASS in document.text for document in documents)
