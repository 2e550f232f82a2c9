"""
Runs of columns under a policy in Python: the kernel serves requests, and the policy admits them.

The policy is told and asked exactly as the readable engine does it. While nobody waits it cannot
start anybody: then the kernel goes on to the next arrival, and the policy hears of all who have
finished until then one after the other.
"""

from collections.abc import Sequence
from operator import attrgetter

import numpy as np

from agentaudit.errors import UsageError
from agentaudit.model.workload import Machine, WorkRequest
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Rule
from agentaudit.simulation.fast import parts
from agentaudit.simulation.fast.columns import Ints, RunColumns, WorkColumns
from agentaudit.simulation.fast.execution import arriving_of, instants_of, parts_of, run_columns
from agentaudit.simulation.fast.parts import ARRIVALS, FINISHED, INSTANT, STARTING, WAKE
from agentaudit.simulation.fast.stepping import stepper
from agentaudit.simulation.fast.told import Listeners
from agentaudit.simulation.fast.views import Objects, Views
from agentaudit.simulation.policy import (
    MOST_IDLE_WAKES,
    THEIRS,
    Admission,
    Guard,
    Hooks,
    Policy,
    hooks_of,
    out_of_time,
    refusal,
    starts_who_does_not_wait,
    starves,
    wakes_for_nothing,
)
from agentaudit.simulation.stations.stations import NEVER

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

    `requests` are those of the columns, where they are objects already.
    Raises UsageError where the policy does what the readable engine refuses, in the same words.
    """
    admission = policy.admission()
    hooks = hooks_of(admission)
    either_way = hooks.in_threads is not None
    run = parts_of(work, machine, _ASKED, every=hooks.watching, either_way=either_way)
    if run is None:
        return None
    there: dict[int, WorkRequest] = (
        Views(work, arriving_of(work))
        if requests is None
        else Objects(sorted(requests, key=attrgetter("request_id")))
    )
    _Asking(work, run, policy, admission=admission, hooks=hooks, there=there).pass_all()
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
        hooks: Hooks,
        there: dict[int, WorkRequest],
    ) -> None:
        self._work = work
        self._run = run
        self._policy = policy
        self._admission = admission
        self._shift = int(hooks.in_threads is not None)
        """1 where there are two jobs of each request, one a process and one a thread."""
        self._listeners = Listeners(hooks, run, there) if hooks.watching or self._shift else None
        self._watching = hooks.watching
        self._guard = admission if isinstance(admission, Guard) and not self._listeners else None
        self._asked: Admission = admission if self._guard is None else self._guard.theirs
        """Whom we tell and ask; where steps are told as well the guard, for it tells those too."""
        self._there = there
        """The requests that have arrived and not finished, by their places."""
        self._waiting: dict[int, int] = {}
        """Places of the requests that have arrived and not started, by their ids."""
        self._ids = None if work.ids is None else work.ids.data
        # Python reads a number from a memoryview several times as fast as from an array.
        self._told = run.asking.now.data
        self._finished = run.asking.finished.data
        self._came = run.line.waiting.data
        self._starting = run.asking.starting.data
        self._idle = 0

    def pass_all(self) -> None:  # noqa: C901, PLR0912, what is done for every request is done here
        """All instants, until every request has finished."""
        admission, there, waiting, ids = self._admission, self._there, self._waiting, self._ids
        guard, asked, hook = self._guard, self._asked, ""
        admit, finished, arrived = asked.admit, asked.finished, asked.arrived
        told, came, gone, step = self._told, self._came, self._finished, stepper(self._run)
        watching, plain = self._watching, self._listeners is None
        left = len(self._work)
        wake_ns, told_ns = admission.wake_ns, NEVER
        told[WAKE] = NEVER
        try:
            while left:
                if (waiting or watching) and (
                    wake_ns != told_ns or wake_ns < told[INSTANT] or self._idle
                ):
                    self._check_wake(wake_ns)
                    told_ns = wake_ns
                    told[WAKE] = min(wake_ns, NEVER)
                happened = step()
                if happened < 1 or self._idle:
                    self._count_idle(happened)
                if count := told[FINISHED]:
                    hook = "finished"
                    if count == 1 and plain:
                        left -= 1
                        finished(there.pop(gone[0]))
                    else:
                        left -= self._end(count)
                if count := told[ARRIVALS]:
                    hook = "arrived"
                    if count == 1 and plain:
                        place = came[0]
                        waiting[place if ids is None else ids[place]] = place
                        arrived(there[place])
                    else:
                        self._arrive(count)
                if waiting or watching:
                    hook = "admit"
                    started = admit(told[INSTANT])
                    hook = ""
                    if guard is not None and type(started) is not list:
                        started = guard.checked(started)
                    wake_ns = admission.wake_ns
                    if started:
                        self._start(started)
                hook = ""
            told[WAKE] = NEVER
            step()  # the cores are told that a last thread of the interpreter is gone
        except THEIRS as error:
            if guard is None or not hook:
                raise
            raise guard.failed(hook, error) from error

    def _check_wake(self, wake_ns: int) -> None:
        if wake_ns < self._told[INSTANT] or self._idle > MOST_IDLE_WAKES:
            raise self._refused(wakes_for_nothing(wake_ns))

    def _count_idle(self, happened: int) -> None:
        if not happened:
            raise self._starving()
        self._idle = self._idle + 1 if happened < 0 else 0

    def _end(self, count: int) -> int:
        """So many have finished, or have ended a step; how many have finished."""
        now_ns, ended = self._told[INSTANT], 0
        for job in self._finished[:count].tolist():
            if self._listeners is None or self._listeners.ended(job, now_ns):
                self._asked.finished(self._there.pop(job >> self._shift))
                ended += 1
        return ended

    def _arrive(self, count: int) -> None:
        """So many have come."""
        for job in self._came[:count].tolist():
            place = job >> self._shift
            self._waiting[place if self._ids is None else self._ids[place]] = place
            self._asked.arrived(self._there[place])

    def _start(self, started: Sequence[WorkRequest]) -> None:
        count, starting, waiting, listeners = 0, self._starting, self._waiting, self._listeners
        for request in started:
            known = isinstance(request, WorkRequest)
            place = waiting.pop(request.request_id, _NOBODY) if known else _NOBODY
            if place == _NOBODY:
                raise self._cannot_start(started, count)
            if listeners is not None:
                place = listeners.started(place, self._there[place], self._told[INSTANT])
            starting[count] = place
            count += 1
        self._told[STARTING] = count
        self._idle = 0

    def _starving(self) -> UsageError:
        """What is said where requests wait although nothing will happen any more."""
        unfinished = np.flatnonzero(self._instants_so_far()[2] < 0)
        finished = len(self._work) - len(unfinished)
        if running := int(self._run.line.now[parts.RUNNING]):
            return out_of_time(now_ns=self._told[INSTANT], finished=finished, running=running)
        first = int(unfinished[np.argmin(self._work.arrival_ns[unfinished])])
        request_id = first if self._ids is None else self._ids[first]
        return self._refused(starves(len(unfinished), len(self._work), request_id))

    def _cannot_start(self, started: Sequence[WorkRequest], count: int) -> UsageError:
        """What is said of a request that does not wait, after so many that start with it."""
        request = (started if self._guard is None else self._guard.checked(started))[count]
        self._told[STARTING] = count
        with_it = {job >> self._shift for job in self._starting[:count].tolist()}
        known = range(len(self._work)) if self._ids is None else self._ids.tolist()
        place = known.index(request.request_id) if request.request_id in known else _NOBODY
        before = place >= 0 and int(self._instants_so_far()[1][place]) >= 0
        said = starts_who_does_not_wait(request.request_id, before=before or place in with_it)
        return self._refused(said)

    def _instants_so_far(self) -> tuple[Ints, Ints, Ints]:
        """When each request has arrived, started and finished."""
        return instants_of(self._run, either_way=bool(self._shift))

    def _refused(self, what: str) -> UsageError:
        return refusal(
            self._policy,
            what,
            now_ns=self._told[INSTANT],
            finished=int(np.count_nonzero(self._instants_so_far()[2] >= 0)),
            running=int(self._run.line.now[parts.RUNNING]) + self._told[STARTING],
        )
