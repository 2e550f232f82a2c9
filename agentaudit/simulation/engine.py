"""
The engine: a workload on a machine under a policy, event by event, to the nanosecond.

The event contract. At one instant (1) all steps that end, end, on every station; their requests
start the next step, or finish; (2) all requests that arrive, arrive, those too that follow one that
has just finished; (3) the policy decides, once; (4) where the machine limits LLM calls, those that
are in front of the server and fit begin.
Within each part requests come in the order of their ids. A request without any work finishes in
the instant in which it starts, and the instant is then gone through once more. The engine holds no
list of events: four clocks say what happens next. Nothing in it is random, and equal arguments
give equal results.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agentaudit.errors import UsageError
from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import Machine, Stage, Workload, WorkRequest
from agentaudit.simulation.couplings import Couplings
from agentaudit.simulation.line import line_of
from agentaudit.simulation.policy import Policy, hooks_of, named
from agentaudit.simulation.stations import NEVER, Station, Timers
from agentaudit.simulation.steps import INTERPRETER, STATION, Reports, plan_of, threaded_plan
from agentaudit.simulation.watching import Watcher

_NOT_YET = -1
_MOST_IDLE_WAKES = 1_000_000
"""A policy that is woken so often in a row for nothing is not going to start anybody."""


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
    calls_peak: int = 0
    """Most LLM calls served at once; counted, as the next is, where the machine limits calls."""
    kv_peak: int = 0
    """Most tokens held in the KV cache by calls and pins."""

    @property
    def makespan_ns(self) -> int:
        """First arrival to last finish."""
        if not self.records:
            return 0
        last = max(record.finish_ns for record in self.records)
        return last - self.records[0].arrival_ns


def simulate(
    workload: Workload, machine: Machine, policy: Policy, *, watcher: Watcher | None = None
) -> Run:
    """
    The run of a workload, which is the same whoever watches.

    Raises UsageError, which says how far it came, when the policy leaves requests waiting although
    nothing will happen any more, starts one that does not wait, or is woken without end; and when
    an LLM call is larger than the machine's KV cache.
    """
    execution = _Execution(workload.requests, machine, policy)
    execution.watcher = watcher
    while execution.left and (now_ns := execution.next_ns()) < NEVER:
        execution.pass_instant(now_ns)
    starved = execution.unfinished()
    if starved:
        raise execution.refused(
            f"never starts {len(starved)} of {len(workload.requests)} requests;"
            f" the first is request {starved[0].request_id}"
        )
    return execution.result()


class _Execution:
    """The changing state of one run; it lives for one call of `simulate`."""

    def __init__(self, requests: tuple[WorkRequest, ...], machine: Machine, policy: Policy) -> None:
        self._requests = sorted(requests, key=lambda item: (item.arrival_ns, item.request_id))
        self._place = {item.request_id: place for place, item in enumerate(self._requests)}
        if len(self._place) < len(self._requests):
            raise ValueError("two requests of the workload have the same id")
        self._followers = _followers(self._requests, self._place)
        self._first = [place for place, item in enumerate(self._requests) if item.follows is None]
        self._thinking = Timers()
        self._policy = policy
        self._admission = policy.admission()
        self._hooks = hooks_of(self._admission)
        self._cpu = Station(machine.cpu, machine.cores)
        self._gpu = Station(machine.gpu, 1)
        self._timers = Timers()
        self._couplings = Couplings(machine, self._cpu, self._gpu)
        self._stations = (self._cpu, self._gpu, self._timers, self._couplings.interpreter)
        self._line = line_of(self._requests, machine, self._hooks)
        self._plans = [plan_of(request, machine.dispatch_ns) for request in self._requests]
        self._reports = Reports(self._hooks, self._requests, self._plans)
        self.left = len(self._requests)
        """Requests that have not finished."""
        self._idle_wakes = 0
        self._now_ns = 0
        self._step = [0] * len(self._requests)
        self._arrival_ns = [_NOT_YET] * len(self._requests)
        self._start_ns = [_NOT_YET] * len(self._requests)
        self._finish_ns = [_NOT_YET] * len(self._requests)
        self._arrivals = 0
        self._next_arrival_ns = self._arrival_of(0)
        self._running = self._running_peak = 0
        self._work = [0] * len(self._stations)
        self.watcher: Watcher | None = None

    def next_ns(self) -> int:
        """The next instant at which anything happens."""
        wake_ns = self._admission.wake_ns
        if wake_ns < self._now_ns or self._idle_wakes > _MOST_IDLE_WAKES:
            raise self.refused(f"wants to be woken at {wake_ns} ns, again and again, for nothing")
        return min(
            self._next_arrival_ns,
            self._thinking.due_ns(),
            self._cpu.due_ns(),
            self._gpu.due_ns(),
            self._timers.due_ns(),
            self._couplings.due_ns(),
            self._line.due_ns() if self._line is not None else NEVER,
            wake_ns,
        )

    def pass_instant(self, now_ns: int) -> None:
        """Everything that happens at one instant, in the order of the contract."""
        self._now_ns = now_ns
        ended: list[int] = []
        for station in self._stations:
            if station.due_ns() <= now_ns:
                ended += station.ended(now_ns)
        if len(ended) > 1:
            ended.sort(key=lambda place: self._requests[place].request_id)
        for place in ended:
            self._end_step(place, now_ns)
        arrived = self._next_arrival_ns <= now_ns or self._thinking.due_ns() <= now_ns
        if arrived:
            self._arrive(now_ns)
        started = self._admission.admit(now_ns)
        for request in started:
            self._start(request, now_ns)
        self._begin_calls(now_ns)
        self._couplings.apply(now_ns)
        self._idle_wakes = 0 if ended or arrived or started else self._idle_wakes + 1

    def refused(self, what: str) -> UsageError:
        """An error that says what the policy does, and how far the run came under it."""
        finished = len(self._requests) - self.left
        return UsageError(
            f"{named(self._policy)} {what}; at {self._now_ns / 1e9:.6g} s"
            f" {finished} had finished and {self._running} were running"
        )

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
            cpu_work_ns=self._work[STATION[Stage.CPU]] + self._work[INTERPRETER],
            gpu_work_ns=self._work[STATION[Stage.GPU]],
            wait_ns=self._work[STATION[Stage.WAIT]],
            running_peak=self._running_peak,
            calls_peak=self._line.calls_peak if self._line is not None else 0,
            kv_peak=self._line.kv_peak if self._line is not None else 0,
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
        place = self._place.get(request.request_id, _NOT_YET)
        if place == _NOT_YET or self._arrival_ns[place] == _NOT_YET:
            raise self.refused(
                f"starts request {request.request_id}, which does not wait: it has not arrived"
            )
        if self._start_ns[place] != _NOT_YET:
            raise self.refused(
                f"starts request {request.request_id}, which does not wait: it has started before"
            )
        if self._hooks.in_threads is not None and self._hooks.in_threads(request):
            self._plans[place] = threaded_plan(request)
            self._reports.runs_in_thread(place)
            self._couplings.share_interpreter()
        self._start_ns[place] = now_ns
        self._running += 1
        self._running_peak = max(self._running_peak, self._running)
        self._begin_step(place, now_ns)

    def _begin_step(self, place: int, now_ns: int) -> None:
        step = self._step[place]
        station, demand_ns, threads = self._plans[place][step]
        if self._hooks.watching:
            self._reports.began(place, step, now_ns)
        if self._line is not None and station == STATION[Stage.GPU]:
            self._line.join(now_ns, place, self._requests[place], self._reports.step(place, step))
            return
        self._stations[station].start(now_ns, place, demand_ns, threads)
        if self.watcher is not None:
            self.watcher.began(self._requests[place], (station, demand_ns, threads), now_ns)

    def _begin_calls(self, now_ns: int) -> None:
        """Those in front of the LLM server that fit, with the work for context that is lost."""
        for place, demand_ns in self._line.started(now_ns) if self._line is not None else ():
            _, planned_ns, threads = self._plans[place][self._step[place]]
            self._work[STATION[Stage.GPU]] += demand_ns - planned_ns
            self._gpu.start(now_ns, place, demand_ns, threads)
            if self.watcher is not None:
                entry = (STATION[Stage.GPU], demand_ns, threads)
                self.watcher.began(self._requests[place], entry, now_ns)

    def _end_step(self, place: int, now_ns: int) -> None:
        if self.watcher is not None:
            self.watcher.ended(self._requests[place], now_ns)
        plan, step = self._plans[place], self._step[place]
        station, demand_ns, _ = plan[step]
        self._work[station] += demand_ns
        if self._line is not None and station == STATION[Stage.GPU]:
            self._line.left(now_ns, place, follows=self._reports.another_call(place, step))
        if self._hooks.watching:
            self._reports.ended(place, step, now_ns)
        self._step[place] = step + 1
        if step + 1 < len(plan):
            self._begin_step(place, now_ns)
            return
        self._finish_ns[place] = now_ns
        self._running -= 1
        self.left -= 1
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
