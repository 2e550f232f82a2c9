"""Facts while they are gathered: one that is told again gains places, each once."""

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.collector import Collector
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.fact import FactId

places = st.builds(
    lambda file, line: Evidence(file=file, line=line, column=1, end_line=line, end_column=1),
    st.sampled_from("ab"),
    st.integers(1, 4),
)


@given(st.lists(st.lists(places, min_size=1, max_size=3, unique=True), min_size=1, max_size=8))
def test_a_fact_that_is_told_again_has_each_place_once_in_order(
    told: list[list[Evidence]],
) -> None:
    collector = Collector()
    for evidence in told:
        stands = collector.add(Agent(id=FactId("agent:a"), name="a", evidence=tuple(evidence)))

    assert stands.evidence == tuple(dict.fromkeys(place for group in told for place in group))


@given(st.lists(places, min_size=1, max_size=4), places)
def test_places_that_were_changed_meanwhile_count_as_they_are(
    later: list[Evidence], first: Evidence
) -> None:
    collector = Collector()
    fact = Agent(id=FactId("agent:a"), name="a", evidence=(first,))
    for _ in range(3):
        collector.add(fact)
    collector.update(Agent(id=FactId("agent:a"), name="a", evidence=(later[0],)))

    stands = collector.add(Agent(id=FactId("agent:a"), name="a", evidence=tuple(later)))

    assert stands.evidence == tuple(dict.fromkeys(later))


def test_a_fact_that_stands_at_very_many_places_keeps_the_first_of_them() -> None:
    collector = Collector()
    for line in range(1, 1_003):
        place = Evidence(file="a", line=line, column=1, end_line=line, end_column=1)
        stands = collector.add(Agent(id=FactId("agent:a"), name="a", evidence=(place,)))

    assert [place.line for place in stands.evidence] == list(range(1, 1_001))


def test_what_is_settled_is_open_no_more_and_all_else_is() -> None:
    collector = Collector()
    place = Evidence(file="a", line=1, column=1, end_line=1, end_column=1)
    collector.leave_open(place, "one", "this")
    collector.leave_open(place, "one", "that")
    collector.leave_open(place, "other", "this")
    collector.settle(place, "one")
    collector.settle(place, "neither")

    assert [end.what for ends in collector.open_ends.values() for end in ends] == ["other"]


names = st.sampled_from("abcd").map(FactId)
links = st.tuples(st.sampled_from((EdgeKind.EXPOSES, EdgeKind.INVOKES)), names, names)


@given(st.lists(links, max_size=12), st.lists(links | names, max_size=4))
def test_the_edges_of_a_fact_are_those_that_were_linked_and_not_taken_away(
    linked: list[tuple[EdgeKind, FactId, FactId]],
    gone: list[tuple[EdgeKind, FactId, FactId] | FactId],
) -> None:
    collector = Collector()
    place = Evidence(file="a", line=1, column=1, end_line=1, end_column=1)
    for kind, src, dst in linked:
        collector.link(kind, src, dst, place)
    for each in gone:
        if isinstance(each, tuple):
            collector.unlink(*each)
        else:
            collector.remove(each)
    facts = {each for each in gone if not isinstance(each, tuple)}
    left = [
        key
        for key in dict.fromkeys(linked)
        if key not in gone and key[1] not in facts and key[2] not in facts
    ]

    assert list(collector.edges) == left
    for name in map(FactId, "abcd"):
        for kind in (EdgeKind.EXPOSES, EdgeKind.INVOKES):
            found = [edge.dst for edge in collector.from_fact(name, kind)]
            assert found == [dst for each, src, dst in left if (each, src) == (kind, name)]
