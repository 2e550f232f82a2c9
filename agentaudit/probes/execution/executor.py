"""
The executor: requests served by real processes, as a policy admits them.

The event contract is the simulator's. At one instant (1) all steps that have ended, end; their
requests hand over the next step, or finish; (2) all requests that are due, arrive; (3) the policy
decides, once, if anybody waits or it listens to steps; each in the order of request ids. The
instant is when the driver woke up, and what happens while it acts belongs to the next.
"""

import time
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from typing import Protocol

from agentaudit.errors import UsageError
from agentaudit.model.execution import Execution, StepRecord
from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import Stage, WorkRequest, WorkStep
from agentaudit.probes.execution.calls import Calls, Line
from agentaudit.probes.execution.hands import Hands
from agentaudit.probes.execution.surroundings import Watch

_FOREVER_NS = 1 << 60
"""36 years: what is later does not happen."""
_MOST_IDLE_WAKES = 100_000
"""A policy that is woken so often in a row for nothing is not going to start anybody."""


class Admission(Protocol):
    """
    A policy at work in one run; the simulator's, hook for hook.

    `step_began`, `step_ended` and `in_threads` are called where there are such.
    """

    def finished(self, request: WorkRequest) -> None: ...
    def arrived(self, request: WorkRequest) -> None: ...
    def admit(self, now_ns: int) -> Sequence[WorkRequest]: ...
    @property
    def wake_ns(self) -> int: ...


def execute(
    requests: Sequence[WorkRequest],
    admission: Admission,
    hands: Hands,
    *,
    line: Line | None = None,
    name: str = "the policy",
) -> Execution:
    """
    One run of the requests; calls pass a `line` where the server has limits.

    Raises UsageError, which says how far it came, when the policy leaves requests waiting although
    nothing will happen any more, starts one that does not wait, or is woken without end;
    and IncompleteError when a process dies.
    """
    calls = Calls(line, requests, hands) if line is not None else None
    run = _Run(requests, admission, hands, calls, name=name)
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

    def __init__(
        self,
        requests: Sequence[WorkRequest],
        admission: Admission,
        hands: Hands,
        calls: Calls | None,
        *,
        name: str,
    ) -> None:
        self._requests = {request.request_id: request for request in requests}
        if len(self._requests) < len(requests):
            raise ValueError("two requests of the workload have the same id")
        self._coming = [
            (request.arrival_ns, request.request_id)
            for request in requests
            if request.follows is None
        ]
        heapify(self._coming)
        self._followers: dict[int, list[WorkRequest]] = {}
        for request in requests:
            if request.follows is not None:
                self._followers.setdefault(request.follows, []).append(request)
        self._admission = admission
        self._wake_ns = admission.wake_ns
        self._began: Callable[[WorkRequest, WorkStep, int], None] | None
        self._began = getattr(admission, "step_began", None)
        self._ended: Callable[[WorkRequest, WorkStep, int], None] | None
        self._ended = getattr(admission, "step_ended", None)
        self._in_threads: Callable[[WorkRequest], bool] | None
        self._in_threads = getattr(admission, "in_threads", None)
        self._threaded: set[int] = set()
        self._hands = hands
        self._calls = calls
        self._idle_wakes = 0
        self._name = name
        """What errors call the policy."""
        self._arrival_ns: dict[int, int] = {}
        self._start_ns: dict[int, int] = {}
        self._finish_ns: dict[int, int] = {}
        self.steps: list[StepRecord] = []
        self.admitted: list[int] = []
        self.running_peak = 0

    def go(self) -> None:
        while len(self._finish_ns) < len(self._requests):
            next_ns = self._next_ns()
            if next_ns >= _FOREVER_NS and not self._hands.serving:
                self._starved()
            ready = self._hands.wait(next_ns)
            self._pass_instant(self._hands.now_ns(), ready)

    def records(self) -> tuple[RequestRecord, ...]:
        """In order of arrival; of those at once, by their ids."""
        order = sorted((at_ns, request_id) for request_id, at_ns in self._arrival_ns.items())
        return tuple(
            RequestRecord(
                request_id=request_id,
                type=self._requests[request_id].type,
                arrival_ns=arrival_ns,
                start_ns=self._start_ns[request_id],
                finish_ns=self._finish_ns[request_id],
            )
            for arrival_ns, request_id in order
        )

    def _next_ns(self) -> int:
        """When something happens that no process has to say."""
        arrivals = [at_ns for at_ns, _ in self._coming[:1]]
        line_ns = self._calls.due_ns() if self._calls is not None else _FOREVER_NS
        wake_ns = self._wake_ns if self._asks() else _FOREVER_NS
        return min([*arrivals, self._hands.due_ns(), wake_ns, line_ns, _FOREVER_NS])

    def _asks(self) -> bool:
        """Whether anybody waits, or the policy goes by steps as well."""
        watching = self._began is not None or self._ended is not None
        return watching or len(self._start_ns) < len(self._arrival_ns)

    def _pass_instant(self, now_ns: int, ready: Sequence[int]) -> None:
        ended = sorted(
            self._hands.ended(now_ns, ready), key=lambda step: (step.request_id, step.place)
        )
        for step in ended:
            request = self._requests[step.request_id]
            self.steps.append(step)
            if self._calls is not None and step.stage is Stage.GPU:
                self._calls.left(request, step.place, now_ns)
            if self._ended is not None and request.steps:
                self._ended(request, request.steps[step.place], now_ns)
            self._begin_step(request, step.place + 1, now_ns)
        arriving = self._arriving(now_ns)
        for request_id in arriving:
            self._admission.arrived(self._requests[request_id])
        started: Sequence[WorkRequest] = ()
        if self._asks():
            started = self._admission.admit(now_ns)
            self._wake_ns = self._admission.wake_ns
        for request in started:
            self._start(request, now_ns)
        self._idle_wakes = 0 if ended or arriving or started else self._idle_wakes + 1
        self._check_wake(now_ns)
        if self._calls is not None:
            self._calls.begin(now_ns)

    def _check_wake(self, now_ns: int) -> None:
        if self._asks() and (self._wake_ns < now_ns or self._idle_wakes > _MOST_IDLE_WAKES):
            at_ns = self._wake_ns
            raise self._refused(f"wants to be woken at {at_ns} ns, again and again, for nothing")

    def _arriving(self, now_ns: int) -> list[int]:
        """Those that are due, by their ids; each arrives when it was due, not when it is seen."""
        arriving = []
        while self._coming and self._coming[0][0] <= now_ns:
            due_ns, request_id = heappop(self._coming)
            self._arrival_ns[request_id] = due_ns
            arriving.append(request_id)
        return sorted(arriving)

    def _start(self, request: WorkRequest, now_ns: int) -> None:
        does = f"starts request {request.request_id}, which does not wait"
        if request.request_id not in self._arrival_ns:
            raise self._refused(f"{does}: it has not arrived")
        if request.request_id in self._start_ns:
            raise self._refused(f"{does}: it has started before")
        request = self._requests[request.request_id]  # a policy may answer with a changed copy
        self._start_ns[request.request_id] = now_ns
        self.admitted.append(request.request_id)
        if self._in_threads is not None and self._in_threads(request):
            self._threaded.add(request.request_id)
        running = len(self._start_ns) - len(self._finish_ns)
        self.running_peak = max(self.running_peak, running)
        self._begin_step(request, 0, now_ns)

    def _begin_step(self, request: WorkRequest, place: int, now_ns: int) -> None:
        """The first step from `place` on that needs anything; without one the request finishes."""
        for number in range(place, len(request.steps)):
            if request.steps[number].demand_ns:
                if self._began is not None:
                    self._began(request, request.steps[number], now_ns)
                if self._calls is not None and request.steps[number].stage is Stage.GPU:
                    self._calls.join(request, number, now_ns)
                    return
                threaded = request.request_id in self._threaded
                self._hands.take(request, number, now_ns, threaded=threaded)
                return
        if not place:
            self._hands.rest(request, now_ns)
            return
        self._finish_ns[request.request_id] = now_ns
        for follower in self._followers.get(request.request_id, ()):
            heappush(self._coming, (now_ns + follower.think_ns, follower.request_id))
        self._admission.finished(request)

    def _starved(self) -> None:
        waiting = sorted(self._requests.keys() - self._start_ns.keys())
        raise self._refused(
            f"never starts {len(waiting)} of {len(self._requests)} requests; the first is request"
            f" {waiting[0]}"
        )

    def _refused(self, what: str) -> UsageError:
        """An error that says what the policy does, and how far the run came under it."""
        finished = len(self._finish_ns)
        return UsageError(
            f"{self._name}, run for real, {what}; at {self._hands.now_ns() / 1e9:.3g} s {finished}"
            f" had finished and {len(self._start_ns) - finished} were running"
        )
