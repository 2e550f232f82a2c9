"""Agents that Python code builds, with their tools, memories, limits and gates."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.documents import Documents, starts_files
from agentaudit.extract.frameworks.autogen_limits import Limits
from agentaudit.extract.mcp.tools import add_ingestion
from agentaudit.extract.pages import opened_to_pages
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.environment_variables import deciding_variable
from agentaudit.extract.programs.imports import imported_files, modules, packages
from agentaudit.extract.programs.syntax import keyword, splatted
from agentaudit.extract.programs.unfolded import leave_spent
from agentaudit.extract.python.adk import adk_sessions
from agentaudit.extract.python.agent_engine import add_engines
from agentaudit.extract.python.agentcore import agentcore_memories
from agentaudit.extract.python.answers import add_run_answers
from agentaudit.extract.python.attached_tools import attached_tools, link_attached
from agentaudit.extract.python.builders import Builder
from agentaudit.extract.python.building import Building, decorated_tools
from agentaudit.extract.python.built_agents import built_agents, named_agent
from agentaudit.extract.python.claude import add_claude_agents
from agentaudit.extract.python.contexts import add_context
from agentaudit.extract.python.crews import as_declared, in_crews
from agentaudit.extract.python.delegation import add_delegations
from agentaudit.extract.python.entrypoints import add_entrypoints
from agentaudit.extract.python.executors import code_runner
from agentaudit.extract.python.functions import add_function_apps
from agentaudit.extract.python.gates import add_gates
from agentaudit.extract.python.graphs import GRAPH
from agentaudit.extract.python.grown_messages import add_grown_messages
from agentaudit.extract.python.handing import hand_over
from agentaudit.extract.python.identity import add_identities, entry_agents
from agentaudit.extract.python.known_runners import known_runners
from agentaudit.extract.python.limits import budget, given_limit, iterations, timeout
from agentaudit.extract.python.listed_tools import add_listed_tools
from agentaudit.extract.python.logs import message_logs
from agentaudit.extract.python.lowlevel_servers import add_lowlevel_servers
from agentaudit.extract.python.memory import left_open, memories
from agentaudit.extract.python.pages import open_to_pages, opened_elsewhere, variable_of_origins
from agentaudit.extract.python.registries import registered_tools
from agentaudit.extract.python.retries import retries
from agentaudit.extract.python.runs import Runs
from agentaudit.extract.python.servers import add_servers
from agentaudit.extract.python.sessions import add_sessions
from agentaudit.extract.python.steps import ends_by_itself
from agentaudit.extract.python.stores import link_stores
from agentaudit.extract.python.teams import TEAMS, limits_of_teams
from agentaudit.extract.python.temporal import temporal_retries
from agentaudit.extract.python.threads import add_threads
from agentaudit.extract.python.tool_classes import add_tool_classes
from agentaudit.extract.python.toolbox import tools_of
from agentaudit.extract.python.unread_frameworks import add_unread_agents
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.interest import asks_models

_MODAL = "modal"


def extract_python(documents: Documents, collector: Collector) -> None:
    """The agents of every Python file, and the tools and memories that stand without one."""
    read = modules(documents).values()
    for module in read:
        _extract(documents, module, collector)
    link_attached(documents, collector)
    add_run_answers(documents, collector)
    if documents.once(starts_files):
        collector.imported_files.update(documents.once(imported_files))
    leave_spent(collector, read)


def _extract(documents: Documents, module: Module, collector: Collector) -> None:
    decorated = {
        tool.evidence[0].line: collector.add(tool) for tool in decorated_tools(documents, module)
    }
    for tool in decorated.values():
        add_ingestion(collector, tool)
    tools = {tool.name: tool for tool in decorated.values()}
    calls = tuple(module.calls())
    built = built_agents(module, calls).listed
    building = Building(
        documents=documents,
        module=module,
        collector=collector,
        tools=tools,
        tools_at=decorated,
        calls=calls,
        runs=Runs(module, calls),
        agents=frozenset(call.variable for call, _ in built if call.variable),
    )
    add_sessions(module, calls, collector)
    add_servers(building)
    add_function_apps(building)
    add_lowlevel_servers(building, add_listed_tools(building))
    add_tool_classes(building)
    for tool in known_runners(module, calls):
        collector.add(tool)
    add_grown_messages(building)
    for tool in registered_tools(documents, module, calls):
        add_ingestion(collector, collector.add(tool))
    for log in message_logs(module, calls):
        collector.add(log)
    found = (
        *memories(module, calls, documents),
        *agentcore_memories(module, calls),
        *adk_sessions(module, calls, documents),
    )
    kept = ((left_open(store) if building.of_framework else store, call) for store, call in found)
    stores = [(collector.add(store), call) for store, call in kept]
    agents = [*_add_agents(building, built), *add_entrypoints(building)]
    _call_servers(building, agents)
    others = [*add_claude_agents(building), *_without_framework(building)]
    link_stores(module, calls, collector, (agents, stores))
    add_threads(building, agents)
    _deployed(building, agents)
    known = [*(agent for agent, _ in agents), *others] or list(entry_agents(building))
    add_identities(building, known)
    if variable := variable_of_origins(module, calls):
        collector.page_origins[module.document.file] = variable
    _open(building, known)
    add_engines(module, calls, known, collector)
    add_delegations(module, calls, known, collector)
    for retry in retries(module, calls, building.agents, tools):
        collector.add(retry)
    for retry in temporal_retries(documents, module, calls):
        collector.add(retry)
    building.let_go()


def _deployed(building: Building, agents: Sequence[tuple[Agent, Call]]) -> None:
    """What runs the agents where the module itself says so."""
    if _MODAL in building.module.once(packages):
        from agentaudit.extract.python.modal_apps import add_modal_apps

        add_modal_apps(building, agents)


def _call_servers(building: Building, agents: Sequence[tuple[Agent, Call]]) -> None:
    """The servers of MCP that the agents start or call, which few programs have."""
    if agents and "mcp" in building.module.document.text.lower():
        from agentaudit.extract.python.clients import add_clients

        add_clients(building, agents)


def _without_framework(building: Building) -> Sequence[Agent]:
    """Loops of the module's own, and agents of a service: what finds them few programs need."""
    found: list[Agent] = []
    text = building.module.document.text
    if asks_models(text):
        from agentaudit.extract.python.own_loops import add_own_loops

        found += add_own_loops(building)
    if "azure.ai." in text:
        from agentaudit.extract.python.azure_agents import add_azure_agents

        found += add_azure_agents(building)
    if "codex" in text or "copilot" in text:
        found += _embedded(building)
    add_unread_agents(building)
    if "livekit" in text or "pipecat" in text:
        from agentaudit.extract.python.voice_agents import add_voice_agents

        found += add_voice_agents(building)
    return found


def _embedded(building: Building) -> Iterator[Agent]:
    """Coding agents that the module starts by an SDK."""
    from agentaudit.extract.coding_agents.embedded import Embedded, add_embedded, starts_embedded

    for call in building.calls:
        if starts_embedded(building.module, call):
            given = {item.arg: item.value for item in call.node.keywords if item.arg is not None}
            embedded = Embedded(call, given, hidden=splatted(call.node))
            yield add_embedded(building.module, building.collector, embedded)


def _open(building: Building, agents: Sequence[Agent]) -> None:
    """Agents whose server, here or in another file, lets pages of every origin call it."""
    if not agents:
        return
    place = open_to_pages(building.module, building.calls)
    place = place or opened_elsewhere(building.documents, building.module)
    if place is None:
        return
    for agent in agents:
        now = building.collector.facts.get(agent.id)
        if isinstance(now, Agent):
            building.collector.update(opened_to_pages(now, place))


def _add_agents(
    building: Building, builders: Sequence[tuple[Call, Builder]]
) -> Sequence[tuple[Agent, Call]]:
    """The agents of a module, each with the call that builds it, and bound as its teams are."""
    built = [call for call, _ in builders]
    agents = [_add_agent(building, call, builder) for call, builder in builders]
    members, strangers = limits_of_teams(building, built)
    for number, limits in members.items():
        agents[number] = _limit(building.collector, agents[number], limits)
    for call, limits in strangers:
        _add_team(building, call, limits)
    for number, (agent, call) in enumerate(zip(agents, built, strict=True)):
        add_context(building, call, agent, in_team=number in members)
    pairs_of = in_crews(building, list(zip(agents, built, strict=True)))
    hand_over(building, pairs_of)
    return pairs_of


def _add_agent(building: Building, call: Call, builder: Builder) -> Agent:
    module, collector = building.module, building.collector
    name, identifier = named_agent(module, call)
    limit, count = iterations(building, call, builder)
    built = Agent(
        id=identifier,
        name=name,
        evidence=(module.place(call.node.func, call.last),),
        framework=builder.framework,
        max_iterations=limit,
        max_iterations_count=count,
        timeout=timeout(building, call),
        budget=budget(building, call),
        never_repeats=count == 1 or (call.name == GRAPH and ends_by_itself(building, call)),
    )
    if limit is Known.UNKNOWN:
        variable = deciding_variable(module, given_limit(building, call, builder))
        collector.deciding.update({identifier: variable} if variable else {})
    agent = as_declared(building, call, built)
    if agent is built:
        agent = collector.add(agent)
    else:
        collector.update(agent)
    runner = code_runner(building, call, builder.framework)
    tools = (
        *tools_of(building, call, builder),
        *attached_tools(building, call, builder.framework),
        *([runner] if runner is not None else ()),
    )
    for tool in tools:
        place = module.place(call.node.func, tool.name)
        collector.link(EdgeKind.INVOKES, agent.id, tool.id, place)
    add_gates(building, call, agent, tools)
    return agent


def _limit(collector: Collector, agent: Agent, limits: Limits) -> Agent:
    """An agent as a member of a team that goes on for as long as its limits say."""
    changed = replace(
        agent,
        max_iterations=limits.iterations,
        max_iterations_count=limits.iterations_count,
        timeout=limits.timeout,
        timeout_s=limits.timeout_s,
        budget=limits.budget,
        paced_by_person=limits.paced_by_person,
    )
    collector.update(changed)
    return changed


def _add_team(building: Building, call: Call, limits: Limits) -> None:
    """A team whose members other files build: it is what goes on, or ends."""
    module = building.module
    name = module.text(keyword(call.node, "name")) or call.variable or call.last
    team = Agent(
        id=fact_id("agent", name, f"{module.document.file}#{call.variable or name}"),
        name=name,
        evidence=(module.place(call.node.func, call.last),),
        framework=TEAMS[call.name].framework,
    )
    _limit(building.collector, building.collector.add(team), limits)
