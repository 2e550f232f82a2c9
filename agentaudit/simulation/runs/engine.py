"""
The engine: a workload on a machine under a policy, event by event, to the nanosecond.

The event contract. At one instant (1) all steps that end, end, on every station; their requests
start the next step, or finish; (2) all requests that arrive, arrive, those too that follow one that
has just finished; (3) the policy decides, once, if anybody waits or it listens to steps; (4) where
the machine limits LLM calls, those that are in front of the server and fit begin.
Within each part requests come in the order of their ids. A request without any work finishes in
the instant in which it starts, and the instant is then gone through once more. The engine holds no
list of events: four clocks say what happens next. Nothing in it is random, and equal arguments
give equal results.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from agentaudit.errors import UsageError
from agentaudit.model.workload import Machine, Stage, Workload, WorkRequest
from agentaudit.simulation.policy import (
    MOST_IDLE_WAKES,
    Policy,
    hooks_of,
    out_of_time,
    refusal,
    starts_who_does_not_wait,
    starves,
    wakes_for_nothing,
)
from agentaudit.simulation.run import Run, records_of
from agentaudit.simulation.runs.watching import Watcher
from agentaudit.simulation.stations.cores import Cores
from agentaudit.simulation.stations.couplings import Couplings
from agentaudit.simulation.stations.line import CallLine, line_of
from agentaudit.simulation.stations.power import levels_kept
from agentaudit.simulation.stations.stations import NEVER, Station, Timers
from agentaudit.simulation.steps import (
    INTERPRETER,
    STATION,
    Reports,
    calls_after,
    plan_of,
    threaded_plan,
)
from agentaudit.simulation.workloads.following import followers_of

_NOT_YET = -1


def simulate(
    workload: Workload,
    machine: Machine,
    policy: Policy,
    *,
    watcher: Watcher | None = None,
    cores: Cores | None = None,
) -> Run:
    """
    The run of a workload, which is the same whoever watches.

    With `cores`, they serve CPU steps, and not the machine's own. Nothing else has a part in them:
    ValueError where a machine has other programs or starved LLM calls, or requests are threads.

    Raises UsageError, which says how far it came, when the policy leaves requests waiting although
    nothing will happen any more, starts one that does not wait, or is woken without end; when an
    LLM call is larger than the machine's KV cache; and when requests take longer than is counted.
    """
    execution = _Execution(workload.requests, machine, policy, watcher, cores=cores)
    execution.pass_all()
    starved = execution.unfinished()
    if starved:
        raise execution.unended(starved)
    return execution.result()


def in_order(requests: Iterable[WorkRequest]) -> list[WorkRequest]:
    """The requests in their places: by arrival and then by id. Stations know them by these."""
    return sorted(requests, key=attrgetter("arrival_ns", "request_id"))


class _Execution:
    """The changing state of one run; it lives for one call of `simulate`."""

    def __init__(
        self,
        requests: Sequence[WorkRequest],
        machine: Machine,
        policy: Policy,
        watcher: Watcher | None,
        *,
        cores: Cores | None,
    ) -> None:
        self._requests = in_order(requests)
        self._ids = [item.request_id for item in self._requests]
        if len(set(self._ids)) < len(self._ids):
            raise ValueError("two requests of the workload have the same id")
        self._followers = followers_of(self._requests)
        self._first = [place for place, item in enumerate(self._requests) if item.follows is None]
        self._first_ns = [self._requests[place].arrival_ns for place in self._first]
        self._first_ns.append(NEVER)
        self._thinking = Timers()
        self._policy = policy
        self._admission = policy.admission()
        self._wake_ns = self._admission.wake_ns
        self._hooks = hooks_of(self._admission)
        levels = levels_kept(machine)
        even = Station(machine.cpu, machine.cores, levels)
        self._cpu = even if cores is None else cores
        self._gpu = Station(machine.gpu, 1, levels)
        self._couplings = Couplings(machine, even, self._gpu)
        self._stations = (self._cpu, self._gpu, Timers(), self._couplings.interpreter)
        self._line = line_of(self._requests, machine, self._hooks)
        self._plans = [plan_of(request, machine.dispatch_ns) for request in self._requests]
        self._reports = Reports(
            self._hooks, self._requests.__getitem__, lambda place, _: len(self._plans[place])
        )
        self._watcher = watcher
        self._heard = bool(self._line is not None or watcher or self._hooks.watching)
        """Whether anybody but the stations has to know of a step."""
        self._coupled = self._couplings.active or self._hooks.in_threads is not None
        if cores is not None and self._coupled:
            raise ValueError("nothing is coupled with cores that are served one by one")
        self._used = self._used_stations()
        self._clocks = self._other_clocks()
        self.left = len(self._requests)
        """Requests that have not finished."""
        self._idle_wakes = 0
        self._now_ns = 0
        self._step = [0] * len(self._requests)
        self._waiting: dict[int, int] = {}
        """Places of the requests that have arrived and not started, by their ids."""
        self._arrival_ns = [_NOT_YET] * len(self._requests)
        self._start_ns = [_NOT_YET] * len(self._requests)
        self._finish_ns = [_NOT_YET] * len(self._requests)
        self._arrivals = 0
        self._running = self._running_peak = 0
        self._work = [0] * len(self._stations)

    def _used_stations(self) -> tuple[Station | Timers | Cores, ...]:
        """Those that any request needs, so that nobody asks the others at each instant."""
        used = {entry[0] for plan in self._plans for entry in plan}
        if self._hooks.in_threads is not None:
            used |= {INTERPRETER, STATION[Stage.WAIT]}
        return tuple(self._stations[number] for number in sorted(used))

    def _other_clocks(self) -> tuple[Timers | Couplings | CallLine, ...]:
        """Whatever else may have something happen, in this run."""
        thinking = (self._thinking,) if self._followers else ()
        couplings = (self._couplings,) if self._coupled else ()
        line = (self._line,) if self._line is not None else ()
        return (*thinking, *couplings, *line)

    def pass_all(self) -> None:
        """All instants, until every request has finished or nothing will happen any more."""
        while self.left and (now_ns := self._next_ns()) < NEVER:
            self._pass_instant(now_ns)

    def _next_ns(self) -> int:
        """The next instant at which anything happens."""
        next_ns = self._first_ns[self._arrivals]
        if self._waiting or self._hooks.watching:
            next_ns = min(next_ns, self._checked_wake_ns())
        for station in self._used:
            if station.changed:
                station.settle()
            if station.ends_ns < next_ns:  # noqa: PLR1730, a call costs more than all of this
                next_ns = station.ends_ns
        for clock in self._clocks:
            next_ns = min(next_ns, clock.due_ns())
        return next_ns

    def _checked_wake_ns(self) -> int:
        """When the policy wants to be asked even if nothing happens."""
        at_ns = self._wake_ns
        if at_ns < self._now_ns or self._idle_wakes > MOST_IDLE_WAKES:
            raise self.refused(wakes_for_nothing(at_ns))
        return at_ns

    def _pass_instant(self, now_ns: int) -> None:
        """Everything that happens at one instant, in the order of the contract."""
        self._now_ns = now_ns
        ended: list[int] = []
        for station in self._used:
            if station.ends_ns <= now_ns:
                ended += station.ended(now_ns)
        if ended:
            self._end_steps(ended, now_ns)
        arrived = self._first_ns[self._arrivals] <= now_ns or self._thinking.ends_ns <= now_ns
        if arrived:
            self._arrive(now_ns)
        started: Sequence[WorkRequest] = ()
        if self._waiting or self._hooks.watching:
            started = self._admission.admit(now_ns)
            self._wake_ns = self._admission.wake_ns
            self._start(started, now_ns)
        if self._line is not None:
            self._begin_calls(now_ns)
        if self._coupled:
            self._couplings.apply(now_ns)
        self._idle_wakes = 0 if ended or arrived or started else self._idle_wakes + 1

    def refused(self, what: str) -> UsageError:
        """An error that says what the policy does, and how far the run came under it."""
        finished = len(self._requests) - self.left
        return refusal(
            self._policy, what, now_ns=self._now_ns, finished=finished, running=self._running
        )

    def unended(self, starved: Sequence[WorkRequest]) -> UsageError:
        """An error where nothing will happen any more, and some have not finished."""
        if self._running:
            finished = len(self._requests) - self.left
            return out_of_time(now_ns=self._now_ns, finished=finished, running=self._running)
        return self.refused(starves(len(starved), len(self._requests), starved[0].request_id))

    def unfinished(self) -> list[WorkRequest]:
        pairs = zip(self._requests, self._finish_ns, strict=True)
        return [request for request, finish_ns in pairs if finish_ns == _NOT_YET]

    def result(self) -> Run:
        records = records_of(self._requests, self._arrival_ns, self._start_ns, self._finish_ns)
        if self._followers:
            records.sort(key=attrgetter("arrival_ns", "request_id"))
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
            cpu_levels=self._cpu.levels,
            gpu_levels=self._gpu.levels,
        )

    def _arrive(self, now_ns: int) -> None:
        places = self._thinking.ended(now_ns) if self._followers else []
        while self._first_ns[self._arrivals] <= now_ns:
            places.append(self._first[self._arrivals])
            self._arrivals += 1
        if len(places) > 1:
            places.sort(key=self._ids.__getitem__)
        for place in places:
            self._arrival_ns[place] = now_ns
            self._waiting[self._ids[place]] = place
            self._admission.arrived(self._requests[place])

    def _start(self, started: Sequence[WorkRequest], now_ns: int) -> None:
        for answered in started:
            place = self._waiting.pop(answered.request_id, _NOT_YET)
            if place == _NOT_YET:
                raise self._cannot_start(answered)
            request = self._requests[place]  # a policy may answer with a copy that it has changed
            if self._hooks.in_threads is not None and self._hooks.in_threads(request):
                self._plans[place] = threaded_plan(request)
                self._reports.runs_in_thread(place)
            self._start_ns[place] = now_ns
            self._running += 1
            self._begin_step(place, 0, now_ns)
            self._running_peak = max(self._running_peak, self._running)

    def _cannot_start(self, request: WorkRequest) -> UsageError:
        """What is said of a request that the policy starts, and that does not wait."""
        started = any(
            number == request.request_id and start_ns != _NOT_YET
            for number, start_ns in zip(self._ids, self._start_ns, strict=True)
        )
        return self.refused(starts_who_does_not_wait(request.request_id, before=started))

    def _begin_step(self, place: int, step: int, now_ns: int) -> None:
        if self._heard and self._joins_line(place, step, now_ns):
            return
        station, demand_ns, threads = self._plans[place][step]
        self._stations[station].start(now_ns, place, demand_ns, threads)

    def _joins_line(self, place: int, step: int, now_ns: int) -> bool:
        """Whether a step has to wait for its turn; tells all others who listen that it begins."""
        entry = self._plans[place][step]
        if self._hooks.watching:
            self._reports.began(place, step, now_ns)
        if self._line is not None and entry[0] == STATION[Stage.GPU]:
            self._line.join(now_ns, place, self._requests[place], self._reports.step(place, step))
            return True
        if self._watcher is not None:
            self._watcher.began(self._requests[place], entry, now_ns)
        return False

    def _begin_calls(self, now_ns: int) -> None:
        """Those in front of the LLM server that fit, with the work for context that is lost."""
        for place, demand_ns in self._line.started(now_ns) if self._line is not None else ():
            _, planned_ns, threads = self._plans[place][self._step[place]]
            self._work[STATION[Stage.GPU]] += demand_ns - planned_ns
            self._gpu.start(now_ns, place, demand_ns, threads)
            if self._watcher is not None:
                entry = (STATION[Stage.GPU], demand_ns, threads)
                self._watcher.began(self._requests[place], entry, now_ns)

    def _end_steps(self, ended: list[int], now_ns: int) -> None:
        if len(ended) > 1:
            ended.sort(key=self._ids.__getitem__)
        for place in ended:
            plan, step = self._plans[place], self._step[place]
            if self._heard:
                self._tell_ended(place, step, now_ns)
            self._work[plan[step][0]] += plan[step][1]
            step += 1
            if step < len(plan):
                self._step[place] = step
                self._begin_step(place, step, now_ns)
            else:
                self._finish(place, now_ns)

    def _finish(self, place: int, now_ns: int) -> None:
        self._finish_ns[place] = now_ns
        self._running -= 1
        self.left -= 1
        self._admission.finished(self._requests[place])
        if self._followers:
            for follower in self._followers.get(place, ()):
                self._thinking.start(now_ns, follower, self._requests[follower].think_ns, 1)

    def _tell_ended(self, place: int, step: int, now_ns: int) -> None:
        """All who listen hear that a step has been served."""
        if self._watcher is not None:
            self._watcher.ended(self._requests[place], now_ns)
        if self._line is not None and self._plans[place][step][0] == STATION[Stage.GPU]:
            self._line.left(now_ns, place, follows=calls_after(self._plans[place], step))
        if self._hooks.watching:
            self._reports.ended(place, step, now_ns)
