"""Spans that tell the same are one; spans that are alike are not always the same."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.observed import Attribute, SpanSeen
from agentaudit.model.rule import SpanRule
from agentaudit.profiling.spans import ALIKE, deduplicated, unnamed_operations
from agentaudit.rules.span_kinds import span_kind
from agentaudit.rules.spans import load_span_rules
from agentaudit.store.shipped import shipped

RULES = load_span_rules([shipped("rules") / "spans"])


def kind_of(span: SpanSeen) -> SpanRule | None:
    return span_kind(span, RULES)


def span(  # noqa: PLR0913 -- what a span may say
    name: str,
    start: int = 0,
    end: int = 1_000,
    *,
    operation: str = "chat",
    parent: str = "",
    scope: str = "a",
    trace: str = "t",
    tool: str = "",
    tokens_in: int | None = None,
    pid: int = 1,
) -> SpanSeen:
    return SpanSeen(
        trace=trace,
        span=name,
        parent=parent,
        pid=pid,
        name=name,
        start_unix_ns=start + 10_000,
        end_unix_ns=end + 10_000,
        kinds=(Attribute(key="gen_ai.operation.name", value=operation),) if operation else (),
        tool=tool,
        tokens_in=tokens_in,
        scope=scope,
    )


def names(spans: Sequence[SpanSeen]) -> list[str]:
    return [item.span for item in deduplicated(spans, kind_of)]


@st.composite
def traces(draw: st.DrawFn) -> list[SpanSeen]:
    """Spans of one process in two traces, nested or not, many of them nearly as long as another."""
    spans: list[SpanSeen] = []
    for number in range(draw(st.integers(0, 12))):
        start = draw(st.integers(0, 60))
        spans.append(
            span(
                str(number),
                start,
                draw(st.integers(start, 1_000)) if draw(st.booleans()) else 1_000,
                operation=draw(st.sampled_from(["chat", "execute_tool", "invoke_agent", ""])),
                parent=draw(st.sampled_from(["", "missing", *map(str, range(number))])),
                scope=draw(st.sampled_from(["a", "b", ""])),
                trace=draw(st.sampled_from(["t", "u"])),
            )
        )
    return spans


@given(traces())
def test_of_spans_within_each_other_only_one_is_left(spans: list[SpanSeen]) -> None:
    left = {(item.trace, item.span): item for item in deduplicated(spans, kind_of)}
    pairs = [(item, left.get((item.trace, item.parent))) for item in left.values()]

    assert not [item for item, outer in pairs if outer and _same(item, outer)]


def _same(inner: SpanSeen, outer: SpanSeen) -> bool:
    rule = kind_of(inner)
    return bool(rule and not rule.self_time) and _covers(inner, outer) and _covers(outer, inner)


@given(traces())
def test_every_span_that_went_was_told_better_by_one_that_stays(spans: list[SpanSeen]) -> None:
    left = deduplicated(spans, kind_of)
    stay = {(item.trace, item.span) for item in left}
    gone = [item for item in spans if (item.trace, item.span) not in stay]

    assert stay <= {(item.trace, item.span) for item in spans}
    assert all(any(_covers(kept, item) for kept in left) for item in gone)


def _covers(kept: SpanSeen, item: SpanSeen) -> bool:
    ends = min(kept.end_unix_ns, item.end_unix_ns)
    common = ends - max(kept.start_unix_ns, item.start_unix_ns)
    longest = item.end_unix_ns - item.start_unix_ns
    return kept.trace == item.trace and kept.kinds == item.kinds and common >= ALIKE * longest


@given(traces(), st.randoms(use_true_random=False))
def test_the_order_in_which_spans_came_changes_nothing(
    spans: list[SpanSeen], rng: random.Random
) -> None:
    shuffled = list({(item.trace, item.span): item for item in spans}.values())
    expected = set(deduplicated(shuffled, kind_of))
    rng.shuffle(shuffled)

    assert set(deduplicated(shuffled, kind_of)) == expected


@given(traces())
def test_what_holds_others_and_what_has_no_kind_stays(spans: list[SpanSeen]) -> None:
    held = {
        (item.trace, item.span)
        for item in spans
        if not item.kinds or item.kinds[0].value == "invoke_agent"
    }

    assert held <= {(item.trace, item.span) for item in deduplicated(spans, kind_of)}


@given(traces())
def test_nobody_is_left_below_a_span_that_went(spans: list[SpanSeen]) -> None:
    left = deduplicated(spans, kind_of)
    gone = {(item.trace, item.span) for item in spans} - {(item.trace, item.span) for item in left}

    assert not {(item.trace, item.parent) for item in left} & gone


def test_spans_that_are_around_each_other_in_a_circle_end_somewhere() -> None:
    circle = [span("a", parent="b"), span("b", parent="c", scope="b"), span("c", parent="a")]

    assert len(deduplicated(circle, kind_of)) == 1


def test_the_innermost_of_nested_spans_stays_below_what_was_around_both() -> None:
    outer = span("outer", 0, 1_000, parent="agent", tokens_in=7)
    inner = span("inner", 20, 990, parent="outer", scope="b")
    agent = span("agent", 0, 2_000, operation="invoke_agent")

    left = deduplicated([agent, outer, inner], kind_of)

    assert [item.span for item in left] == ["agent", "inner"]
    assert left[1].parent == "agent"
    assert left[1].tokens_in == 7


def test_a_span_that_takes_much_less_of_the_time_is_work_of_its_own() -> None:
    assert names([span("outer"), span("inner", 0, 940, parent="outer")]) == ["outer", "inner"]


def test_two_instrumentations_that_do_not_know_each_other_tell_one_call() -> None:
    assert names([span("one", 0, 1_000), span("two", 10, 1_000, scope="b")]) == ["two"]


def test_parallel_calls_of_one_instrumentation_stay_apart() -> None:
    assert names([span("one"), span("two")]) == ["one", "two"]


def test_parallel_calls_that_two_instrumentations_told_are_two() -> None:
    one, two = span("one", 0, 1_000), span("two", 0, 1_000)
    inner = [span(f"in {name}", 5, 995, parent=name, scope="b") for name in ("one", "two")]

    assert names([one, two, *inner]) == ["in one", "in two"]


def test_tools_of_different_names_are_different_work() -> None:
    outer = span("outer", operation="execute_tool", tool="plan")
    inner = span("inner", operation="execute_tool", tool="search", parent="outer")

    assert names([outer, inner]) == ["outer", "inner"]


def test_other_kinds_traces_and_processes_are_other_work() -> None:
    others = [
        span("tool", operation="execute_tool", scope="b"),
        span("trace", trace="u", scope="c"),
        span("process", pid=2, scope="d"),
    ]

    assert names([span("chat"), *others]) == ["chat", "tool", "trace", "process"]


def test_many_spans_at_once_take_a_moment() -> None:
    spans = [span(str(number), scope=str(number % 3)) for number in range(5_000)]

    assert len(deduplicated(spans, kind_of)) >= 5_000 // 3


def test_operations_that_no_rule_knows_are_told_with_their_number() -> None:
    spans = [span(str(number), operation=f"op{number % 7}") for number in range(20)]

    (incident,) = unnamed_operations([*spans, span("chat")], RULES, 5)

    assert "gen_ai.operation.name=op0 (3)" in incident.what
    assert incident.what.endswith("and 2 more")
    assert incident.at_ns == 5
    assert not unnamed_operations([span("chat")], RULES, 5)
