"""What a profile reads on the gauges that gates ask; what was not measured reads None."""

from agentaudit.model.comparison import Comparison, Measure
from agentaudit.model.gauge import Readings
from agentaudit.model.profile import Breakdown, Profile
from agentaudit.model.trace import LabelSource, StepKind, Trace
from agentaudit.profiling.breakdown import quantile_ns

_MEMORY = (StepKind.MEMORY_READ, StepKind.MEMORY_WRITE)
_SECOND_NS = 1e9


def readings_of(trace: Trace, profile: Profile, comparison: Comparison | None = None) -> Readings:
    """All gauges by name."""
    breakdown = profile.breakdown
    measured = not trace.target.imported and breakdown.cpu_total_ns > 0
    requests = breakdown.load.requests
    cpu_s = breakdown.cpu_total_ns / _SECOND_NS if measured else None
    joules = sum(reading.joules for reading in trace.energy) if trace.energy else None
    told = [request for request in trace.requests if request.source is not LabelSource.NONE]
    return {
        "cpu_share": breakdown.cpu_utilisation if measured and breakdown.cores else None,
        "cpu_s": cpu_s,
        "cpu_s_per_request": _each(cpu_s, len(told)),
        "gpu_share": breakdown.gpu_utilisation,
        "llm_wall_share": _wall_share(breakdown, StepKind.LLM_INFERENCE),
        "tool_wall_share": _wall_share(breakdown, StepKind.TOOL_CALL),
        **_cpu_shares(breakdown, measured=measured),
        "p50_s": _latency_s(trace, 0.5),
        "p90_s": _latency_s(trace, 0.9),
        "requests": float(requests),
        "concurrency": breakdown.load.concurrency_mean if told else None,
        "concurrency_peak": float(breakdown.load.concurrency_peak) if told else None,
        "peak_rss_mb": breakdown.peak_rss_bytes / 1e6 if breakdown.peak_rss_bytes else None,
        "energy_j": joules,
        "energy_j_per_request": _each(joules, len(told)),
        "duration_s": breakdown.duration_ns / _SECOND_NS,
        "incidents": float(len(trace.incidents)),
        **_compared(comparison),
    }


def _each(amount: float | None, requests: int) -> float | None:
    return amount / requests if amount is not None and requests else None


def _wall_share(breakdown: Breakdown, kind: StepKind) -> float | None:
    """Of the time in which threads worked; None when none did."""
    working = [share for share in breakdown.kinds if share.kind is not StepKind.IDLE]
    all_ns = sum(share.wall_ns for share in working)
    return sum(s.wall_ns for s in working if s.kind is kind) / all_ns if all_ns else None


def _cpu_shares(breakdown: Breakdown, *, measured: bool) -> Readings:
    shares = {share.kind: share.cpu_share for share in breakdown.kinds}
    readings: dict[str, float | None] = {
        "tool_cpu_share": shares.get(StepKind.TOOL_CALL, 0.0),
        "llm_cpu_share": shares.get(StepKind.LLM_INFERENCE, 0.0),
        "retrieval_cpu_share": shares.get(StepKind.RETRIEVAL, 0.0),
        "memory_cpu_share": sum(shares.get(kind, 0.0) for kind in _MEMORY),
        "orchestration_cpu_share": shares.get(StepKind.ORCHESTRATION, 0.0),
        "unattributed_share": shares.get(StepKind.UNKNOWN, 0.0),
    }
    return readings if measured else dict.fromkeys(readings)


def _latency_s(trace: Trace, share: float) -> float | None:
    """Of requests seen from their beginning to their end, and told by more than a pause."""
    whole = sorted(
        request.latency_ns
        for request in trace.requests
        if request.complete and request.source is not LabelSource.NONE
    )
    return quantile_ns(whole, share) / _SECOND_NS if whole else None


def _compared(comparison: Comparison | None) -> Readings:
    if comparison is None:
        return {}
    readings: dict[str, float | None] = {
        "compare.slower": float(len(comparison.grown)),
        "compare.cheaper": float(len(comparison.shrunk)),
    }
    measures = (Measure.CPU, Measure.LATENCY_P50, Measure.LATENCY_P90)
    for name, measure in zip(("cpu", "p50", "p90"), measures, strict=True):
        change = comparison.overall(measure)
        readings[f"compare.{name}"] = change.ratio if change else None
        readings[f"compare.{name}_low"] = change.ratio_low if change else None
    return readings
