"""What ran beside the recorded requests: other programs, and work of the agent for no request."""

from bisect import bisect_left
from collections.abc import Sequence
from math import fsum
from operator import mul
from statistics import fmean

from agentaudit.lists import counted
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
    How many always run beside the agent, for one of its threads to be served as fast on average.

    Speeds are averaged and not threads: in a second of crowding others do not lose more than that
    second. By kernel counters, and never fewer than the cores that others used; without such
    counters it is those cores.
    """
    used = _cores_of_others(trace)
    course = background_course(trace)
    if not course:
        return used
    cores = max(trace.host.cores, 1)
    spans = [stretch.end_ns - stretch.start_ns for stretch in trace.contention]
    threads = [number for _, number in course]
    speed = _mean([min(1.0, cores / (1 + number)) for number in threads], spans)
    return max(cores / speed - 1 if speed < 1 else _mean(threads, spans), used)


def _mean(values: Sequence[float], weights: Sequence[int]) -> float:
    return fsum(map(mul, values, weights)) / max(sum(weights), 1)


def background_sentences(trace: Trace, number: float) -> tuple[str, ...]:
    """What is assumed of it."""
    if number < _NOTABLE:
        return ()
    used = _cores_of_others(trace)
    how = (
        "as many as let a thread be served as fast, on average, as the agent's were, if cores are"
        " shared evenly (one of a higher priority counts as several)"
        if trace.contention
        else "as many as the cores that they used"
    )
    threads = counted(f"{number:.2g}", "thread")
    said = (
        f"Other programs used {used:.2g} of the {trace.host.cores} cores during the recording. The"
        f" simulated ones always run {threads} beside the agent's: {how}."
    )
    return (said,)


def _unserved(stretch: Contention, served: Course) -> float:
    """Threads of the agent that worked for no request meanwhile, at the share that they got."""
    ran_ns = max(stretch.cpu_ns - served.between(stretch.start_ns, stretch.end_ns), 0.0)
    return ran_ns / max(stretch.share, _LEAST_SHARE) / max(stretch.end_ns - stretch.start_ns, 1)


def _cores_of_others(trace: Trace) -> float:
    """Cores of the host that were busy, and not with what was recorded."""
    if not trace.cpu_samples:
        return 0.0
    everything = fmean(sample.system_busy for sample in trace.cpu_samples) * trace.host.cores
    return max(everything - trace.cpu_total_ns / max(trace.duration_ns, 1), 0.0)


def busy(samples: Sequence[CpuSample], start_ns: int, end_ns: int) -> float:
    """The host's mean busy share over an interval; 0 where nothing was sampled."""
    low = bisect_left(samples, start_ns, key=lambda sample: sample.at_ns)
    high = bisect_left(samples, end_ns, key=lambda sample: sample.at_ns)
    chosen = samples[low : max(high, low + 1)]
    return fmean(sample.system_busy for sample in chosen) if chosen else 0.0
