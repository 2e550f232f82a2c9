"""
Tools that come with frameworks and model providers of TypeScript and JavaScript, by their names.

Sources: https://openai.github.io/openai-agents-js/guides/tools, https://ai-sdk.dev/providers,
https://docs.langchain.com/oss/javascript/integrations/tools, and
https://github.com/cloudflare/agents/blob/main/docs/think/tools.md.
"""

import ast
from collections.abc import Mapping

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.known_tools import (
    BROWSER,
    EDITOR,
    HOSTED,
    NOTHING,
    PAGES,
    PRIVATE,
    SHELL,
    WEB,
    KnownTool,
)
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.syntax import keyword
from agentaudit.extract.python.class_tools import CLASS_TOOLS, in_container, known_tool
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_OF_AGENTS: Mapping[str, KnownTool] = {
    "webSearchTool": WEB,
    "fileSearchTool": PRIVATE,
    "codeInterpreterTool": HOSTED,
    **dict.fromkeys(("imageGenerationTool", "toolSearchTool"), NOTHING),
    "programmaticToolCallingTool": HOSTED,
    "computerTool": SHELL,
    "shellTool": SHELL,
    "applyPatchTool": replace(EDITOR, effects=("write",)),
}
_OF_WORKERS: Mapping[str, KnownTool] = {
    **dict.fromkeys(
        ("createReadTool", "createListTool", "createFindTool", "createGrepTool"),
        KnownTool(effects=("read",)),
    ),
    **dict.fromkeys(("createWriteTool", "createEditTool"), KnownTool(effects=("write",))),
    "createExecuteTool": HOSTED,
}
"""Of Cloudflare's, which work on a file system of the agent's own, or in a Worker of its own."""
_COMPUTER = "computerTool"
_BROWSERS = regex(r"^(?:playwright|@playwright/|puppeteer)")
_BY_PATH: Mapping[str, KnownTool] = {
    "@strands-agents/sdk/vended-tools/bash.bash": SHELL,
    "@strands-agents/sdk/vended-tools/file-editor.fileEditor": EDITOR,
    "@strands-agents/sdk/vended-tools/http-request.httpRequest": PAGES,
    "@google/adk.GOOGLE_SEARCH": WEB,
    "@langchain/langgraph-swarm.createHandoffTool": NOTHING,
}
"""Tools that packages have by their full names, made by a call or as they are."""
_OF_PROVIDERS: tuple[tuple[str, KnownTool], ...] = (
    (r"webSearch|web_?search|googleSearch|xSearch|urlContext|webFetch|google_search", WEB),
    (r"codeExecution|code_?[iI]nterpreter|code_execution", HOSTED),
    (r"fileSearch|file_search|vertexRagStore", PRIVATE),
    (r"bash|localShell|shell|computer", SHELL),
    (r"textEditor|applyPatch", EDITOR),
    (r"memory|imageGeneration|googleMaps", KnownTool(effects=("read",))),
)
_BY_PROVIDER = tuple((regex(rf"^(?:{names})(?:_\d+)?$"), known) for names, known in _OF_PROVIDERS)
_TOOLS_OF = regex(r"^@ai-sdk/[\w-]+\.\w+\.tools\.(?P<name>\w+)$")


def tool_by_path(module: Module, node: ast.expr, named: str) -> Tool | None:
    """The tool that a package has under a name, or makes by it."""
    path = module.dotted(node.func if isinstance(node, ast.Call) else node)
    known = _BY_PATH.get(path)
    name = named or path.rpartition(".")[2]
    return known_tool(module, node, (name, known)) if known is not None else None


def named_tool(module: Module, call: ast.Call, named: str) -> Tool | None:
    """The tool that a call of a framework stands for; None where nobody says what it does."""
    path = module.dotted(call.func)
    package, _, name = path.rpartition(".")
    known: KnownTool | None = None
    if package.startswith("@openai/agents"):
        known = _OF_AGENTS.get(name)
    elif package.startswith("@cloudflare/think/tools/"):
        known = _OF_WORKERS.get(name)
    elif package.startswith(("@langchain/", "langchain")):
        known = CLASS_TOOLS.get(name)
    else:
        found = _TOOLS_OF.match(path)
        name = found["name"] if found is not None else name
        provided = (each for names, each in _BY_PROVIDER if found and names.match(name))
        known = next(provided, None)
    if known is None:
        return None
    known = BROWSER if name == _COMPUTER and _drives_browser(module) else known
    tool = known_tool(module, call, (named or name, known))
    asked = module.value(keyword(call, "needsApproval")) is True
    return replace(
        tool,
        evidence=(module.place(call.func, name),),
        approval=Truth.YES if asked else Truth.UNKNOWN,
        sandboxed=Truth.YES if in_container(module, call) else tool.sandboxed,
    )


def _drives_browser(module: Module) -> bool:
    """Whether the computer that a module makes is a page of a browser: it runs no programs."""
    return any(_BROWSERS.match(path) for path in module.imports.values())
