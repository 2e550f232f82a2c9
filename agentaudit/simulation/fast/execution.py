"""Runs columns on the kernel: makes its arrays, and reads what it has left in them."""

from typing import Literal

import numpy as np

from agentaudit.model.workload import Machine, SpeedCurve, Stage
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Rule
from agentaudit.simulation.fast import kernel, parts
from agentaudit.simulation.fast.columns import (
    HEAVIES,
    NOBODY,
    Ints,
    RunColumns,
    WorkColumns,
)
from agentaudit.simulation.fast.extremes import least_and_most, rises
from agentaudit.simulation.fast.plans import Steps, both_ways, needs_of, steps_of
from agentaudit.simulation.stations.power import Levels, levels_kept
from agentaudit.simulation.stations.speed import ideal_cores, total_speed
from agentaudit.simulation.stations.stations import NEVER

_LONGEST_NS = 1 << 53
"""Longer demands are not exact in a float, and the engine divides them as integers."""
_MOST_THREADS = 1 << 20
_MOST_RATES = 1 << 20
_USUAL_RATES = 256
"""How many threads, at least, nobody divides for while a run lasts."""
_USUAL: tuple[Literal["C", "A", "W"], ...] = ("C", "A", "W")
_WORDS = 1 << 11
"""Room for what compiled code knows of all arrays of a run, several times over."""
_UNBOUNDED = (Rule.OFFSET, Rule.OVERLAP, Rule.APART, Rule.WINDOW, Rule.ASKED)
"""Rules under which any number of requests may run at once, whatever their sizes."""


def execute(work: WorkColumns, machine: Machine, numbers: AdmissionNumbers) -> RunColumns | None:
    """
    The run of a workload; None where a number is beyond what the kernel is exact for.

    The same is true of a run that does not end. Both are cases for the readable engine, which takes
    every number and says what is wrong.
    """
    run = parts_of(work, machine, numbers)
    if run is None:
        return None
    kernel.execute(run)
    if len(work) and int(run.out.finish_ns.min()) < 0:
        return None
    return run_columns(run, machine)


def parts_of(
    work: WorkColumns,
    machine: Machine,
    numbers: AdmissionNumbers,
    *,
    every: bool = False,
    either_way: bool = False,
) -> parts.Parts | None:
    """
    The arrays of a run that has not begun; None where it is no case for the kernel.

    Of a policy in Python: `every` is whether it wants to know of each step that ends, `either_way`
    whether it says of each request if it is a thread, in which case there are two jobs of each.
    """
    least_ns, longest_ns = least_and_most(work.demand_ns)
    if least_ns < 0 or not _fits(work, machine, numbers, longest_ns):
        return None
    needed = least_ns > 0
    steps = steps_of(work, machine.dispatch_ns, numbers.threaded, all_needed=needed)
    bare = _bare(work, steps, numbers)
    asked_for = _asked(work, steps, None if bare else arriving_of(work))
    if either_way:
        asked_for = both_ways(
            asked_for, steps, steps_of(work, machine.dispatch_ns, HEAVIES, all_needed=needed)
        )
    # Compiled code that is given an address takes arrays for what they usually are.
    asked_for = parts.Work._make(
        each if each is None else np.require(each, requirements=_USUAL) for each in asked_for
    )
    count, jobs = len(work), len(asked_for.begin) - 1
    most = min(count, numbers.size + numbers.gpu_size + numbers.shared)
    most = count if numbers.rule in _UNBOUNDED else most
    asked = count if numbers.rule is Rule.ASKED else 0
    return parts.Parts(
        work=asked_for,
        stations=_stations(machine, most, work, bare=bare),
        timers=None if bare else _timers(most if work.follows is None else count),
        line=_line(numbers, work),
        asking=parts.Asking(
            now=np.zeros(parts.WAITING + 1, dtype=np.int64),
            finished=np.empty(asked, dtype=np.uint32),
            starting=np.empty(asked, dtype=np.uint32),
            every=every,
            memory=np.empty(_WORDS, dtype=np.int64),
        ),
        out=parts.Outcome(
            came_ns=asked_for.arrival_ns if work.follows is None else asked_for.arrival_ns.copy(),
            start_ns=np.full(jobs, -1, dtype=np.int64),
            finish_ns=np.full(jobs, -1, dtype=np.int64),
            at=np.empty(jobs, dtype=np.uint32),
            ended=np.empty(count, dtype=np.uint32),
            beginning=np.empty(count, dtype=np.uint32),
        ),
    )


def run_columns(run: parts.Parts, machine: Machine, *, either_way: bool = False) -> RunColumns:
    """What a run leaves in its arrays."""
    came_ns, start_ns, finish_ns = instants_of(run, either_way=either_way)
    cpu, gpu = _levels(run.stations.cpu), _levels(run.stations.gpu)
    work_ns = run.line.now[parts.WORK_NS :].tolist()
    return RunColumns(
        arrival_ns=came_ns,
        start_ns=start_ns,
        finish_ns=finish_ns,
        cpu_busy_ns=sum(ns * min(threads, machine.cores) for threads, _, ns in cpu),
        gpu_busy_ns=sum(ns for _, _, ns in gpu),
        cpu_levels=cpu,
        gpu_levels=gpu,
        cpu_work_ns=work_ns[parts.CPU] + work_ns[parts.INTERPRETER],
        gpu_work_ns=work_ns[parts.GPU],
        wait_ns=work_ns[parts.WAIT],
        running_peak=int(run.line.now[parts.PEAK]),
    )


def instants_of(run: parts.Parts, *, either_way: bool) -> tuple[Ints, Ints, Ints]:
    """When each request arrived, started and finished; -1 where it has not."""
    instants = (run.out.came_ns, run.out.start_ns, run.out.finish_ns)
    if not either_way:
        return instants
    # Of the two jobs of a request the first arrives, and at most one starts.
    came_ns, start_ns, finish_ns = (each.reshape(-1, 2) for each in instants)
    return came_ns[:, 0], start_ns.max(axis=1), finish_ns.max(axis=1)


def _fits(work: WorkColumns, machine: Machine, numbers: AdmissionNumbers, longest_ns: int) -> bool:
    """Whether everything is within what integers of 64 bits and floats do exactly."""
    together_ns = NEVER - machine.dispatch_ns * len(work)
    threads = [kind.threads for kind in work.kinds]
    return (
        longest_ns < _LONGEST_NS
        # Demands are added up only where that could decide.
        and (
            longest_ns * len(work.demand_ns) < together_ns
            or float(work.demand_ns.sum(dtype=np.float64)) < together_ns
        )
        and (work.think_ns is None or _between(work.think_ns, 0, _LONGEST_NS))
        and _between(work.arrival_ns, 0, NEVER)
        and 0 <= machine.dispatch_ns < _LONGEST_NS
        and numbers.offset_ns < _LONGEST_NS
        and (numbers.window is None or numbers.window.interval_ns < _LONGEST_NS)
        and all(abs(span) <= NEVER for span in (numbers.expected_ns or {}).values())
        and all(0 < number < _MOST_THREADS for number in threads)
        and len(work) * max(threads, default=1) < NEVER >> 1
        and levels_kept(machine) < _MOST_THREADS
        and all(curve.points[-1][0] < _MOST_RATES for curve in (machine.cpu, machine.gpu))
    )


def _between(values: Ints, least: int, most: int) -> bool:
    lowest, highest = least_and_most(values)
    return lowest >= least and highest < most


def _asked(work: WorkColumns, steps: Steps, arriving: parts.Places | None) -> parts.Work:
    follower, next_follower = _followers(work)
    return parts.Work(
        arrival_ns=work.arrival_ns,
        arriving=arriving,
        heavy=work.heavy.view(np.uint8),
        **steps._asdict(),
        end=steps.begin[1:],
        needs=needs_of(work.kinds),
        follower=follower,
        next_follower=next_follower,
        think_ns=np.empty(0, dtype=np.int64) if work.think_ns is None else work.think_ns,
    )


def arriving_of(work: WorkColumns) -> parts.Places:
    """The requests that follow no other, by arrival and then by id."""
    places, arrivals = np.arange(len(work), dtype=np.uint32), work.arrival_ns
    if work.follows is not None:
        places = places[work.follows == NOBODY]
        arrivals = arrivals[places]
    return places if rises(arrivals, 0) else places[np.argsort(arrivals, kind="stable")]


def _followers(work: WorkColumns) -> tuple[parts.Links, parts.Links]:
    """For each request one that follows it, and another that follows the same as itself."""
    if work.follows is None:
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
    first = np.full(len(work), NOBODY, dtype=np.int32)
    other = np.full(len(work), NOBODY, dtype=np.int32)
    for place in np.flatnonzero(work.follows != NOBODY).tolist():
        leader = work.follows[place]
        other[place] = first[leader]
        first[leader] = place
    return first, other


def _bare(work: WorkColumns, steps: Steps, numbers: AdmissionNumbers) -> bool:
    """
    Whether requests come in the order of their ids, and each step needs a station.

    So nobody waits, thinks or is a thread of an interpreter, and no policy in Python is asked.
    """
    return (
        numbers.rule is not Rule.ASKED
        and not numbers.threaded
        and work.follows is None
        and all(kind.stage is not Stage.WAIT for kind in work.kinds)
        and rises(steps.begin, 1)
        and rises(work.arrival_ns, 0)
    )


def _stations(machine: Machine, most: int, work: WorkColumns, *, bare: bool) -> parts.Stations:
    """Idle stations with room for so many jobs each."""
    # And one more for an interpreter, which is a thread to the cores.
    threads = most * max((kind.threads for kind in work.kinds), default=1) + 1
    levels = levels_kept(machine)
    return parts.Stations(
        cpu=_shared(machine.cpu, most, threads, levels),
        gpu=_shared(machine.gpu, most, threads, levels),
        interpreter=None if bare else _shared(ideal_cores(1), most, threads, levels),
    )


def _shared(curve: SpeedCurve, most: int, threads: int, levels: int) -> parts.Shared:
    """An idle station with room for so many jobs, and for what so many threads are served."""
    last, flat = curve.points[-1]
    known = range(1, min(max(last, _USUAL_RATES), threads) + 1)
    return parts.Shared(
        counts=np.array([0, NEVER, 0, 0, 0], dtype=np.int64),
        flows=np.array([0.0, 0.0, 1.0]),
        keys=np.empty(most),
        tickets=np.empty(most, dtype=np.int64),
        rates=np.array([0.0, *(total_speed(curve, jobs) / jobs for jobs in known), flat]),
        active_ns=np.zeros(levels + 1, dtype=np.int64),
    )


def _levels(shared: parts.Shared) -> Levels:
    """Of all threads, which are the agent's: nobody else runs beside them on the kernel."""
    held = shared.active_ns.tolist()
    return tuple((place, place, held[place]) for place in range(1, len(held)) if held[place])


def _timers(most: int) -> parts.Timers:
    return parts.Timers(
        sizes=np.zeros(2, dtype=np.int64),
        keys=np.empty((2, most), dtype=np.int64),
        jobs=np.empty((2, most), dtype=np.int64),
    )


def _line(numbers: AdmissionNumbers, work: WorkColumns) -> parts.Line:
    count = len(work)
    classes, window = numbers.rule is Rule.CLASSES, numbers.window
    return parts.Line(
        rule=int(numbers.rule),
        size=numbers.size,
        offset_ns=numbers.offset_ns,
        free=np.array([numbers.size, numbers.gpu_size, numbers.shared], dtype=np.int64),
        window=np.array([window.start, window.least, window.shrink] if window else []),
        bounds=np.array(
            [window.interval_ns, window.few, window.many] if window else [], dtype=np.int64
        ),
        waiting=np.empty(count, dtype=np.uint32),
        waiting_gpu=np.empty(count if classes else 0, dtype=np.uint32),
        held=np.empty(count if classes else 0, dtype=np.uint8),
        rank=_ranks(numbers, work),
        turn=np.empty(count if numbers.rule is Rule.SHORTEST else 0, dtype=np.uint32),
        now=np.zeros(parts.COUNTERS, dtype=np.int64),
    )


def _ranks(numbers: AdmissionNumbers, work: WorkColumns) -> Ints:
    """What each request is expected to need, where the policy goes by that."""
    if numbers.rule is not Rule.SHORTEST:
        return np.empty(0, dtype=np.int64)
    if numbers.expected_ns is not None:
        expected = [numbers.expected_ns.get(name, NEVER) for name in work.types]
        return np.array(expected, dtype=np.int64)[work.type]
    before = np.concatenate(([0], np.cumsum(work.demand_ns)))
    return before[work.begin[1:]] - before[work.begin[:-1]]
