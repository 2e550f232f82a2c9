"""
Tools of frameworks that are passed by their names, as modules or functions.

Google's ADK (`frameworks.adk_named_tools`) and strands-agents-tools 0.8, whose tools that change
something ask on the terminal first unless `BYPASS_TOOL_CONSENT` is set (`shell.py`, `use_aws.py`).
Those of LangMem keep and look up what an agent is to remember ("Memory Tools API Reference").
"""

import ast
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.documents import Documents, first_folder_of
from agentaudit.extract.frameworks.adk_named_tools import ADK_TOOLS
from agentaudit.extract.known_tools import FILES, NOTHING, PAGES, PRIVATE, SHELL, WEB, KnownTool
from agentaudit.extract.programs.code import Module
from agentaudit.extract.python.class_tools import known_tool
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
_LANGMEM: Mapping[str, tuple[str, KnownTool]] = {
    "langmem.create_manage_memory_tool": (
        "manage_memory",
        KnownTool(effects=("read", "write", "delete"), private=True),
    ),
    "langmem.create_search_memory_tool": ("search_memory", PRIVATE),
}
_CONSENTED = frozenset({"shell", "python_repl", "file_write", "editor", "use_aws"})
_BYPASS = "BYPASS_TOOL_CONSENT"


def named_tool(documents: Documents, module: Module, element: ast.expr, path: str) -> Tool | None:
    """The tool that a name of a framework is."""
    package, _, name = path.rpartition(".")
    if package.startswith("google.adk.") and name in ADK_TOOLS:
        return known_tool(module, element, (name, ADK_TOOLS[name]))
    if path in _LANGMEM:
        return known_tool(module, element, _LANGMEM[path])
    if package.partition(".")[0] != "strands_tools" or name not in _STRANDS:
        return None
    tool = known_tool(module, element, (name, _STRANDS[name]))
    if name not in _CONSENTED:
        return tool
    return replace(tool, approval=_asks(documents.once(_bypasses), module.document.file))


class _Bypasses(Struct, frozen=True):
    """Files that speak of the variable that switches the question off."""

    set: bool
    """Whether some configuration does: of what runs with it, nobody can say."""
    spoken_of: frozenset[str]
    """The first folders of programs and guides that do: it holds for what they start."""
    in_notebooks: frozenset[str]
    """Those of notebooks, which set it for the agents of their own cells."""


def _bypasses(documents: Documents) -> _Bypasses:
    found = [document for document in documents if _BYPASS in document.text]
    told = [document for document in found if document.syntax in {"python", "markdown", "text"}]
    tops = {True: set[str](), False: set[str]()}
    for document in told:
        tops[document.file.endswith(".ipynb")].add(first_folder_of(document.file))
    return _Bypasses(
        set=len(told) < len(found),
        spoken_of=frozenset(tops[False]),
        in_notebooks=frozenset(tops[True]),
    )


def _asks(bypasses: _Bypasses, file: str) -> Truth:
    own, others = first_folder_of(file), bypasses.spoken_of
    if (
        bypasses.set
        or own in others | bypasses.in_notebooks
        or (others and (not own or "" in others))
    ):
        return Truth.NO
    return Truth.UNKNOWN if others else Truth.YES
