"""
What only the whole deployment can say: who runs where, who sees what, which values are the same.

Runs after all extractors, on facts alone.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from agentaudit.extract.collector import Collector, Workload, fact_id
from agentaudit.extract.documents import folder_of
from agentaudit.extract.environment import limit
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts import (
    Agent,
    Credential,
    FactId,
    Grant,
    Identity,
    MemoryStore,
    Tool,
)

_CODED = frozenset(
    {
        *("langchain", "langgraph", "openai-agents", "crewai", "autogen", "strands", "pydantic-ai"),
        *("google-adk", "agno", "smolagents"),
    }
)
"""Frameworks whose agents are code that an image holds; others run where their platform says."""


def join(collector: Collector) -> None:
    """Every join, each on what those before it found."""
    _resolve_references(collector)
    _place_agents(collector)
    _attach_memory(collector)
    _limit_agents(collector)
    _show_credentials(collector)
    _settle_approvals(collector)
    _reach_identities(collector)
    _share_values(collector)


def _resolve_references(collector: Collector) -> None:
    for reference in collector.references:
        found = [
            fact
            for fact in collector.of(reference.target)
            if _same_name(fact.name, reference.name) and fact.id != reference.src
        ]
        for fact in found:
            collector.link(reference.kind, reference.src, fact.id, *reference.at)
        if not found and reference.at:
            kind = reference.target.__name__.lower()
            collector.leave_open(
                reference.at[0],
                f"the {kind} {reference.name[:60]} is not among the files",
                "what it may do is open",
            )


def _same_name(one: str, other: str) -> bool:
    return _normal(one) == _normal(other)


def _normal(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _place_agents(collector: Collector) -> None:
    """Agents run on the runtimes built from their folder, or of their image or name."""
    coded = [agent for agent in collector.of(Agent) if agent.framework in _CODED]
    built: dict[str, list[Agent]] = {}
    workloads = [item for item in collector.workloads if item.role == "agent"]
    for workload in workloads:
        if workload.build is not None:
            found = [agent for agent in coded if _below(agent, workload.build)]
            built[workload.image] = found
    for workload in workloads:
        agents = _agents_of(workload, coded, built) or [_own_agent(collector, workload)]
        for agent in agents:
            place = collector.facts[workload.runtime_id].evidence[0]
            collector.link(
                EdgeKind.RUNS_ON,
                agent.id,
                workload.runtime_id,
                place,
                confidence=Confidence.LIKELY,
            )


def _agents_of(
    workload: Workload, coded: list[Agent], built: dict[str, list[Agent]]
) -> list[Agent]:
    """By what it is built from, by its image, by its name, or else by the project it lies in."""
    if workload.build is not None:
        return built[workload.image]
    by_image = built.get(workload.image, []) if workload.image else []
    names = {_normal(name) for name in workload.names if name}
    by_name = [agent for agent in coded if _normal(agent.name) in names]
    return by_image or by_name or _agents_of_project(workload, coded)


def _agents_of_project(workload: Workload, coded: list[Agent]) -> list[Agent]:
    """The code in the nearest folder around the workload's file that holds an agent."""
    folder = folder_of(workload.document.file)
    while True:
        here = [agent for agent in coded if _below(agent, folder)]
        if here or not folder:
            return here
        folder = folder_of(folder)


def _below(agent: Agent, folder: str) -> bool:
    file = agent.evidence[0].file
    return not folder or file == folder or file.startswith(f"{folder}/")


def _own_agent(collector: Collector, workload: Workload) -> Agent:
    """The agent that a runtime runs although no file here holds its code."""
    runtime = collector.facts[workload.runtime_id]
    name = next((item for item in workload.names if item), runtime.name)
    return collector.add(
        Agent(
            id=fact_id("agent", name, f"{runtime.id}/agent"),
            name=name,
            evidence=runtime.evidence[:1],
            confidence=Confidence.LIKELY,
            environment=runtime.environment,
        )
    )


def _agents_on(collector: Collector) -> dict[FactId, list[FactId]]:
    """Runtimes, with the agents that run on them."""
    found: dict[FactId, list[FactId]] = defaultdict(list)
    for edge in collector.edges.values():
        if edge.kind is EdgeKind.RUNS_ON and edge.src.startswith("agent:"):
            found[edge.dst].append(edge.src)
    return found


def _attach_memory(collector: Collector) -> None:
    """A runtime's conversation memory is its agents' memory."""
    agents = _agents_on(collector)
    for workload in collector.workloads:
        for backend in ("redis", "postgres", "mongodb", "sqlite", "mysql", "conversation memory"):
            store = collector.facts.get(
                fact_id("memory_store", backend, f"{workload.runtime_id}/memory")
            )
            if not isinstance(store, MemoryStore):
                continue
            for agent in sorted(agents[workload.runtime_id]):
                for kind in (EdgeKind.PERSISTS_TO, EdgeKind.RECALLS_FROM):
                    collector.link(
                        kind, agent, store.id, store.evidence[0], confidence=Confidence.LIKELY
                    )


def _limit_agents(collector: Collector) -> None:
    """Limits that the environment of its runtime sets for an agent."""
    agents = _agents_on(collector)
    for workload in collector.workloads:
        iterations, timeout = limit(workload, "iterations"), limit(workload, "timeout")
        for name in sorted(agents[workload.runtime_id]):
            agent = collector.facts[name]
            if not isinstance(agent, Agent):
                continue
            if iterations is not None and agent.max_iterations is not Known.SET:
                known = Known.SET if iterations > 0 else Known.NONE
                count = iterations if iterations > 0 else None
                agent = replace(agent, max_iterations=known, max_iterations_count=count)
            if timeout is not None and agent.timeout is not Known.SET:
                known = Known.SET if timeout > 0 else Known.NONE
                count = timeout if timeout > 0 else None
                agent = replace(agent, timeout=known, timeout_s=count)
            collector.update(agent)


def _show_credentials(collector: Collector) -> None:
    """What a runtime holds, its agents hold; what an agent can see, a steered agent can take."""
    agents = _agents_on(collector)
    for edge in sorted(collector.edges.values(), key=lambda item: (item.src, item.dst)):
        if edge.kind is not EdgeKind.VISIBLE_TO or edge.dst not in agents:
            continue
        credential = collector.facts[edge.src]
        first = min(agents[edge.dst])
        if isinstance(credential, Credential) and credential.holder == "container":
            collector.update(replace(credential, holder="agent", holder_id=first))
        for agent in sorted(agents[edge.dst]):
            collector.link(
                EdgeKind.VISIBLE_TO, edge.src, agent, *edge.evidence, confidence=edge.confidence
            )
    visible = {
        edge.src
        for edge in collector.edges.values()
        if edge.kind is EdgeKind.VISIBLE_TO and edge.dst.startswith(("agent:", "tool_server:"))
    }
    for credential in collector.of(Credential):
        if credential.id in visible or credential.holder in {"agent", "tool_server"}:
            collector.update(replace(credential, agent_reachable=True))


def _settle_approvals(collector: Collector) -> None:
    """Where confirmations are switched off, no tool of the agent waits for one."""
    exposed = _targets(collector, EdgeKind.EXPOSES)
    invoked = _targets(collector, EdgeKind.INVOKES)
    gated = _targets(collector, EdgeKind.GATED_BY)
    for agent in collector.of(Agent):
        tools = set(invoked[agent.id])
        for server in exposed[agent.id]:
            tools.update(exposed[server])
        for name in sorted(tools):
            tool = collector.facts.get(name)
            if not isinstance(tool, Tool) or tool.approval is not Truth.UNKNOWN:
                continue
            if agent.permission_mode == "bypass":
                collector.update(replace(tool, approval=Truth.NO))
            elif gated[name]:
                collector.update(replace(tool, approval=Truth.YES))


def _targets(collector: Collector, kind: EdgeKind) -> dict[FactId, list[FactId]]:
    found: dict[FactId, list[FactId]] = defaultdict(list)
    for edge in collector.edges.values():
        if edge.kind is kind:
            found[edge.src].append(edge.dst)
    return found


def _reach_identities(collector: Collector) -> None:
    """Identities that an agent acts as, directly, through its runtime, or by assuming them."""
    acting = _acting(collector)
    for identity in collector.of(Identity):
        if acting[identity.id]:
            agents = tuple(sorted(acting[identity.id]))
            collector.update(replace(identity, agent_reachable=True, agents=agents))
    for grant in collector.of(Grant):
        if acting[grant.identity_id]:
            collector.update(replace(grant, agent_reachable=True))


def _acting(collector: Collector) -> dict[FactId, set[FactId]]:
    """The agents behind each identity, along chains of assumed roles."""
    acting: dict[FactId, set[FactId]] = defaultdict(set)
    on, visible = _agents_on(collector), _targets(collector, EdgeKind.VISIBLE_TO)
    steps = (EdgeKind.AUTHENTICATES_AS, EdgeKind.ASSUMES)
    edges = [edge for edge in collector.edges.values() if edge.kind in steps]
    for edge in edges:
        acting[edge.dst].update(_agents_behind(edge.src, on, visible))
    while grown := [edge for edge in edges if acting[edge.src] - acting[edge.dst]]:
        for edge in grown:
            acting[edge.dst] |= acting[edge.src]
    return acting


def _agents_behind(
    source: FactId, on: dict[FactId, list[FactId]], visible: dict[FactId, list[FactId]]
) -> Iterable[FactId]:
    kind = source.partition(":")[0]
    if kind == "agent":
        return (source,)
    if kind == "runtime":
        return on.get(source, ())
    if kind == "credential":
        return tuple(name for name in visible.get(source, ()) if name.startswith("agent:"))
    return ()


def _share_values(collector: Collector) -> None:
    """Equal values, found by their digests; the digests themselves go no further."""
    by_digest: dict[str, list[Credential]] = defaultdict(list)
    for credential in collector.of(Credential):
        if credential.digest:
            by_digest[credential.digest].append(credential)
    numbered = sorted(by_digest.values(), key=lambda group: group[0].id)
    for number, group in enumerate(numbered, start=1):
        for credential in group:
            others = tuple(other.id for other in group if other.id != credential.id)
            collector.update(replace(credential, digest=f"value-{number}", shared_with=others))
