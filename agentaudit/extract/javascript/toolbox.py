"""The tools that an agent in TypeScript or JavaScript is given, in an object or in a list."""

import ast
from collections.abc import Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.extract.collector import fact_id
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.classes import class_named
from agentaudit.extract.javascript.clients import client_of
from agentaudit.extract.javascript.exports import exported, may_be_tool
from agentaudit.extract.javascript.methods import function_of
from agentaudit.extract.javascript.workers import added_servers
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.syntax import keyword, returned_by
from agentaudit.extract.programs.unfolded import leave_tools_open
from agentaudit.extract.programs.written import Written
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool

_DEEPEST = 20
_AS_TOOLS = frozenset({"asTool", "as_tool", "toTool"})
_TOOL_OF_AGENT = frozenset({"@google/adk.AgentTool"})
_AGENT_TOOL = "agents/agent-tools.agentTool"
_GIVES_ADDED = "getAITools"
"""The method of Cloudflare's agents that gives the tools of all servers that they added."""
_GROUPS = frozenset({"toolNamespace", "createToolkit"})
_GIVES_ALL = frozenset({"tools", "getTools", "listTools", "getToolsets", "listToolsets"})
"""Methods of clients of MCP that give the tools of their servers."""


class _Part(Struct, frozen=True):
    """A value that may be a tool or, where it is spread or stands alone, several."""

    value: Written
    name: str = ""
    several: bool = False


class Toolbox(Struct):
    """What one agent is given, each list of it read once."""

    building: Building
    agent: Agent
    given: dict[str, Tool] = field(default_factory=dict)
    """Its tools by the names that it has for them."""
    _seen: set[int] = field(default_factory=set)

    def give(self, given: Written) -> None:
        """Every tool of a value becomes the agent's; what does not fold is left open."""
        for part in self._parts(_Part(given, several=True), 0):
            self._give(part)

    def _parts(self, part: _Part, depth: int) -> Iterator[_Part]:
        """The parts of a value that hold no others."""
        meant = self.building.program.meant(part.value)
        if id(meant.node) in self._seen:
            return
        if depth > _DEEPEST:
            self.leave_open(meant)
            return
        inner = self._within(part, meant)
        if inner is None:
            yield part
            return
        self._seen.add(id(meant.node))
        if not meant.module.affords(len(inner)):
            self.leave_open(meant)
            return
        if self.building.program.grows(part.value):
            self.leave_open(part.value)
        for each in inner:
            yield from self._parts(each, depth + 1)

    def _within(self, part: _Part, meant: Written) -> list[_Part] | None:
        """What stands in an object or a list, in a choice, or in what a function returns."""
        node = meant.node
        if isinstance(node, ast.Dict) and part.several:
            members = zip(node.keys, node.values, strict=True)
            return [_member(meant, key, value) for key, value in members]
        if isinstance(node, ast.List | ast.Tuple):
            return [_element(meant, each) for each in node.elts]
        if isinstance(node, ast.IfExp):
            either = [node.body, node.orelse]
        elif isinstance(node, ast.BoolOp):
            either = node.values[-1:] if isinstance(node.op, ast.And) else node.values
        elif isinstance(node, ast.Call) and self.building.tool_at(node) is None:
            made = self.building.tool_by_factory(meant, part.name)
            return None if made else self._returned(part, meant, node)
        else:
            return self._exported(meant) if part.several else None
        return [replace(part, value=meant.beside(each)) for each in either]

    def _exported(self, meant: Written) -> list[_Part] | None:
        """What a module exports that stands under one name, but for what can be no tool."""
        program = self.building.program
        found = exported(program, meant)
        if found is None:
            return None
        named = found.items()
        return [_Part(each, name) for name, each in named if may_be_tool(program, each)] or None

    def _returned(self, part: _Part, meant: Written, call: ast.Call) -> list[_Part] | None:
        """What a function of the repository may return, or what is joined."""
        name = meant.module.dotted(call.func)
        if name == "Object.values":
            return [_Part(meant.beside(each), several=True) for each in call.args]
        if name == "Object.assign":
            return [replace(part, value=meant.beside(each)) for each in call.args]
        if name.rpartition(".")[2] in _GROUPS:
            given = keyword(call, "tools")
            return [replace(part, value=meant.beside(given))] if given is not None else None
        if isinstance(call.func, ast.Attribute) and call.func.attr == "concat":
            joined = [call.func.value, *call.args]
            return [replace(part, value=meant.beside(each)) for each in joined]
        found = function_of(self.building.program, meant.beside(call.func))
        if found is None:
            return None
        module, function = found
        returned = [replace(part, value=Written(module, each)) for each in returned_by(function)]
        return returned or None

    def _give(self, part: _Part) -> None:
        building, element = self.building, part.value
        meant = building.program.meant(element)
        node = meant.node
        if isinstance(node, ast.Constant) and not node.value:
            return
        other = self._agent(meant)
        if other is not None:
            place = element.place(other.name)
            building.collector.link(EdgeKind.DELEGATES_TO, self.agent.id, other.id, place)
            return
        if isinstance(node, ast.Call) and self._of_client(meant, node):
            return
        tool = building.tool_in(element, part.name)
        if tool is None and part.several:
            self.leave_open(element)
        else:
            tool = self._link(element, tool or self._unknown(element, part.name))
            self.given[part.name or tool.name] = tool

    def _agent(self, meant: Written) -> Agent | None:
        """The agent that a value is, or that is made a tool."""
        node = meant.node
        func = node.func if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and meant.name == _AGENT_TOOL and node.args:
            return self.building.agents.get(
                id(class_named(self.building.program, meant.beside(node.args[0])))
            )
        if isinstance(node, ast.Call) and meant.name in _TOOL_OF_AGENT:
            given = keyword(node, "agent")
            node = self.building.program.meant(meant.beside(given)).node if given else node
        elif isinstance(func, ast.Attribute) and func.attr in _AS_TOOLS:
            node = self.building.program.meant(meant.beside(func.value)).node
        return self.building.agents.get(id(node))

    def _of_client(self, meant: Written, call: ast.Call) -> bool:
        """Whether the tools are those of servers of MCP, which become the agent's."""
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr == _GIVES_ADDED:
            if not added_servers(self.building, call):
                self.leave_open(meant)
            return True  # each server that is added is known, or is open by itself
        if not isinstance(func, ast.Attribute) or func.attr not in _GIVES_ALL:
            return client_of(self.building, self.agent, meant)
        if not client_of(self.building, self.agent, meant.beside(func.value)):
            self.leave_open(meant)
        return True

    def _link(self, element: Written, tool: Tool) -> Tool:
        collector = self.building.collector
        tool = add_ingestion(collector, collector.add(tool))
        place = element.place(tool.name)
        collector.link(EdgeKind.INVOKES, self.agent.id, tool.id, place)
        return tool

    def _unknown(self, element: Written, name: str) -> Tool:
        name = name or element.name.rpartition(".")[2] or "tool"
        place = element.place(name)
        what = f"the tool {name} is not known"
        self.building.collector.leave_open(place, what, "what it does is open")
        file = element.module.document.file
        return Tool(
            id=fact_id("tool", name, f"{file}#tool.{name}"),
            name=name,
            evidence=(place,),
            confidence=Confidence.POSSIBLE,
        )

    def leave_open(self, given: Written) -> None:
        """A list of tools that does not fold."""
        leave_tools_open(self.building.collector, given.place("tools"))


def _member(meant: Written, key: ast.expr | None, value: ast.expr) -> _Part:
    """A member of an object; what is spread in it has no key."""
    return _Part(meant.beside(value), meant.module.text(key), several=key is None)


def _element(meant: Written, element: ast.expr) -> _Part:
    if isinstance(element, ast.Starred):
        return _Part(meant.beside(element.value), several=True)
    return _Part(meant.beside(element))
