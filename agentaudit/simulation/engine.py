"""
The engine: a workload on a machine under a policy, event by event, to the nanosecond.

The event contract. At one instant (1) all steps that end, end, on every station; their requests
start the next step, or finish; (2) all requests that arrive, arrive; (3) the policy decides, once.
Within each part requests come in the order of their ids. A request without any work finishes in
the instant in which it starts, and the instant is then gone through once more. The engine holds no
list of events: four clocks say what happens next. Nothing in it is random, and equal arguments
give equal results.
"""

from dataclasses import dataclass

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


def simulate(workload: Workload, machine: Machine, policy: Policy) -> Run:
    """
    The run of a workload.

    Raises UsageError when the policy leaves requests waiting although nothing will happen any more.
    """
    execution = _Execution(workload.requests, machine, policy.admission())
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
        self._admission = admission
        self._cpu = Station(machine.cpu, machine.cores)
        self._gpu = Station(machine.gpu, 1)
        self._timers = Timers()
        self._stations = (self._cpu, self._gpu, self._timers)
        self._plans = [_plan(request, machine.dispatch_ns) for request in self._requests]
        self._step = [0] * len(self._requests)
        self._start_ns = [_NOT_YET] * len(self._requests)
        self._finish_ns = [_NOT_YET] * len(self._requests)
        self._arrivals = 0
        self._running = self._running_peak = 0
        self._work = [0, 0, 0]

    def next_ns(self) -> int:
        """The next instant at which anything happens."""
        arrivals = self._arrivals
        arrival = self._requests[arrivals].arrival_ns if arrivals < len(self._requests) else NEVER
        return min(
            arrival,
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
        requests = self._requests
        while self._arrivals < len(requests) and requests[self._arrivals].arrival_ns <= now_ns:
            self._admission.arrived(requests[self._arrivals])
            self._arrivals += 1
        for request in self._admission.admit(now_ns):
            self._start(request, now_ns)

    def unfinished(self) -> list[WorkRequest]:
        pairs = zip(self._requests, self._finish_ns, strict=True)
        return [request for request, finish_ns in pairs if finish_ns == _NOT_YET]

    def result(self) -> Run:
        rows = zip(self._requests, self._start_ns, self._finish_ns, strict=True)
        return Run(
            records=tuple(
                RequestRecord(
                    request_id=request.request_id,
                    type=request.type,
                    arrival_ns=request.arrival_ns,
                    start_ns=start_ns,
                    finish_ns=finish_ns,
                )
                for request, start_ns, finish_ns in rows
            ),
            cpu_busy_ns=self._cpu.busy_ns,
            gpu_busy_ns=self._gpu.busy_ns,
            cpu_work_ns=self._work[_STATION[Stage.CPU]],
            gpu_work_ns=self._work[_STATION[Stage.GPU]],
            wait_ns=self._work[_STATION[Stage.WAIT]],
            running_peak=self._running_peak,
        )

    def _start(self, request: WorkRequest, now_ns: int) -> None:
        place = self._place[request.request_id]
        if self._start_ns[place] != _NOT_YET or place >= self._arrivals:
            raise ValueError(f"request {request.request_id} does not wait and cannot start")
        self._start_ns[place] = now_ns
        self._running += 1
        self._running_peak = max(self._running_peak, self._running)
        self._begin_step(place, now_ns)

    def _begin_step(self, place: int, now_ns: int) -> None:
        station, demand_ns, threads = self._plans[place][self._step[place]]
        self._stations[station].start(now_ns, place, demand_ns, threads)

    def _end_step(self, place: int, now_ns: int) -> None:
        plan, step = self._plans[place], self._step[place]
        self._work[plan[step][0]] += plan[step][1]
        self._step[place] = step + 1
        if step + 1 < len(plan):
            self._begin_step(place, now_ns)
            return
        self._finish_ns[place] = now_ns
        self._running -= 1
        self._admission.finished(self._requests[place])


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
