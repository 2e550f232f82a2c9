"""
What only the whole deployment can say: who runs where, who sees what, which values are the same.

Runs after all extractors, on facts alone.
"""

from collections.abc import Container, Iterable
from itertools import product

from msgspec.structs import replace

from agentaudit.expressions import holds_word
from agentaudit.extract.coding_agents.allowed_tools import add_allowed_tools, opens_shell
from agentaudit.extract.coding_agents.signs import bypassed, starts_agent
from agentaudit.extract.collector import Collector, evidence, with_place
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.environment import limit, memory_id
from agentaudit.extract.environment_controls import log_id
from agentaudit.extract.joins.agents import place_agents
from agentaudit.extract.joins.approvals import settle_approvals
from agentaudit.extract.joins.credentials import agents_on, join_credentials, targets
from agentaudit.extract.joins.databases import join_databases
from agentaudit.extract.joins.drawn_agents import place_drawn_agents
from agentaudit.extract.joins.identities import reach_identities
from agentaudit.extract.joins.memory import join_memory
from agentaudit.extract.joins.needs import join_needs
from agentaudit.extract.joins.references import resolve_references
from agentaudit.extract.joins.same_names import mark_same_names
from agentaudit.extract.joins.sandboxes import join_sandboxes
from agentaudit.extract.joins.servers import join_servers
from agentaudit.extract.joins.shared_settings import doubt_sharers
from agentaudit.extract.kubernetes.rights import join_pods
from agentaudit.extract.mcp.clients import GATEWAY_CLIENT
from agentaudit.extract.pages import open_to_every_page, opened_to_pages
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.controls import AuditLog
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Egress, Runtime
from agentaudit.readers.scripts import ALLOWING_WORDS

_BACKENDS = ("redis", "postgres", "mongodb", "sqlite", "mysql", "")
"""Where an environment may say that conversations are kept; the last of one that says no place."""


def join(collector: Collector) -> None:
    """Every join, each on what those before it found."""
    resolve_references(collector)
    doubt_sharers(collector)
    place_agents(collector)
    place_drawn_agents(collector)
    _attach_memory(collector)
    join_memory(collector)
    _limit_agents(collector)
    _open_shells(collector)
    join_sandboxes(collector)
    settle_approvals(collector)
    _count_tools(collector)
    _limit_egress(collector)
    _name_logs_of_others(collector)
    join_credentials(collector)
    join_pods(collector)
    reach_identities(collector)
    join_needs(collector)
    join_servers(collector)
    mark_same_names(collector)
    join_databases(collector)


def _attach_memory(collector: Collector) -> None:
    """A runtime's conversation memory is its agents' memory."""
    known = {store.backend for store in collector.of(MemoryStore)}
    backends = [each for each in _BACKENDS if each in known]
    agents = agents_on(collector) if backends else {}
    for workload, backend in product(collector.workloads, backends):
        store = collector.facts.get(memory_id(workload.runtime_id, backend))
        if isinstance(store, MemoryStore):
            for agent in sorted(agents.get(workload.runtime_id, ())):
                collector.remember(agent, store, confidence=Confidence.LIKELY)


def _limit_agents(collector: Collector) -> None:
    """Limits that the environment of its runtime sets for an agent."""
    agents = agents_on(collector)
    behind = {edge.dst for edge in collector.edges_of(EdgeKind.DELEGATES_TO)}
    for workload in (item for item in collector.workloads if item.runtime_id in agents):
        timeout = limit(workload, "timeout")
        bypass = bypassed(workload.words)
        opened = open_to_every_page(workload, _origins_of(collector, workload))
        here = sorted(agents[workload.runtime_id])
        asked = _asked(collector, workload, here, behind)
        for name in here:
            agent = collector.facts[name]
            if not isinstance(agent, Agent):
                continue
            if bypass:
                agent = replace(agent, permission_mode="bypass")
            if opened is not None:
                place = evidence(opened.document, opened.value, f"{opened.key}=*")
                agent = opened_to_pages(agent, place)
            iterations = limit(workload, "iterations", collector.deciding.get(agent.id, ""))
            if iterations is not None and agent.max_iterations is not Known.SET:
                known = Known.SET if iterations > 0 else Known.NONE
                count = iterations if iterations > 0 else None
                agent = replace(agent, max_iterations=known, max_iterations_count=count)
            if timeout is not None and agent.timeout is not Known.SET:
                known = Known.SET if timeout > 0 else Known.NONE
                count = timeout if timeout > 0 else None
                agent = replace(agent, timeout=known, timeout_s=count)
            agent = _as_its_platform_says(agent, workload)
            collector.update(_opened(agent, workload, collector) if name in asked else agent)


def _open_shells(collector: Collector) -> None:
    """The tools of coding agents whose command lets their shell run anything unasked."""
    lines = {each.runtime_id: " ".join(each.words) for each in collector.workloads}
    opening = {
        name: line
        for name, line in lines.items()
        if holds_word(line, ALLOWING_WORDS) and starts_agent(line) and opens_shell(line) is not None
    }
    agents = agents_on(collector) if opening else {}
    for name, line in opening.items():
        for agent in map(collector.facts.get, sorted(agents.get(name, ()))):
            if isinstance(agent, Agent) and agent.permission_mode != "bypass":
                add_allowed_tools(collector, agent, line, agent.evidence[0])


def _origins_of(collector: Collector, workload: Workload) -> set[str]:
    """The variables by which code in the folder that it is built from lets pages in."""
    if workload.build is None:
        return set()
    below = f"{workload.build}/" if workload.build else ""
    return {name for file, name in collector.page_origins.items() if file.startswith(below)}


def _as_its_platform_says(agent: Agent, workload: Workload) -> Agent:
    """When its platform ends what it does, where nothing else says."""
    if workload.timeout_s is not None and agent.timeout is not Known.SET:
        return replace(agent, timeout=Known.SET, timeout_s=workload.timeout_s)
    return agent


def _asked(
    collector: Collector, workload: Workload, agents: Iterable[FactId], behind: Container[FactId]
) -> Container[FactId]:
    """
    Which agents callers reach: of those that are served, all to whom no other hands work.

    Where nothing but a word within a name speaks of an agent, something may stand before one.
    """
    runtime = collector.facts[workload.runtime_id]
    if isinstance(runtime, Runtime) and runtime.resembles_agent:
        return ()
    facts = ((name, collector.facts[name]) for name in agents)
    served = [
        name
        for name, fact in facts
        if not workload.served or (isinstance(fact, Agent) and fact.framework in workload.served)
    ]
    return {name for name in served if name not in behind} or set(served)


def _opened(agent: Agent, workload: Workload, collector: Collector) -> Agent:
    """Whom its platform lets call an agent, where nothing else says."""
    if agent.authenticated is not Truth.UNKNOWN:
        return agent
    place = workload.open_to_all
    if place is not None:
        places = with_place(agent, place)
        return replace(agent, authenticated=Truth.NO, open_place=str(place), evidence=places)
    if workload.passed_on is not None:
        what = f"whether {agent.name} asks who calls"
        collector.leave_open(workload.passed_on, what, "it may not")
    return agent


def _count_tools(collector: Collector) -> None:
    """
    How many servers and tools each agent has; a server of unknown tools counts as one.

    How many of a gateway's servers one of its callers has, no file says.
    """
    exposed = targets(collector, EdgeKind.EXPOSES)
    invoked = targets(collector, EdgeKind.INVOKES)
    for agent in collector.of(Agent):
        servers = exposed[agent.id]
        tools = set(invoked[agent.id]).union(*(exposed[server] for server in servers))
        if (servers or tools) and agent.framework != GATEWAY_CLIENT:
            collector.update(replace(agent, tool_servers=len(set(servers)), tools=len(tools)))


def _limit_egress(collector: Collector) -> None:
    """What each runtime may connect to; of several policies the narrowest that is known counts."""
    narrowest = ("none", "allowlist", "any")
    for egress in collector.of(Egress):
        for name in egress.runtime_ids:
            runtime = collector.facts.get(name)
            if isinstance(runtime, Runtime) and egress.policy in narrowest:
                words = {runtime.egress, egress.policy}
                word = next(word for word in narrowest if word in words)
                if word != runtime.egress:
                    collector.update(replace(runtime, egress=word))


def _name_logs_of_others(collector: Collector) -> None:
    """Spans of whatever, where no agent runs; those of models are of one, whatever runs there."""
    for runtime in collector.of(Runtime):
        log = collector.facts.get(log_id("otel", runtime.id))
        asking = runtime.runs_agent and not runtime.resembles_agent
        if isinstance(log, AuditLog) and not asking:
            collector.update(replace(log, of_other=True))
