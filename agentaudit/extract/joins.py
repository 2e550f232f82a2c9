"""
What only the whole deployment can say: who runs where, who sees what, which values are the same.

Runs after all extractors, on facts alone.
"""

import re
from dataclasses import replace

from agentaudit.extract.coding_agents import bypassed
from agentaudit.extract.collector import Collector, Workload, evidence, fact_id
from agentaudit.extract.documents import folder_of
from agentaudit.extract.environment import limit, open_to_every_page
from agentaudit.extract.joined_credentials import agents_on, join_credentials, targets
from agentaudit.extract.joined_memory import join_memory
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Egress, Runtime
from agentaudit.model.facts.tools import Tool

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
    join_memory(collector)
    _limit_agents(collector)
    _settle_approvals(collector)
    _count_tools(collector)
    _limit_egress(collector)
    join_credentials(collector)


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


def _attach_memory(collector: Collector) -> None:
    """A runtime's conversation memory is its agents' memory."""
    agents = agents_on(collector)
    for workload in collector.workloads:
        for backend in ("redis", "postgres", "mongodb", "sqlite", "mysql", "conversation memory"):
            store = collector.facts.get(
                fact_id("memory_store", backend, f"{workload.runtime_id}/memory")
            )
            if not isinstance(store, MemoryStore):
                continue
            for agent in sorted(agents[workload.runtime_id]):
                collector.remember(agent, store, confidence=Confidence.LIKELY)


def _limit_agents(collector: Collector) -> None:
    """Limits that the environment of its runtime sets for an agent."""
    agents = agents_on(collector)
    for workload in collector.workloads:
        iterations, timeout = limit(workload, "iterations"), limit(workload, "timeout")
        bypass, opened = bypassed(workload.words), open_to_every_page(workload)
        for name in sorted(agents[workload.runtime_id]):
            agent = collector.facts[name]
            if not isinstance(agent, Agent):
                continue
            if bypass:
                agent = replace(agent, permission_mode="bypass")
            if opened is not None:
                place = evidence(opened.document, opened.value, f"{opened.key}=*")
                places = tuple(dict.fromkeys((*agent.evidence, place)))
                agent = replace(agent, cors_open=True, evidence=places)
            if iterations is not None and agent.max_iterations is not Known.SET:
                known = Known.SET if iterations > 0 else Known.NONE
                count = iterations if iterations > 0 else None
                agent = replace(agent, max_iterations=known, max_iterations_count=count)
            if timeout is not None and agent.timeout is not Known.SET:
                known = Known.SET if timeout > 0 else Known.NONE
                count = timeout if timeout > 0 else None
                agent = replace(agent, timeout=known, timeout_s=count)
            collector.update(agent)


def _settle_approvals(collector: Collector) -> None:
    """Where confirmations are switched off, no tool of the agent waits for one."""
    exposed = targets(collector, EdgeKind.EXPOSES)
    invoked = targets(collector, EdgeKind.INVOKES)
    gated = targets(collector, EdgeKind.GATED_BY)
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


def _count_tools(collector: Collector) -> None:
    """How many servers and tools each agent has; a server of unknown tools counts as one."""
    exposed = targets(collector, EdgeKind.EXPOSES)
    invoked = targets(collector, EdgeKind.INVOKES)
    for agent in collector.of(Agent):
        servers = exposed[agent.id]
        tools = set(invoked[agent.id]).union(*(exposed[server] for server in servers))
        if servers or tools:
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
                collector.update(replace(runtime, egress=word))
