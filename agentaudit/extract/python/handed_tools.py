"""
The tools that a program hands to a client of a model: how it describes them, and what runs them.

A definition is what OpenAI's, Anthropic's, Bedrock's and Google's interfaces take. What runs a tool
is the function of its name, what a registry has under it, or the branch of a dispatcher that
compares the name that came back. What the vendor runs itself is known by its type.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.known_tools import tool_of_model
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.code import Module, written_keys
from agentaudit.extract.programs.imports import module_defining
from agentaudit.extract.programs.unfolded import leave_runner_open, leave_tools_open
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.class_tools import known_tool
from agentaudit.extract.python.model_calls import filled
from agentaudit.extract.python.runners import function_meant, runner_of
from agentaudit.extract.python.schemas import schema_in
from agentaudit.extract.python.tools import function_tool
from agentaudit.extract.schemas import Taken, as_taking
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_SCHEMAS = ("parameters", "input_schema", "inputSchema", "parameters_json_schema")
_WRAPPING = ("function", "toolSpec")
_DEEPEST = 6


class HandedTools(Struct, dict=True, eq=False):
    """The tools that one module hands to models, each read once."""

    building: Building
    servers: list[tuple[ast.expr, Mapping[str, ast.expr]]] = field(default_factory=list)
    """Where servers of MCP stand among the tools that were asked for last, and what is said."""
    _seen: set[int] = field(default_factory=set)

    def of(self, tools: ast.expr) -> Iterator[Tool]:
        """Every tool of what is handed over; what does not fold is left open."""
        self._seen.clear()
        self.servers.clear()
        yield from self._listed(Written(self.building.module, tools), 0)

    def _listed(self, given: Written, depth: int) -> Iterator[Tool]:
        meant = self._meant(given)
        node, module = meant.node, meant.module
        if id(node) in self._seen:
            return
        self._seen.add(id(node))
        inner = _within(module, node)
        if inner is None or depth > _DEEPEST:
            yield from self._element(given, meant) if depth else self._leave_open(given)
            return
        if isinstance(given.node, ast.Name) and given.node.id in given.module.constants.grown:
            yield from self._leave_open(given)
        for each in inner if module.affords(len(inner)) else ():
            yield from self._listed(meant.beside(each), depth + 1)

    def _element(self, given: Written, meant: Written) -> Iterator[Tool]:
        """One element of a list: a tool, or a server that the vendor calls."""
        said = _definition(meant.module, meant.node)
        if "server_url" in said and meant.module is self.building.module:
            self.servers.append((meant.node, said))
            return
        tool = self._tool(meant)
        if tool is not None:
            yield tool
        else:
            yield from self._leave_open(given)

    def _meant(self, given: Written) -> Written:
        """What a name stands for, here or in the file of the repository that defines it."""
        meant = filled(given.module, given.node)
        if not isinstance(meant, ast.Name | ast.Attribute):
            return given.beside(meant)
        path = given.module.dotted(meant)
        other, name = module_defining(self.building.documents, given.module, path)
        value = other.constants.values.get(name)
        if value is None or other is given.module:
            return given.beside(meant)
        return Written(other, value) if other.affords(1) else given.beside(meant)

    def _tool(self, meant: Written) -> Tool | None:
        """The tool that an element is; None of what cannot be read."""
        collector = self.building.collector
        node, module = meant.node, meant.module
        if isinstance(node, ast.Name | ast.Attribute):
            found = function_meant(self.building.documents, module, node)
            if found is None:
                return None
            return collector.add(function_tool(self.building.documents, *found))
        entries = _definition(module, node)
        kind = plain(module.text(entries.get("type")))
        known = tool_of_model(kind, module.text(entries.get("environment")))
        name = plain(module.text(entries.get("name"))) or (kind if known is not None else "")
        if not name:
            return None
        if known is not None:
            return add_ingestion(collector, collector.add(known_tool(module, node, (name, known))))
        schema = next((entries[each] for each in _SCHEMAS if each in entries), None)
        return self._described(meant, entries.get("name", node), name, schema)

    def _described(
        self, meant: Written, named: ast.expr, name: str, schema: ast.expr | None
    ) -> Tool:
        """A tool of a name and a schema, with what runs it where that is found."""
        module, collector = meant.module, self.building.collector
        own = fact_id("tool", name, f"{module.document.file}#registered.{name}")
        known = collector.facts.get(own)
        if isinstance(known, Tool):
            return known
        beside = dict.fromkeys((self.building.module, module))
        runs, place = runner_of(self.building.documents, beside, name), module.place(named, name)
        tool = Tool(id=own, name=name, evidence=(place,))
        if runs is not None:
            does = function_tool(self.building.documents, *runs)
            tool = replace(does, id=own, name=name, evidence=(place,), output_typed=Truth.UNKNOWN)
        taken = schema_in(module, schema) if schema is not None else Taken(typed=Truth.YES)
        tool = as_taking(tool, taken or Taken())
        if runs is None:
            leave_runner_open(collector, place, name)
        return add_ingestion(collector, collector.add(tool))

    def _leave_open(self, given: Written) -> Sequence[Tool]:
        """No tool that is known, and the list stands as one that does not fold."""
        leave_tools_open(self.building.collector, given.place("tools"))
        return ()


def _within(module: Module, node: ast.expr) -> list[ast.expr] | None:
    """What stands in a list of tools, or in what holds one."""
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return list(elements)
        case (
            ast.Starred(value=each)
            | ast.Await(value=each)
            | ast.ListComp(generators=[ast.comprehension(iter=each)])
        ):
            return [each]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [left, right]
        case ast.IfExp(body=left, orelse=right) | ast.BoolOp(values=[left, right]):
            return [each for each in (left, right) if module.value(each) is not None]
        case _:
            pass
    entries = _arguments(module, node)
    declared = entries.get("function_declarations") or entries.get("tools")
    return [declared] if declared is not None else None


def _arguments(module: Module, node: ast.expr) -> Mapping[str, ast.expr]:
    """The arguments of a call by name, or the entries of a mapping."""
    if isinstance(node, ast.Call):
        return {item.arg: item.value for item in node.keywords if item.arg is not None}
    return dict(written_keys(module, node)) if isinstance(node, ast.Dict) else {}


def _definition(module: Module, node: ast.expr) -> Mapping[str, ast.expr]:
    """What a definition says: the entries of a mapping, or the arguments of what makes it."""
    entries = _arguments(module, node)
    for wrapper in _WRAPPING:
        inner = module.meant(entries.get(wrapper))
        if isinstance(inner, ast.Dict):
            return dict(written_keys(module, inner))
    return entries
