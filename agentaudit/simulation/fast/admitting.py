"""
Who starts when, compiled: the rules of the shipped policies, and lists for one that is asked.

A policy in Python is told who has come and who has finished, and says who starts: `fast.stepping`.
"""

import numpy as np

from agentaudit.simulation.fast.compiler import inlined
from agentaudit.simulation.fast.parts import (
    BEGINNING,
    HEAD,
    LAUNCH_NS,
    RUNNING,
    TAIL,
    TAIL_GPU,
    THINKING,
    TOOLS,
    TURN,
    WIDTH,
    Parts,
)
from agentaudit.simulation.fast.ranked import take_ranked, wait_ranked
from agentaudit.simulation.fast.stations import set_timer
from agentaudit.simulation.fast.watched import OVERLAP, WINDOW, await_cpu_steps, look, note_begin

BARRIER, OFFSET, CLASSES, SHORTEST, APART, ASKED = 1, 2, 3, 4, 6, 8
_RESERVE = 2


@inlined
def begin_later(parts: Parts, job: int) -> None:
    """The next step of a request begins in this instant, when all else has been gone through."""
    now = parts.line.now
    parts.out.beginning[now[BEGINNING]] = job
    now[BEGINNING] += 1
    note_begin(parts, job, parts.out.at[job])


@inlined
def start(parts: Parts, job: int, now_ns: int) -> None:
    """A waiting request that is admitted. Dispatching stands before its first step."""
    parts.out.start_ns[job] = now_ns
    parts.line.now[RUNNING] += 1
    work = parts.work
    parts.out.at[job] = work.begin[job] - np.uint32(work.dispatch_ns[work.heavy[job]] != 0)
    begin_later(parts, job)


@inlined
def start_first(parts: Parts, count: int, now_ns: int) -> None:
    """The first `count` of the queue start."""
    now = parts.line.now
    head = now[HEAD]
    for place in range(head, head + count):
        start(parts, parts.line.waiting[place], now_ns)
    now[HEAD] = head + count


@inlined
def admit_groups(parts: Parts, now_ns: int) -> None:
    """What the rules do once an instant that start groups."""
    line, now = parts.line, parts.line.now
    waiting = now[TAIL] - now[HEAD]
    if line.rule == OFFSET:
        while waiting and now_ns >= now[LAUNCH_NS]:
            count = min(line.size, waiting)
            start_first(parts, count, now_ns)
            waiting -= count
            now[LAUNCH_NS] = now_ns + line.offset_ns
    elif line.rule == OVERLAP:
        while waiting and now[TOOLS] == 0:
            count = min(line.size, waiting)
            await_cpu_steps(parts, count)
            start_first(parts, count, now_ns)
            waiting -= count
    elif now[RUNNING] == 0:
        start_first(parts, min(line.size, waiting), now_ns)


@inlined
def admit_in_order(parts: Parts, now_ns: int) -> None:
    """What the other rules with one queue do once an instant."""
    line, now = parts.line, parts.line.now
    free = line.size - now[RUNNING]
    if line.rule == APART:
        free = line.free[0]
    elif line.rule == WINDOW:
        look(line, now_ns)
        free = int(line.window[WIDTH]) - now[RUNNING]
    count = min(free, now[TAIL] - now[HEAD])
    if line.rule == SHORTEST:
        for _ in range(count):
            start(parts, take_ranked(line), now_ns)
    elif count > 0:
        start_first(parts, count, now_ns)
        if line.rule == APART:
            line.free[0] -= count


@inlined
def admit(parts: Parts, now_ns: int) -> None:
    """The decision of an instant; MAS has taken its own as it went."""
    rule = parts.line.rule
    if rule in (BARRIER, OFFSET, OVERLAP):
        admit_groups(parts, now_ns)
    elif rule != CLASSES:
        admit_in_order(parts, now_ns)


@inlined
def take_slot(parts: Parts, job: int, now_ns: int) -> bool:
    """MAS: a slot of the request's class, else one of the reserve; False when all are taken."""
    free, heavy = parts.line.free, parts.work.heavy[job]
    slot = heavy if free[heavy] else _RESERVE
    if not free[slot]:
        return False
    free[slot] -= 1
    parts.line.held[job] = slot
    start(parts, job, now_ns)
    return True


@inlined
def give_slot_back(parts: Parts, job: int, now_ns: int) -> None:
    """MAS: a completion, and at most one of each class that starts, the class of the turn first."""
    line, now = parts.line, parts.line.now
    line.free[line.held[job]] += 1
    first = now[TURN]
    for turn in (first, 1 - first):
        head = now[HEAD + turn]
        if head < now[TAIL + turn]:
            front = line.waiting_gpu[head] if turn else line.waiting[head]
            if take_slot(parts, front, now_ns):
                now[HEAD + turn] = head + 1
                now[TURN] = 1 - turn


@inlined
def arrive(parts: Parts, job: int, now_ns: int) -> None:
    """A request comes; one that no decision is needed for starts, others wait for it."""
    line, now = parts.line, parts.line.now
    if line.rule == CLASSES and take_slot(parts, job, now_ns):
        return
    if line.rule == APART and parts.work.heavy[job]:
        start(parts, job, now_ns)
    elif line.rule == SHORTEST:
        wait_ranked(line, job)
    elif line.rule == CLASSES and parts.work.heavy[job]:
        line.waiting_gpu[now[TAIL_GPU]] = job
        now[TAIL_GPU] += 1
    else:
        line.waiting[now[TAIL]] = job
        now[TAIL] += 1


@inlined
def finish(parts: Parts, job: int, now_ns: int) -> None:
    """A request whose last step has ended: its slot is free, and its followers think."""
    work = parts.work
    parts.out.finish_ns[job] = now_ns
    parts.line.now[RUNNING] -= 1
    if parts.line.rule == CLASSES:
        give_slot_back(parts, job, now_ns)
    elif parts.line.rule == APART and not work.heavy[job]:
        parts.line.free[0] += 1
    follower = work.follower[job] if len(work.follower) else -1
    while follower >= 0:
        set_timer(parts.timers, THINKING, now_ns + work.think_ns[follower], follower)
        follower = work.next_follower[follower]
