"""What spans, markers and connections claim; asyncio tasks have a module of their own."""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from agentaudit.model.observed import InFlight, Marked, SpanSeen, settled
from agentaudit.model.recording import Few
from agentaudit.model.rule import SpanRule
from agentaudit.model.trace import ClockPair, LabelSource, StepKind
from agentaudit.profiling.evidence import SURE, Claim, Story, UnixClock, matched
from agentaudit.profiling.selection import records_of
from agentaudit.profiling.span_claims import Dialect, KindOf, span_claims
from agentaudit.profiling.spans import deduplicated

_LIKELY = 0.4
"""Worth of a call on a connection that only may lead to a model."""

Told = tuple[list[Claim], list[Story]]
"""Claims, and the requests that they are of."""


def from_spans(records: Sequence[Few], kind_of: KindOf, within_ns: tuple[int, int]) -> Told:
    """The claims of spans, and the requests that their roots are: traces are strangers."""
    clock = UnixClock(records_of(records, ClockPair))
    dialect = Dialect(kind_of=kind_of, clock=clock)
    claims: list[Claim] = []
    stories: list[Story] = []
    for of_trace in _by_trace(records_of(records, SpanSeen)):
        found = span_claims(deduplicated(of_trace, kind_of), dialect, within_ns)
        claims += found[0]
        stories += found[1]
    return claims, stories


def _by_trace(spans: Sequence[SpanSeen]) -> Sequence[Sequence[SpanSeen]]:
    """The spans of each trace as they came, the trace that began first before the others."""
    traces: dict[str, list[SpanSeen]] = defaultdict(list)
    for span in spans:
        traces[span.trace].append(span)
    return sorted(
        traces.values(),
        key=lambda spans: min((span.start_unix_ns, -span.end_unix_ns) for span in spans),
    )


def from_markers(marked: Sequence[Marked], within_ns: tuple[int, int]) -> Told:
    """The claims of markers: they nest as spans do, and their kind is what they say."""
    dialect = Dialect(
        kind_of=_said_kind, clock=UnixClock(()), source=LabelSource.MARKER, traces=False
    )
    return span_claims([_as_span(mark) for mark in marked], dialect, within_ns)


def _as_span(mark: Marked) -> SpanSeen:
    return SpanSeen(
        trace=str(mark.pid),
        span=str(mark.marker),
        parent=str(mark.parent) if mark.parent else "",
        pid=mark.pid,
        tid=mark.tid,
        service=mark.kind.value,
        name=mark.name or mark.kind.value,
        start_unix_ns=mark.start_ns,
        end_unix_ns=mark.end_ns,
    )


def _said_kind(span: SpanSeen) -> SpanRule:
    return _rule_saying(StepKind(span.service))


@lru_cache
def _rule_saying(kind: StepKind) -> SpanRule:
    return SpanRule(attribute="name", value="*", kind=kind)


def from_connections(requests: Sequence[InFlight], within_ns: tuple[int, int]) -> Told:
    """Calls to models on connections, and the requests that came in on others."""
    claims: list[Claim] = []
    stories: list[Story] = []
    for request in settled(requests):
        start_ns = max(request.start_ns, within_ns[0])
        end_ns = min(request.end_ns, within_ns[1])
        if end_ns <= start_ns:
            continue
        if request.inbound:
            stories.append(
                Story(
                    pid=request.pid,
                    start_ns=start_ns,
                    end_ns=end_ns,
                    name="",
                    source=LabelSource.SOCKET,
                )
            )
        elif request.model or request.likely:
            claims.append(
                Claim(
                    start_ns=start_ns,
                    end_ns=end_ns,
                    kind=StepKind.LLM_INFERENCE,
                    name=request.peer,
                    source=LabelSource.SOCKET,
                    confidence=SURE[LabelSource.SOCKET] if request.model else _LIKELY,
                    pid=request.pid,
                    peer_pid=request.peer_pid,
                )
            )
    return claims, stories


def joined_sources(sources: Sequence[Sequence[Claim]]) -> list[Claim]:
    """
    The claims of all sources, the strongest first, each call once.

    What a weaker source knows of a call beside (its thread, its request, its server) stays.
    """
    kept: list[Claim] = []
    for claims in sources:
        same = list(matched(kept, claims, _alike))
        for ours, theirs in same:
            ours.tid = ours.tid or theirs.tid
            ours.pid = ours.pid or theirs.pid
            ours.story = ours.story or theirs.story
            ours.peer_pid = ours.peer_pid or theirs.peer_pid
            ours.suspended = ours.suspended or theirs.suspended
        known = {id(theirs) for _, theirs in same}
        kept += [claim for claim in claims if id(claim) not in known]
    return kept


def _alike(ours: Claim, theirs: Claim) -> float:
    """0 for two claims that cannot be one call."""
    if ours.kind is not theirs.kind:
        return 0.0
    if any(one and other and one != other for one, other in _places(ours, theirs)):
        return 0.0
    return 1.0 if ours.name == theirs.name else _OTHER_NAME


def _places(ours: Claim, theirs: Claim) -> tuple[tuple[int, int], tuple[int, int]]:
    return (ours.pid, theirs.pid), (ours.tid, theirs.tid)


_OTHER_NAME = 0.9
