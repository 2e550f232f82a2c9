"""
Spans of one operation, reported by more than one instrumentation, as one.

Two instrumentations in one process are usual: a framework's and its model client's. Where they know
of each other, one span lies within the other; where they do not, they stand side by side. Spans of
one instrumentation side by side are calls of their own: agents call tools in parallel.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.lists import first_of
from agentaudit.model.observed import SpanSeen
from agentaudit.model.rule import SpanRule
from agentaudit.model.trace import Incident, StepKind
from agentaudit.rules.span_kinds import unknown_operations

ALIKE = 0.95
"""Of the longer span, how much both must cover to be one operation."""

_MOST_COMPARED = 64
_DEEPEST = 64
_SHOWN = 5

_Key = tuple[str, str]


class _Kept(Struct):
    """A span that stays, and those that told the same."""

    span: SpanSeen
    same: list[SpanSeen] = field(default_factory=list)

    def told_by(self, scope: str) -> bool:
        return scope in {span.scope for span in (self.span, *self.same)}


def deduplicated(
    spans: Sequence[SpanSeen], kind_of: Callable[[SpanSeen], SpanRule | None]
) -> tuple[SpanSeen, ...]:
    """
    The spans without those that another tells better: the innermost stays, in the order given.

    It takes what it lacks (model, tokens, …) from those it stands for. What holds other work
    (orchestration) is never taken for another: requests are told by it.
    """
    by_id = {_key(span): span for span in spans}
    groups: dict[tuple[object, ...], list[SpanSeen]] = defaultdict(list)
    for span in by_id.values():
        rule = kind_of(span)
        if rule is not None and rule.kind is not StepKind.ORCHESTRATION:
            groups[rule.kind, span.trace, span.pid, span.service].append(span)
    merged: dict[_Key, SpanSeen] = {}
    dropped: set[_Key] = set()
    for group in groups.values():
        for kept in _kept(group, by_id) if len(group) > 1 else ():
            merged[_key(kept.span)] = _filled(kept)
            dropped.update(map(_key, kept.same))
    if not dropped:
        return tuple(by_id.values())
    stay = (merged.get(key, span) for key, span in by_id.items() if key not in dropped)
    return tuple(_below(span, by_id, dropped) for span in stay)


def _key(span: SpanSeen) -> _Key:
    return span.trace, span.span


def _kept(group: Sequence[SpanSeen], by_id: Mapping[_Key, SpanSeen]) -> Sequence[_Kept]:
    """The innermost of each operation, shorter ones first."""
    found: list[_Kept] = []
    starts: list[tuple[int, int]] = []
    for span in sorted(group, key=lambda span: (_length(span), -_depth(span, by_id), span.span)):
        alike = [found[at] for at in _near(span, starts) if _alike(found[at].span, span)]
        nested = [kept for kept in alike if _nested(kept.span, span, by_id)]
        beside = [kept for kept in alike if span.scope and not kept.told_by(span.scope)]
        if nested or beside:
            (nested or beside)[0].same.append(span)
        else:
            insort(starts, (span.start_unix_ns, len(found)))
            found.append(_Kept(span))
    return found


def _near(span: SpanSeen, starts: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Those that began about when the span did; only they can be alike."""
    slack_ns = _length(span) - round(ALIKE * _length(span)) + 1
    at = bisect_left(starts, (span.start_unix_ns - slack_ns, 0))
    for start_ns, number in starts[at : at + _MOST_COMPARED]:
        if start_ns > span.start_unix_ns + slack_ns:
            return
        yield number


def _alike(one: SpanSeen, other: SpanSeen) -> bool:
    """Whether both may tell of one operation: as long, and of nothing that differs."""
    common_ns = min(one.end_unix_ns, other.end_unix_ns) - max(
        one.start_unix_ns, other.start_unix_ns
    )
    longest_ns = max(_length(one), _length(other))
    return (
        common_ns >= ALIKE * longest_ns
        and (not one.tool or not other.tool or one.tool == other.tool)
        and (one.model.startswith(other.model) or other.model.startswith(one.model))
    )


def _length(span: SpanSeen) -> int:
    return span.end_unix_ns - span.start_unix_ns


def _nested(one: SpanSeen, other: SpanSeen, by_id: Mapping[_Key, SpanSeen]) -> bool:
    """Either way: a span may even outlast the one around it."""
    return any(span is other for span in _ancestors(one, by_id)) or any(
        span is one for span in _ancestors(other, by_id)
    )


def _depth(span: SpanSeen, by_id: Mapping[_Key, SpanSeen]) -> int:
    return sum(1 for _ in _ancestors(span, by_id))


def _ancestors(span: SpanSeen, by_id: Mapping[_Key, SpanSeen]) -> Iterator[SpanSeen]:
    """The spans around a span, the nearest first; circles end somewhere."""
    for _ in range(_DEEPEST):
        above = by_id.get((span.trace, span.parent)) if span.parent else None
        if above is None:
            return
        yield above
        span = above


def _below(span: SpanSeen, by_id: Mapping[_Key, SpanSeen], dropped: Collection[_Key]) -> SpanSeen:
    """The span below the nearest one around it that stays."""
    parent = span.parent
    if (span.trace, parent) not in dropped:
        return span
    for above in _ancestors(span, by_id):
        if _key(above) not in dropped:
            break
        parent = above.parent
    return span if parent == span.parent else replace(span, parent=parent)


def _filled(kept: _Kept) -> SpanSeen:
    """What the others knew besides; any of them that failed tells that all did."""
    span = kept.span
    for other in kept.same:
        span = replace(
            span,
            model=span.model or other.model,
            tool=span.tool or other.tool,
            agent=span.agent or other.agent,
            peer=span.peer or other.peer,
            failed=span.failed or other.failed,
            tokens_in=_first(span.tokens_in, other.tokens_in),
            tokens_out=_first(span.tokens_out, other.tokens_out),
            tokens_cached=_first(span.tokens_cached, other.tokens_cached),
            server_ns=_first(span.server_ns, other.server_ns),
            server_queue_ns=_first(span.server_queue_ns, other.server_queue_ns),
            content=span.content or other.content,
        )
    return span


def _first(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)


def unnamed_operations(
    spans: Sequence[SpanSeen], rules: Sequence[SpanRule], at_ns: int
) -> tuple[Incident, ...]:
    """Says so when spans name their work by words that no rule knows."""
    unknown = unknown_operations(spans, rules)
    if not unknown:
        return ()
    told = first_of(tuple(unknown.items()), _SHOWN, lambda item: f"{item[0]} ({item[1]:,})")
    return (
        Incident(
            at_ns=at_ns,
            probe="spans",
            what=f"no rule knows {told}",
            lost="what kind of step some spans are: they count as orchestration; a row of"
            " your own can name it",
        ),
    )
