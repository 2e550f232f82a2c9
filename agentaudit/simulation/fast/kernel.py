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
    IDLE,
    INTERPRETER,
    LAUNCH_NS,
    LOOK_NS,
    NEVER,
    PEAK,
    RUNNING,
    TAIL,
    TAIL_GPU,
    THINKING,
    TICKET_BITS,
    TOOLS,
    TURN,
    WAIT,
    WAITS,
    WIDTH,
    WORK_NS,
    Parts,
)
from agentaudit.simulation.fast.ranked import take_ranked, wait_ranked
from agentaudit.simulation.fast.sorting import ascending
from agentaudit.simulation.fast.stations import (
    couple,
    due_ns,
    serve,
    set_timer,
    take_served,
    take_timed,
    timer_ns,
)
from agentaudit.simulation.fast.watched import (
    OVERLAP,
    WINDOW,
    await_cpu_steps,
    look,
    note_begin,
    note_end,
)

_BARRIER, _OFFSET, _CLASSES, _SHORTEST, _APART = 1, 2, 3, 4, 6
_RESERVE = 2
_MOST_IDLE = 1_000_000
"""As in the engine, which then says that the policy starts nobody."""


@inlined
def begin_later(parts: Parts, job: int) -> None:
    """A request whose next step begins in this instant, when all else has been gone through."""
    now = parts.line.now
    parts.out.beginning[now[BEGINNING]] = job
    now[BEGINNING] += 1
    note_begin(parts, job)


@inlined
def start(parts: Parts, job: int, now_ns: int) -> None:
    """A waiting request that is admitted. Dispatching stands before its first step."""
    parts.out.start_ns[job] = now_ns
    parts.line.now[RUNNING] += 1
    work = parts.work
    parts.out.at[job] = work.begin[job] - (1 if work.dispatch_ns[work.heavy[job]] else 0)
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
    if line.rule == _OFFSET:
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
    if line.rule == _APART:
        free = line.free[0]
    elif line.rule == WINDOW:
        look(line, now_ns)
        free = int(line.window[WIDTH]) - now[RUNNING]
    count = min(free, now[TAIL] - now[HEAD])
    if line.rule == _SHORTEST:
        for _ in range(count):
            start(parts, take_ranked(line), now_ns)
    elif count > 0:
        start_first(parts, count, now_ns)
        if line.rule == _APART:
            line.free[0] -= count


@inlined
def admit(parts: Parts, now_ns: int) -> None:
    """The decision of an instant; MAS has taken its own as it went."""
    rule = parts.line.rule
    if rule in (_BARRIER, _OFFSET, OVERLAP):
        admit_groups(parts, now_ns)
    elif rule != _CLASSES:
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
    if line.rule == _CLASSES and take_slot(parts, job, now_ns):
        return
    if line.rule == _APART and parts.work.heavy[job]:
        start(parts, job, now_ns)
    elif line.rule == _SHORTEST:
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
    elif parts.line.rule == _APART and not work.heavy[job]:
        parts.line.free[0] += 1
    follower = work.follower[job] if len(work.follower) else -1
    while follower >= 0:
        set_timer(parts.timers, THINKING, now_ns + work.think_ns[follower], follower)
        follower = work.next_follower[follower]


@inlined
def end_steps(parts: Parts, now_ns: int) -> int:
    """
    All steps that end at this instant; how many.

    Under MAS they do in the order of ids: it frees slots in turn.
    """
    ended, at, begin = parts.out.ended, parts.out.at, parts.work.begin
    count = 0
    for one in (CPU, GPU, INTERPRETER):
        if due_ns(parts.stations, one) <= now_ns:
            count = take_served(parts.stations, one, now_ns, ended, count)
    count = take_timed(parts.timers, WAITS, now_ns, ended, count)
    if parts.line.rule == _CLASSES and count > 1:
        ascending(ended, count)
    for place in range(count):
        job = ended[place]
        note_end(parts, job)
        if at[job] < begin[job + 1]:
            begin_later(parts, job)
        else:
            finish(parts, job, now_ns)
    return count


@inlined
def take_arrivals(parts: Parts, now_ns: int) -> int:
    """All that come at this instant, in the order of ids; how many."""
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
    return count


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
            stage, demand_ns = CPU, work.dispatch_ns[work.heavy[job]]
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
    now_ns = min(now_ns, due_ns(parts.stations, INTERPRETER))
    now_ns = min(now_ns, timer_ns(parts.timers, WAITS), timer_ns(parts.timers, THINKING))
    if line.now[ARRIVED] < len(work.arriving):
        now_ns = min(now_ns, work.arrival_ns[work.arriving[line.now[ARRIVED]]])
    if line.now[HEAD] < line.now[TAIL]:
        if line.rule == _OFFSET:
            now_ns = min(now_ns, line.now[LAUNCH_NS])
        elif line.rule == WINDOW:
            now_ns = min(now_ns, line.now[LOOK_NS])
    return now_ns


@entry
def execute(parts: Parts) -> None:
    """The whole run: what comes of it stands in the arrays afterwards."""
    now = parts.line.now
    now_ns = next_instant(parts)
    while now_ns < NEVER and now[IDLE] <= _MOST_IDLE:
        happened = end_steps(parts, now_ns) + take_arrivals(parts, now_ns)
        admit(parts, now_ns)
        now[PEAK] = max(now[PEAK], now[RUNNING])
        now[IDLE] = 0 if happened or now[BEGINNING] else now[IDLE] + 1
        begin_steps(parts, now_ns)
        couple(parts.stations, now_ns)
        now_ns = next_instant(parts)
