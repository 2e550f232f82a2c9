"""
The engine's event contract, compiled: the same arithmetic in the same order, so the same integers.

`agentaudit.simulation.engine` says what is computed here and why; this file changes when it does,
and a test compares both on drawn workloads. Requests are numbered in the order of their ids. Only
where their order decides anything within an instant are they put into it, and steps begin when all
else has been gone through: both change no result. All arrays are made by `fast.execution`.
"""

from agentaudit.simulation.fast.compiler import entry, inlined
from agentaudit.simulation.fast.parts import (
    ARRIVED,
    BEGINNING,
    CPU,
    GPU,
    HEAD,
    LAUNCH_NS,
    NEVER,
    PEAK,
    RUNNING,
    TAIL,
    TAIL_GPU,
    THINKING,
    TICKET_BITS,
    TURN,
    WAIT,
    WAITS,
    WORK_NS,
    Parts,
    Places,
)
from agentaudit.simulation.fast.ranked import take_ranked, wait_ranked
from agentaudit.simulation.fast.stations import (
    due_ns,
    serve,
    set_timer,
    take_served,
    take_timed,
    timer_ns,
)

_BARRIER, _OFFSET, _CLASSES, _SHORTEST = 1, 2, 3, 4
_RESERVE = 2


@inlined
def sink(values: Places, place: int, count: int) -> None:
    """The value at a place moved down a heap whose greatest stands first."""
    value, child = values[place], 2 * place + 1
    while child < count:
        if child + 1 < count and values[child + 1] > values[child]:
            child += 1
        if value >= values[child]:
            break
        values[place] = values[child]
        place, child = child, 2 * child + 1
    values[place] = value


@inlined
def ascending(values: Places, count: int) -> None:
    """The first `count` sorted in place."""
    for place in range(count // 2 - 1, -1, -1):
        sink(values, place, count)
    for last in range(count - 1, 0, -1):
        values[0], values[last] = values[last], values[0]
        sink(values, 0, last)


@inlined
def begin_later(parts: Parts, job: int) -> None:
    """A request whose next step begins in this instant, when all else has been gone through."""
    now = parts.line.now
    parts.out.beginning[now[BEGINNING]] = job
    now[BEGINNING] += 1


@inlined
def start(parts: Parts, job: int, now_ns: int) -> None:
    """A waiting request that is admitted. Dispatching stands before its first step."""
    parts.out.start_ns[job] = now_ns
    parts.line.now[RUNNING] += 1
    parts.out.at[job] = parts.work.begin[job] - (1 if parts.work.dispatch_ns else 0)
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
def admit_in_order(parts: Parts, now_ns: int) -> None:
    """What the rules with one queue do once an instant."""
    line, now = parts.line, parts.line.now
    waiting = now[TAIL] - now[HEAD]
    if line.rule == _OFFSET:
        while waiting and now_ns >= now[LAUNCH_NS]:
            count = min(line.size, waiting)
            start_first(parts, count, now_ns)
            waiting -= count
            now[LAUNCH_NS] = now_ns + line.offset_ns
    elif line.rule == _SHORTEST:
        for _ in range(min(line.size - now[RUNNING], waiting)):
            start(parts, take_ranked(line), now_ns)
    elif line.rule == _BARRIER:
        if now[RUNNING] == 0:
            start_first(parts, min(line.size, waiting), now_ns)
    elif waiting:
        start_first(parts, min(line.size - now[RUNNING], waiting), now_ns)


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
    """A request comes; under MAS it is tried at once, else it waits for the decision."""
    line, now = parts.line, parts.line.now
    if line.rule == _CLASSES and take_slot(parts, job, now_ns):
        return
    if line.rule == _SHORTEST:
        wait_ranked(line, job)
    elif line.rule == _CLASSES and parts.work.heavy[job]:
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
    if parts.line.rule == _CLASSES:
        give_slot_back(parts, job, now_ns)
    follower = work.follower[job] if len(work.follower) else -1
    while follower >= 0:
        set_timer(parts.timers, THINKING, now_ns + work.think_ns[follower], follower)
        follower = work.next_follower[follower]


@inlined
def end_steps(parts: Parts, now_ns: int) -> None:
    """All steps that end at this instant, under MAS in the order of ids: it frees slots in turn."""
    ended, at, begin = parts.out.ended, parts.out.at, parts.work.begin
    count = 0
    for one in (CPU, GPU):
        if due_ns(parts.stations, one) <= now_ns:
            count = take_served(parts.stations, one, now_ns, ended, count)
    count = take_timed(parts.timers, WAITS, now_ns, ended, count)
    if parts.line.rule == _CLASSES and count > 1:
        ascending(ended, count)
    for place in range(count):
        job = ended[place]
        if at[job] < begin[job + 1]:
            begin_later(parts, job)
        else:
            finish(parts, job, now_ns)


@inlined
def take_arrivals(parts: Parts, now_ns: int) -> None:
    """All that come at this instant, in the order of ids."""
    work, now, came = parts.work, parts.line.now, parts.out.ended
    count = take_timed(parts.timers, THINKING, now_ns, came, 0)
    thought = count
    for place in range(thought):
        parts.out.came_ns[came[place]] = now_ns
    place = now[ARRIVED]
    while place < len(work.arriving) and work.arrival_ns[work.arriving[place]] <= now_ns:
        came[count] = work.arriving[place]
        count += 1
        place += 1
    now[ARRIVED] = place
    if thought and count > 1:
        ascending(came, count)
    for place in range(count):
        arrive(parts, came[place], now_ns)


@inlined
def begin_steps(parts: Parts, now_ns: int) -> None:
    """The next steps of those that have one; a request without any work ends in this instant."""
    work, at, now = parts.work, parts.out.at, parts.line.now
    for place in range(now[BEGINNING]):
        job = parts.out.beginning[place]
        step = at[job]
        at[job] = step + 1
        stage, threads, demand_ns = WAIT, 1, 0
        if step < work.begin[job]:
            stage, demand_ns = CPU, work.dispatch_ns
        elif step < work.begin[job + 1]:
            kind, demand_ns = work.kind[step], work.demand_ns[step]
            stage, threads = work.stage[kind], work.threads[kind]
        now[WORK_NS + stage] += demand_ns
        if stage == WAIT:
            set_timer(parts.timers, WAITS, now_ns + demand_ns, job)
        else:
            serve(parts.stations, stage, now_ns, job << TICKET_BITS | threads, demand_ns)
    now[BEGINNING] = 0


@inlined
def next_instant(parts: Parts) -> int:
    """The next instant at which anything happens."""
    work, line = parts.work, parts.line
    now_ns = min(due_ns(parts.stations, CPU), due_ns(parts.stations, GPU))
    now_ns = min(now_ns, timer_ns(parts.timers, WAITS), timer_ns(parts.timers, THINKING))
    if line.now[ARRIVED] < len(work.arriving):
        now_ns = min(now_ns, work.arrival_ns[work.arriving[line.now[ARRIVED]]])
    if line.rule == _OFFSET and line.now[HEAD] < line.now[TAIL]:
        now_ns = min(now_ns, line.now[LAUNCH_NS])
    return now_ns


@entry
def execute(parts: Parts) -> None:
    """The whole run: what comes of it stands in the arrays afterwards."""
    now = parts.line.now
    now_ns = next_instant(parts)
    while now_ns < NEVER:
        end_steps(parts, now_ns)
        take_arrivals(parts, now_ns)
        if parts.line.rule != _CLASSES:
            admit_in_order(parts, now_ns)
        now[PEAK] = max(now[PEAK], now[RUNNING])
        begin_steps(parts, now_ns)
        now_ns = next_instant(parts)
