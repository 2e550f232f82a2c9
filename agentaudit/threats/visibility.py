"""
Visibility: which credentials an agent's processes hold, and where those processes can connect to.

What a process holds, whoever steers the agent can carry out, as soon as there is a way out.
"""

from collections.abc import Iterator

from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import Fact
from agentaudit.model.facts.runtimes import Egress, Runtime
from agentaudit.model.facts.tools import Tool, ToolServer
from agentaudit.threats.draft import Doubt, Draft, derived_id
from agentaudit.threats.invocation import agents_of

_SEEN = (EdgeKind.VISIBLE_TO,)
_OUT = (EdgeKind.EGRESS_TO,)


def draw_visibility(draft: Draft) -> None:
    """Processes to the credentials they hold, to their runtimes, and out of them."""
    relations = draft.relations
    holders = (*relations.of(Agent), *relations.of(ToolServer), *relations.of(Runtime))
    for holder in holders:
        for credential in held_by(draft, holder):
            draft.draw(holder, EdgeKind.VISIBLE_TO, credential, credential.evidence[0])
    for process in (*relations.of(Agent), *relations.of(ToolServer)):
        for runtime in runtimes_of(draft, process):
            draft.draw(process, EdgeKind.RUNS_ON, runtime, runtime.evidence[0])
    _unplaced_credentials(draft)
    _ways_out(draft)
    _outward_tools(draft)


def held_by(draft: Draft, holder: Fact) -> tuple[Credential, ...]:
    """The credentials that stand in the process of an agent, a server, a runtime or a tool."""
    seen = {item.id: item for item, _ in draft.relations.joined(_SEEN, holder, Credential)}
    held = {item.id: item for item in draft.relations.held.get(holder.id, ())}
    return tuple(fact for _, fact in sorted((seen | held).items()))


def runtimes_of(draft: Draft, process: Fact) -> tuple[Runtime, ...]:
    """What an agent or a server runs on."""
    found = draft.relations.joined((EdgeKind.RUNS_ON,), process, Runtime)
    return tuple(runtime for runtime, _ in found)


def way_out(egress: Egress) -> Truth:
    """Whether data can be sent to an address of the attacker's choice."""
    if egress.policy == "any":
        return Truth.YES
    return Truth.NO if egress.policy in ("allowlist", "none") else Truth.UNKNOWN


def _unplaced_credentials(draft: Draft) -> None:
    """Credentials of which a file says that the agent reaches them, and not through what."""
    placed = {edge.dst for edge in draft.edges.values() if edge.kind == EdgeKind.VISIBLE_TO}
    likely = Doubt(confidence=Confidence.LIKELY)
    credentials = [
        item
        for item in draft.relations.of(Credential)
        if item.agent_reachable and item.id not in placed and not item.holder_id
    ]
    for agent in draft.relations.of(Agent) if credentials else ():
        if draft.affords("which credentials it may hold", len(credentials), agent):
            for item in credentials:
                draft.draw(agent, EdgeKind.VISIBLE_TO, item, item.evidence[0], doubt=likely)


def _ways_out(draft: Draft) -> None:
    """The stated ones, and an open one for each agent's process that no file limits."""
    for egress in draft.relations.of(Egress):
        for process in _limited(draft, egress):
            draft.draw(process, EdgeKind.EGRESS_TO, egress, egress.evidence[0])
    for agent in draft.relations.of(Agent):
        if not _exits(draft, agent):
            process = next(iter(runtimes_of(draft, agent)), agent)
            draft.draw(process, EdgeKind.EGRESS_TO, _anywhere(process), process.evidence[0])


def _limited(draft: Draft, egress: Egress) -> Iterator[Runtime | Agent]:
    """What an egress is the way out of: the runtimes it names, and what is joined to it."""
    named = (draft.relations.facts.get(name) for name in sorted(set(egress.runtime_ids)))
    yield from (item for item in named if isinstance(item, Runtime))
    yield from (runtime for runtime, _ in draft.relations.joined(_OUT, egress, Runtime))
    yield from (agent for agent, _ in draft.relations.joined(_OUT, egress, Agent))


def _exits(draft: Draft, agent: Agent) -> tuple[Egress, ...]:
    """Where an agent's process may connect to, as far as it is drawn."""
    homes = (agent, *runtimes_of(draft, agent))
    return tuple(egress for home in homes for egress in draft.exits.get(home.id, {}).values())


def _outward_tools(draft: Draft) -> None:
    """
    Where the data goes that a tool takes out.

    A tool that sends, or that a remote server runs, brings data out past the network rules of the
    agent's process; a local one connects from that process.
    """
    for tool in draft.relations.of(Tool):
        sends = "send" in tool.effects
        if tool.effects_known and tool.egress is Truth.NO and not sends:
            continue
        server = draft.calls.exposing.get(tool.id)
        remote = server is not None and server.remote
        outward = sends or tool.egress is Truth.YES
        if sends or remote or not tool.effects_known:
            beyond = Doubt(known=sends or (remote and outward))
            recipients = _recipients(tool)
            draft.draw(tool, EdgeKind.EGRESS_TO, recipients, tool.evidence[0], doubt=beyond)
        if not remote:
            _local_ways(draft, tool, Doubt(known=outward))


def _local_ways(draft: Draft, tool: Tool, doubt: Doubt) -> None:
    for agent in agents_of(draft, tool):
        exits = _exits(draft, agent)
        if draft.affords("where its tools connect to", len(exits), agent):
            for egress in exits:
                draft.draw(tool, EdgeKind.EGRESS_TO, egress, egress.evidence[0], doubt=doubt)


def _anywhere(process: Agent | Runtime) -> Egress:
    return Egress(
        id=derived_id("egress", process.id),
        name=f"any address, from {process.name}",
        evidence=process.evidence,
        confidence=process.confidence,
    )


def _recipients(tool: Tool) -> Egress:
    return Egress(
        id=derived_id("egress", tool.id),
        name=f"whomever {tool.name} reaches",
        evidence=tool.evidence,
        confidence=tool.confidence,
    )
