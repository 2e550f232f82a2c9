"""What agents of CrewAI remember: the messages of a task, and what their crew keeps on disk."""

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore


def crew_memory(key: str, place: Evidence) -> MemoryStore:
    """`memory: true` is a LanceDB on disk, for which the product knows no TTL."""
    return MemoryStore(
        id=fact_id("memory_store", "crew memory", key),
        name="crew memory",
        evidence=(place,),
        kind="vector",
        backend="lancedb",
        ttl=Known.NONE,
        compaction=Known.SET,
        persistent=Truth.YES,
        agent_writable=Truth.YES,
    )


def add_whole_context(collector: Collector, agent: Agent, place: Evidence) -> None:
    """
    The messages of an agent with `respect_context_window: false`, which end with its task.

    CrewAI summarises them before they outgrow the window, unless it is told to fail there
    (`crewai/utilities/agent_utils.py` of 1.15.30).
    """
    store = MemoryStore(
        id=fact_id("memory_store", "context", f"{agent.id}/respect_context_window"),
        name=f"context of {agent.name}",
        evidence=(place,),
        kind="buffer",
        backend="in_memory",
        scope="session",
        ttl=Known.NONE,
        max_turns=Known.NONE,
        max_tokens=Known.NONE,
        compaction=Known.NONE,
        persistent=Truth.NO,
        explicit_writes=Truth.NO,
        explicit_retrieval=Truth.NO,
        ends_with_call=True,
    )
    collector.remember(agent.id, collector.add(store))
