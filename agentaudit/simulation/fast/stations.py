"""
Stations and timers as arrays, compiled: `agentaudit.simulation.stations`, operation by operation.

Arrays have a row for each station (CPU, GPU and interpreter) and for each kind of timer. A heap is
a row of keys beside one of tickets, `job << 20 | threads`. Equal keys need no order: what ends at
one instant is taken out together.
"""

import numpy as np

from agentaudit.simulation.fast.compiler import inlined
from agentaudit.simulation.fast.parts import (
    CPU,
    GPU,
    INTERPRETER,
    NEVER,
    THREADS,
    TICKET_BITS,
    Ints,
    Keys,
    Places,
    Served,
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
    return Served(_kept(stations, CPU), _kept(stations, GPU), _kept(stations, INTERPRETER))


@inlined
def _kept(stations: Stations, one: int) -> Station:
    counts, flows = stations.counts[one], stations.flows[one]
    return Station(
        counts[0], counts[1], counts[2], counts[3], counts[4], flows[0], flows[1], flows[2]
    )


@inlined
def keep(stations: Stations, served: Served) -> None:
    """All stations, for the next who asks for them."""
    _keep(stations, CPU, served.cpu)
    _keep(stations, GPU, served.gpu)
    _keep(stations, INTERPRETER, served.interpreter)


@inlined
def _keep(stations: Stations, one: int, is_: Station) -> None:
    counts, flows = stations.counts[one], stations.flows[one]
    counts[0], counts[1], counts[2] = is_.last_ns, is_.due_ns, is_.threads
    counts[3], counts[4] = is_.guests, is_.jobs
    flows[0], flows[1], flows[2] = is_.virtual, is_.speed, is_.pace


@inlined
def passed(stations: Stations, one: int, was: Station, now_ns: int) -> Station:
    """With what has been served since the station was last looked at."""
    elapsed_ns = now_ns - was.last_ns
    active_ns = stations.active_ns[one]
    active_ns[min(was.threads + was.guests, len(active_ns) - 1)] += elapsed_ns
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
def share(stations: Stations, one: int, of: Station) -> float:
    """Work served to each thread per nanosecond."""
    everybody, rates = of.threads + of.guests, stations.rates[one]
    known = everybody < len(rates)
    rate: float = rates[everybody] if known else stations.flat[one] / everybody
    return rate * of.pace


@inlined
def settled(stations: Stations, one: int, was: Station, now_ns: int) -> Station:
    """With all that has begun and ended in this instant: once, however much that is."""
    if was.last_ns != now_ns:
        return was
    speed, due_ns = 0.0, NEVER
    if was.jobs:
        speed = share(stations, one, was)
        left = (stations.keys[one, 0] - was.virtual) / speed
        if left < NEVER:
            due_ns = now_ns + max(int(left + 0.5), 0)
    return Station(now_ns, due_ns, was.threads, was.guests, was.jobs, was.virtual, speed, was.pace)


@inlined
def surrounded(
    stations: Stations, one: int, was: Station, now_ns: int, guests: int, pace: float
) -> Station:
    """From now on so many threads run beside its jobs, and all are served at this pace."""
    new = passed(stations, one, was, now_ns)
    return Station(now_ns, new.due_ns, new.threads, guests, new.jobs, new.virtual, new.speed, pace)


@inlined
def all_settled(stations: Stations, was: Served, now_ns: int) -> Served:
    """
    What the instant has left on each station.

    The interpreter is one thread to the cores, and shares what that thread gets.
    """
    cpu, interpreter = was.cpu, was.interpreter
    if interpreter.jobs or cpu.guests:
        guests = 1 if interpreter.jobs else 0
        if cpu.guests != guests:
            cpu = surrounded(stations, CPU, cpu, now_ns, guests, 1.0)
        pace = share(stations, CPU, cpu)
        if interpreter.pace != pace:
            interpreter = surrounded(stations, INTERPRETER, interpreter, now_ns, 0, pace)
    return Served(
        settled(stations, CPU, cpu, now_ns),
        settled(stations, GPU, was.gpu, now_ns),
        settled(stations, INTERPRETER, interpreter, now_ns),
    )


@inlined
def serve(
    stations: Stations, one: int, was: Station, now_ns: int, ticket: int, demand_ns: int
) -> Station:
    """With a job that begins."""
    new, threads = passed(stations, one, was, now_ns), ticket & THREADS
    key = new.virtual + demand_ns / threads
    push(stations.keys[one], stations.tickets[one], new.jobs, key, ticket)
    return _with_jobs(new, new.threads + threads, new.jobs + 1, new.virtual)


@inlined
def take_served(
    stations: Stations, one: int, was: Station, now_ns: int, ended: Places, count: int
) -> tuple[Station, int]:
    """Without jobs that have ended, which are put behind the `count` there are; how many then."""
    if was.due_ns > now_ns:
        return was, count
    new = passed(stations, one, was, now_ns)
    keys, tickets = stations.keys[one], stations.tickets[one]
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
def set_timer(timers: Timers, one: int, at_ns: int, job: int) -> None:
    """A job that is to be called at an instant."""
    push(timers.keys[one], timers.jobs[one], timers.sizes[one], at_ns, job)
    timers.sizes[one] += 1


@inlined
def timer_ns(timers: Timers, one: int) -> int:
    """When the next timer is over."""
    return timers.keys[one, 0] if timers.sizes[one] else NEVER


@inlined
def take_timed(timers: Timers, one: int, now_ns: int, ended: Places, count: int) -> int:
    """Jobs whose time is over, put behind the `count` there are; how many then."""
    while timer_ns(timers, one) <= now_ns:
        ended[count] = timers.jobs[one, 0]
        drop(timers.keys[one], timers.jobs[one], timers.sizes[one])
        timers.sizes[one] -= 1
        count += 1
    return count
