"""How recorded LLM calls shared their server: demands at batch 1, and the batch curve they show."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import fsum, sqrt
from statistics import fmean

from msgspec import Struct

from agentaudit.model.trace import Step, StepKind
from agentaudit.model.workload import SpeedCurve
from agentaudit.simulation.stations.speed import total_speed

_FEWEST_CALLS = 20
_SURE = 3.0
"""How many standard errors a slope must lie from zero."""


class FittedCurve(Struct, frozen=True, kw_only=True):
    """A batch curve, and the sentence that says what it rests on."""

    curve: SpeedCurve
    sentence: str


def llm_calls(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The LLM steps that took time."""
    return tuple(step for step in steps if step.kind is StepKind.LLM_INFERENCE and step.wall_ns > 0)


def batch_one_demands(calls: Sequence[Step], curve: SpeedCurve) -> Mapping[int, int]:
    """
    What each call would take alone, by step id: its wall time times its speed while it lasted.

    A call among n others ran at the curve's speed at n divided by n. The calls in flight are known
    at every instant, so serving these demands with the recorded overlap takes the recorded time.
    """
    changes = sorted([(call.start_ns, 1) for call in calls] + [(call.end_ns, -1) for call in calls])
    progress = {0: 0.0}
    virtual, last_ns, active = 0.0, 0, 0
    for at_ns, change in changes:
        if active:
            virtual += (at_ns - last_ns) * total_speed(curve, active) / active
        progress[at_ns] = virtual
        last_ns, active = at_ns, active + change
    return {
        call.step_id: max(round(progress[call.end_ns] - progress[call.start_ns]), 1)
        for call in calls
    }


def fitted_batch_curve(steps: Iterable[Step]) -> FittedCurve | None:
    """
    The batch curve t(n) = t(1) * (1 + b * (n - 1)) that the recorded calls show.

    Calls are compared with others of their name only, because longer prompts are no slower
    server. None when there are too few calls, too little change in their number at once, or no
    slowdown beyond three standard errors.
    """
    calls = llm_calls(steps)
    if len(calls) < _FEWEST_CALLS:
        return None
    loads = _mean_loads(calls)
    groups: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for call in calls:
        groups[call.name].append((loads[call.step_id], float(call.wall_ns)))
    slope = _relative_slope(list(groups.values()))
    mean_load = fmean(loads.values())
    if slope is None or slope * (mean_load - 1) >= 1:
        return None
    growth = slope / (1 - slope * (mean_load - 1))
    return _curve(growth, round(max(loads.values())), len(calls))


def _mean_loads(calls: Sequence[Step]) -> Mapping[int, float]:
    """The mean number of calls in flight during each call, itself included."""
    in_flight = SpeedCurve(points=((1, 1.0),))
    shares = batch_one_demands(calls, in_flight)
    # With a server of constant speed a call among n gets 1/n, so this is the harmonic mean of n.
    return {call.step_id: call.wall_ns / shares[call.step_id] for call in calls}


def _relative_slope(groups: Sequence[Sequence[tuple[float, float]]]) -> float | None:
    """
    By how much of its mean a call's time grows with one more call, within groups.

    Exact sums, because the built-in one rounds differently from one Python to the next.
    """
    points: list[tuple[float, float]] = []
    for group in groups:
        mean_load, mean_wall = (fmean(column) for column in zip(*group, strict=True))
        points.extend((load - mean_load, wall / mean_wall - 1) for load, wall in group)
    spread = fsum(load**2 for load, _ in points)
    freedom = len(points) - len(groups) - 1
    if freedom < _FEWEST_CALLS // 2 or spread <= 0:
        return None
    slope = fsum(load * wall for load, wall in points) / spread
    residual = fsum((wall - slope * load) ** 2 for load, wall in points)
    error = sqrt(residual / freedom / spread)
    return slope if slope > _SURE * error else None


def _curve(growth: float, most: int, calls: int) -> FittedCurve:
    sizes = [2**k for k in range(most.bit_length())]
    if sizes[-1] != most:
        sizes.append(most)
    points = tuple((size, size / (1 + growth * (size - 1))) for size in sizes)
    return FittedCurve(
        curve=SpeedCurve(points=points),
        sentence=(
            f"The LLM server's batch curve is fitted to {calls} recorded calls: each further call"
            f" at once adds {growth:.0%} to the time of one alone; past {most} at once, the most"
            " that was recorded, it serves no faster."
        ),
    )
