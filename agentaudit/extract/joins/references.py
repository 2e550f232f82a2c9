"""References to what another file declares, resolved by name once every file was read."""

from collections.abc import Mapping, Sequence

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, Reference, fact_id
from agentaudit.extract.credentials.literals import normal
from agentaudit.extract.credentials.redaction import plain
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.fact import Fact
from agentaudit.model.facts.permissions import Identity

_NAMESAKES = Budget("facts of one name", 20_000, free=4, whole=True)
"""Each as often as something refers to it by the name that it has with others."""


def resolve_references(collector: Collector) -> None:
    """Edges to all that have the name; where nothing has it, that stays open."""
    named: dict[type[Fact], Mapping[str, Sequence[Fact]]] = {}
    for reference in collector.references:
        if reference.target not in named:
            named[reference.target] = _by_name(collector.of(reference.target))
        same = named[reference.target].get(normal(reference.name), ())
        if not _affords(collector, reference, same):
            continue
        found = [fact for fact in same if fact.id != reference.src]
        for fact in found:
            collector.link(reference.kind, reference.src, fact.id, *reference.at)
        if not found and reference.at:
            collector.leave_open(
                reference.at[0],
                f"the {_kind(reference)} {plain(reference.name)} is not among the files",
                "what it may do is open",
            )
            _add_actor(collector, reference)


def _add_actor(collector: Collector, reference: Reference) -> None:
    """As whom something runs: somebody with that name, though no file says what he may do."""
    acts = reference.kind is EdgeKind.AUTHENTICATES_AS and reference.src.startswith("runtime:")
    if not acts or "$" in reference.name or not normal(reference.name):
        return
    identity = collector.add(
        Identity(
            id=fact_id("identity", reference.name, f"elsewhere.{normal(reference.name)}"),
            name=reference.name,
            evidence=reference.at[:1],
        )
    )
    collector.link(reference.kind, reference.src, identity.id, *reference.at)


def _by_name(facts: Sequence[Fact]) -> Mapping[str, Sequence[Fact]]:
    found: dict[str, list[Fact]] = {}
    for fact in facts:
        found.setdefault(normal(fact.name), []).append(fact)
    return found


def _affords(collector: Collector, reference: Reference, same: Sequence[Fact]) -> bool:
    """Whether few enough have the name that all of them can be meant."""
    if not same:
        return True
    place = (*reference.at, same[0].evidence[0])[0]
    what = f"which {_kind(reference)} of many called {plain(reference.name)} is meant"
    return collector.affords(_NAMESAKES, len(same), (place, what, "what it may do is open"))


def _kind(reference: Reference) -> str:
    return reference.target.__name__.lower()
