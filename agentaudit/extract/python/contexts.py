"""
What an agent in Python keeps of a conversation where its code does not say.

AutoGen (0.7.5) gives an assistant a context without a bound. The messages of a team that ends after
so many are no more than those, as long as nobody has it go on.
"""

from agentaudit.extract.collector import fact_id
from agentaudit.extract.programs.code import Call
from agentaudit.extract.programs.syntax import keyword, splatted
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.conversations import ends_with_call
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.memory import MemoryStore

_UNBOUNDED = frozenset({"autogen_agentchat.agents.AssistantAgent"})


def add_context(building: Building, call: Call, agent: Agent, *, in_team: bool) -> None:
    """The context of an assistant to which nobody gave one."""
    given = keyword(call.node, "model_context")
    if call.name not in _UNBOUNDED or given is not None or splatted(call.node):
        return
    ends = in_team and agent.max_iterations is not Known.NONE
    endless = agent.max_iterations is Known.NONE
    store = building.collector.add(
        MemoryStore(
            id=fact_id("memory_store", "context", f"{agent.id}/model_context"),
            name=f"context of {agent.name}",
            evidence=(building.module.place(call.node.func, call.last),),
            confidence=Confidence.LIKELY,
            kind="buffer",
            backend="in_memory",
            scope="session",
            ttl=Known.NONE,
            max_turns=Known.UNKNOWN if ends or building.of_framework else Known.NONE,
            max_tokens=Known.NONE,
            compaction=Known.NONE,
            persistent=Truth.NO,
            explicit_writes=Truth.NO,
            explicit_retrieval=Truth.NO,
            ends_with_call=not endless and ends_with_call(building.module, call.node),
        )
    )
    building.collector.remember(agent.id, store, confidence=Confidence.LIKELY)
