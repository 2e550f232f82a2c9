"""
Agents that speak: of LiveKit Agents and of Pipecat, each a process for each call.

An agent of LiveKit is a class of one's own or a call, with tools among its methods; its session
lets it take three steps of tools for each thing that a person says ("AgentSession",
`max_tool_steps`). One of Pipecat is a pipeline with a model in it, whose tools are registered by
name. How long a call may last is said by whoever answers it.
"""

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.bounds import Bound
from agentaudit.extract.collector import fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import argument, keyword
from agentaudit.extract.programs.unfolded import leave_runner_open
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.clients import add_shared_clients
from agentaudit.extract.python.limits import count
from agentaudit.extract.python.schemas import schema_in
from agentaudit.extract.python.toolbox import listed_tools
from agentaudit.extract.python.tools import function_tool
from agentaudit.extract.schemas import as_taking
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool

_LIVEKIT = frozenset({"livekit.agents.Agent", "livekit.agents.voice.Agent"})
_SESSIONS = frozenset({"livekit.agents.AgentSession", "livekit.agents.voice.AgentSession"})
_STEPS = 3
_NOT_SAID: Bound = (Known.UNKNOWN, None)
_PIPELINES = frozenset({"PipelineTask", "PipelineWorker"})


def add_voice_agents(building: Building) -> list[Agent]:
    """The agents of a module that speak, with their tools and the servers that they call."""
    found = [*_of_livekit(building), *_of_pipecat(building)]
    if found:
        add_shared_clients(building, found)
    return found


def _of_livekit(building: Building) -> Iterator[Agent]:
    module = building.module
    bound = _steps(building)
    for call in building.calls:
        if call.name in _LIVEKIT:
            yield _equipped(
                building, call.variable or call.last, call.node.func, (bound, call.node)
            )
    for defined in module.of(ast.ClassDef):
        if not _LIVEKIT.isdisjoint(map(module.dotted, defined.bases)):
            begun = _begun(building, defined)
            place = ast.copy_location(ast.Name(id=defined.name), defined)
            place.end_lineno, place.end_col_offset = defined.lineno, defined.col_offset + 5
            agent = _equipped(building, defined.name, place, (bound, begun))
            for member in defined.body:
                tool = building.tools_at.get(member.lineno)
                if isinstance(member, FunctionDef) and tool is not None:
                    _link(building, agent, tool)
            yield agent


def _begun(building: Building, defined: ast.ClassDef) -> ast.Call | None:
    """How a class begins what it extends: `super().__init__(…)`."""
    last = defined.end_lineno or defined.lineno
    begun = (call.node for call in building.calls if call.name == "super.__init__")
    return next((call for call in begun if defined.lineno <= call.lineno <= last), None)


def _steps(building: Building) -> Bound:
    """How many steps of tools a session of the module lets an agent take: the longest of them."""
    sessions = (call.node for call in building.calls if call.name in _SESSIONS)
    given = [keyword(each, "max_tool_steps") for each in sessions]
    said = [count(building.module, each) for each in given if each is not None]
    usual = [(Known.SET, _STEPS)] if len(said) < max(len(given), 1) else []
    return max((*said, *usual), key=_length)


def _length(bound: Bound) -> tuple[bool, int]:
    """By what the longest of bounds is found: one that is not known may be any."""
    known, number = bound
    return known is not Known.SET, number or 0


def _equipped(
    building: Building, name: str, place: ast.AST, made: tuple[Bound, ast.Call | None]
) -> Agent:
    """One agent, with what it is given where it is made."""
    bound, call = made
    agent = _agent(building, "livekit", (name, place), bound)
    given = keyword(call, "tools") if call is not None else None
    for tool in listed_tools(building, given):
        _link(building, agent, tool)
    return agent


def _agent(
    building: Building, framework: str, named: tuple[str, ast.AST], bound: Bound = _NOT_SAID
) -> Agent:
    module, (name, place) = building.module, named
    return building.collector.add(
        Agent(
            id=fact_id("agent", name, f"{module.document.file}#{framework}.{name}"),
            name=name,
            evidence=(module.place(place, name),),
            framework=framework,
            max_iterations=bound[0],
            max_iterations_count=bound[1],
        )
    )


def _link(building: Building, agent: Agent, tool: Tool) -> None:
    building.collector.link(EdgeKind.INVOKES, agent.id, tool.id, agent.evidence[0])


def _of_pipecat(building: Building) -> Iterator[Agent]:
    """A pipeline that has tools, or the context of a conversation, and so a model."""
    module = building.module
    pipelines = [
        call
        for call in building.calls
        if call.last in _PIPELINES and call.name.startswith("pipecat.")
    ]
    imported = module.imports.values()
    models = any(path.startswith("pipecat.services.") and "LLM" in path for path in imported)
    if not pipelines or not models:
        return
    around = module.function_around(pipelines[0].node)
    file = module.document.file.rpartition("/")[2]
    name = around.name if around is not None else file
    agent = _agent(building, "pipecat", (name, pipelines[0].node.func))
    for tool in _registered(building):
        _link(building, agent, tool)
    yield agent


def _registered(building: Building) -> Iterator[Tool]:
    """The functions that a model of Pipecat may call, with their schemas where they have any."""
    module, collector = building.module, building.collector
    schemas = {
        module.text(keyword(call.node, "name")): keyword(call.node, "properties")
        for call in building.calls
        if call.last == "FunctionSchema"
    }
    for call in building.calls:
        if call.last not in {"register_function", "register_direct_function"}:
            continue
        direct = call.last == "register_direct_function"
        handler = argument(call.node, 0 if direct else 1, "handler")
        function = module.functions_by_name.get(module.dotted(handler)) if handler else None
        name = "" if direct else plain(module.text(argument(call.node, 0, "function_name")))
        if function is None:
            place = module.place(call.node, name or call.last)
            leave_runner_open(collector, place, name)
            continue
        tool = _tool(building, (name, function), schemas.get(name))
        yield add_ingestion(collector, collector.add(tool))


def _tool(building: Building, named: tuple[str, FunctionDef], properties: ast.expr | None) -> Tool:
    name, function = named
    module = building.module
    tool = function_tool(building.documents, module, function)
    if not name:
        return tool
    own = fact_id("tool", name, f"{module.document.file}#registered.{name}")
    tool = replace(tool, id=own, name=name)
    taken = schema_in(module, properties) if properties is not None else None
    return as_taking(tool, taken) if taken is not None else tool
