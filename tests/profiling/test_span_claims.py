"""What spans claim: the innermost leaf, once, within the recording; and which are requests."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.observed import SpanSeen
from agentaudit.model.recording import Few
from agentaudit.model.trace import ClockPair, StepKind
from agentaudit.profiling.claims import from_spans
from agentaudit.profiling.evidence import Claim, Story, UnixClock
from agentaudit.profiling.span_claims import Dialect, span_claims
from agentaudit.profiling.spans import deduplicated
from agentaudit.rules.span_kinds import span_kind
from tests.profiling.observations import MS, SPANS, UNIX_NS, span

CLOCK = UnixClock((ClockPair(monotonic_ns=0, unix_ns=UNIX_NS),))
DIALECT = Dialect(kind_of=lambda seen: span_kind(seen, SPANS), clock=CLOCK)


def claims(*spans: SpanSeen) -> tuple[Sequence[Claim], Sequence[Story]]:
    return span_claims(spans, DIALECT, (0, 10_000 * MS))


def extents(found: Sequence[Claim]) -> list[tuple[str, float, float]]:
    return sorted((claim.kind.value, claim.start_ns / MS, claim.end_ns / MS) for claim in found)


def test_a_leaf_within_one_of_its_kind_adds_nothing_but_what_it_knows() -> None:
    inner = span("chat", 1100, 1900, within="outer", server_ms=700)
    found, _ = claims(span("chat", 1000, 2000, own="outer"), inner)

    assert extents(found) == [("llm_inference", 1000, 2000)]
    assert found[0].server_ns == 700 * MS


def test_slivers_that_an_inner_span_leaves_are_no_work() -> None:
    found, _ = claims(
        span("execute_tool", 1000, 2000, own="tool"), span("chat", 1000.4, 1999.8, within="tool")
    )

    assert extents(found) == [("llm_inference", 1000.4, 1999.8)]


def test_one_call_with_nothing_around_it_is_no_request() -> None:
    assert claims(span("chat", 1000, 2000))[1] == []


def test_children_whose_root_has_not_ended_yet_are_one_request() -> None:
    _, stories = claims(
        span("chat", 1000, 1500, within="missing"),
        span("execute_tool", 1500, 2000, within="missing"),
        span("chat", 1000, 1500, within="other", trace="elsewhere"),
    )

    assert [(story.start_ns / MS, story.end_ns / MS) for story in stories] == [(1000, 2000)]


def test_an_agent_within_another_agents_request_is_no_request_of_its_own() -> None:
    _, stories = claims(
        span("invoke_agent", 1000, 3000, own="outer", agent="planner"),
        span("invoke_agent", 1200, 1800, own="inner", within="gone", agent="helper"),
        span("chat", 1300, 1700, within="inner"),
    )

    assert [story.name for story in stories] == ["planner"]


def test_what_lies_outside_the_recording_is_cut_off() -> None:
    found, stories = span_claims(
        [span("chat", 500, 1500), span("chat", 5000, 6000), span("invoke_agent", 50, 90)],
        DIALECT,
        (1000 * MS, 2000 * MS),
    )

    assert extents(found) == [("llm_inference", 1000, 1500)]
    assert stories == []


def test_tokens_and_server_time_are_said_once_of_a_call_in_parts() -> None:
    found, _ = claims(
        span("chat", 1000, 2000, own="chat", server_ms=500),
        span("execute_tool", 1300, 1600, within="chat"),
    )

    assert [claim.server_ns for claim in found if claim.kind is StepKind.LLM_INFERENCE] == [
        500 * MS, 0,
    ]  # fmt: skip


def test_only_retrieval_that_embeds_may_use_a_device() -> None:
    found, _ = claims(
        span("retrieval", 1000, 2000, own="r"), span("retrieval", 3000, 4000, own="s"),
        span("embeddings", 3100, 3200, within="s"),
    )  # fmt: skip

    assert [claim.on_device for claim in found] == [False, True]


def test_without_clocks_instants_are_taken_as_they_are() -> None:
    assert UnixClock(()).monotonic_ns(5) == 5
    assert CLOCK.monotonic_ns(UNIX_NS + 7) == 7


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["chat", "execute_tool", "invoke_agent", "x"]),
            st.integers(0, 5000), st.integers(0, 900), st.integers(0, 6), st.integers(0, 6),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_any_tree_of_spans_even_one_with_circles_claims_only_what_it_covers(
    made: list[tuple[str, int, int, int, int]],
) -> None:
    spans = [
        span(operation, start, start + length, own=str(own), within=str(within))
        for operation, start, length, own, within in made
    ]

    found, stories = claims(*spans)

    for claim in found:
        assert claim.wall_ns > 0
        assert any(
            start <= claim.start_ns / MS and claim.end_ns / MS <= start + length
            for _, start, length, _, _ in made
        )
    assert all(story.end_ns >= story.start_ns for story in stories)


@given(
    pairs=st.dictionaries(st.integers(0, 60), st.integers(0, 60), min_size=1, max_size=6),
    unix_ns=st.integers(-5, 65),
)
def test_an_instant_is_told_by_the_nearest_pair_of_clocks(
    pairs: dict[int, int], unix_ns: int
) -> None:
    """Of two that are as near, by the earlier one."""
    clocks = [ClockPair(monotonic_ns=pairs[unix], unix_ns=unix) for unix in pairs]
    nearest = min(sorted(pairs), key=lambda unix: abs(unix - unix_ns))

    assert UnixClock(clocks).monotonic_ns(unix_ns) == unix_ns + pairs[nearest] - nearest


@given(data=st.data())
def test_traces_are_strangers(data: st.DataObject) -> None:
    """What is told of one trace at a time is what is told of all at once."""
    operations = st.sampled_from(["invoke_agent", "chat", "execute_tool"])
    own = st.sampled_from(["a", "b", "c", "d", ""])
    spans = [
        span(
            data.draw(operations),
            start,
            start + data.draw(st.integers(1, 400)),
            own=data.draw(own) or f"span-{start}",
            within=data.draw(own),
            trace=data.draw(st.sampled_from("xyz")),
        )
        for start in data.draw(st.lists(st.integers(0, 2_000), unique=True, max_size=12))
    ]
    records: list[Few] = [ClockPair(monotonic_ns=0, unix_ns=UNIX_NS), *spans]
    found, stories = from_spans(records, DIALECT.kind_of, (0, 10_000 * MS))
    expected, others = claims(*deduplicated(spans, DIALECT.kind_of))

    assert sorted(map(_told, found)) == sorted(map(_told, expected))
    assert sorted(map(_extent, stories)) == sorted(map(_extent, others))


def _told(claim: Claim) -> tuple[object, ...]:
    story = _extent(claim.story) if claim.story else ()
    return claim.start_ns, claim.end_ns, claim.kind.value, claim.name, story


def _extent(story: Story) -> tuple[object, ...]:
    return story.start_ns, story.end_ns, story.name
