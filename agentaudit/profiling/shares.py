"""
What each kind of step took, and how sure that is.

Only sampling is in doubt: CPU time itself is counted, and steps that spans or markers told have
exact edges. The interval of a kind is that of its sampled part.
"""

from agentaudit.model.profile import KindShare
from agentaudit.model.trace import LabelSource, SamplingRecord, Step, StepKind, Trace

_Z95 = 1.959964
_SURE = 0.9
"""Confidence below which the CPU time of a step may be that of another."""


def kind_shares(trace: Trace, placed_ns: int) -> tuple[KindShare, ...]:
    """Every kind that took time, the most CPU first, and `unknown` always."""
    steps: dict[StepKind, list[Step]] = {kind: [] for kind in StepKind}
    for step in trace.steps:
        steps[step.kind].append(step)
    wall_all_ns = sum(step.wall_ns for step in trace.steps)
    sampled = _Sampled(trace)
    shares = []
    for kind, members in steps.items():
        cpu_ns = sum(step.cpu_ns for step in members)
        if kind is StepKind.UNKNOWN:
            cpu_ns = trace.cpu_total_ns - placed_ns
        wall_ns = sum(step.wall_ns for step in members)
        share = cpu_ns / trace.cpu_total_ns if trace.cpu_total_ns > 0 else 0.0
        low, high = sampled.bounds(share, cpu_ns - sum(map(_exact_ns, members)))
        shares.append(
            KindShare(
                kind=kind,
                steps=len(members),
                wall_ns=wall_ns,
                cpu_ns=cpu_ns,
                gpu_ns=sum(step.gpu_ns for step in members),
                cpu_share=share,
                cpu_share_low=low,
                cpu_share_high=high,
                wall_share=wall_ns / wall_all_ns if wall_all_ns > 0 else 0.0,
            )
        )
    shares.sort(key=lambda share: (-share.cpu_ns, -share.wall_ns, share.kind))
    return tuple(
        share for share in shares if share.steps or share.cpu_ns or share.kind is StepKind.UNKNOWN
    )


class _Sampled:
    """The part of a trace's CPU time that only samples tell apart."""

    def __init__(self, trace: Trace) -> None:
        self._all_ns = trace.cpu_total_ns
        self._ns = trace.cpu_total_ns - sum(map(_exact_ns, trace.steps))
        rate_hz = max(map(_achieved_hz, trace.sampling), default=0.0)
        self._samples = self._ns / 1e9 * rate_hz

    def bounds(self, share: float, sampled_ns: int) -> tuple[float, float]:
        """The 95 % interval of a share of which so much was sampled."""
        if self._ns <= 0 or self._all_ns <= 0:
            return share, share
        part = min(max(sampled_ns / self._ns, 0.0), 1.0)
        low, high = interval(part, self._samples)
        scale = self._ns / self._all_ns
        return max(share - (part - low) * scale, 0.0), min(share + (high - part) * scale, 1.0)


def _exact_ns(step: Step) -> int:
    told = step.source in (LabelSource.OTEL, LabelSource.MARKER) and step.confidence >= _SURE
    return step.cpu_ns if told else 0


def _achieved_hz(sampling: SamplingRecord) -> float:
    """Samples a second that told something: no more than there was time between them."""
    tried = sampling.samples + sampling.failures
    looked_hz = min(sampling.rate_hz, 1e9 / max(sampling.mean_interval_ns, 1))
    return looked_hz * (sampling.samples / tried if tried else 1.0)


def interval(share: float, samples: float) -> tuple[float, float]:
    """The 95 % interval of a share seen in so many samples (Wilson): never wider than 0 to 1."""
    if samples <= 0:
        return 0.0, 1.0
    square = _Z95**2
    centre = (share + square / (2 * samples)) / (1 + square / samples)
    spread = (share * (1 - share) / samples + square / (4 * samples**2)) ** 0.5
    half = _Z95 * spread / (1 + square / samples)
    return max(min(centre - half, share), 0.0), min(max(centre + half, share), 1.0)
