"""
Who can see which credential, whose identity it proves, and which values are the same.

The second half of the joins: it asks where agents run, which the first half has settled.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter

from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.model.deployment import Edge, EdgeKind
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Identity
from agentaudit.model.facts.runtimes import Runtime

ISSUER = "identity_provider"
"""Holds what it knows its clients by."""
_MOST_SHARED = 100
"""Other credentials with the same value that one names; each could name all."""
_SEEN = Budget("agents that see credentials of their runtimes", 20_000, free=4, whole=True)
"""Each as often as there are such credentials."""


def join_credentials(collector: Collector) -> None:
    """Every join that concerns credentials, each on what those before it found."""
    _show_credentials(collector)
    _name_owners(collector)
    _share_values(collector)


def agents_on(collector: Collector) -> dict[FactId, list[FactId]]:
    """Runtimes, with the agents that run on them."""
    found: dict[FactId, list[FactId]] = defaultdict(list)
    for edge in collector.edges_of(EdgeKind.RUNS_ON):
        if edge.src.startswith("agent:"):
            found[edge.dst].append(edge.src)
    return found


def doubtful_agents(collector: Collector, on: Mapping[FactId, Sequence[FactId]]) -> set[FactId]:
    """Agents that nothing but a word in the names of their containers speaks of."""
    resembling = {runtime.id for runtime in collector.of(Runtime) if runtime.resembles_agent}
    doubtful = {agent for runtime in resembling for agent in on.get(runtime, ())}
    sure = {agent for runtime in on if runtime not in resembling for agent in on[runtime]}
    return doubtful - sure


def targets(collector: Collector, kind: EdgeKind) -> dict[FactId, list[FactId]]:
    found: dict[FactId, list[FactId]] = defaultdict(list)
    for edge in collector.edges_of(kind):
        found[edge.src].append(edge.dst)
    return found


def _show_credentials(collector: Collector) -> None:
    """What a runtime holds, its agents hold; what an agent can see, a steered agent can take."""
    agents = {runtime: sorted(found) for runtime, found in agents_on(collector).items()}
    seen = [edge for edge in collector.edges_of(EdgeKind.VISIBLE_TO) if edge.dst in agents]
    more: set[FactId] = set()
    doubted = _doubted(collector, seen)
    for edge in sorted(seen, key=attrgetter("src", "dst")):
        seeing = agents[edge.dst]
        credential = collector.facts[edge.src]
        if isinstance(credential, Credential) and credential.holder == "container":
            collector.update(replace(credential, holder="agent", holder_id=seeing[0]))
        place, what = credential.evidence[0], f"which agents see {credential.name}"
        room = collector.affords(_SEEN, len(seeing), (place, what, "more may take it than one"))
        if not room:
            more.add(edge.src)
        for agent in seeing if room else seeing[:1]:
            collector.link(
                EdgeKind.VISIBLE_TO, edge.src, agent, *edge.evidence, confidence=edge.confidence
            )
    _mark_reachable(collector, doubtful_agents(collector, agents), more, doubted)


def _doubted(collector: Collector, seen: Iterable[Edge]) -> set[FactId]:
    """Credentials that agents see on containers alone which but resemble one of an agent."""
    resembling = {runtime.id for runtime in collector.of(Runtime) if runtime.resembles_agent}
    sure = {
        edge.src
        for edge in collector.edges_of(EdgeKind.VISIBLE_TO)
        if edge.dst.startswith(("agent:", "tool_server:"))
    }
    sure.update(edge.src for edge in seen if edge.dst not in resembling)
    return {edge.src for edge in seen} - sure


def _mark_reachable(
    collector: Collector,
    unsure: Collection[FactId],
    more: Collection[FactId],
    doubted: Collection[FactId],
) -> None:
    """
    Marks credentials that agents and servers of tools see; some are seen by more than that.

    An agent that surely runs elsewhere doesn't vouch for a container that resembles its own.
    """
    seers: dict[FactId, list[FactId]] = defaultdict(list)
    for edge in collector.edges_of(EdgeKind.VISIBLE_TO):
        if edge.dst.startswith(("agent:", "tool_server:")):
            seers[edge.src].append(edge.dst)
    for credential in collector.of(Credential):
        seeing = seers.get(credential.id, ())
        if seeing or credential.holder in {"agent", "tool_server"}:
            resembling = bool(seeing) and credential.id not in more
            resembling = resembling and all(agent in unsure for agent in seeing)
            resembling = resembling or credential.id in doubted
            collector.update(replace(credential, agent_reachable=True, holder_resembles=resembling))


def _name_owners(collector: Collector) -> None:
    """
    The user behind a static key of AWS, when the files make keys for exactly one.

    The key itself does not say whose it is, so the join is likely, never certain.
    """
    proven = targets(collector, EdgeKind.AUTHENTICATES_AS)
    users = {
        name
        for credential in collector.of(Credential)
        for name in proven[credential.id]
        if isinstance(user := collector.facts.get(name), Identity)
        and (user.provider, user.kind) == ("aws", "user")
    }
    for credential in collector.of(Credential):
        if (credential.provider, credential.kind) != ("aws", "access_key"):
            continue
        if proven[credential.id] or not credential.agent_reachable:
            continue
        if len(users) == 1:
            collector.link(
                EdgeKind.AUTHENTICATES_AS,
                credential.id,
                min(users),
                credential.evidence[0],
                confidence=Confidence.LIKELY,
            )
        else:
            collector.leave_open(
                credential.evidence[0],
                f"whose key {credential.name} is does not stand in the files",
                "what it may do is open",
            )


def _share_values(collector: Collector) -> None:
    """
    Equal values, found by their digests, which go no further unless a team gave the key.

    The first of them, under which they are told, stands in no test where another does not, and is
    one of those that are the surest.
    """
    by_digest: dict[str, list[Credential]] = defaultdict(list)
    for credential in collector.of(Credential):
        if credential.digest:
            by_digest[credential.digest].append(credential)
    numbered = sorted(by_digest.values(), key=lambda group: group[0].id)
    for number, group in enumerate(numbered, start=1):
        deployed = sorted(
            group,
            key=lambda item: (is_rehearsal(item.evidence[0].file), -item.confidence.rank),
        )
        first = [credential.id for credential in deployed[: _MOST_SHARED + 1]]
        alone = _is_for_one(group)
        for credential in group:
            others = [other for other in first if other != credential.id]
            collector.update(
                replace(
                    credential,
                    digest=f"value-{number}",
                    value_mark=credential.digest if collector.key else "",
                    shared_with=tuple(others[:_MOST_SHARED]),
                    first_of_shared=bool(others) and credential.id == first[0],
                    one_holder=alone,
                )
            )


def _is_for_one(group: Sequence[Credential]) -> bool:
    """Whether one alone has a value, or one who issued it and the one who calls it with that."""
    if sum(each.holder == ISSUER for each in group) > 1:
        return False  # it knows two clients by one secret
    issued = {_having(each) for each in group if _is_issued(each)}
    others = {_having(each) for each in group if not _is_issued(each)}
    return len(issued | others) == 1 or len(issued) == len(others) == 1


def _is_issued(credential: Credential) -> bool:
    """Whether a gateway or an identity provider has it, to know its callers by."""
    return credential.provider == "gateway" or credential.holder == ISSUER


def _having(credential: Credential) -> tuple[FactId, str]:
    return credential.holder_id, credential.evidence[0].file
