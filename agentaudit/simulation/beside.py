"""What ran beside the recorded requests: other programs, and work of the agent for no request."""

from bisect import bisect_left
from collections.abc import Sequence
from math import fsum
from statistics import fmean

from agentaudit.model.contention import Contention
from agentaudit.model.trace import CpuSample, Trace
from agentaudit.simulation.courses import Course

_LEAST_SHARE = 0.001
_NOTABLE = 0.1
"""So much of a thread is worth a sentence."""


def background_course(trace: Trace) -> tuple[tuple[int, float], ...]:
    """From each instant of the recording on, threads that ran beside those of requests."""
    served = Course(
        (step.start_ns, step.end_ns, step.cpu_ns)
        for step in trace.steps
        if step.request_id is not None
    )
    return tuple(
        (stretch.start_ns, stretch.others + _unserved(stretch, served))
        for stretch in trace.contention
    )


def background(trace: Trace) -> float:
    """
    Their number on average, by kernel counters; never fewer than the cores that others used.

    Without such counters it is the cores that others used.
    """
    used = _cores_of_others(trace, trace.cpu_samples)
    course = background_course(trace)
    if not course:
        return used
    ends = [stretch.end_ns for stretch in trace.contention]
    spans = [end_ns - at_ns for (at_ns, _), end_ns in zip(course, ends, strict=True)]
    threads = (number * span for (_, number), span in zip(course, spans, strict=True))
    return max(fsum(threads) / max(sum(spans), 1), used)


def background_sentences(trace: Trace, number: float) -> tuple[str, ...]:
    """What is assumed of it."""
    if number < _NOTABLE:
        return ()
    used = _cores_of_others(trace, trace.cpu_samples)
    how = (
        "as many as explain how long the agent's threads waited for a core, were cores shared"
        " evenly (one of a higher priority counts as several)"
        if trace.contention
        else "as many as the cores that they used"
    )
    said = (
        f"Other programs used {used:.2g} of the {trace.host.cores} cores during the recording. The"
        f" simulated ones always run {number:.2g} threads beside the agent's: {how}."
    )
    return (said,)


def _unserved(stretch: Contention, served: Course) -> float:
    """Threads of the agent that worked for no request meanwhile, at the share that they got."""
    ran_ns = max(stretch.cpu_ns - served.between(stretch.start_ns, stretch.end_ns), 0.0)
    return ran_ns / max(stretch.share, _LEAST_SHARE) / max(stretch.end_ns - stretch.start_ns, 1)


def _cores_of_others(trace: Trace, samples: Sequence[CpuSample]) -> float:
    """Cores of the host that were busy, and not with what was recorded."""
    if not samples:
        return 0.0
    everything = fmean(sample.system_busy for sample in samples) * trace.host.cores
    return max(everything - trace.cpu_total_ns / max(trace.duration_ns, 1), 0.0)


def busy(samples: Sequence[CpuSample], start_ns: int, end_ns: int) -> float:
    """The host's mean busy share over an interval; 0 where nothing was sampled."""
    low = bisect_left(samples, start_ns, key=lambda sample: sample.at_ns)
    high = bisect_left(samples, end_ns, key=lambda sample: sample.at_ns)
    chosen = samples[low : max(high, low + 1)]
    return fmean(sample.system_busy for sample in chosen) if chosen else 0.0
