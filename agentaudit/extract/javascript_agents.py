"""Agents that TypeScript and JavaScript code builds, with their tools, memories and limits."""

import ast
from collections.abc import Iterator, Sequence

from msgspec import Struct

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.javascript_building import Building
from agentaudit.extract.javascript_claude import add_queries
from agentaudit.extract.javascript_clients import client_of
from agentaudit.extract.javascript_frameworks import BUILDERS, Builder
from agentaudit.extract.javascript_gates import add_gates
from agentaudit.extract.javascript_limits import budget, iterations, timeout
from agentaudit.extract.javascript_memory import module_memories
from agentaudit.extract.javascript_modules import Program, Written, program
from agentaudit.extract.javascript_options import Options, members, options_of
from agentaudit.extract.javascript_servers import add_servers
from agentaudit.extract.javascript_toolbox import Toolbox
from agentaudit.extract.javascript_tools import made_tools
from agentaudit.extract.mcp_tools import add_ingestion
from agentaudit.extract.python_code import Call, Module
from agentaudit.extract.python_stores import link_stores
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool

_GRAPH = "StateGraph"
_HANDED = ("handoffs", "agents", "subagents")


class _Built(Struct, frozen=True):
    """An agent, and the call that builds it."""

    building: Building
    call: Call
    builder: Builder
    options: Options
    agent: Agent


def extract_javascript(documents: Documents, collector: Collector) -> None:
    """
    The agents of every module, and the tools that stand without one.

    All tools and agents are known before it is asked which agent has which.
    """
    known = program(documents)
    tools: dict[int, Tool] = {}
    for module in known.modules.values():
        for tool, call in made_tools(known, module):
            tools[id(call)] = add_ingestion(collector, collector.add(tool))
    agents: dict[int, Agent] = {}
    built: list[_Built] = []
    for module in known.modules.values():
        building = Building(
            documents=documents,
            program=known,
            module=module,
            collector=collector,
            calls=tuple(module.calls()),
            tools=tools,
            agents=agents,
        )
        here = [*_add_agents(building)]
        built += here
        _add_memories(building, here)
        add_queries(building)
        add_servers(building)
    for each in built:
        _equip(each)


def _add_memories(building: Building, built: Sequence[_Built]) -> None:
    """The memories of a module, with the agents that they are handed to."""
    stores = [(building.collector.add(store), call) for store, call in module_memories(building)]
    agents = [(each.agent, each.call) for each in built]
    link_stores(building.module, building.calls, building.collector, (agents, stores))


def _add_agents(building: Building) -> Iterator[_Built]:
    for call in building.calls:
        builder = BUILDERS.get(call.name)
        if builder is None:
            continue
        options = Options({})
        if call.last != _GRAPH:  # which takes the shape of its state
            options = options_of(building.program, building.module, call.node)
        if builder.only_with_tools and options.get(*builder.tools) is None:
            if options.hidden:
                _leave_open(building, call)
            continue
        agent = _add_agent(building, call, builder, options)
        building.agents[id(call.node)] = agent
        yield _Built(building, call, builder, options, agent)


def _leave_open(building: Building, call: Call) -> None:
    place = building.module.place(call.node.func, call.last)
    what = f"the options of {call.last} do not fold"
    building.collector.leave_open(place, what, "whether it has tools, and which, is open")


def _add_agent(building: Building, call: Call, builder: Builder, options: Options) -> Agent:
    module = building.module
    name = _name(module, call, options)
    limit, count = iterations(building, options, builder)
    times, seconds = timeout(building, options)
    return building.collector.add(
        Agent(
            id=fact_id("agent", name, f"{module.document.file}#{call.node.lineno}.{name}"),
            name=name,
            evidence=(module.place(call.node.func, call.last),),
            framework=builder.framework,
            max_iterations=limit,
            max_iterations_count=count,
            timeout=times,
            timeout_s=seconds,
            budget=budget(building, options),
        )
    )


def _name(module: Module, call: Call, options: Options) -> str:
    """What the agent is called: by itself, by its variable, by the function around it, its file."""
    given = options.text("name", "id")
    if given:
        return given
    if call.variable and call.variable not in {"result", "response", "default", "agent"}:
        return call.variable
    around = module.function_around(call.node)
    named = around.name if around is not None and around.name.isidentifier() else ""
    return named or module.document.file.rpartition("/")[2]


def _equip(built: _Built) -> None:
    """What an agent may call, to whom it hands work, and what filters it."""
    building, options, agent = built.building, built.options, built.agent
    toolbox = Toolbox(building, agent)
    given = options.get(*built.builder.tools)
    if given is not None:
        toolbox.give(given)
    elif built.call.last == _GRAPH:
        _give_all(toolbox, built.call)
    elif options.hidden:
        toolbox.leave_open(Written(building.module, built.call.node.func))
    _hand_over(building, agent, options)
    for server in _listed(building.program, options.get("mcpServers")):
        if not client_of(building, agent, server):
            toolbox.leave_open(server)
    add_gates(building, agent, options, toolbox.given)


def _give_all(toolbox: Toolbox, call: Call) -> None:
    """A graph has the tools of its module, whose nodes may call them."""
    building = toolbox.building
    if not building.module.affords(len(building.own_tools)):
        toolbox.leave_open(Written(building.module, call.node.func))
        return
    for tool in building.own_tools:
        place = building.module.place(call.node.func, tool.name)
        building.collector.link(EdgeKind.INVOKES, toolbox.agent.id, tool.id, place)


def _listed(known: Program, given: Written | None) -> Sequence[Written]:
    """The elements of a list, or the members of an object; a lone value as one."""
    if given is None:
        return ()
    meant = known.meant(given)
    if isinstance(meant.node, ast.List | ast.Tuple):
        return [meant.beside(each) for each in meant.node.elts]
    inner = members(known, meant)
    return list(inner.given.values()) if inner is not None else [meant]


def _hand_over(building: Building, agent: Agent, options: Options) -> None:
    """To whom an agent hands work."""
    for name in _HANDED:
        for each in _listed(building.program, options.get(name)):
            meant = building.program.meant(each)
            if isinstance(meant.node, ast.Call) and meant.node.args:  # handoff(agent)
                inner = building.program.meant(meant.beside(meant.node.args[0]))
                meant = inner if id(inner.node) in building.agents else meant
            other = building.agents.get(id(meant.node))
            place = each.place(name)
            if other is not None:
                building.collector.link(EdgeKind.DELEGATES_TO, agent.id, other.id, place)
            elif isinstance(meant.node, ast.Name | ast.Call | ast.Attribute):
                what = f"an agent among the {name} of {agent.name} is not known"
                building.collector.leave_open(place, what, "to whom work is handed")
