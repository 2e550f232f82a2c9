"""Agents that TypeScript and JavaScript code builds, with their tools, memories and limits."""

import ast
from collections.abc import Sequence

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents, starts_files
from agentaudit.extract.javascript.azure import add_functions
from agentaudit.extract.javascript.building import Building
from agentaudit.extract.javascript.built import Built, add_agents, note_instances
from agentaudit.extract.javascript.classes import kinds_of
from agentaudit.extract.javascript.claude import add_queries
from agentaudit.extract.javascript.clients import add_worker_server, client_of
from agentaudit.extract.javascript.entrypoints import add_entrypoints
from agentaudit.extract.javascript.frameworks import BUILDERS, GRAPH
from agentaudit.extract.javascript.gates import add_gates
from agentaudit.extract.javascript.grown_messages import add_grown_messages
from agentaudit.extract.javascript.memory import module_memories, of_convex
from agentaudit.extract.javascript.modules import Program, imported_files, program
from agentaudit.extract.javascript.options import Options, members, options_of
from agentaudit.extract.javascript.registrations import registry
from agentaudit.extract.javascript.served import add_served
from agentaudit.extract.javascript.servers import add_servers, is_server
from agentaudit.extract.javascript.threads import add_threads
from agentaudit.extract.javascript.toolbox import Toolbox
from agentaudit.extract.javascript.tools import made_tools
from agentaudit.extract.javascript.workers import added_servers, worker_memories
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.programs.code import Call
from agentaudit.extract.programs.unfolded import leave_spent
from agentaudit.extract.programs.written import Written
from agentaudit.extract.python.memory import left_open
from agentaudit.extract.python.stores import link_stores
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.javascript.document import loops_itself

_KEEPERS = ("memory", "history", "sessionManager")
"""Options by which agents of Mastra, VoltAgent, AgentKit and Strands remember."""
_HANDED = ("handoffs", "agents", "subagents", "subAgents", "canHandoffTo")


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
    kinds = kinds_of(known, lambda base: base in BUILDERS or is_server(base))
    agents: dict[int, Agent] = {}
    memories: dict[int, MemoryStore] = {}
    buildings: dict[str, Building] = {}
    for file, module in known.modules.items():
        buildings[file] = Building(
            documents=documents,
            program=known,
            module=module,
            collector=collector,
            calls=tuple(module.calls()),
            tools=tools,
            agents=agents,
            memories=memories,
            kinds=kinds,
            peers=buildings,
        )
    registered = registry(tuple(buildings.values()))
    built: list[Built] = []
    for building in buildings.values():
        here = [*add_agents(building), *add_entrypoints(building)]
        built += here
        _add_memories(building, here)
        add_queries(building)
        _add_embedded(building)
        _add_own_loops(building)
        add_grown_messages(building)
        add_servers(building, registered)
        add_functions(building)
    for building in buildings.values():
        note_instances(building)
    for each in built:
        _equip(each)
        _remember(each)
    add_served(buildings.values())
    _leave_doing_open(known, collector)
    leave_spent(collector, known.modules.values())
    if documents.once(starts_files):
        collector.imported_files.update(imported_files(known))
    buildings.clear()  # each names all of them, and would outlive what it read


def _leave_doing_open(known: Program, collector: Collector) -> None:
    """Tools of which something is not known that they do."""
    for tool in collector.of(Tool):
        if tool.id in known.open_doing:
            what, effect = known.open_doing[tool.id]
            collector.leave_open(tool.evidence[0], f"the tool {tool.name} {what}", effect)


def _add_own_loops(building: Building) -> None:
    """Loops of a script's own: what finds them is loaded for few programs."""
    if loops_itself(building.module.document.file, building.module.document.text):
        from agentaudit.extract.javascript.own_loops import add_own_loops

        add_own_loops(building)


def _add_embedded(building: Building) -> None:
    """Coding agents that a module starts by an SDK."""
    text = building.module.document.text
    if "codex-sdk" not in text and "copilot-sdk" not in text:
        return
    from agentaudit.extract.coding_agents.embedded import Embedded, add_embedded, starts_embedded

    for call in building.calls:
        if starts_embedded(building.module, call):
            options = options_of(building.program, building.module, call.node)
            given = {name: each.node for name, each in options.given.items()}
            add_embedded(building.module, building.collector, Embedded(call, given, options.hidden))


def _add_memories(building: Building, built: Sequence[Built]) -> None:
    """The memories of a module, with the agents that they are handed to."""
    found = (
        (left_open(store) if building.is_component else store, call)
        for store, call in module_memories(building)
    )
    stores = [(building.collector.add(store), call) for store, call in found]
    building.memories.update((id(call.node), store) for store, call in stores)
    agents = [(each.agent, each.call) for each in built]
    link_stores(building.module, building.calls, building.collector, (agents, stores))
    add_threads(building, built)
    by_class: dict[int, list[Agent]] = {}
    for each in built:
        if each.builder.framework == "convex-agent":
            kept = building.collector.add(of_convex(building, each.call, each.options))
            building.collector.remember(each.agent.id, kept, confidence=Confidence.LIKELY)
        around = building.module.class_around(each.call.node)
        by_class.setdefault(id(around), []).append(each.agent)
    for store, lineage in worker_memories(building):
        kept = building.collector.add(store)
        for extended in lineage.classes:
            for agent in by_class.get(id(extended.defined), ()):
                building.collector.remember(agent.id, kept, confidence=Confidence.LIKELY)


def _remember(built: Built) -> None:
    """What an agent is given to remember by, which another file may make, or nobody sees."""
    building, collector = built.building, built.building.collector
    given = built.options.get(*_KEEPERS)
    meant = building.program.meant(given) if given is not None else None
    if given is None or meant is None or meant.value in {None, False}:
        return
    store = building.memories.get(id(meant.node))
    if store is not None:
        collector.remember(built.agent.id, store, confidence=Confidence.LIKELY)
    elif not collector.from_fact(built.agent.id, EdgeKind.PERSISTS_TO):
        what = f"what {built.agent.name} remembers by is not known"
        collector.leave_open(given.place("memory"), what, "whether it is bounded, and expires")


def _equip(built: Built) -> None:
    """What an agent may call, to whom it hands work, and what filters it."""
    building, options, agent = built.building, built.options, built.agent
    toolbox = Toolbox(building, agent)
    given = options.get(*built.builder.tools)
    if given is not None:
        toolbox.give(given)
    elif built.call.last == GRAPH:
        _give_all(toolbox, built.call)
    elif options.hidden:
        toolbox.leave_open(Written(building.module, built.call.node.func))
    _hand_over(building, agent, options)
    for server in _listed(building.program, options.get("mcpServers")):
        if not client_of(building, agent, server):
            toolbox.leave_open(server)
    for call in added_servers(building, built.call.node):
        add_worker_server(building, agent, call)
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
