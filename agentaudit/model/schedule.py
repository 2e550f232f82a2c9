"""
The schedule of a simulated run: when each step of each request was queued, began and ended.

Times are integer nanoseconds on the clock of the workload, whose first arrival need not be at 0.
"""

from msgspec import Struct

from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import Stage


class ScheduledStep(Struct, frozen=True, kw_only=True):
    """
    One step that needed anything, a part of it, or the start of the request's process.

    `queued_ns` is when what was before it had ended, or the request was admitted. `demand_ns` is
    what it needs alone: CPU nanoseconds, GPU nanoseconds at batch size 1 with those for context
    that the KV cache had lost, or waiting.
    """

    number: int
    """Of the request's steps, from 0; -1 for the start of its process."""
    stage: Stage
    name: str
    queued_ns: int
    began_ns: int
    ended_ns: int
    demand_ns: int
    threads: int = 1
    interpreted: bool = False
    """Python code that threads of one interpreter do one at a time, as one thread of the CPU."""


class ScheduledRequest(Struct, frozen=True, kw_only=True):
    """One request: its record says when it arrived, was admitted and finished."""

    record: RequestRecord
    steps: tuple[ScheduledStep, ...]
    """In order; steps that need nothing take no time and are left out."""


class Schedule(Struct, frozen=True, kw_only=True):
    """All requests of one run in order of arrival."""

    policy: str
    parameters: str
    requests: tuple[ScheduledRequest, ...]

    @property
    def start_ns(self) -> int:
        """The first arrival."""
        return self.requests[0].record.arrival_ns

    @property
    def end_ns(self) -> int:
        """The last finish."""
        return max(request.record.finish_ns for request in self.requests)
