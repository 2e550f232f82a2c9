"""One module in TypeScript or JavaScript while its agents are built."""

import ast
from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import attrgetter

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.javascript.classes import Lineage, class_named, lineages
from agentaudit.extract.javascript.frameworks import BUILDERS
from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.javascript.options import Options, options_of
from agentaudit.extract.javascript.spending import may_be_limited
from agentaudit.extract.javascript.tool_factories import tool_by_factory
from agentaudit.extract.javascript.tools import tool_of
from agentaudit.extract.programs.bindings import place_of
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.written import Written
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.tools import Tool

RUNS = frozenset(
    {"run", "invoke", "stream", "streamEvents", "generate", "withConfig", "batch", "streamLegacy"}
)
"""Methods and functions by which agents of these frameworks are run, with options of their own."""
_METHODS = frozenset({"generateText", "streamText"})
"""Methods by which others are run, and functions of the AI SDK that are agents themselves."""
_MOST_RUNS = 200
_LINE = attrgetter("lineno")
_COMPONENT = regex(r"\bclass\s+\w+\s+(?:extends\s+[\w.]+\s+)?implements\s+INode(?:Type)?\b")
"""A node of Flowise or n8n: whoever draws a flow with it gives it its inputs."""


class Building(Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """A module beside all others: its calls, and the tools and agents that are known already."""

    documents: Documents
    program: Program
    module: Module
    collector: Collector
    calls: tuple[Call, ...]
    tools: dict[int, Tool]
    """By the expression that makes each, in any module."""
    agents: dict[int, Agent]
    """By the call that builds each, in any module."""
    memories: dict[int, MemoryStore]
    """By the call that makes each, in any module."""
    kinds: Mapping[int, Lineage]
    """Classes of the repository that extend an agent, in any module."""
    peers: Mapping[str, "Building"]
    """Those of all modules, by file."""

    @cached_property
    def line_by_line(self) -> Sequence[Call]:
        """The calls as the text has them: `calls` has those within others after all of them."""
        return sorted(self.calls, key=lambda call: call.node.lineno)

    @cached_property
    def handed(self) -> Mapping[str, Sequence[ast.Call]]:
        """The calls that each name is an argument of, or each member of `this`, line by line."""
        found: dict[str, list[ast.Call]] = {}
        for call in (each.node for each in self.line_by_line):
            values = (*call.args, *(item.value for item in call.keywords))
            for name in {place_of(each).removeprefix("this.") for each in values}:
                found.setdefault(name, []).append(call)
        return found

    @cached_property
    def lineages(self) -> Sequence[Lineage]:
        """The classes of the module that another of it does not extend, from the top down."""
        return tuple(lineages(self.program, self.module))

    @cached_property
    def kinds_made(self) -> Mapping[int, Lineage]:
        """The class of agents, or of servers, of which a call makes one, by the call."""
        if not self.kinds:
            return {}
        named = (
            (call, class_named(self.program, Written(self.module, call.node.func)))
            for call in self.calls
            if isinstance(call.node.func, ast.Name)
        )
        found = ((call, self.kinds.get(id(defined))) for call, defined in named)
        return {id(call.node): kind for call, kind in found if kind is not None}

    @cached_property
    def loops(self) -> Mapping[str, Sequence[ast.For]]:
        """The loops by what they call each element, line by line."""
        found: dict[str, list[ast.For]] = {}
        for loop in sorted(self.module.of(ast.For), key=_LINE):
            if isinstance(loop.target, ast.Name):
                found.setdefault(loop.target.id, []).append(loop)
        return found

    @cached_property
    def results(self) -> Mapping[str, Sequence[str]]:
        """The variables that the results of each function go to."""
        found: dict[str, list[str]] = {}
        for call in self.calls:
            if call.variable:
                found.setdefault(call.name, []).append(call.variable)
        return found

    @cached_property
    def adding(self) -> Sequence[ast.Call]:
        """The calls that add a server of MCP to the agent that a class is, line by line."""
        return [call.node for call in self.line_by_line if call.last == "addMcpServer"]

    @cached_property
    def handling(self) -> Mapping[str, Sequence[ast.Call]]:
        """The calls that set handlers of requests, by what they are called, line by line."""
        found: dict[str, list[ast.Call]] = {}
        for call in self.line_by_line:
            if call.last == "setRequestHandler":
                found.setdefault(call.name, []).append(call.node)
        return found

    @cached_property
    def may_be_limited(self) -> bool:
        """Whether the module, or another of its program, asks how much may still be spent."""
        return may_be_limited(self.documents, self.module, self.calls)

    @cached_property
    def runs(self) -> tuple[Options, ...]:
        """What the runs of the module are given, in the order of the text."""
        started = [call.node for call in self.calls if _runs(call)][:_MOST_RUNS]
        return tuple(options_of(self.program, self.module, each) for each in started)

    @cached_property
    def own_tools(self) -> tuple[Tool, ...]:
        """The tools that the module makes."""
        file = self.module.document.file
        return tuple(tool for tool in self.tools.values() if tool.evidence[0].file == file)

    @cached_property
    def is_component(self) -> bool:
        """Whether the module is a part to draw flows with, which set the limits."""
        return _COMPONENT.search(self.module.document.text) is not None

    def tool_at(self, node: ast.expr) -> Tool | None:
        """The tool that an expression was seen to make."""
        return self.tools.get(id(node))

    def tool_by_factory(self, given: Written, name: str) -> bool:
        """Whether a call has a function of the repository make a tool, which is known by then."""
        tool = tool_by_factory(self.program, given, name)
        if tool is not None:
            self.tools[id(given.node)] = self.collector.add(tool)
        return tool is not None

    def tool_in(self, given: Written, name: str = "") -> Tool | None:
        """The tool that an expression stands for, each read once; None of anything else."""
        meant = self.program.meant(given)
        if id(meant.node) not in self.tools:
            tool = tool_of(self.program, given, name)
            if tool is None:
                return None
            self.tools[id(meant.node)] = self.collector.add(tool)
        return self.tools[id(meant.node)]


def _runs(call: Call) -> bool:
    method = call.last in _METHODS and isinstance(call.node.func, ast.Attribute)
    return call.last in RUNS or (method and call.name not in BUILDERS)
