"""
What the GPUs of a recorded host drew, by how many model calls were open at that instant.

Some devices report the mean power of the last second, so of short calls the curve is flatter than
the truth.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean

from msgspec import Struct

from agentaudit.model.trace import GpuSample, Trace
from agentaudit.model.workload import PowerCurve
from agentaudit.simulation.recordings.llm_load import llm_calls

_FEWEST = 5
"""Looks at so many calls at once from which their mean counts."""


class RecordedPower(Struct, frozen=True, kw_only=True):
    """Watts of all GPUs together, and from how many looks they were told."""

    curve: PowerCurve
    looks: int

    @property
    def sentence(self) -> str:
        """For the assumptions of a machine."""
        most = self.curve.points[-1][0]
        return (
            f"What the GPUs draw is told from {self.looks} looks at their power beside 0 to {most}"
            " model calls; more calls are taken to draw no more."
        )


def recorded_power(trace: Trace) -> RecordedPower | None:
    """None where nobody saw their power both with calls open and without any."""
    drawn = _drawn(trace.gpu_samples)
    calls = llm_calls(trace.steps)
    starts, ends = sorted(step.start_ns for step in calls), sorted(step.end_ns for step in calls)
    seen: defaultdict[int, list[float]] = defaultdict(list)
    for at_ns, watts in drawn:
        seen[bisect_right(starts, at_ns) - bisect_right(ends, at_ns)].append(watts)
    known = {count: fmean(found) for count, found in seen.items() if len(found) >= _FEWEST}
    if 0 not in known or len(known) == 1:
        return None
    points = tuple((count, max(known[count], known[0])) for count in sorted(known))
    looks = sum(len(seen[count]) for count in known)
    return RecordedPower(curve=PowerCurve(points=points), looks=looks)


def _drawn(samples: Sequence[GpuSample]) -> list[tuple[int, float]]:
    """Instants, and what all devices drew; those are left out at which one did not say."""
    devices = {sample.device for sample in samples}
    at: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for sample in samples:
        if sample.power_watts is not None:
            at[sample.at_ns][sample.device] = sample.power_watts
    return [(at_ns, sum(each.values())) for at_ns, each in at.items() if len(each) == len(devices)]
