"""How a recording compares with the truth, where an agent says itself what it did."""

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from agentaudit.model.accuracy import Check, Outcome
from agentaudit.model.trace import HOST_KINDS, StepKind, Trace


class Truth(Struct, frozen=True, kw_only=True):
    """What a scripted agent says that it did. CPU time of children that it waited for included."""

    total_cpu_ns: int
    requests: int
    cpu_ns: Mapping[StepKind, int] = field(default_factory=dict)
    wall_ns: Mapping[StepKind, int] = field(default_factory=dict)
    steps: Mapping[StepKind, int] = field(default_factory=dict)


class Claim(Struct, frozen=True, kw_only=True):
    """What we say of ourselves, and how far off it may be."""

    group: str
    text: str
    limit: float
    unit: str

    def check(self, truth: str, measured: str, off: float) -> Check:
        """The claim held against what was found."""
        return Check(
            group=self.group,
            claim=self.text,
            truth=truth,
            measured=measured,
            off=off,
            limit=self.limit,
            unit=self.unit,
            outcome=Outcome.PASS if off <= self.limit else Outcome.FAIL,
        )

    def unknown(self, why: str) -> Check:
        """The claim could not be checked."""
        return Check(
            group=self.group,
            claim=self.text,
            truth="",
            measured="",
            off=None,
            limit=self.limit,
            unit=self.unit,
            note=why,
        )


def truth_of(text: Mapping[str, object]) -> Truth:
    """
    The truth as a scripted agent writes it.

    Raises ValueError when it is none.
    """
    total, count = text.get("total_cpu_ns"), text.get("requests")
    if not isinstance(total, int) or not isinstance(count, int) or total <= 0:
        raise ValueError("the agent did not say what it did")
    return Truth(
        total_cpu_ns=total,
        requests=count,
        cpu_ns=dict(_by_kind(text.get("cpu_ns"))),
        wall_ns=dict(_by_kind(text.get("wall_ns"))),
        steps=dict(_by_kind(text.get("steps"))),
    )


def cpu_total(group: str, trace: Trace, truth: Truth, *, limit: float) -> Check:
    """CPU time of the whole tree, off by so many per cent."""
    claim = Claim(group=group, text="CPU in total", limit=limit, unit="%")
    found_ns, true_ns = trace.cpu_total_ns, truth.total_cpu_ns
    off = abs(found_ns - true_ns) / true_ns * 100
    return claim.check(f"{true_ns / 1e9:.3f} s", f"{found_ns / 1e9:.3f} s", off)


def cpu_shares(group: str, trace: Trace, truth: Truth, *, limit: float) -> Check:
    """Shares of the CPU time by kind of step; the kind that is furthest off."""
    times = _times(trace, "cpu_ns")
    found = {kind: times.get(kind, 0) / max(trace.cpu_total_ns, 1) for kind in StepKind}
    true = {kind: ns / truth.total_cpu_ns for kind, ns in truth.cpu_ns.items()}
    claim = Claim(group=group, text="CPU by kind", limit=limit, unit="pp")
    return _furthest(claim, true, found)


def wall_shares(group: str, trace: Trace, truth: Truth, *, limit: float) -> Check:
    """Shares of the wall time by kind of step, among the kinds that the agent tells of."""
    times = {kind: ns for kind, ns in _times(trace, "wall_ns").items() if kind in truth.wall_ns}
    measured, whole = max(sum(times.values()), 1), max(sum(truth.wall_ns.values()), 1)
    found = {kind: ns / measured for kind, ns in times.items()}
    true = {kind: ns / whole for kind, ns in truth.wall_ns.items()}
    claim = Claim(group=group, text="wall time by kind", limit=limit, unit="pp")
    return _furthest(claim, true, found)


def requests(group: str, trace: Trace, truth: Truth, *, limit: float) -> Check:
    """How many requests were told apart, off by so many per cent."""
    claim = Claim(group=group, text="requests", limit=limit, unit="%")
    return _count(claim, truth.requests, len(trace.requests))


def step_counts(group: str, trace: Trace, truth: Truth, *, limit: float) -> Check:
    """How many steps of the host's own kinds were told apart, off by so many per cent."""
    kinds = HOST_KINDS & truth.steps.keys()
    true = sum(count for kind, count in truth.steps.items() if kind in kinds)
    claim = Claim(group=group, text="steps", limit=limit, unit="%")
    return _count(claim, true, sum(step.kind in kinds for step in trace.steps))


def _count(claim: Claim, true: int, found: int) -> Check:
    return claim.check(str(true), str(found), abs(found - true) / max(true, 1) * 100)


def _by_kind(times: object) -> Iterator[tuple[StepKind, int]]:
    kinds = set(StepKind)
    for name, value in times.items() if isinstance(times, dict) else ():
        if name in kinds and isinstance(value, int):
            yield StepKind(name), value


def _times(trace: Trace, what: str) -> Mapping[StepKind, int]:
    found: dict[StepKind, int] = {}
    for step in trace.steps:
        found[step.kind] = found.get(step.kind, 0) + int(getattr(step, what))
    return found


def _furthest(
    claim: Claim, true: Mapping[StepKind, float], found: Mapping[StepKind, float]
) -> Check:
    if not true:
        return claim.unknown("the agent told of no step")
    worst = max(true, key=lambda kind: (abs(true[kind] - found.get(kind, 0.0)), kind))
    share = found.get(worst, 0.0)
    off = abs(true[worst] - share) * 100
    return claim.check(f"{worst.value} {true[worst]:.1%}", f"{share:.1%}", off)
