"""
Tools that are described by hand, each with its own JSON Schema, apart from what runs them.

The low-level server of the MCP Python SDK (1.30) answers `tools/list` with objects of
`mcp.types.Tool`; a module of Strands is a tool by its `TOOL_SPEC` and a function of that name
(Strands Agents, "Creating custom tools", "Module based tools").
"""

import ast
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.code import Call, Module, written_keys
from agentaudit.extract.programs.syntax import keyword
from agentaudit.extract.programs.unfolded import leave_runner_open
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.runners import Runner, runner_of
from agentaudit.extract.python.schemas import schema_in
from agentaudit.extract.python.tools import function_tool
from agentaudit.extract.schemas import as_taking
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.cdk import TESTS

_LISTED = frozenset({"mcp.Tool", "mcp.types.Tool"})
_SPEC = "TOOL_SPEC"


def add_listed_tools(building: Building) -> Sequence[Tool]:
    """Every tool whose name and schema are written out where it is described, and what it does."""
    module, collector = building.module, building.collector
    listed: list[Tool] = []
    for tool in _of_servers(module, building.calls):
        runs = runner_of(building.documents, (module,), tool.name)
        if runs is None and not TESTS.search(module.document.file):
            leave_runner_open(collector, tool.evidence[0], tool.name)
        done = tool if runs is None else _doing(building.documents, runs, tool)
        listed.append(add_ingestion(collector, collector.add(done)))
    if any(name.startswith("strands") for name in module.imports.values()):
        for tool in _of_modules(module):
            collector.add(tool)
    return listed


def _doing(documents: Documents, runs: Runner, tool: Tool) -> Tool:
    """A tool with what its code does."""
    does = function_tool(documents, *runs)
    return replace(
        tool,
        effects=does.effects,
        effects_known=does.effects_known,
        reads_untrusted=does.reads_untrusted,
        reads_private=does.reads_private,
        egress=does.egress,
        sandboxed=does.sandboxed,
        approval=does.approval,
    )


def _of_servers(module: Module, calls: Sequence[Call]) -> Iterator[Tool]:
    for call in calls:
        if call.name not in _LISTED:
            continue
        named, given = keyword(call.node, "name"), keyword(call.node, "inputSchema")
        if named is None or given is None:
            continue
        output = keyword(call.node, "outputSchema")
        yield from _tool(module, named, given, Truth.NO if output is None else Truth.YES)


def _of_modules(module: Module) -> Iterator[Tool]:
    """The tool that a module is; what it gives back always has one form."""
    for statement in module.tree.body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Dict):
            continue
        if _SPEC in map(module.dotted, statement.targets):
            keys = dict(written_keys(module, statement.value))
            if "name" in keys and "inputSchema" in keys:
                yield from _tool(module, keys["name"], keys["inputSchema"], Truth.UNKNOWN)


def _tool(module: Module, named: ast.expr, given: ast.expr, output_typed: Truth) -> Iterator[Tool]:
    name, taken = plain(module.text(named)), schema_in(module, given)
    if name and taken is not None:
        tool = Tool(
            id=fact_id("tool", name, f"{module.document.file}#listed.{name}"),
            name=name,
            evidence=(module.place(named, name),),
            output_typed=output_typed,
        )
        yield as_taking(tool, taken)
