"""Routes: the shortest way through stages in order."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from agentaudit.model.evidence import Confidence
from agentaudit.model.threat import GraphEdge
from agentaudit.threats.graph import Steps
from agentaudit.threats.routes import reached, route
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


def walk(graph: Steps, *stages: str) -> str | None:
    """The nodes of the shortest route."""
    found = route(graph, [frozenset(stage) for stage in stages], {"reads"})
    if found is None:
        return None
    return found.stops[0] + "".join(edge.dst for edge in found.edges)


def test_the_shorter_way_is_taken() -> None:
    assert walk(steps("ab", "bc", "cd", "bd"), "a", "d") == "abd"


def test_a_stage_between_is_passed_even_by_a_detour() -> None:
    assert walk(steps("ab", "bc", "cd", "bd"), "a", "c", "d") == "abcd"


def test_one_node_may_be_two_stages() -> None:
    assert walk(steps("ab"), "a", "ab", "b") == "ab"


def test_a_cycle_ends() -> None:
    assert walk(steps("ab", "ba"), "a", "c") is None


def test_other_kinds_of_edges_do_not_count() -> None:
    stages = [frozenset("a"), frozenset("b")]

    assert route(steps("ab"), stages, {"writes"}) is None


@settings(max_examples=80)
@given(
    st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).map("".join), max_size=16),
    st.sets(st.sampled_from(NAMES), min_size=1),
    st.sets(st.sampled_from(NAMES), min_size=1),
)
def test_a_route_exists_exactly_when_an_end_is_reached(
    pairs: set[str], starts: set[str], ends: set[str]
) -> None:
    """And it ends in one of the ends that are reached."""
    graph = steps(*pairs)
    stages = [frozenset(starts), frozenset(ends)]
    found, ways = route(graph, stages, {"reads"}), reached(graph, stages, {"reads"})

    assert (found is None) == (not ways)
    assert found is None or found.stops[-1] in ways
