"""Which agents act as which identities: directly, through their runtimes, or by assuming them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, islice

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector
from agentaudit.extract.containers.roles import keeps_clusters_of_cloud, keeps_data, names_agent
from agentaudit.extract.joins.credentials import agents_on, doubtful_agents, targets
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Grant, Identity
from agentaudit.model.facts.runtimes import Runtime, Workflow

_OF_SERVERS = regex(r"(?:^|[^a-z])(?:mcp|bot)(?:[^a-z]|$)", re.IGNORECASE)
_FREE = 10
_AGENTS = Budget("agents of identities", 100_000, free=_FREE, whole=True)
"""Each as often as there are identities that it acts as."""

_Ways = Mapping[FactId, Sequence[FactId]]


def reach_identities(collector: Collector) -> None:
    """Marks the identities that agents act as, and what those are granted."""
    acting = _Acting(collector)
    for identity in collector.of(Identity):
        count = acting.count(identity.id)
        if not count:
            continue
        place, what = identity.evidence[0], f"which agents act as {identity.name}"
        whole = collector.affords(_AGENTS, count, (place, what, "more share it than are named"))
        agents = tuple(islice(acting.agents(identity.id), None if whole else _FREE))
        apart = acting.apart(identity.id)
        collector.update(replace(identity, agent_reachable=True, agents=agents, agents_apart=apart))
    others = {
        edge.dst
        for edge in collector.edges_of(EdgeKind.AUTHENTICATES_AS)
        if edge.src.startswith("runtime:")
    }
    others.update(item.id for item in collector.of(Identity) if _is_other(item))
    building = any(workflow.runs_agent for workflow in collector.of(Workflow))
    keepers = {
        item.id
        for item in collector.of(Identity)
        if item.keeps_cluster or _is_person(item) or (item.runs_builds and not building)
    }
    for grant in collector.of(Grant):
        if acting.told(grant.identity_id):
            collector.update(replace(grant, agent_reachable=True))
        elif acting.count(grant.identity_id):
            continue
        elif grant.identity_id in others or _is_of_controller(grant):
            keeps = grant.identity_id in keepers
            collector.update(replace(grant, held_by_others=True, keeps_cluster=keeps))


def _is_other(identity: Identity) -> bool:
    """
    Whether it is a part of a cluster, a vendor's own service, a database, or who runs a cluster.

    Those are users, and groups that no pod is in, none of which is called after agents.
    """
    if identity.part_of_cluster or identity.of_platform:
        return True
    if (identity.provider, identity.kind) == ("kubernetes", "service_account"):
        return keeps_data(identity.name)
    return _is_person(identity)


def _is_person(identity: Identity) -> bool:
    """Whether it is a user of a cluster or a group of them, and none of agents or servers."""
    people = identity.provider == "kubernetes" and identity.kind in {"user", "group"}
    others = names_agent(identity.name) or _OF_SERVERS.search(identity.name) is not None
    return people and not identity.open_to and not others


def _is_of_controller(grant: Grant) -> bool:
    """Whether a policy that lies alone is called after what keeps clusters, or its folder is."""
    if grant.identity_id:
        return False
    folder = grant.evidence[0].file.rpartition("/")[0].rpartition("/")[2]
    return keeps_clusters_of_cloud(grant.principal) or keeps_clusters_of_cloud(folder)


class _Acting:
    """
    The agents behind each identity, along chains of assumed roles.

    Those of one identity are the bits of a number, each bit an agent: chains of thousands of
    roles, each with agents of its own, are joined in a moment.
    """

    def __init__(self, collector: Collector) -> None:
        on, visible = agents_on(collector), targets(collector, EdgeKind.VISIBLE_TO)
        edges = collector.edges_of(EdgeKind.AUTHENTICATES_AS, EdgeKind.ASSUMES)
        directly = [(edge.dst, _agents_behind(edge.src, on, visible)) for edge in edges]
        runtimes = {edge.src for edge in edges if edge.src in on}
        self._all = sorted({agent for _, agents in directly for agent in agents})
        bits = {agent: 1 << number for number, agent in enumerate(self._all)}
        self._behind: dict[FactId, int] = defaultdict(int)
        for identity, agents in directly:
            for agent in agents:
                self._behind[identity] |= bits[agent]
        unsure = doubtful_agents(collector, on)
        self._told = sum(bit for agent, bit in bits.items() if agent not in unsure)
        alone = {runtime: _sum_of(bits, on[runtime]) for runtime in runtimes}
        self._together = {*alone.values(), *_in_one_pod(collector, alone)}
        ways: dict[FactId, list[FactId]] = defaultdict(list)
        for edge in edges:
            ways[edge.src].append(edge.dst)
        self._pass_on(ways)

    def count(self, identity: FactId) -> int:
        """How many agents act as an identity."""
        return self._behind.get(identity, 0).bit_count()

    def told(self, identity: FactId) -> bool:
        """Whether an agent does of which more speaks than a word within a name."""
        return bool(self._behind.get(identity, 0) & self._told)

    def apart(self, identity: FactId) -> bool:
        """
        Whether no single runtime runs all of them, as a program of several agents does, or a pod.

        What only resembles an agent is none of several.
        """
        behind = self._behind[identity]
        several = (behind & self._told).bit_count() > 1
        return several and behind not in self._together

    def agents(self, identity: FactId) -> Iterable[FactId]:
        """Those agents, sorted."""
        return compress(self._all, map(int, reversed(f"{self._behind[identity]:b}")))

    def _pass_on(self, ways: _Ways) -> None:
        """Who acts as one identity acts as all that it leads to; circles take more than one way."""
        behind, ordered = self._behind, _ordered(ways)
        grown = True
        while grown:
            grown = False
            for source in ordered:
                for target in ways[source]:
                    more = behind[source] & ~behind[target]
                    if more:
                        behind[target] |= more
                        grown = True


def _sum_of(bits: Mapping[FactId, int], agents: Iterable[FactId]) -> int:
    return sum(bits[agent] for agent in set(agents))


def _in_one_pod(collector: Collector, alone: Mapping[FactId, int]) -> Iterable[int]:
    """The agents of each pod: its containers have one account, and cannot have two."""
    pods: dict[tuple[str, str], int] = defaultdict(int)
    for runtime in collector.of(Runtime):
        if runtime.kind == "pod" and runtime.id in alone:
            pods[runtime.evidence[0].file, runtime.name.partition("/")[0]] |= alone[runtime.id]
    return pods.values()


def _ordered(ways: _Ways) -> Sequence[FactId]:
    """All that lead somewhere, each before those that it leads to, as far as there is no circle."""
    last: list[FactId] = []
    seen: set[FactId] = set()
    waiting = [(start, False) for start in ways]
    while waiting:
        source, left = waiting.pop()
        if left:
            last.append(source)
        elif source not in seen and source in ways:
            seen.add(source)
            waiting.append((source, True))
            waiting.extend((target, False) for target in ways[source])
    return last[::-1]


def _agents_behind(source: FactId, on: _Ways, visible: _Ways) -> Sequence[FactId]:
    kind = source.partition(":")[0]
    if kind == "agent":
        return (source,)
    if kind == "runtime":
        return on.get(source, ())
    if kind == "credential":
        return tuple(name for name in visible.get(source, ()) if name.startswith("agent:"))
    return ()
