"""
Tools that a server of MCP lists by hand, each with its own JSON Schema.

The low-level server of the MCP Python SDK (1.30) answers `tools/list` with objects of
`mcp.types.Tool`; the function that runs them all is another one.
"""

from collections.abc import Iterator, Sequence

from agentaudit.extract.collector import fact_id
from agentaudit.extract.python_code import Call, Module
from agentaudit.extract.python_schemas import schema_in
from agentaudit.extract.python_syntax import keyword
from agentaudit.extract.redaction import plain
from agentaudit.extract.schemas import as_taking
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_LISTED = frozenset({"mcp.Tool", "mcp.types.Tool"})


def listed_tools(module: Module, calls: Sequence[Call]) -> Iterator[Tool]:
    """Every tool whose name and schema are written out where it is listed."""
    for call in calls:
        if call.name not in _LISTED:
            continue
        named, given = keyword(call.node, "name"), keyword(call.node, "inputSchema")
        if named is None or given is None:
            continue
        name, taken = plain(module.text(named)), schema_in(module, given)
        if name and taken is not None:
            output = keyword(call.node, "outputSchema")
            tool = Tool(
                id=fact_id("tool", name, f"{module.document.file}#listed.{name}"),
                name=name,
                evidence=(module.place(named, name),),
                output_typed=Truth.NO if output is None else Truth.YES,
            )
            yield as_taking(tool, taken)
