"""Tools that come as classes of frameworks, and what their documentation says they do."""

import ast
from dataclasses import dataclass, replace

from agentaudit.extract.collector import fact_id
from agentaudit.extract.python_code import Module, keyword
from agentaudit.extract.python_tools import EVERYTHING, approval_of
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.tools import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTool:
    """A tool that comes as a class of a framework."""

    effects: tuple[str, ...]
    untrusted: bool = False
    private: bool = False
    egress: bool = False
    free_form: tuple[str, ...] = ()
    hosted: bool = False
    """Whether the vendor of the model runs it, in a container of its own."""


CLASS_TOOLS: dict[str, ClassTool] = {
    **dict.fromkeys(
        ("ShellTool", "BashProcess", "PythonREPLTool", "PythonREPL", "PythonAstREPLTool"),
        ClassTool(effects=EVERYTHING, private=True, egress=True, free_form=("command",)),
    ),
    **dict.fromkeys(
        ("LocalShellTool", "ComputerTool", "TerminalTool"),
        ClassTool(effects=EVERYTHING, private=True, egress=True, free_form=("command",)),
    ),
    "CodeInterpreterTool": ClassTool(effects=("execute",), free_form=("code",), hosted=True),
    **dict.fromkeys(
        ("TavilySearch", "TavilySearchResults", "DuckDuckGoSearchRun", "SerperDevTool"),
        ClassTool(effects=("read",), untrusted=True),
    ),
    **dict.fromkeys(
        ("WebSearchTool", "BraveSearchTool", "WikipediaQueryRun"),
        ClassTool(effects=("read",), untrusted=True),
    ),
    **dict.fromkeys(
        ("RequestsGetTool", "ScrapeWebsiteTool", "PlayWrightBrowserToolkit", "FirecrawlScrapeTool"),
        ClassTool(effects=("read",), untrusted=True, egress=True, free_form=("url",)),
    ),
    "RequestsPostTool": ClassTool(effects=("send",), egress=True, free_form=("url",)),
    **dict.fromkeys(
        ("QuerySQLDatabaseTool", "SQLDatabaseToolkit", "NL2SQLTool"),
        ClassTool(effects=("read", "write", "delete"), private=True, free_form=("query",)),
    ),
    **dict.fromkeys(
        ("FileReadTool", "ReadFileTool", "DirectoryReadTool", "FileSearchTool"),
        ClassTool(effects=("read",), private=True, free_form=("path",)),
    ),
    **dict.fromkeys(
        ("FileManagementToolkit", "WriteFileTool", "FileWriterTool"),
        ClassTool(effects=("read", "write", "delete"), private=True, free_form=("path",)),
    ),
    **dict.fromkeys(
        ("GmailToolkit", "GmailSendMessage", "O365Toolkit"),
        ClassTool(effects=("read", "send"), untrusted=True, private=True, egress=True),
    ),
    **dict.fromkeys(
        ("SlackToolkit", "GitHubToolkit", "JiraToolkit"),
        ClassTool(effects=("read", "write", "send"), untrusted=True, private=True, egress=True),
    ),
    **dict.fromkeys(
        ("ShellTools", "PythonTools", "CodingTools", "DockerTools"),
        ClassTool(effects=EVERYTHING, private=True, egress=True, free_form=("command",)),
    ),
    **dict.fromkeys(
        ("E2BTools", "DaytonaTools", "SessionsPythonTool"),
        ClassTool(effects=("execute",), free_form=("code",), hosted=True),
    ),
    **dict.fromkeys(
        ("DuckDuckGoTools", "WebSearchTools", "TavilyTools", "ExaTools", "SerpApiTools"),
        ClassTool(effects=("read",), untrusted=True),
    ),
    **dict.fromkeys(
        ("BraveSearchTools", "HackerNewsTools", "ArxivTools", "WikipediaTools", "RedditTools"),
        ClassTool(effects=("read",), untrusted=True),
    ),
    **dict.fromkeys(
        ("DuckDuckGoSearchTool", "GoogleSearchTool", "ApiWebSearchTool", "WikipediaSearchTool"),
        ClassTool(effects=("read",), untrusted=True),
    ),
    **dict.fromkeys(
        ("VisitWebpageTool", "WebsiteTools", "FirecrawlTools", "Crawl4aiTools", "HttpPlugin"),
        ClassTool(effects=("read",), untrusted=True, egress=True, free_form=("url",)),
    ),
    **dict.fromkeys(
        ("SQLTools", "PostgresTools", "DuckDbTools"),
        ClassTool(effects=("read", "write", "delete"), private=True, free_form=("query",)),
    ),
    **dict.fromkeys(
        ("FileTools", "LocalFileSystemTools"),
        ClassTool(effects=("read", "write"), private=True, free_form=("path",)),
    ),
    **dict.fromkeys(
        ("GmailTools", "SlackTools", "GithubTools", "JiraTools"),
        ClassTool(effects=("read", "write", "send"), untrusted=True, private=True, egress=True),
    ),
    "EmailTools": ClassTool(effects=("send",)),
    **dict.fromkeys(
        ("ReasoningTools", "CalculatorTools", "FinalAnswerTool"), ClassTool(effects=())
    ),
}
"""
Tools whose effects their documentation states: of LangChain, CrewAI, the OpenAI Agents SDK, Agno
(docs.agno.com), smolagents (its default tools) and Semantic Kernel (its core plugins).
"""


def class_tool(module: Module, call: ast.Call, name: str) -> Tool:
    """The tool that an instance of a known class is."""
    known = CLASS_TOOLS[name]
    boxed = known.hosted or _in_container(module, call)
    tool = known_tool(module, call, (name, known))
    return replace(
        tool,
        approval=approval_of(module, call),
        sandboxed=Truth.YES if boxed else Truth.UNKNOWN,
    )


def known_tool(module: Module, node: ast.expr, named: tuple[str, ClassTool]) -> Tool:
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
        free_form_parameters=known.free_form,
    )


def _in_container(module: Module, call: ast.Call) -> bool:
    """Whether a shell runs in a container of the vendor (OpenAI Agents SDK, ShellTool)."""
    given = keyword(call, "environment")
    if not isinstance(given, ast.Dict):
        return False
    return any(
        key is not None
        and module.text(key) == "type"
        and module.text(value).startswith("container")
        for key, value in zip(given.keys, given.values, strict=True)
    )
