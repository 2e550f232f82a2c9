"""
Two recordings, compared: what grew, what shrank, and what is noise.

Requests are the unit, because they are what repeats. The noise is estimated by drawing each side's
requests again with replacement (the bootstrap): steps of one request stay together. The more
measures are asked, the more of them differ by chance, so what counts as a change is judged at a
level that holds for all of them at once (Bonferroni); intervals are shown at 95 %, each by itself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from math import log
from statistics import NormalDist

from msgspec.structs import replace

from agentaudit.model.comparison import (
    Change,
    Comparison,
    Direction,
    Measure,
    ShareChange,
    Side,
    Subject,
)
from agentaudit.model.profile import KindShare
from agentaudit.model.trace import StepKind, Trace
from agentaudit.profiling.breakdown import breakdown_of, unix_ns
from agentaudit.profiling.differences import differences
from agentaudit.profiling.resampling import Ratio, Sample, ratio_of
from agentaudit.profiling.shares import interval
from agentaudit.profiling.whole_requests import WholeRequest, whole_requests

FEWEST = 8
"""Whole requests on each side below which nothing is concluded."""

SMALLEST = 0.02
"""Changes of less than this share are not worth a reader's time, however sure they are."""

_LEVEL = 0.05
_MOST_STEPS = 12
_QUANTILES: Mapping[Measure, float] = {
    Measure.LATENCY_P50: 0.5,
    Measure.LATENCY_P90: 0.9,
    Measure.WALL_P50: 0.5,
    Measure.WALL_P90: 0.9,
}

_Pair = tuple[Sequence[WholeRequest], Sequence[WholeRequest]]
_Measured = tuple[Change, Ratio | None]
_Values = Callable[[WholeRequest], Sequence[int]]


def compare(before: Trace, after: Trace, names: tuple[str, str], *, version: str) -> Comparison:
    """What changed from one recording to the other; `names` are those of their files."""
    sides = (whole_requests(before), whole_requests(after))
    measured = list(chain(_of_requests(sides), _of_kinds(sides), _of_steps(sides)))
    asked = sum(ratio is not None for _, ratio in measured)
    changes = [_judged(change, ratio, asked) for change, ratio in measured]
    changes.sort(key=lambda change: -abs(change.difference_ns))
    return Comparison(
        before=_side(before, names[0], len(sides[0])),
        after=_side(after, names[1], len(sides[1])),
        differences=tuple(differences(before, after)),
        changes=tuple(changes),
        shares=tuple(_shares(before, after)),
        tool_version=version,
    )


def _side(trace: Trace, name: str, whole: int) -> Side:
    return Side(
        recording=name,
        recorded_at_unix_ns=unix_ns(trace.clocks, trace.start_ns),
        host=trace.host.name,
        cores=trace.host.cores,
        runtime=trace.target.runtime,
        requests=whole,
        duration_ns=trace.duration_ns,
        cpu_total_ns=trace.cpu_total_ns,
    )


def _of_requests(sides: _Pair) -> Iterator[_Measured]:
    """All requests together, then each type by itself."""
    before, after = sides
    types = sorted({request.type for request in (*before, *after)})
    groups = [(Subject.ALL, "all requests", sides)]
    if len(types) > 1:
        groups += [(Subject.REQUEST_TYPE, name, _of_type(sides, name)) for name in types]
    for subject, name, members in groups:
        for measure in (Measure.LATENCY_P50, Measure.LATENCY_P90) if any(members) else ():
            latencies = _samples(members, lambda request: (request.latency_ns,))
            yield _measured(subject, name, measure, latencies)
        if any(request.cpu_ns for request in chain(*members)):
            cpu = _samples(members, lambda request: (request.cpu_ns,))
            yield _measured(subject, name, Measure.CPU, cpu)


def _of_type(sides: _Pair, name: str) -> _Pair:
    before, after = sides
    return (
        [request for request in before if request.type == name],
        [request for request in after if request.type == name],
    )


def _of_kinds(sides: _Pair) -> Iterator[_Measured]:
    for kind in StepKind:
        for measure in (Measure.CPU, Measure.WALL):
            samples = _samples(sides, lambda request: (request.of_kind(kind, measure),))  # noqa: B023, used at once
            if kind is not StepKind.IDLE and any(chain(*(side.values for side in samples))):
                yield _measured(Subject.KIND, kind.value, measure, samples, kind=kind)


def _of_steps(sides: _Pair) -> Iterator[_Measured]:
    """The steps that took most, on either side; each call's own time as well."""
    for kind, name in _largest_steps(sides):
        cpu = _samples(sides, lambda request: (sum(request.cpu_of(kind, name)),))  # noqa: B023, used at once
        if any(chain(*(side.values for side in cpu))):
            yield _measured(Subject.STEP, name, Measure.CPU, cpu, kind=kind)
        walls = _samples(sides, lambda request: request.walls_of(kind, name))  # noqa: B023, used at once
        for measure in (Measure.WALL_P50, Measure.WALL_P90):
            yield _measured(Subject.STEP, name, measure, walls, kind=kind)


def _largest_steps(sides: _Pair) -> list[tuple[StepKind, str]]:
    took: dict[tuple[StepKind, str], int] = {}
    for request in chain(*sides):
        for step, steps in request.steps.items():
            if step[1] and step[0] is not StepKind.IDLE:
                took[step] = took.get(step, 0) + sum(max(cpu, wall) for cpu, wall in steps)
    return sorted(took, key=lambda step: (-took[step], step))[:_MOST_STEPS]


def _samples(sides: _Pair, values: _Values) -> tuple[Sample, Sample]:
    before, after = (Sample.of([values(request) for request in side]) for side in sides)
    return before, after


def _measured(
    subject: Subject,
    name: str,
    measure: Measure,
    samples: tuple[Sample, Sample],
    *,
    kind: StepKind | None = None,
) -> _Measured:
    quantile = _QUANTILES.get(measure)
    before, after = (sample.statistic_ns(quantile) for sample in samples)
    change = Change(
        subject=subject,
        name=name,
        kind=kind,
        measure=measure,
        before_ns=before,
        after_ns=after,
        direction=_at_a_glance(before, after),
    )
    enough = min(sample.requests for sample in samples) >= FEWEST
    return change, ratio_of(*samples, quantile) if enough and before and after else None


def _at_a_glance(before_ns: int | None, after_ns: int | None) -> Direction:
    """What can be said without knowing the noise."""
    if not before_ns and after_ns:
        return Direction.APPEARED
    if before_ns and not after_ns:
        return Direction.VANISHED
    return Direction.UNKNOWN if before_ns else Direction.SAME


def _judged(change: Change, ratio: Ratio | None, asked: int) -> Change:
    if ratio is None:
        return change
    width = NormalDist().inv_cdf(1 - _LEVEL / 2 / asked) * ratio.log_spread
    grown = log(ratio.value)
    direction = Direction.SAME
    if abs(grown) > width and abs(ratio.value - 1) >= SMALLEST:
        direction = Direction.GREW if grown > 0 else Direction.SHRANK
    return replace(
        change,
        ratio=ratio.value,
        ratio_low=ratio.low,
        ratio_high=ratio.high,
        direction=direction,
    )


def _shares(before: Trace, after: Trace) -> Iterator[ShareChange]:
    """Of all CPU time; kinds that took none on either side are left out."""
    if not before.cpu_total_ns or not after.cpu_total_ns:
        return
    then, now = (
        {share.kind: share for share in breakdown_of(trace).kinds} for trace in (before, after)
    )
    for kind in StepKind:
        old, new = then.get(kind), now.get(kind)
        if not (old and old.cpu_ns) and not (new and new.cpu_ns):
            continue
        was, is_now = old or _nothing(kind, before), new or _nothing(kind, after)
        yield ShareChange(
            kind=kind,
            before=was.cpu_share,
            before_low=was.cpu_share_low,
            before_high=was.cpu_share_high,
            after=is_now.cpu_share,
            after_low=is_now.cpu_share_low,
            after_high=is_now.cpu_share_high,
        )


def _nothing(kind: StepKind, trace: Trace) -> KindShare:
    """A kind that no sample saw: it may have taken a little all the same."""
    rate_hz = max((entry.rate_hz for entry in trace.sampling), default=0)
    low, high = interval(0.0, trace.cpu_total_ns / 1e9 * rate_hz)
    return KindShare(
        kind=kind, steps=0, wall_ns=0, cpu_ns=0, gpu_ns=0, wall_share=0.0,
        cpu_share=0.0, cpu_share_low=low, cpu_share_high=high,
    )  # fmt: skip
