"""
The engine's event contract, compiled: the same arithmetic in the same order, so the same integers.

`simulation.runs.engine` says what is computed here and why; this file changes when it does,
and a test compares both on drawn workloads. Requests are numbered in the order of their ids. Only
where their order decides anything within an instant are they put into it, and steps begin when all
else has been gone through: both change no result. All arrays are made by `fast.execution`.
"""

import numpy as np

from agentaudit.simulation.fast.admitting import (
    ASKED,
    CLASSES,
    OFFSET,
    admit,
    arrive,
    begin_later,
    finish,
)
from agentaudit.simulation.fast.compiler import entry, inlined
from agentaudit.simulation.fast.parts import (
    ARRIVED,
    BEGINNING,
    CPU,
    FINISHED,
    GPU,
    HEAD,
    IDLE,
    LAUNCH_NS,
    LOOK_NS,
    NEVER,
    ONE,
    PEAK,
    RUNNING,
    TAIL,
    THINKING,
    THREADS,
    TICKET_BITS,
    WAIT,
    WAITS,
    WORK_NS,
    Ints,
    Parts,
    Places,
    Served,
)
from agentaudit.simulation.fast.sorting import ascending
from agentaudit.simulation.fast.stations import (
    all_settled,
    due_ns,
    keep,
    serve,
    served_so_far,
    set_timer,
    take_served,
    take_timed,
    timer_ns,
)
from agentaudit.simulation.fast.watched import WINDOW, note_end

_MOST_IDLE = 1_000_000
"""As in the engine, which then says that the policy starts nobody."""


@inlined
def tell_end(parts: Parts, job: int) -> None:
    """A policy in Python will hear of this job."""
    told = parts.asking.now
    parts.asking.finished[told[FINISHED]] = job
    told[FINISHED] += 1


@inlined
def end_steps(parts: Parts, served: Served, now_ns: int) -> tuple[Served, int]:
    """
    All steps that end at this instant; what is served then, and how many ended.

    Under MAS they do in the order of ids, since it frees slots in turn, and where a policy is told.
    """
    ended, at, stations = parts.out.ended, parts.out.at, parts.stations
    cpu, count = take_served(stations.cpu, served.cpu, now_ns, ended, 0)
    gpu, count = take_served(stations.gpu, served.gpu, now_ns, ended, count)
    interpreter, count = take_served(stations.interpreter, served.interpreter, now_ns, ended, count)
    count = take_timed(parts.timers, WAITS, now_ns, ended, count)
    if parts.line.rule in (CLASSES, ASKED) and count > 1:
        ascending(ended, count)
    for place in range(count):
        job = ended[place]
        following = at[job]
        note_end(parts, job, following - ONE)
        goes_on = following < parts.work.end[job]
        if parts.line.rule == ASKED and (parts.asking.every or not goes_on):
            tell_end(parts, job)
        if goes_on:
            begin_later(parts, job)
        else:
            finish(parts, job, now_ns)
    return Served(cpu, gpu, interpreter), count


@inlined
def coming_ns(parts: Parts, place: int) -> int:
    """When the one at this place comes of those who follow nobody."""
    work = parts.work
    if place >= how_many(work.arriving, work.arrival_ns):
        return NEVER
    first_ns: int = work.arrival_ns[who(work.arriving, np.uint64(place))]
    return first_ns


@inlined
def how_many(arriving: Places | None, arrival_ns: Ints) -> int:
    """All who follow nobody."""
    if arriving is None:
        return len(arrival_ns)
    return len(arriving)


@inlined
def who(arriving: Places | None, place: np.uint64) -> np.unsignedinteger:
    """The request at a place in the order of arrival."""
    if arriving is None:
        return place
    request: np.uint32 = arriving[place]
    return request


@inlined
def take_arrivals(parts: Parts, next_ns: int, now_ns: int) -> tuple[int, int]:
    """All that come at this instant, in the order of ids; how many, and when the next comes."""
    work, now, came = parts.work, parts.line.now, parts.out.ended
    count = take_timed(parts.timers, THINKING, now_ns, came, 0)
    thought = count
    for place in range(thought):
        parts.out.came_ns[came[place]] = now_ns
    if next_ns <= now_ns:
        place = now[ARRIVED]
        while next_ns <= now_ns:
            came[count] = who(work.arriving, np.uint64(place))
            count += 1
            place += 1
            next_ns = coming_ns(parts, place)
        now[ARRIVED] = place
    if thought and count > 1:
        ascending(came, count)
    for place in range(count):
        arrive(parts, came[place], now_ns)
    return count, next_ns


@inlined
def begin_steps(parts: Parts, served: Served, now_ns: int) -> Served:
    """The next steps of those that have one; a request without any work ends in this instant."""
    work, at, now, stations = parts.work, parts.out.at, parts.line.now, parts.stations
    cpu, gpu, interpreter = served
    for place in range(now[BEGINNING]):
        job = parts.out.beginning[place]
        step, end = at[job], work.end[job]
        at[job] = step + ONE
        stage, threads, demand_ns = WAIT, 1, 0
        if work.begin[job] <= step < end:
            needs, demand_ns = work.needs[work.kind[step]], work.demand_ns[step]
            stage, threads = needs >> TICKET_BITS, needs & THREADS
        elif step != end:
            stage, demand_ns = CPU, work.dispatch_ns[work.heavy[job]]
        now[WORK_NS + stage] += demand_ns
        ticket = int(np.int64(job) << TICKET_BITS | threads)
        if stage == CPU:
            cpu = serve(stations.cpu, cpu, now_ns, ticket, demand_ns)
        elif stage == GPU:
            gpu = serve(stations.gpu, gpu, now_ns, ticket, demand_ns)
        elif stage == WAIT:
            set_timer(parts.timers, WAITS, now_ns + demand_ns, job)
        else:
            interpreter = serve(stations.interpreter, interpreter, now_ns, ticket, demand_ns)
    now[BEGINNING] = 0
    return all_settled(stations, Served(cpu, gpu, interpreter), now_ns)


@inlined
def next_instant(parts: Parts, served: Served, next_ns: int) -> int:
    """The next instant at which anything happens."""
    line = parts.line
    now_ns = min(next_ns, due_ns(served.cpu), due_ns(served.gpu), due_ns(served.interpreter))
    now_ns = min(now_ns, timer_ns(parts.timers, WAITS), timer_ns(parts.timers, THINKING))
    if line.rule in (OFFSET, WINDOW) and line.now[HEAD] < line.now[TAIL]:
        now_ns = min(now_ns, line.now[LAUNCH_NS if line.rule == OFFSET else LOOK_NS])
    return now_ns


@entry
def execute(parts: Parts) -> None:
    """The whole run: what comes of it stands in the arrays afterwards."""
    now = parts.line.now
    served, next_ns = served_so_far(parts.stations), coming_ns(parts, now[ARRIVED])
    now_ns = next_instant(parts, served, next_ns)
    while now_ns < NEVER and now[IDLE] <= _MOST_IDLE:
        served, ended = end_steps(parts, served, now_ns)
        came, next_ns = take_arrivals(parts, next_ns, now_ns)
        admit(parts, now_ns)
        now[PEAK] = max(now[PEAK], now[RUNNING])
        now[IDLE] = 0 if ended or came or now[BEGINNING] else now[IDLE] + 1
        served = begin_steps(parts, served, now_ns)
        now_ns = next_instant(parts, served, next_ns)
    keep(parts.stations, served)
