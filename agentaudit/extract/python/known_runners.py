"""
What runs code or statements that a model writes, by the documentation of the library it comes from.

LangChain's agents of data frames, files of CSV, Python and SQL (`langchain_experimental` 0.4,
`langchain_community` 0.4) and its chain of programs; LlamaIndex's engines for data frames;
PandasAI, which runs in its process unless it is given a sandbox; Vanna below 2, which evaluates the
code of its charts; and Open Interpreter, which asks on the terminal unless `auto_run` is set.
"""

import ast
from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.known_tools import CODE, NOTHING, PAGES, SHELL, WEB, KnownTool
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.imports import packages
from agentaudit.extract.programs.syntax import argument, keyword
from agentaudit.extract.python.class_tools import DATABASES, known_tool
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_LANGCHAIN = ("langchain", "langchain_experimental", "langchain_community")
OF_AGENTS: Mapping[str, tuple[str, KnownTool]] = {
    **dict.fromkeys(
        (
            *("create_pandas_dataframe_agent", "create_csv_agent", "create_xorbits_agent"),
            *("create_spark_dataframe_agent", "create_python_agent"),
        ),
        ("python_repl_ast", SHELL),
    ),
    **dict.fromkeys(("create_sql_agent", "create_spark_sql_agent"), ("sql_db_query", DATABASES)),
}
"""Functions that build an agent with a tool of their own."""
_BY_NAME: Mapping[str, KnownTool] = {
    **dict.fromkeys(("terminal", "python_repl"), SHELL),
    **dict.fromkeys(("requests", "requests_get"), PAGES),
    **dict.fromkeys(
        ("requests_all", "requests_post", "requests_put", "requests_patch", "requests_delete"),
        replace(PAGES, effects=("read", "send")),
    ),
    **dict.fromkeys(
        (
            *("serpapi", "google-search", "google-search-results-json", "google-serper"),
            *("bing-search", "ddg-search", "searx-search", "wikipedia", "arxiv", "pubmed"),
            *("google-serper-results-json", "news-api", "wolfram-alpha", "stackexchange"),
        ),
        WEB,
    ),
    **dict.fromkeys(("llm-math", "human", "sleep"), NOTHING),
}
"""Tools that LangChain's `load_tools` has by these names."""


class _Runner(Struct, frozen=True):
    """A library's way to run what a model writes."""

    packages: tuple[str, ...]
    name: str
    switch: str = ""
    """Must not be off for it to run anything."""
    box: str = ""
    """Holds what runs, where it is given."""


_PANDAS_AI = _Runner(("pandasai",), "PandasAI code", box="sandbox")
_RUNNERS: Mapping[str, _Runner] = {
    "PALChain": _Runner(_LANGCHAIN, "program-aided chain", "allow_dangerous_code"),
    "from_math_prompt": _Runner(_LANGCHAIN, "program-aided chain", "allow_dangerous_code"),
    "from_colored_object_prompt": _Runner(
        _LANGCHAIN, "program-aided chain", "allow_dangerous_code"
    ),
    "PandasQueryEngine": _Runner(("llama_index",), "pandas engine"),
    "PolarsQueryEngine": _Runner(("llama_index",), "polars engine"),
    "PandasAIAgent": _PANDAS_AI,
    **dict.fromkeys(("SmartDataframe", "SmartDatalake", "Agent"), _PANDAS_AI),
}
_CHARTS = frozenset({"ask", "get_plotly_figure"})
_INTERPRETER = "interpreter."


def known_runners(module: Module, calls: tuple[Call, ...]) -> Iterator[Tool]:
    """What a module has of libraries that run what a model writes, each kind once."""
    for call in calls:
        known = _RUNNERS.get(call.last)
        if known is None or call.name.partition(".")[0] not in known.packages:
            continue
        if known.switch and module.value(keyword(call.node, known.switch)) is False:
            continue
        tool = known_tool(module, call.node.func, (known.name, CODE))
        boxed = known.box and keyword(call.node, known.box) is not None
        yield replace(tool, sandboxed=Truth.YES) if boxed else tool
    imported = module.once(packages)
    if "vanna" in imported:
        yield from _charts(module, calls)
    if "interpreter" in imported:
        yield from _interpreters(module, calls)


def _charts(module: Module, calls: tuple[Call, ...]) -> Iterator[Tool]:
    """The charts of Vanna, which are code of the model; a table has none."""
    for call in calls:
        asked = call.last in _CHARTS and module.value(keyword(call.node, "visualize")) is not False
        if call.last == "VannaFlaskApp" or (asked and "." in call.name):
            yield known_tool(module, call.node.func, ("chart code", CODE))


def _interpreters(module: Module, calls: tuple[Call, ...]) -> Iterator[Tool]:
    """Open Interpreter, and whether it asks first."""
    asks = not any(
        isinstance(target, ast.Attribute)
        and target.attr == "auto_run"
        and module.value(node.value) is not False
        for node in module.of(ast.Assign)
        for target in node.targets
    )
    for call in calls:
        if call.name.startswith(_INTERPRETER) and call.last in {"chat", "OpenInterpreter"}:
            tool = known_tool(module, call.node.func, ("Open Interpreter", SHELL))
            switched = module.value(keyword(call.node, "auto_run")) is True
            yield replace(tool, approval=Truth.YES if asks and not switched else Truth.NO)


def tool_of_agent(module: Module, call: Call) -> Tool | None:
    """The tool that a function of LangChain gives the agent that it builds."""
    known = OF_AGENTS.get(call.last)
    off = module.value(keyword(call.node, "allow_dangerous_code")) is False
    return None if known is None or off else known_tool(module, call.node.func, known)


def is_loaded(module: Module, made: ast.Call) -> bool:
    """Whether a call is LangChain's `load_tools`."""
    path = module.dotted(made.func)
    return path.endswith(".load_tools") and path.partition(".")[0] in _LANGCHAIN


def loaded_tools(module: Module, made: ast.Call) -> Iterator[tuple[ast.expr, Tool | None]]:
    """The tools that `load_tools` has by the names it is given; None of a name not known."""
    names = module.meant(argument(made, 0, "tool_names"))
    for each in names.elts if isinstance(names, ast.List | ast.Tuple) else (made,):
        name = module.text(each)
        known = _BY_NAME.get(name)
        yield each, known_tool(module, each, (name, known)) if known is not None else None
