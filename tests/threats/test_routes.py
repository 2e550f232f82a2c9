"""Routes: the shortest way through stages in order."""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from hypothesis import given, settings
from hypothesis import strategies as st

from agentaudit.model.evidence import Confidence
from agentaudit.model.threat import GraphEdge
from agentaudit.threats.graph import Steps
from agentaudit.threats.routes import Homeward, Route, arriving, joined, starters, walk
from tests.threats.deployments import place

NAMES = "abcdef"


def steps(*pairs: str) -> Steps:
    """`ab` is an edge from a to b."""
    found: dict[str, list[GraphEdge]] = defaultdict(list)
    for pair in sorted(pairs):
        src, dst = pair[0], pair[1]
        found[src].append(
            GraphEdge(
                src=src,
                dst=dst,
                kind="reads",
                evidence=place(1),
                confidence=Confidence.CERTAIN,
                crosses_boundary=False,
            )
        )
    return {src: tuple(edges) for src, edges in found.items()}


READS = frozenset({"reads"})


def home_of(
    graph: Steps,
    along: AbstractSet[str],
    between: Sequence[AbstractSet[str]],
    ends: Sequence[AbstractSet[str]],
) -> Homeward:
    back = arriving(graph)
    return Homeward(steps=graph, arriving=back, along=along, between=between, ends=iter(ends))


def nearest(
    graph: Steps, along: AbstractSet[str], stages: Sequence[AbstractSet[str]]
) -> Route | None:
    """The shortest route through stages."""
    starts, *between, ends = stages
    return home_of(graph, along, between, [ends]).route(starts)


def route(graph: Steps, *stages: str) -> Route | None:
    return nearest(graph, READS, [frozenset(stage) for stage in stages])


def told(graph: Steps, *stages: str) -> str | None:
    """The nodes of the shortest route."""
    found = route(graph, *stages)
    if found is None:
        return None
    return found.stops[0] + "".join(edge.dst for edge in found.edges)


def test_the_shorter_way_is_taken() -> None:
    assert told(steps("ab", "bc", "cd", "bd"), "a", "d") == "abd"


def test_a_stage_between_is_passed_even_by_a_detour() -> None:
    assert told(steps("ab", "bc", "cd", "bd"), "a", "c", "d") == "abcd"


def test_one_node_may_be_two_stages() -> None:
    assert told(steps("ab"), "a", "ab", "b") == "ab"


def test_a_cycle_ends() -> None:
    assert told(steps("ab", "ba"), "a", "c") is None


def test_other_kinds_of_edges_do_not_count() -> None:
    assert nearest(steps("ab"), {"writes"}, [{"a"}, {"b"}]) is None


pairs_of_nodes = st.sets(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).map("".join), max_size=16
)
stages_of_nodes = st.sets(st.sampled_from(NAMES), min_size=1).map(frozenset)
starts_of_nodes = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 3), min_size=1)
"""Each of them counts for so many."""


@settings(max_examples=80)
@given(pairs_of_nodes, stages_of_nodes, stages_of_nodes)
def test_a_route_exists_exactly_when_an_end_is_reached(
    pairs: set[str], starts: frozenset[str], ends: frozenset[str]
) -> None:
    """And it ends in one of the ends that are reached."""
    shortest = nearest(steps(*pairs), READS, [starts, ends])
    ways = walk(steps(*pairs), READS, starts).ends(ends)

    assert (shortest is None) == (not ways)
    assert shortest is None or shortest.stops[-1] in ways


@settings(max_examples=80)
@given(pairs_of_nodes, starts_of_nodes, stages_of_nodes, stages_of_nodes)
def test_each_end_is_reached_from_as_many_starts_as_walks_from_each_would_say(
    pairs: set[str], starts: dict[str, int], between: frozenset[str], ends: frozenset[str]
) -> None:
    """One walk with the starts in hand, or one walk from each: the same numbers."""
    graph = steps(*pairs)
    counted = starters(graph, READS, starts, [between])

    assert {end: counted.get(end, 0) for end in ends} == {
        end: sum(
            size
            for start, size in starts.items()
            if end in walk(graph, READS, {start}, [between]).reached
        )
        for end in ends
    }


@settings(max_examples=80)
@given(pairs_of_nodes, st.sampled_from(NAMES), st.lists(stages_of_nodes, min_size=3, max_size=3))
def test_a_route_past_one_node_is_the_route_to_it_and_the_route_on(
    pairs: set[str], single: str, stages: list[frozenset[str]]
) -> None:
    """That is what lets a stretch be walked once for all ways that share it."""
    graph, node = steps(*pairs), frozenset({single})
    starts, between, ends = stages
    whole = nearest(graph, READS, [starts, node, between, ends])
    there = nearest(graph, READS, [starts, node])
    on = nearest(graph, READS, [node, between, ends])

    assert whole == (joined([there, on]) if there and on else None)


@settings(max_examples=80)
@given(pairs_of_nodes, stages_of_nodes, stages_of_nodes, st.sampled_from(NAMES))
def test_a_walk_that_ends_nowhere_finds_the_same_route_to_each_end(
    pairs: set[str], starts: frozenset[str], between: frozenset[str], end: str
) -> None:
    """Whether one walk is made for one end or for all of them is only a matter of time."""
    graph = steps(*pairs)

    assert walk(graph, READS, starts, [between]).route(end) == nearest(
        graph, READS, [starts, between, {end}]
    )


@settings(max_examples=300)
@given(pairs_of_nodes, st.lists(stages_of_nodes, min_size=2, max_size=4))
def test_the_way_home_is_the_first_that_a_walk_comes_upon(
    pairs: set[str], stages: list[frozenset[str]]
) -> None:
    """Every start has the same answer from one walk back as from a walk of its own."""
    graph = steps(*pairs)
    starts, *between, ends = stages
    home = home_of(graph, READS, between, [ends])
    for begun in (starts, *({start} for start in NAMES)):
        walked = walk(graph, READS, begun, between)
        first = next((name for name in walked.reached if name in ends), None)

        assert home.route(begun) == (None if first is None else walked.route(first))


@settings(max_examples=200)
@given(pairs_of_nodes, st.lists(stages_of_nodes, max_size=2), st.permutations(NAMES))
def test_the_way_home_is_to_the_best_end_there_is(
    pairs: set[str], between: list[frozenset[str]], ranked: list[str]
) -> None:
    """As if each start walked on its own, and chose the best of all that it came to."""
    graph = steps(*pairs)
    ends = [{name} for name in ranked[:4]]
    home = home_of(graph, READS, between, ends)
    for start in NAMES:
        walked = walk(graph, READS, {start}, between)
        best = next((name for name in ranked[:4] if name in walked.reached), None)

        assert home.route({start}) == (None if best is None else walked.route(best))


def test_a_hub_is_left_with_one_look_whoever_comes_through_it() -> None:
    """Very many that share one node do not each go through all that it leads to."""
    ends = "efgh"
    graph = Looked(steps("ad", "bd", "cd", *(f"d{end}" for end in ends)))
    home = home_of(graph, READS, [], [frozenset(ends)])
    graph.looks.clear()
    for start in "abc":
        home.route({start})

    assert graph.looks.count("d") == 1


def test_a_hub_is_not_left_towards_all_for_one_that_stands_beside_it() -> None:
    """Very many that ask for ways of their own through it do not each come upon all others."""
    graph = steps("af", "bf", "cf", "fe", "de")
    back = Looked(arriving(graph))
    ends = iter([frozenset("e")])
    home = Homeward(steps=graph, arriving=back, along=READS, between=[], ends=ends)
    found = home.route({"a"})

    assert found is not None
    assert [edge.dst for edge in found.edges] == ["f", "e"]
    assert {"b", "c"}.isdisjoint(back.looks)


class Looked(dict[str, tuple[GraphEdge, ...]]):
    """Steps that count who looks at them."""

    def __init__(self, found: Steps) -> None:
        super().__init__(found)
        self.looks: list[str] = []

    def get(self, name: str, _: object = ()) -> tuple[GraphEdge, ...]:
        self.looks.append(name)
        return super().get(name, ())
