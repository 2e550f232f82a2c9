"""Facts while they are gathered: one that is told again gains places, each once."""

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.collector import Collector
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
