"""A tool whose source stands as a text in a configuration: read as Python, and never run."""

import ast

from msgspec.structs import replace

from agentaudit.errors import InputError
from agentaudit.extract.collector import fact_id
from agentaudit.extract.mcp.configurations import Reading
from agentaudit.extract.programs.modules import module_of
from agentaudit.extract.python.tools import function_tool
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Truth
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.document import Document, Node
from agentaudit.readers.syntax import parse


def tool_in(document: Document, source: Node, name: str = "") -> Tool | None:
    """
    The function with a name, or the first of a source, as a tool with places of that source.

    None when the source cannot be read, or holds no such function.
    """
    try:
        module = module_of(parse(document.file, "python", source.text or ""))
    except InputError:
        return None
    if module is None:
        return None
    functions = (
        node
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    found = next((node for node in functions if not name or node.name == name), None)
    return function_tool(None, module, found) if found is not None else None


def add_tool_in(
    reading: Reading, function: Tool, name: str, place: Evidence, *, approval: Truth
) -> None:
    """A function that a source holds, given to the agent under the name that the file has."""
    tool = reading.collector.add(
        replace(
            function,
            id=fact_id("tool", name, f"{reading.agent.id}/{name}"),
            name=name,
            evidence=(place,),
            approval=approval,
        )
    )
    reading.collector.link(EdgeKind.INVOKES, reading.agent.id, tool.id, place)
