"""The load that the recorder itself put on the agent, as a measured fact."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from agentaudit.model.observed import LoadPlanned, LoadRequest
from agentaudit.model.recording import Few
from agentaudit.model.trace import DrivenLoad
from agentaudit.profiling.selection import records_of


def driven_load(records: Sequence[Few]) -> DrivenLoad | None:
    """What was asked of the agent and how it went; None where we put no load on it."""
    planned = records_of(records, LoadPlanned)
    if not planned:
        return None
    requests = records_of(records, LoadRequest)
    start_ns = min((request.start_ns for request in requests), default=planned[0].at_ns)
    end_ns = max((request.end_ns for request in requests), default=start_ns)
    mean, peak = _concurrency(requests, end_ns - start_ns)
    return DrivenLoad(
        shape=planned[0].shape,
        target=planned[0].target,
        planned_concurrency=planned[0].concurrency,
        rate_hz=planned[0].rate_hz,
        sessions=len({request.user for request in requests}),
        requests=len(requests),
        failed=sum(request.failed for request in requests),
        duration_ns=end_ns - start_ns,
        concurrency_mean=mean,
        concurrency_peak=peak,
        problem=_problem(requests),
    )


def _problem(requests: Sequence[LoadRequest]) -> str:
    """The most frequent reason of those that failed; empty where none did."""
    reasons = Counter(
        request.problem or f"status {request.status}" for request in requests if request.failed
    )
    return min(reasons, key=lambda reason: (-reasons[reason], reason), default="")


def _concurrency(requests: Sequence[LoadRequest], duration_ns: int) -> tuple[float, int]:
    """How many were open at once: on average, and at most."""
    changes = sorted(
        [(request.start_ns, 1) for request in requests]
        + [(request.end_ns, -1) for request in requests]
    )
    open_now = peak = area_ns = 0
    for (at_ns, change), (next_ns, _) in pairwise([*changes, *changes[-1:]]):
        open_now += change
        peak = max(peak, open_now)
        area_ns += open_now * (next_ns - at_ns)
    return (area_ns / duration_ns if duration_ns > 0 else 0.0), peak
