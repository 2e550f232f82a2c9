"""What one run of a workload was: a record for each request, and what the machine did."""

from collections.abc import Iterable

from msgspec import Struct

from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import WorkRequest
from agentaudit.simulation.stations.power import Levels


class Run(Struct, frozen=True, kw_only=True):
    """What one run did. Work is that of the steps served, dispatching included."""

    records: tuple[RequestRecord, ...]
    """In order of arrival."""
    cpu_busy_ns: int
    """Core-nanoseconds in use."""
    gpu_busy_ns: int
    """Nanoseconds with at least one request on the GPU."""
    cpu_work_ns: int
    gpu_work_ns: int
    wait_ns: int
    running_peak: int
    calls_peak: int = 0
    """Most LLM calls served at once; counted, as the next is, where the machine limits calls."""
    kv_peak: int = 0
    """Most tokens held in the KV cache by calls and pins."""
    cpu_levels: Levels = ()
    """For how long so many threads were active, by which power goes."""
    gpu_levels: Levels = ()

    @property
    def makespan_ns(self) -> int:
        """First arrival to last finish."""
        if not self.records:
            return 0
        last = max(record.finish_ns for record in self.records)
        return last - self.records[0].arrival_ns


def records_of(
    requests: Iterable[WorkRequest],
    arrivals_ns: Iterable[int],
    starts_ns: Iterable[int],
    finishes_ns: Iterable[int],
) -> list[RequestRecord]:
    """The record of each request, in their order."""
    instants = (arrivals_ns, starts_ns, finishes_ns)
    return [
        RequestRecord(
            request_id=request.request_id,
            type=request.type,
            arrival_ns=arrival_ns,
            start_ns=start_ns,
            finish_ns=finish_ns,
        )
        for request, arrival_ns, start_ns, finish_ns in zip(requests, *instants, strict=True)
    ]
