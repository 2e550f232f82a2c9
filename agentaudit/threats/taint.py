"""
Taint: how content that strangers may write comes into an agent's context.

One context has one label: a single untrusted source taints everything the agent may do.
"""

from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.agents import Agent, PeerAgent, Source
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.permissions import Grant
from agentaudit.model.facts.runtimes import Workflow
from agentaudit.model.facts.tools import Tool, ToolServer
from agentaudit.threats.draft import Doubt, Draft, derived_id
from agentaudit.threats.invocation import agents_of

_INTO = (EdgeKind.INGESTS, EdgeKind.PROMPTS, EdgeKind.TRIGGERED_BY)
_MEMORY = (EdgeKind.PERSISTS_TO, EdgeKind.RECALLS_FROM)
_STARTS = (
    EdgeKind.TRIGGERED_BY,
    EdgeKind.RUNS_ON,
    EdgeKind.INVOKES,
    EdgeKind.CONFIGURED_IN,
    EdgeKind.PROMPTS,
)

_OUTSIDE = frozenset({"anybody", "any_account"})


def draw_taint(draft: Draft) -> None:
    """Sources into agents: stated, returned by tools, through CI, memory and other agents."""
    _stated_sources(draft)
    _tool_results(draft)
    _callers(draft)
    _holders(draft)
    _workflows(draft)
    _memory(draft)
    _delegation(draft)
    _peers(draft)


def _stated_sources(draft: Draft) -> None:
    for source, agent, edge in draft.relations.pairs(_INTO, Source, Agent):
        draft.draw(source, EdgeKind.INGESTS, agent, edge)
    carriers: tuple[type[Tool | ToolServer | MemoryStore], ...] = (Tool, ToolServer, MemoryStore)
    for kind in carriers:
        for source, carrier, edge in draft.relations.pairs(_INTO, Source, kind):
            for agent in agents_of(draft, carrier):
                draft.draw(source, EdgeKind.INGESTS, agent, edge)


def _tool_results(draft: Draft) -> None:
    """What a tool brings back from places that strangers write to, where no source is stated."""
    stated = {tool.id for _, tool, _ in draft.relations.pairs(_INTO, Source, Tool)}
    for agent, tool in draft.calls.tools:
        if tool.reads_untrusted is Truth.NO or tool.id in stated:
            continue
        source = Source(
            id=derived_id("source", tool.id),
            name=f"content that {tool.name} returns",
            evidence=tool.evidence,
            confidence=tool.confidence,
        )
        doubt = Doubt(known=tool.reads_untrusted is Truth.YES)
        draft.draw(source, EdgeKind.INGESTS, agent, tool.evidence[0], doubt=doubt)


def _callers(draft: Draft) -> None:
    """Anyone may talk to an agent whose endpoint asks nobody who they are."""
    for agent in draft.relations.of(Agent):
        if agent.authenticated is Truth.NO:
            source = Source(
                id=derived_id("source", agent.id, "callers"),
                name=f"text from anyone who can call {agent.name}",
                evidence=agent.evidence,
            )
            draft.draw(source, EdgeKind.PROMPTS, agent, agent.evidence[0])


def _holders(draft: Draft) -> None:
    """Permissions that everybody has start with nobody's agent: whoever comes may use them."""
    for grant in draft.relations.of(Grant):
        if grant.open_to in _OUTSIDE:
            member = grant.provider == "kubernetes" and grant.open_to == "any_account"
            source = Source(
                id=derived_id("source", grant.id, "holders"),
                name=f"anyone who is {grant.principal}",
                evidence=grant.evidence,
                trust="user" if member else "untrusted",
            )
            draft.draw(source, EdgeKind.GRANTS, grant, grant.evidence[0])


def _workflows(draft: Draft) -> None:
    """An outsider's event starts the workflow, and its text reaches the agent that it runs."""
    for source, workflow, edge in draft.relations.pairs(_INTO, Source, Workflow):
        draft.draw(source, EdgeKind.TRIGGERED_BY, workflow, edge)
    for workflow in draft.relations.of(Workflow):
        stated = any(True for _ in draft.relations.joined(_INTO, workflow, Source))
        if workflow.runs_agent and not stated and (workflow.untrusted_trigger or workflow.open_to):
            place = workflow.evidence[0]
            draft.draw(_outsider(workflow), EdgeKind.TRIGGERED_BY, workflow, place)
    for workflow, agent, edge in draft.relations.pairs(_STARTS, Workflow, Agent):
        draft.draw(workflow, EdgeKind.PROMPTS, agent, edge)


def _outsider(workflow: Workflow) -> Source:
    triggers = ", ".join(workflow.triggers) or "an event"
    return Source(
        id=derived_id("source", workflow.id),
        name=f"text that outsiders write ({triggers})",
        evidence=workflow.evidence,
    )


def _memory(draft: Draft) -> None:
    """What one session wrote, another recalls, unless the store is one session's own."""
    for agent, store, edge in draft.relations.pairs(_MEMORY, Agent, MemoryStore):
        draft.draw(agent, EdgeKind.PERSISTS_TO, store, edge)
        if store.scope != "session":
            doubt = Doubt(known=store.scope != "")
            draft.draw(store, EdgeKind.RECALLS_FROM, agent, edge, doubt=doubt)


def _delegation(draft: Draft) -> None:
    """An agent's words steer the agent it delegates to."""
    for giver, taker, edge in draft.relations.pairs((EdgeKind.DELEGATES_TO,), Agent, Agent):
        draft.draw(giver, EdgeKind.DELEGATES_TO, taker, edge)


def _peers(draft: Draft) -> None:
    """What a remote agent answers, unless it proved who it is."""
    for agent, peer, edge in draft.relations.pairs((EdgeKind.DELEGATES_TO,), Agent, PeerAgent):
        if peer.authenticated is Truth.YES:
            continue
        source = Source(
            id=derived_id("source", peer.id),
            name=f"what {peer.name} answers",
            evidence=peer.evidence,
            trust="user",
        )
        doubt = Doubt(known=peer.authenticated is Truth.NO, confidence=Confidence.LIKELY)
        draft.draw(source, EdgeKind.INGESTS, agent, edge, doubt=doubt)
