"""Tools that come as classes of frameworks, and what their documentation says they do."""

import ast
from collections.abc import Mapping

from msgspec.structs import replace

from agentaudit.extract.collector import fact_id
from agentaudit.extract.known_tools import (
    BROWSER,
    FILES,
    HOSTED,
    NOTHING,
    PAGES,
    SHELL,
    WEB,
    KnownTool,
)
from agentaudit.extract.programs.code import Module, written_keys
from agentaudit.extract.programs.syntax import keyword, parameters_of
from agentaudit.extract.python.tools import approval_of
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.tools import Tool

DATABASES = KnownTool(effects=("read", "write", "delete"), private=True, free_form=("query",))
_COMPUTER = "ComputerTool"
_UNSAFE = "unsafe_mode"
"""With which CrewAI's code interpreter runs code on the machine itself (its documentation)."""
_MESSAGES = KnownTool(effects=("read", "write", "send"), untrusted=True, private=True, egress=True)
CLASS_TOOLS: Mapping[str, KnownTool] = {
    **dict.fromkeys(
        (
            *("ShellTool", "BashProcess", "PythonREPLTool", "PythonREPL", "PythonAstREPLTool"),
            *("LocalShellTool", _COMPUTER, "TerminalTool"),
            *("ShellTools", "PythonTools", "CodingTools", "DockerTools"),
        ),
        SHELL,
    ),
    **dict.fromkeys(
        ("CodeInterpreterTool", "E2BTools", "DaytonaTools", "SessionsPythonTool"), HOSTED
    ),
    **dict.fromkeys(
        (
            *("TavilySearch", "TavilySearchResults", "DuckDuckGoSearchRun", "SerperDevTool"),
            *("WebSearchTool", "BraveSearchTool", "WikipediaQueryRun"),
            *("DuckDuckGoTools", "WebSearchTools", "TavilyTools", "ExaTools", "SerpApiTools"),
            *("BraveSearchTools", "HackerNewsTools", "ArxivTools", "WikipediaTools"),
            *("RedditTools", "DuckDuckGoSearchTool", "GoogleSearchTool", "ApiWebSearchTool"),
            "WikipediaSearchTool",
        ),
        WEB,
    ),
    **dict.fromkeys(
        (
            *("RequestsGetTool", "ScrapeWebsiteTool", "PlayWrightBrowserToolkit"),
            *("FirecrawlScrapeTool", "VisitWebpageTool", "WebsiteTools", "FirecrawlTools"),
            *("Crawl4aiTools", "HttpPlugin"),
        ),
        PAGES,
    ),
    "RequestsPostTool": KnownTool(effects=("send",), egress=True, free_form=("url",)),
    **dict.fromkeys(
        (
            *("QuerySQLDatabaseTool", "SQLDatabaseToolkit", "NL2SQLTool"),
            *("SQLTools", "PostgresTools", "DuckDbTools"),
        ),
        DATABASES,
    ),
    **dict.fromkeys(("FileReadTool", "ReadFileTool", "DirectoryReadTool", "FileSearchTool"), FILES),
    **dict.fromkeys(
        ("FileManagementToolkit", "WriteFileTool", "FileWriterTool"),
        replace(FILES, effects=("read", "write", "delete")),
    ),
    **dict.fromkeys(
        ("FileTools", "LocalFileSystemTools"), replace(FILES, effects=("read", "write"))
    ),
    **dict.fromkeys(
        ("GmailToolkit", "GmailSendMessage", "O365Toolkit"),
        replace(_MESSAGES, effects=("read", "send")),
    ),
    **dict.fromkeys(
        (
            *("SlackToolkit", "GitHubToolkit", "JiraToolkit"),
            *("GmailTools", "SlackTools", "GithubTools", "JiraTools"),
        ),
        _MESSAGES,
    ),
    "EmailTools": KnownTool(effects=("send",)),
    **dict.fromkeys(("ReasoningTools", "CalculatorTools", "FinalAnswerTool"), NOTHING),
}
"""
Tools whose effects their documentation states: of LangChain, CrewAI, the OpenAI Agents SDK, Agno
(docs.agno.com), smolagents (its default tools) and Semantic Kernel (its core plugins).
"""


def class_tool(module: Module, call: ast.Call, name: str) -> Tool:
    """The tool that an instance of a known class is."""
    known = BROWSER if name == _COMPUTER and _drives_browser(module) else CLASS_TOOLS[name]
    if module.value(keyword(call, _UNSAFE)) is True:
        known = SHELL
    boxed = in_container(module, call) or _of_sandbox(module, call)
    tool = known_tool(module, call, (name, known))
    return replace(
        tool,
        approval=approval_of(module, call),
        sandboxed=Truth.YES if boxed else tool.sandboxed,
    )


def _drives_browser(module: Module) -> bool:
    """Whether the computer that a module makes is a page of Playwright: it runs no programs."""
    return any(path.startswith(_PLAYWRIGHT) for path in module.imports.values())


_PLAYWRIGHT = "playwright."


def known_tool(module: Module, node: ast.expr, named: tuple[str, KnownTool]) -> Tool:
    """The tool of a name whose effects are known, where an expression stands for it."""
    name, known = named
    return Tool(
        id=fact_id("tool", name, f"{module.document.file}#{name}"),
        name=name,
        evidence=(module.place(node, name),),
        confidence=Confidence.LIKELY,
        effects=known.effects,
        effects_known=True,
        reads_untrusted=Truth.YES if known.untrusted else Truth.NO,
        reads_private=Truth.YES if known.private else Truth.NO,
        egress=Truth.YES if known.egress else Truth.NO,
        typed=Truth.YES,
        sandboxed=Truth.YES if known.hosted else Truth.UNKNOWN,
        free_form_parameters=known.free_form,
    )


def in_container(module: Module, call: ast.Call) -> bool:
    """Whether a shell runs in a container of the vendor (OpenAI Agents SDK, ShellTool)."""
    given = keyword(call, "environment")
    if not isinstance(given, ast.Dict):
        return False
    return any(
        name == "type" and module.text(value).startswith("container")
        for name, value in written_keys(module, given)
    )


def _of_sandbox(module: Module, call: ast.Call) -> bool:
    """Whether a computer (OpenAI Agents SDK) is a class of the file's own around a sandbox."""
    given = module.meant(keyword(call, "computer"))
    if given is None or _OWN_MACHINE in module.document.text:
        return False
    around = module.function_around(call)
    arguments = parameters_of(around) if around is not None else ()
    typed = {each.arg: each.annotation for each in arguments if each.annotation is not None}
    made = typed.get(given.id) if isinstance(given, ast.Name) else given
    defined = module.classes.get(module.dotted(made)) if made is not None else None
    return any(
        module.dotted(taken.annotation).startswith(_SANDBOXES)
        for maker in (defined.body if defined is not None else ())
        if isinstance(maker, ast.FunctionDef) and maker.name == "__init__"
        for taken in parameters_of(maker)
        if taken.annotation is not None
    )


_SANDBOXES = ("agents.sandbox.", "agents.extensions.sandbox.", "e2b", "daytona")
_OWN_MACHINE = "UnixLocalSandbox"
"""A client of the SDK's that keeps nothing away from the machine."""
