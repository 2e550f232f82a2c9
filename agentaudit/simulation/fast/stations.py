"""
Stations and timers as arrays, compiled: `simulation.stations.stations`, operation by operation.

A heap is an array of keys beside one of tickets, `job << 20 | threads`. Equal keys need no order:
what ends at one instant is taken out together. Of a station or of timers that are None the
functions make nothing, in the types of their callers, so that no code is left of it.
"""

import numpy as np

from agentaudit.simulation.fast.compiler import inlined
from agentaudit.simulation.fast.parts import (
    NEVER,
    THREADS,
    TICKET_BITS,
    Ints,
    Keys,
    Places,
    Served,
    Shared,
    Station,
    Stations,
    Timers,
)

_NONE, _ONE = np.uint64(0), np.uint64(1)
"""Places on a heap have no sign: of others compiled code asks if they count from the end."""


@inlined
def push(keys: Keys, tickets: Ints, count: int, key: float, ticket: int) -> None:
    """One more on a heap that has `count`."""
    place = np.uint64(count)
    while place > _NONE:
        above = (place - _ONE) >> _ONE
        if keys[above] <= key:
            break
        keys[place], tickets[place] = keys[above], tickets[above]
        place = above
    keys[place], tickets[place] = key, ticket


@inlined
def drop(keys: Keys, tickets: Ints, count: int) -> None:
    """The least taken off a heap that had `count`."""
    last = np.uint64(count - 1)
    key, ticket = keys[last], tickets[last]
    place, child = _NONE, _ONE
    while child < last:
        # Of the last the key that moves: then it stays there. No branch, it could not be foreseen.
        child += np.uint64(keys[child + _ONE] < keys[child])
        if key <= keys[child]:
            break
        keys[place], tickets[place] = keys[child], tickets[child]
        place, child = child, child + child + _ONE
    keys[place], tickets[place] = key, ticket


@inlined
def served_so_far(stations: Stations) -> Served:
    """All stations, as they were kept."""
    beside = stations.interpreter
    return Served(
        _kept(stations.cpu, beside),
        _kept(stations.gpu, beside),
        _kept(stations.interpreter, beside),
    )


@inlined
def _kept(shared: Shared | None, beside: Shared | None) -> Station | None:
    if shared is None:
        return None
    counts, flows = shared.counts, shared.flows
    guests, pace = _around(shared, beside)
    return Station(counts[0], counts[1], counts[2], guests, counts[4], flows[0], flows[1], pace)


@inlined
def _around(shared: Shared, beside: Shared | None) -> tuple[int, float]:
    """Guests and pace: without an interpreter constants, which no register need hold."""
    if beside is None:
        return 0, 1.0
    return shared.counts[3], shared.flows[2]


@inlined
def keep(stations: Stations, served: Served) -> None:
    """All stations, for the next who asks for them."""
    _keep(stations.cpu, served.cpu)
    _keep(stations.gpu, served.gpu)
    _keep(stations.interpreter, served.interpreter)


@inlined
def _keep(shared: Shared | None, is_: Station | None) -> None:
    if shared is None or is_ is None:
        return
    counts, flows = shared.counts, shared.flows
    counts[0], counts[1], counts[2] = is_.last_ns, is_.due_ns, is_.threads
    counts[3], counts[4] = is_.guests, is_.jobs
    flows[0], flows[1], flows[2] = is_.virtual, is_.speed, is_.pace


@inlined
def due_ns(of: Station | None) -> int:
    """When the next job of a station ends."""
    return NEVER if of is None else of.due_ns


@inlined
def passed(shared: Shared, was: Station, now_ns: int) -> Station:
    """With what has been served since the station was last looked at."""
    elapsed_ns = now_ns - was.last_ns
    active_ns = shared.active_ns
    active_ns[np.uint64(min(was.threads + was.guests, len(active_ns) - 1))] += elapsed_ns
    return Station(
        now_ns,
        was.due_ns,
        was.threads,
        was.guests,
        was.jobs,
        was.virtual + elapsed_ns * was.speed,
        was.speed,
        was.pace,
    )


@inlined
def share(shared: Shared, of: Station) -> float:
    """Work served to each thread per nanosecond."""
    everybody, last = of.threads + of.guests, len(shared.rates) - 1
    known = everybody < last
    rate: float = shared.rates[np.uint64(everybody)] if known else shared.rates[last] / everybody
    return rate * of.pace


@inlined
def settled(shared: Shared | None, was: Station | None, now_ns: int) -> Station | None:
    """With all that has begun and ended in this instant: once, however much that is."""
    if shared is None or was is None or was.last_ns != now_ns:
        return was
    speed, due_ns = 0.0, NEVER
    if was.jobs:
        speed = share(shared, was)
        left = (shared.keys[0] - was.virtual) / speed
        if left < NEVER:
            due_ns = now_ns + max(int(left + 0.5), 0)
    return Station(now_ns, due_ns, was.threads, was.guests, was.jobs, was.virtual, speed, was.pace)


@inlined
def surrounded(shared: Shared, was: Station, now_ns: int, guests: int, pace: float) -> Station:
    """From now on so many threads run beside its jobs, and all are served at this pace."""
    new = passed(shared, was, now_ns)
    return Station(now_ns, new.due_ns, new.threads, guests, new.jobs, new.virtual, new.speed, pace)


@inlined
def side_by_side(
    cores: Shared,
    cpu: Station | None,
    shared: Shared | None,
    interpreter: Station | None,
    now_ns: int,
) -> tuple[Station | None, Station | None]:
    """The interpreter is one thread to the cores, and shares what that thread gets."""
    if cpu is None or shared is None or interpreter is None:
        return cpu, interpreter
    if interpreter.jobs or cpu.guests:
        guests = 1 if interpreter.jobs else 0
        if cpu.guests != guests:
            cpu = surrounded(cores, cpu, now_ns, guests, 1.0)
        pace = share(cores, cpu)
        if interpreter.pace != pace:
            interpreter = surrounded(shared, interpreter, now_ns, 0, pace)
    return cpu, interpreter


@inlined
def all_settled(stations: Stations, was: Served, now_ns: int) -> Served:
    """What the instant has left on each station."""
    cpu, interpreter = side_by_side(
        stations.cpu, was.cpu, stations.interpreter, was.interpreter, now_ns
    )
    return Served(
        settled(stations.cpu, cpu, now_ns),
        settled(stations.gpu, was.gpu, now_ns),
        settled(stations.interpreter, interpreter, now_ns),
    )


@inlined
def serve(
    shared: Shared | None, was: Station | None, now_ns: int, ticket: int, demand_ns: int
) -> Station | None:
    """With a job that begins."""
    if shared is None or was is None:
        return was
    new, threads = passed(shared, was, now_ns), ticket & THREADS
    key = new.virtual + demand_ns / threads
    push(shared.keys, shared.tickets, new.jobs, key, ticket)
    return _with_jobs(new, new.threads + threads, new.jobs + 1, new.virtual)


@inlined
def take_served(
    shared: Shared | None, was: Station | None, now_ns: int, ended: Places, count: int
) -> tuple[Station | None, int]:
    """Without jobs that have ended, which are put behind the `count` there are; how many then."""
    if shared is None or was is None or was.due_ns > now_ns:
        return was, count
    new = passed(shared, was, now_ns)
    keys, tickets = shared.keys, shared.tickets
    threads, jobs = new.threads, new.jobs
    reached = new.virtual + 0.5 * new.speed
    while jobs and keys[0] <= reached:
        ticket = tickets[0]
        drop(keys, tickets, jobs)
        jobs -= 1
        threads -= ticket & THREADS
        ended[count] = ticket >> TICKET_BITS
        count += 1
    return _with_jobs(new, threads, jobs, new.virtual if jobs else 0.0), count


@inlined
def _with_jobs(was: Station, threads: int, jobs: int, virtual: float) -> Station:
    return Station(was.last_ns, was.due_ns, threads, was.guests, jobs, virtual, was.speed, was.pace)


@inlined
def set_timer(timers: Timers | None, one: int, at_ns: int, job: int) -> None:
    """A job that is to be called at an instant."""
    if timers is None:
        return
    push(timers.keys[one], timers.jobs[one], timers.sizes[one], at_ns, job)
    timers.sizes[one] += 1


@inlined
def timer_ns(timers: Timers | None, one: int) -> int:
    """When the next timer is over."""
    if timers is None:
        return NEVER
    return timers.keys[one, 0] if timers.sizes[one] else NEVER


@inlined
def take_timed(timers: Timers | None, one: int, now_ns: int, ended: Places, count: int) -> int:
    """Jobs whose time is over, put behind the `count` there are; how many then."""
    if timers is None:
        return count
    while timer_ns(timers, one) <= now_ns:
        ended[count] = timers.jobs[one, 0]
        drop(timers.keys[one], timers.jobs[one], timers.sizes[one])
        timers.sizes[one] -= 1
        count += 1
    return count
