"""
The executor: requests served by real processes, as a policy admits them.

The event contract is the simulator's. At one instant (1) all steps that have ended, end; their
requests hand over the next step, or finish; (2) all requests that are due, arrive; (3) the policy
decides, once; each in the order of request ids. The instant is when the driver woke up, and what
happens while it acts belongs to the next.
"""

import time
from collections.abc import Sequence
from typing import Protocol

from agentaudit.errors import UsageError
from agentaudit.model.execution import Execution, StepRecord
from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import WorkRequest
from agentaudit.probes.execution.hands import Hands
from agentaudit.probes.execution.surroundings import Watch

_FOREVER_NS = 1 << 60
"""36 years: what is later does not happen."""


class Admission(Protocol):
    """A policy at work in one run; the simulator's, hook for hook."""

    def finished(self, request: WorkRequest) -> None: ...
    def arrived(self, request: WorkRequest) -> None: ...
    def admit(self, now_ns: int) -> Sequence[WorkRequest]: ...
    @property
    def wake_ns(self) -> int: ...


def execute(requests: Sequence[WorkRequest], admission: Admission, hands: Hands) -> Execution:
    """
    One run of the requests.

    Raises UsageError when the policy leaves requests waiting although nothing will happen any more,
    and IncompleteError when a process dies.
    """
    run = _Run(requests, admission, hands)
    watch = Watch()
    before_ns = time.process_time_ns()
    server_before_ns = hands.server_cpu_ns
    hands.begin()
    run.go()
    driver_ns = time.process_time_ns() - before_ns
    server_ns = hands.server_cpu_ns - server_before_ns
    ours_ns = driver_ns + server_ns + sum(step.cpu_ns for step in run.steps)
    return Execution(
        records=run.records(),
        admitted=tuple(run.admitted),
        running_peak=run.running_peak,
        steps=tuple(run.steps),
        driver_cpu_ns=driver_ns,
        server_cpu_ns=server_ns,
        surroundings=watch.surroundings(ours_ns),
    )


class _Run:
    """The changing state of one run."""

    def __init__(self, requests: Sequence[WorkRequest], admission: Admission, hands: Hands) -> None:
        self._coming = sorted(requests, key=lambda item: (item.arrival_ns, item.request_id))
        self._requests = {request.request_id: request for request in requests}
        if len(self._requests) < len(self._coming):
            raise ValueError("two requests of the workload have the same id")
        self._admission = admission
        self._hands = hands
        self._arrivals = 0
        self._start_ns: dict[int, int] = {}
        self._finish_ns: dict[int, int] = {}
        self.steps: list[StepRecord] = []
        self.admitted: list[int] = []
        self.running_peak = 0

    def go(self) -> None:
        while len(self._finish_ns) < len(self._coming):
            next_ns = self._next_ns()
            if next_ns >= _FOREVER_NS and not self._hands.full:
                self._starved()
            ready = self._hands.wait(next_ns)
            self._pass_instant(self._hands.now_ns(), ready)

    def records(self) -> tuple[RequestRecord, ...]:
        return tuple(
            RequestRecord(
                request_id=request.request_id,
                type=request.type,
                arrival_ns=request.arrival_ns,
                start_ns=self._start_ns[request.request_id],
                finish_ns=self._finish_ns[request.request_id],
            )
            for request in self._coming
        )

    def _next_ns(self) -> int:
        """When something happens that no process has to say."""
        arrivals = self._coming[self._arrivals : self._arrivals + 1]
        due = [request.arrival_ns for request in arrivals]
        return min([*due, self._hands.due_ns(), self._admission.wake_ns, _FOREVER_NS])

    def _pass_instant(self, now_ns: int, ready: Sequence[int]) -> None:
        ended = sorted(
            self._hands.ended(now_ns, ready), key=lambda step: (step.request_id, step.place)
        )
        for step in ended:
            self.steps.append(step)
            self._begin_step(self._requests[step.request_id], step.place + 1, now_ns)
        while self._arrivals < len(self._coming):
            request = self._coming[self._arrivals]
            if request.arrival_ns > now_ns:
                break
            self._admission.arrived(request)
            self._arrivals += 1
        for request in self._admission.admit(now_ns):
            self._start(request, now_ns)

    def _start(self, request: WorkRequest, now_ns: int) -> None:
        if request.request_id in self._start_ns:
            raise ValueError(f"request {request.request_id} does not wait and cannot start")
        self._start_ns[request.request_id] = now_ns
        self.admitted.append(request.request_id)
        running = len(self._start_ns) - len(self._finish_ns)
        self.running_peak = max(self.running_peak, running)
        self._begin_step(request, 0, now_ns)

    def _begin_step(self, request: WorkRequest, place: int, now_ns: int) -> None:
        """The first step from `place` on that needs anything; without one the request finishes."""
        for number in range(place, len(request.steps)):
            if request.steps[number].demand_ns:
                self._hands.take(request, number, now_ns)
                return
        if not place:
            self._hands.rest(request, now_ns)
            return
        self._finish_ns[request.request_id] = now_ns
        self._admission.finished(request)

    def _starved(self) -> None:
        waiting = [item for item in self._coming if item.request_id not in self._start_ns]
        raise UsageError(
            f"the policy never starts {len(waiting)} of {len(self._coming)} requests; the first is"
            f" request {waiting[0].request_id}"
        )
