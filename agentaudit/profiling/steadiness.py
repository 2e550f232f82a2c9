"""
How sure a mean over a recording is: its 95 % interval, from how much stretches of it differ.

Stretches of a second or more are nearly independent of each other, where single samples are not
(the method of batch means; Law, Simulation Modeling and Analysis, 5th edition, section 9.5).
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev

from agentaudit.model.trace import GpuSample, Step, StepKind, Trace

Interval = tuple[float, float]

_SHORTEST_NS = 1_000_000_000
_MOST = 20
_FEWEST = 5
_T95 = {4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201,
        12: 2.179, 13: 2.160, 14: 2.145, 15: 2.131, 16: 2.120, 17: 2.110, 18: 2.101,
        19: 2.093}  # fmt: skip
"""Student's t for a two-sided interval of 95 %, by degrees of freedom."""


def cores_interval(trace: Trace) -> Interval | None:
    """Of the cores that the tree used; None when the recording is too short to say."""
    edges = _edges(trace, len(trace.cpu_samples))
    used_ns = [0.0] * (len(edges) - 1)
    for sample in trace.cpu_samples:
        used_ns[_stretch(edges, sample.at_ns - 1)] += sample.cpu_ns
    return _interval([used / max(edges[1] - edges[0], 1) for used in used_ns])


def gpu_interval(trace: Trace) -> Interval | None:
    """Of the busy share of the GPUs; None of a recording too short, or without any."""
    edges = _edges(trace, len(trace.gpu_samples))
    seen: list[list[GpuSample]] = [[] for _ in edges[1:]]
    for sample in trace.gpu_samples:
        seen[_stretch(edges, sample.at_ns - 1)].append(sample)
    return _interval([fmean(sample.busy for sample in samples) for samples in seen if samples])


def model_interval(trace: Trace) -> Interval | None:
    """Of the share of the working time that model calls take; None where nobody worked enough."""
    edges = _edges(trace, _MOST)
    model_ns, all_ns = [0] * (len(edges) - 1), [0] * (len(edges) - 1)
    for step in trace.steps:
        if step.kind is StepKind.IDLE:
            continue
        for at, overlap_ns in _overlaps(edges, step):
            all_ns[at] += overlap_ns
            model_ns[at] += overlap_ns if step.kind is StepKind.LLM_INFERENCE else 0
    return _interval(
        [model / whole for model, whole in zip(model_ns, all_ns, strict=True) if whole]
    )


def _edges(trace: Trace, samples: int) -> Sequence[int]:
    """Between stretches of equal length, of which each holds a sample at least."""
    count = max(min(trace.duration_ns // _SHORTEST_NS, _MOST, samples), 1)
    return [trace.start_ns + trace.duration_ns * number // count for number in range(count + 1)]


def _stretch(edges: Sequence[int], at_ns: int) -> int:
    return min(max(bisect_right(edges, at_ns) - 1, 0), len(edges) - 2)


def _overlaps(edges: Sequence[int], step: Step) -> Iterable[tuple[int, int]]:
    for at in range(_stretch(edges, step.start_ns), _stretch(edges, step.end_ns - 1) + 1):
        yield at, max(min(step.end_ns, edges[at + 1]) - max(step.start_ns, edges[at]), 0)


def _interval(means: Sequence[float]) -> Interval | None:
    if len(means) < _FEWEST:
        return None
    half = _T95[len(means) - 1] * stdev(means) / len(means) ** 0.5
    middle = fmean(means)
    return max(middle - half, 0.0), middle + half
