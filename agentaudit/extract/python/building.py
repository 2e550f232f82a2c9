"""One module while its agents are built: what each question about an agent is asked of."""

import ast
from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec import Struct, field

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.imports import module_defining
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import argument, keyword, returned_by
from agentaudit.extract.python.frameworks import is_of_framework, is_own_package
from agentaudit.extract.python.graphs import Graph, graphs_in
from agentaudit.extract.python.runs import Runs
from agentaudit.extract.python.tools import function_tool, function_tools
from agentaudit.model.facts.tools import Tool


class Building(Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """A module beside all documents: its calls, and the functions that decorators make tools."""

    documents: Documents
    module: Module
    collector: Collector
    tools: Mapping[str, Tool]
    tools_at: Mapping[int, Tool]
    """By the line of its name."""
    calls: tuple[Call, ...]
    runs: Runs
    agents: frozenset[str]
    """The variables that hold the agents of the module."""
    _others: dict[str, "Building"] = field(default_factory=dict)

    def elements(self, node: ast.expr | None) -> tuple[ast.expr, ...] | None:
        """The elements of a list, also through a name that is assigned once; None if unknown."""
        written = self.module.meant(node)
        return tuple(written.elts) if isinstance(written, ast.List | ast.Tuple | ast.Set) else None

    def made_by(self, node: ast.expr | None) -> ast.Call | None:
        """The call that an expression is, or that its name is assigned once."""
        made = self.module.meant(node)
        return made if isinstance(made, ast.Call) else None

    def middleware(self, call: Call, *names: str, unless: str = "") -> ast.Call | None:
        """
        The first of an agent's middleware that is of one of these classes of its framework.

        One that has a certain argument may be passed by.
        """
        for element in self.elements(keyword(call.node, "middleware")) or ():
            made = self.made_by(element)
            if made is not None and not (unless and self.module.text(keyword(made, unless))):
                name = self.module.dotted(made.func)
                if name.rpartition(".")[2] in names and is_of_framework(self.module, name):
                    return made
        return None

    def may_have_more(self, node: ast.expr | None) -> bool:
        """Whether a list may hold what nobody can see here."""
        if isinstance(node, ast.Name) and node.id in self.module.constants.grown:
            return True
        elements = self.elements(node)
        if elements is None:
            return node is not None and self.module.value(node) is not None
        return any(isinstance(element, ast.Starred) for element in elements)

    def elsewhere(self, node: ast.expr) -> tuple["Building", ast.Name] | None:
        """The other module that defines what a name means, and how it is called there."""
        path = self.module.dotted(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        if not path.startswith("."):
            return None
        other, name = module_defining(self.documents, self.module, path)
        given: ast.AST | None = other.functions_by_name.get(name)
        if given is None:
            given = other.constants.values.get(name)
            if given is None or not other.affords_within(given):
                return None
        if other is self.module:
            return None
        named = ast.copy_location(ast.Name(id=name, ctx=ast.Load()), given)
        beside = self._beside(other)
        return (beside, named) if beside is not None else None

    def _beside(self, other: Module) -> "Building | None":
        """
        Another module, of which no more is asked than what tools it gives.

        None where so many import so many of its tools that who has which is open.
        """
        file, decorated = other.document.file, decorated_tools(self.documents, other)
        if file not in self._others and other.affords(len(decorated)):
            tools = [self.collector.add(tool) for tool in decorated]
            self._others[file] = Building(
                documents=self.documents,
                module=other,
                collector=self.collector,
                tools={tool.name: tool for tool in tools},
                tools_at={tool.evidence[0].line: tool for tool in tools},
                calls=(),
                runs=Runs(other, ()),
                agents=frozenset(),
                _others=self._others,
            )
        return self._others.get(file)

    def let_go(self) -> None:
        """Lets go of the modules beside it: each names all of them, and would outlive the run."""
        self._others.clear()

    def returned(self, call: ast.Call) -> tuple["Building", ast.expr] | None:
        """What a function of the repository returns, where it returns in one place."""
        building, named = self.elsewhere(call.func) or (self, call.func)
        name = named.id if isinstance(named, ast.Name) else ""
        function = building.module.functions_by_name.get(name)
        if function is None or not building.module.affords_within(function):
            return None
        given = tuple(returned_by(function))
        return (building, given[0]) if len(given) == 1 else None

    @cached_property
    def graphs(self) -> Mapping[int, Graph]:
        """The graphs of the module, by the calls that begin them."""
        return graphs_in(self.module, self.calls)

    def graph_of(self, call: Call) -> Graph:
        """What a call begins: steps are added elsewhere to what a class begins that extends one."""
        return self.graphs.get(id(call.node)) or Graph(open=True)

    @cached_property
    def tool_nodes(self) -> Sequence[ast.Call]:
        """The nodes of graphs that run tools, whoever asks for these."""
        return [call.node for call in self.calls if call.name in _TOOL_NODES]

    @cached_property
    def of_framework(self) -> bool:
        """Whether the module is part of a framework itself: whoever uses that sets the limits."""
        return is_own_package(self.module.document.file)

    @cached_property
    def classes(self) -> Mapping[str, Sequence[ast.ClassDef]]:
        """The classes of each name."""
        found: dict[str, list[ast.ClassDef]] = {}
        for defined in self.module.of(ast.ClassDef):
            found.setdefault(defined.name, []).append(defined)
        return found

    def as_tool(self, function: FunctionDef) -> Tool:
        """The tool that a function is, each read once."""
        read = self.module.once(_tools_read)
        if id(function) not in read:
            read[id(function)] = function_tool(self.documents, self.module, function)
        return read[id(function)]

    def agent_in(self, element: ast.expr) -> str | None:
        """
        The variable of the agent that stands in a list of tools or agents.

        Empty for one that another file builds; None for what is no agent.
        """
        named = self.module.dotted(element)
        if isinstance(element, ast.Name) and named in self.agents:
            return named
        made = self.made_by(element)
        if made is None:
            return None
        owner, _, last = self.module.dotted(made).rpartition(".")
        if last == "AgentTool":
            given = argument(made, 0, "agent")
            inner = self.module.dotted(given) if given is not None else ""
            return inner if inner in self.agents else ""
        return owner if last in AS_TOOLS and owner in self.agents else None


def _tools_read(_module: Module) -> dict[int, Tool]:
    """The tools that functions are, each read once for all who are given them."""
    return {}


def decorated_tools(documents: Documents, module: Module) -> tuple[Tool, ...]:
    """The functions that decorators make tools, read once for all who are given them."""
    read = module.once(_decorated)
    if not read:
        read.append(tuple(function_tools(documents, module)))
    return read[0]


def _decorated(_module: Module) -> list[tuple[Tool, ...]]:
    """The decorated tools of a module, once they are read."""
    return []


_TOOL_NODES = frozenset({"langgraph.prebuilt.ToolNode", "langgraph.prebuilt.tool_node.ToolNode"})
AS_TOOLS = frozenset({"as_tool", "as_mcp_tool", "as_function_tool"})
