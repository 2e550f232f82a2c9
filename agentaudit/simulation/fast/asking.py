"""
Runs of columns under a policy in Python: the kernel serves requests, and the policy admits them.

The policy is told and asked exactly as the readable engine does it, instant by instant. While
nobody waits it cannot start anybody, whatever it answers: then the kernel goes on to the next
arrival, and the policy hears of all instants until then one after the other.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from agentaudit.errors import UsageError
from agentaudit.model.workload import Machine, WorkRequest
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Rule
from agentaudit.simulation.fast import parts
from agentaudit.simulation.fast.columns import Ints, RunColumns, WorkColumns
from agentaudit.simulation.fast.execution import instants_of, parts_of, run_columns
from agentaudit.simulation.fast.parts import ARRIVALS, STARTING, WAKE
from agentaudit.simulation.fast.stepping import stepper
from agentaudit.simulation.fast.told import Listeners
from agentaudit.simulation.fast.views import Objects, Views
from agentaudit.simulation.policy import MOST_IDLE_WAKES, Admission, Policy, hooks_of, refusal
from agentaudit.simulation.stations import NEVER

_ASKED = AdmissionNumbers(rule=Rule.ASKED, size=NEVER)
_NOBODY = -1


def execute_asked(
    work: WorkColumns,
    machine: Machine,
    policy: Policy,
    requests: Sequence[WorkRequest] | None = None,
) -> RunColumns | None:
    """
    The run of a workload; None where a number is beyond what the kernel is exact for.

    `requests` are those of the columns, in the order of their ids, where they are objects already.
    Raises UsageError where the policy does what the readable engine refuses, in the same words.
    """
    admission = policy.admission()
    hooks = hooks_of(admission)
    either_way = hooks.in_threads is not None
    run = parts_of(work, machine, _ASKED, every=hooks.watching, either_way=either_way)
    if run is None:
        return None
    there: dict[int, WorkRequest] = (
        Views(work, run.work.arriving >> either_way) if requests is None else Objects(requests)
    )
    asking = (_Listening if hooks.watching or either_way else _Asking)(
        work, run, policy, admission=admission, there=there
    )
    asking.pass_all()
    return run_columns(run, machine, either_way=either_way)


class _Asking:
    """One run: what the policy knows, which may lag behind what the kernel has done."""

    def __init__(
        self,
        work: WorkColumns,
        run: parts.Parts,
        policy: Policy,
        *,
        admission: Admission,
        there: dict[int, WorkRequest],
    ) -> None:
        self._work = work
        self._run = run
        self._policy = policy
        self._admission = admission
        self._there = there
        """The requests that have arrived and not finished, by their places."""
        self._waiting: dict[int, int] = {}
        """Places of the requests that have arrived and not started, by their ids."""
        self._ids = None if work.ids is None else work.ids.data
        # Python reads a number from a memoryview several times as fast as from an array.
        self._told = run.asking.now.data
        self._instants = run.asking.instants.data
        self._finishes = run.asking.finishes.data
        self._finished = run.asking.finished.data
        self._came = run.line.waiting.data
        self._starting = run.asking.starting.data
        self._step = stepper(run)
        self._plain = type(self) is _Asking
        self._left = len(work)
        self._started = 0
        self._now_ns = 0
        self._idle = 0
        self._told_ns = -1
        """When the kernel is to stop, even if nothing happens."""
        self._wake_ns = admission.wake_ns

    def pass_all(self) -> None:  # noqa: C901, what is done for every request is done here
        """All instants, until every request has finished."""
        admission, there, waiting, ids = self._admission, self._there, self._waiting, self._ids
        admit, finished, arrived = admission.admit, admission.finished, admission.arrived
        told, instants, finishes = self._told, self._instants, self._finishes
        came, gone, step, plain = self._came, self._finished, self._step, self._plain
        while self._left:
            if self._wake_ns != self._told_ns or self._idle:
                self._tell_wake()
            passed = step()
            if passed < 1 or self._idle:
                passed = self._count_idle(passed)
            known = 0
            last = passed - 1
            for instant in range(passed):
                now_ns = instants[instant]
                if self._wake_ns < now_ns:
                    self._wait_until(now_ns)
                self._now_ns = now_ns
                if count := finishes[instant]:
                    if count == 1 and plain:
                        self._left -= 1
                        finished(there.pop(gone[known]))
                    else:
                        self._end(known, known + count)
                    known += count
                if instant == last:
                    count = told[ARRIVALS]
                    if count == 1 and plain:
                        place = came[0]
                        waiting[place if ids is None else ids[place]] = place
                        arrived(there[place])
                    elif count:
                        self._arrive(count)
                started = admit(now_ns)
                if started:
                    self._start(started)
                self._wake_ns = admission.wake_ns
        step()  # what holds from the last instant on

    def _tell_wake(self) -> None:
        """The kernel is to stop when the policy wants to be woken, if it may be."""
        self._check_wake()
        self._told_ns = self._wake_ns
        self._told[WAKE] = min(self._wake_ns, NEVER)

    def _check_wake(self) -> None:
        if self._wake_ns < self._now_ns or self._idle > MOST_IDLE_WAKES:
            raise self._refused(
                f"wants to be woken at {self._wake_ns} ns, again and again, for nothing"
            )

    def _count_idle(self, passed: int) -> int:
        if not passed:
            raise self._starving()
        self._idle = self._idle + 1 if passed < 0 else 0
        return abs(passed)

    def _wait_until(self, instant_ns: int) -> None:
        """The policy is woken as often as it likes before an instant, while nobody waits."""
        while self._wake_ns < instant_ns:
            self._check_wake()
            self._now_ns = self._wake_ns
            if started := self._admission.admit(self._now_ns):
                self._start(started)
            self._idle += 1
            self._wake_ns = self._admission.wake_ns
        self._idle = 0

    def _end(self, first: int, last: int) -> None:
        """Those from one place of the list of those who finish up to another."""
        self._left -= last - first
        for place in self._finished[first:last].tolist():
            self._admission.finished(self._there.pop(place))

    def _arrive(self, count: int) -> None:
        """So many have come."""
        came, ids, there, waiting = self._came, self._ids, self._there, self._waiting
        for place in came[:count].tolist():
            waiting[place if ids is None else ids[place]] = place
            self._admission.arrived(there[place])

    def _start(self, started: Iterable[WorkRequest]) -> None:
        count, starting, waiting = 0, self._starting, self._waiting
        for request in started:
            place = waiting.pop(request.request_id, _NOBODY)
            if place == _NOBODY:
                raise self._cannot_start(request, starting[:count].tolist())
            starting[count] = place
            count += 1
        self._told[STARTING] = count
        self._started += count
        self._idle = 0

    def _starving(self) -> UsageError:
        """What is said where requests wait although nothing will happen any more."""
        unfinished = np.flatnonzero(self._instants_so_far()[2] < 0)
        first = int(unfinished[np.argmin(self._work.arrival_ns[unfinished])])
        request_id = first if self._ids is None else self._ids[first]
        return self._refused(
            f"never starts {len(unfinished)} of {len(self._work)} requests;"
            f" the first is request {request_id}"
        )

    def _cannot_start(self, request: WorkRequest, starting: Sequence[int]) -> UsageError:
        """What is said of a request that does not wait, after these that start with it."""
        known = range(len(self._work)) if self._ids is None else self._ids.tolist()
        place = known.index(request.request_id) if request.request_id in known else _NOBODY
        before = place >= 0 and int(self._instants_so_far()[1][place]) >= 0
        why = "it has started before" if before or place in starting else "it has not arrived"
        self._started += len(starting)
        return self._refused(f"starts request {request.request_id}, which does not wait: {why}")

    def _instants_so_far(self) -> tuple[Ints, Ints, Ints]:
        """When each request has arrived, started and finished."""
        return instants_of(self._run, either_way=False)

    def _refused(self, what: str) -> UsageError:
        finished = len(self._work) - self._left
        running = self._started - finished
        return refusal(self._policy, what, now_ns=self._now_ns, finished=finished, running=running)


class _Listening(_Asking):
    """The same of a policy that listens to steps, or says which requests are threads."""

    @cached_property
    def _listeners(self) -> Listeners:
        return Listeners(hooks_of(self._admission), self._run, self._there)

    def _end(self, first: int, last: int) -> None:
        listeners = self._listeners
        for job in self._finished[first:last].tolist():
            if listeners.ended(job, self._now_ns):
                self._left -= 1
                self._admission.finished(self._there.pop(listeners.place(job)))

    def _arrive(self, count: int) -> None:
        for job in self._came[:count].tolist():
            place = self._listeners.place(job)
            self._waiting[place if self._ids is None else self._ids[place]] = place
            self._admission.arrived(self._there[place])

    def _start(self, started: Iterable[WorkRequest]) -> None:
        jobs: list[int] = []
        for request in started:
            place = self._waiting.pop(request.request_id, _NOBODY)
            if place == _NOBODY:
                raise self._cannot_start(request, [self._listeners.place(job) for job in jobs])
            jobs.append(self._listeners.started(place, self._there[place], self._now_ns))
            self._starting[len(jobs) - 1] = jobs[-1]
        self._told[STARTING] = len(jobs)
        self._started += len(jobs)
        self._idle = 0

    def _instants_so_far(self) -> tuple[Ints, Ints, Ints]:
        return instants_of(self._run, either_way=self._listeners.either_way)
