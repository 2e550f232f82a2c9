"""
Stations and timers as arrays, compiled: `agentaudit.simulation.stations`, operation by operation.

Arrays have a row for each station (CPU, GPU and interpreter) and for each kind of timer. A heap is
a row of keys beside one of tickets, `job << 20 | threads`. Equal keys need no order: what ends at
one instant is taken out together.
"""

import numpy as np

from agentaudit.simulation.fast.compiler import inlined
from agentaudit.simulation.fast.parts import (
    ACTIVE,
    CHANGED,
    CPU,
    DUE_NS,
    FLAT,
    GUESTS,
    INTERPRETER,
    JOBS,
    LAST_NS,
    NEVER,
    PACE,
    SHARE,
    SPEED,
    THREADS,
    TICKET_BITS,
    VIRTUAL,
    Ints,
    Keys,
    Places,
    Stations,
    Timers,
)


@inlined
def push(keys: Keys, tickets: Ints, count: int, key: float, ticket: int) -> None:
    """One more on a heap that has `count`."""
    place = count
    while place > 0:
        above = (place - 1) >> 1
        if keys[above] <= key:
            break
        keys[place], tickets[place] = keys[above], tickets[above]
        place = above
    keys[place], tickets[place] = key, ticket


@inlined
def drop(keys: Keys, tickets: Ints, count: int) -> None:
    """The least taken off a heap that had `count`."""
    last = count - 1
    key, ticket = keys[last], tickets[last]
    place, child = 0, 1
    while child < last:
        if child + 1 < last and keys[child + 1] < keys[child]:
            child += 1
        if key <= keys[child]:
            break
        keys[place], tickets[place] = keys[child], tickets[child]
        place, child = child, 2 * child + 1
    keys[place], tickets[place] = key, ticket


@inlined
def pass_time(stations: Stations, one: int, now_ns: int) -> None:
    """What has been served since the station was last looked at."""
    now, flow = stations.now[one], stations.flow[one]
    elapsed_ns = now_ns - now[LAST_NS]
    if elapsed_ns == 0:
        return
    now[LAST_NS] = now_ns
    flow[VIRTUAL] += elapsed_ns * flow[SPEED]
    active_ns = stations.active_ns[one]
    active_ns[min(now[ACTIVE] + now[GUESTS], len(active_ns) - 1)] += elapsed_ns


@inlined
def set_active(stations: Stations, one: int, threads: int) -> None:
    """The number of active threads, and with it the speed of each."""
    now, flow, rates = stations.now[one], stations.flow[one], stations.rates[one]
    now[ACTIVE], now[CHANGED] = threads, 1
    everybody = threads + now[GUESTS]
    rate = rates[everybody] if everybody < len(rates) else flow[FLAT] / everybody
    flow[SHARE] = rate * flow[PACE]
    flow[SPEED] = flow[SHARE] if threads else 0.0


@inlined
def couple(stations: Stations, now_ns: int) -> None:
    """From now on the interpreter is one thread to the cores, and shares what that thread gets."""
    now, flow = stations.now, stations.flow
    guests = 1 if now[INTERPRETER, ACTIVE] else 0
    if now[CPU, GUESTS] != guests:
        pass_time(stations, CPU, now_ns)
        now[CPU, GUESTS] = guests
        set_active(stations, CPU, now[CPU, ACTIVE])
    if flow[INTERPRETER, PACE] != flow[CPU, SHARE]:
        pass_time(stations, INTERPRETER, now_ns)
        flow[INTERPRETER, PACE] = flow[CPU, SHARE]
        set_active(stations, INTERPRETER, now[INTERPRETER, ACTIVE])


@inlined
def serve(stations: Stations, one: int, now_ns: int, ticket: int, demand_ns: int) -> None:
    """A job that begins."""
    pass_time(stations, one, now_ns)
    now, threads = stations.now[one], ticket & THREADS
    key = stations.flow[one, VIRTUAL] + demand_ns / threads
    push(stations.keys[one], stations.tickets[one], now[JOBS], key, ticket)
    now[JOBS] += 1
    set_active(stations, one, now[ACTIVE] + threads)


@inlined
def due_ns(stations: Stations, one: int) -> int:
    """When the next job ends if nothing else happens."""
    now, flow = stations.now[one], stations.flow[one]
    if now[CHANGED]:
        now[CHANGED], now[DUE_NS] = 0, NEVER
        if now[JOBS]:
            left = (stations.keys[one, 0] - flow[VIRTUAL]) / flow[SPEED]
            if left < NEVER:
                now[DUE_NS] = now[LAST_NS] + max(int(np.ceil(left - 0.5)), 0)
    due: int = now[DUE_NS]
    return due


@inlined
def take_served(stations: Stations, one: int, now_ns: int, ended: Places, count: int) -> int:
    """Jobs that have ended on a station, put behind the `count` there are; how many then."""
    pass_time(stations, one, now_ns)
    now, flow = stations.now[one], stations.flow[one]
    keys, tickets = stations.keys[one], stations.tickets[one]
    left, jobs = now[ACTIVE], now[JOBS]
    reached = flow[VIRTUAL] + 0.5 * flow[SPEED]
    while jobs and keys[0] <= reached:
        ticket = tickets[0]
        drop(keys, tickets, jobs)
        jobs -= 1
        left -= ticket & THREADS
        ended[count] = ticket >> TICKET_BITS
        count += 1
    if not jobs:
        flow[VIRTUAL] = 0.0
    now[JOBS] = jobs
    set_active(stations, one, left)
    return count


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
