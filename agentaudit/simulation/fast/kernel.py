"""
The engine's event contract, compiled: the same arithmetic in the same order, so the same integers.

`agentaudit.simulation.engine` says what is computed here and why; this file changes when it does,
and a test compares both on drawn workloads. Requests are numbered in the order of their ids. Only
where their order decides anything within an instant are they put into it, and steps begin when all
else has been gone through: both change no result. All arrays are made by `fast.execution`.
"""

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
    INTERPRETER,
    LAUNCH_NS,
    LOOK_NS,
    NEVER,
    PEAK,
    RUNNING,
    TAIL,
    THINKING,
    THREADS,
    TICKET_BITS,
    WAIT,
    WAITS,
    WORK_NS,
    Parts,
    Served,
)
from agentaudit.simulation.fast.sorting import ascending
from agentaudit.simulation.fast.stations import (
    all_settled,
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
    ended, at, begin = parts.out.ended, parts.out.at, parts.work.begin
    cpu, count = take_served(parts.stations, CPU, served.cpu, now_ns, ended, 0)
    gpu, count = take_served(parts.stations, GPU, served.gpu, now_ns, ended, count)
    interpreter, count = take_served(
        parts.stations, INTERPRETER, served.interpreter, now_ns, ended, count
    )
    count = take_timed(parts.timers, WAITS, now_ns, ended, count)
    if parts.line.rule in (CLASSES, ASKED) and count > 1:
        ascending(ended, count)
    for place in range(count):
        job = ended[place]
        following = at[job]
        note_end(parts, job, following - 1)
        goes_on = following < begin[job + 1]
        if parts.line.rule == ASKED and (parts.asking.every or not goes_on):
            tell_end(parts, job)
        if goes_on:
            begin_later(parts, job, following)
        else:
            finish(parts, job, now_ns)
    return Served(cpu, gpu, interpreter), count


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
def begin_steps(parts: Parts, served: Served, now_ns: int) -> Served:
    """The next steps of those that have one; a request without any work ends in this instant."""
    work, at, now = parts.work, parts.out.at, parts.line.now
    cpu, gpu, interpreter = served
    for place in range(now[BEGINNING]):
        job, step = parts.out.beginning[place], parts.out.first[place]
        at[job] = step + 1
        stage, threads, demand_ns = WAIT, 1, 0
        if step < work.begin[job]:
            stage, demand_ns = CPU, work.dispatch_ns[work.heavy[job]]
        elif step < work.begin[job + 1]:
            needs, demand_ns = work.needs[work.kind[step]], work.demand_ns[step]
            stage, threads = needs >> TICKET_BITS, needs & THREADS
        now[WORK_NS + stage] += demand_ns
        ticket = job << TICKET_BITS | threads
        if stage == CPU:
            cpu = serve(parts.stations, CPU, cpu, now_ns, ticket, demand_ns)
        elif stage == GPU:
            gpu = serve(parts.stations, GPU, gpu, now_ns, ticket, demand_ns)
        elif stage == WAIT:
            set_timer(parts.timers, WAITS, now_ns + demand_ns, job)
        else:
            interpreter = serve(parts.stations, INTERPRETER, interpreter, now_ns, ticket, demand_ns)
    now[BEGINNING] = 0
    return all_settled(parts.stations, Served(cpu, gpu, interpreter), now_ns)


@inlined
def next_instant(parts: Parts, served: Served) -> int:
    """The next instant at which anything happens."""
    work, line = parts.work, parts.line
    now_ns = min(served.cpu.due_ns, served.gpu.due_ns, served.interpreter.due_ns)
    now_ns = min(now_ns, timer_ns(parts.timers, WAITS), timer_ns(parts.timers, THINKING))
    if line.now[ARRIVED] < len(work.arriving):
        now_ns = min(now_ns, work.arrival_ns[work.arriving[line.now[ARRIVED]]])
    if line.now[HEAD] < line.now[TAIL]:
        if line.rule == OFFSET:
            now_ns = min(now_ns, line.now[LAUNCH_NS])
        elif line.rule == WINDOW:
            now_ns = min(now_ns, line.now[LOOK_NS])
    return now_ns


@entry
def execute(parts: Parts) -> None:
    """The whole run: what comes of it stands in the arrays afterwards."""
    now = parts.line.now
    served = served_so_far(parts.stations)
    now_ns = next_instant(parts, served)
    while now_ns < NEVER and now[IDLE] <= _MOST_IDLE:
        served, happened = end_steps(parts, served, now_ns)
        happened += take_arrivals(parts, now_ns)
        admit(parts, now_ns)
        now[PEAK] = max(now[PEAK], now[RUNNING])
        now[IDLE] = 0 if happened or now[BEGINNING] else now[IDLE] + 1
        served = begin_steps(parts, served, now_ns)
        now_ns = next_instant(parts, served)
    keep(parts.stations, served)
