"""
The engine: a workload on a machine under a policy, event by event, to the nanosecond.

The event contract. At one instant (1) all steps that end, end, on every station; their requests
start the next step, or finish; (2) all requests that arrive, arrive, those too that follow one that
has just finished; (3) the policy decides, once.
Within each part requests come in the order of their ids. A request without any work finishes in
the instant in which it starts, and the instant is then gone through once more. The engine holds no
list of events: four clocks say what happens next. Nothing in it is random, and equal arguments
give equal results.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agentaudit.errors import UsageError
from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import Machine, Stage, Workload, WorkRequest
from agentaudit.simulation.policy import Admission, Policy
from agentaudit.simulation.stations import NEVER, Station, Timers

_NOT_YET = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
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

    @property
    def makespan_ns(self) -> int:
        """First arrival to last finish."""
        if not self.records:
            return 0
        last = max(record.finish_ns for record in self.records)
        return last - self.records[0].arrival_ns


class Watcher(Protocol):
    """Who takes note while a run is computed; of one request, beginnings and ends alternate."""

    def began(self, request: WorkRequest, now_ns: int) -> None:
        """A station serves the request's next piece of work from now on."""

    def ended(self, request: WorkRequest, now_ns: int) -> None:
        """That piece of work is done."""


def simulate(
    workload: Workload, machine: Machine, policy: Policy, *, watcher: Watcher | None = None
) -> Run:
    """
    The run of a workload, which is the same whoever watches.

    Raises UsageError when the policy leaves requests waiting although nothing will happen any more.
    """
    execution = _Execution(workload.requests, machine, policy.admission())
    execution.watcher = watcher
    while (now_ns := execution.next_ns()) < NEVER:
        execution.pass_instant(now_ns)
    starved = execution.unfinished()
    if starved:
        raise UsageError(
            f"the policy {policy.name} ({policy.parameters}) never starts {len(starved)} of"
            f" {len(workload.requests)} requests; the first is request {starved[0].request_id}"
        )
    return execution.result()


class _Execution:
    """The changing state of one run; it lives for one call of `simulate`."""

    def __init__(
        self, requests: tuple[WorkRequest, ...], machine: Machine, admission: Admission
    ) -> None:
        self._requests = sorted(requests, key=lambda item: (item.arrival_ns, item.request_id))
        self._place = {item.request_id: place for place, item in enumerate(self._requests)}
        if len(self._place) < len(self._requests):
            raise ValueError("two requests of the workload have the same id")
        self._followers = _followers(self._requests, self._place)
        self._first = [place for place, item in enumerate(self._requests) if item.follows is None]
        self._thinking = Timers()
        self._admission = admission
        self._cpu = Station(machine.cpu, machine.cores)
        self._gpu = Station(machine.gpu, 1)
        self._timers = Timers()
        self._stations = (self._cpu, self._gpu, self._timers)
        self._plans = [_plan(request, machine.dispatch_ns) for request in self._requests]
        self._step = [0] * len(self._requests)
        self._arrival_ns = [_NOT_YET] * len(self._requests)
        self._start_ns = [_NOT_YET] * len(self._requests)
        self._finish_ns = [_NOT_YET] * len(self._requests)
        self._arrivals = 0
        self._next_arrival_ns = self._arrival_of(0)
        self._running = self._running_peak = 0
        self._work = [0, 0, 0]
        self.watcher: Watcher | None = None

    def next_ns(self) -> int:
        """The next instant at which anything happens."""
        return min(
            self._next_arrival_ns,
            self._thinking.due_ns(),
            self._cpu.due_ns(),
            self._gpu.due_ns(),
            self._timers.due_ns(),
            self._admission.wake_ns,
        )

    def pass_instant(self, now_ns: int) -> None:
        """Everything that happens at one instant, in the order of the contract."""
        ended: list[int] = []
        for station in self._stations:
            if station.due_ns() <= now_ns:
                ended += station.ended(now_ns)
        if len(ended) > 1:
            ended.sort(key=lambda place: self._requests[place].request_id)
        for place in ended:
            self._end_step(place, now_ns)
        if self._next_arrival_ns <= now_ns or self._thinking.due_ns() <= now_ns:
            self._arrive(now_ns)
        for request in self._admission.admit(now_ns):
            self._start(request, now_ns)

    def unfinished(self) -> list[WorkRequest]:
        pairs = zip(self._requests, self._finish_ns, strict=True)
        return [request for request, finish_ns in pairs if finish_ns == _NOT_YET]

    def result(self) -> Run:
        instants = (self._arrival_ns, self._start_ns, self._finish_ns)
        records = [
            RequestRecord(
                request_id=request.request_id,
                type=request.type,
                arrival_ns=arrival_ns,
                start_ns=start_ns,
                finish_ns=finish_ns,
            )
            for request, arrival_ns, start_ns, finish_ns in zip(
                self._requests, *instants, strict=True
            )
        ]
        if self._followers:
            records.sort(key=lambda record: (record.arrival_ns, record.request_id))
        return Run(
            records=tuple(records),
            cpu_busy_ns=self._cpu.busy_ns,
            gpu_busy_ns=self._gpu.busy_ns,
            cpu_work_ns=self._work[_STATION[Stage.CPU]],
            gpu_work_ns=self._work[_STATION[Stage.GPU]],
            wait_ns=self._work[_STATION[Stage.WAIT]],
            running_peak=self._running_peak,
        )

    def _arrive(self, now_ns: int) -> None:
        places = self._thinking.ended(now_ns)
        while self._next_arrival_ns <= now_ns:
            places.append(self._first[self._arrivals])
            self._arrivals += 1
            self._next_arrival_ns = self._arrival_of(self._arrivals)
        if len(places) > 1:
            places.sort(key=lambda place: self._requests[place].request_id)
        for place in places:
            self._arrival_ns[place] = now_ns
            self._admission.arrived(self._requests[place])

    def _arrival_of(self, number: int) -> int:
        """When the request arrives that is so far down among those that follow no other."""
        if number == len(self._first):
            return NEVER
        return self._requests[self._first[number]].arrival_ns

    def _start(self, request: WorkRequest, now_ns: int) -> None:
        place = self._place[request.request_id]
        if self._start_ns[place] != _NOT_YET or self._arrival_ns[place] == _NOT_YET:
            raise ValueError(f"request {request.request_id} does not wait and cannot start")
        self._start_ns[place] = now_ns
        self._running += 1
        self._running_peak = max(self._running_peak, self._running)
        self._begin_step(place, now_ns)

    def _begin_step(self, place: int, now_ns: int) -> None:
        station, demand_ns, threads = self._plans[place][self._step[place]]
        self._stations[station].start(now_ns, place, demand_ns, threads)
        if self.watcher is not None:
            self.watcher.began(self._requests[place], now_ns)

    def _end_step(self, place: int, now_ns: int) -> None:
        if self.watcher is not None:
            self.watcher.ended(self._requests[place], now_ns)
        plan, step = self._plans[place], self._step[place]
        self._work[plan[step][0]] += plan[step][1]
        self._step[place] = step + 1
        if step + 1 < len(plan):
            self._begin_step(place, now_ns)
            return
        self._finish_ns[place] = now_ns
        self._running -= 1
        self._admission.finished(self._requests[place])
        for follower in self._followers.get(place, ()):
            self._thinking.start(now_ns, follower, self._requests[follower].think_ns, 1)


def _followers(
    requests: Sequence[WorkRequest], place_of: Mapping[int, int]
) -> Mapping[int, Sequence[int]]:
    """
    The places of the requests that follow each, by its place.

    Raises ValueError where one follows a request that there is none of, or itself in the end.
    """
    followers: dict[int, list[int]] = {}
    for place, request in enumerate(requests):
        if request.follows is not None:
            if request.follows not in place_of:
                raise ValueError(
                    f"request {request.request_id} follows {request.follows}, which is none"
                )
            followers.setdefault(place_of[request.follows], []).append(place)
    if followers:
        reached = [place for place, request in enumerate(requests) if request.follows is None]
        for place in reached:  # which grows meanwhile
            reached += followers.get(place, ())
        if len(reached) < len(requests):
            raise ValueError("some requests follow each other in a circle, and none can come first")
    return followers


_STATION = {Stage.CPU: 0, Stage.GPU: 1, Stage.WAIT: 2}
"""Where each kind of step is served: its place among the engine's stations."""
_NO_WORK = (_STATION[Stage.WAIT], 0, 1)


def _plan(request: WorkRequest, dispatch_ns: int) -> tuple[tuple[int, int, int], ...]:
    """Station, demand and threads of each step that needs anything, dispatching first."""
    dispatch = ((_STATION[Stage.CPU], dispatch_ns, 1),) if dispatch_ns else ()
    steps = (
        (_STATION[step.stage], step.demand_ns, step.threads)
        for step in request.steps
        if step.demand_ns
    )
    return (*dispatch, *steps) or (_NO_WORK,)
