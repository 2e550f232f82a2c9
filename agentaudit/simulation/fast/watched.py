"""What policies know that look into requests while they run: CPU steps, and threads of tools."""

from agentaudit.simulation.fast.compiler import inlined
from agentaudit.simulation.fast.parts import (
    CPU,
    FEW,
    HEAD,
    INTERVAL_NS,
    LEAST,
    LOOK_NS,
    MANY,
    RUNNING,
    SHRINK,
    THREADS,
    TICKET_BITS,
    TOOLS,
    WIDTH,
    Line,
    Parts,
    Work,
)

OVERLAP, WINDOW = 5, 7


@inlined
def tool_threads(work: Work, job: int, step: int) -> int:
    """Of a CPU step; 0 for other steps, and for starting the request's process, which is none."""
    if not work.begin[job] <= step < work.end[job]:
        return 0
    needs = int(work.needs[work.kind[step]])
    return needs & THREADS if needs >> TICKET_BITS == CPU else 0


@inlined
def note_begin(parts: Parts, job: int, step: int) -> None:
    """A step of a request begins in this instant."""
    if parts.line.rule == WINDOW:
        parts.line.now[TOOLS] += tool_threads(parts.work, job, step)


@inlined
def note_end(parts: Parts, job: int, step: int) -> None:
    """A step of a request has ended."""
    line = parts.line
    if line.rule == WINDOW:
        line.now[TOOLS] -= tool_threads(parts.work, job, step)
    elif line.rule == OVERLAP:
        line.now[TOOLS] -= min(tool_threads(parts.work, job, step), 1)


@inlined
def await_cpu_steps(parts: Parts, count: int) -> None:
    """The first `count` of the queue are a group, whose CPU steps the next one waits for."""
    work, line = parts.work, parts.line
    head = line.now[HEAD]
    for place in range(head, head + count):
        job = line.waiting[place]
        for step in range(work.begin[job], work.end[job]):
            line.now[TOOLS] += min(tool_threads(work, job, step), 1)


@inlined
def look(line: Line, now_ns: int) -> None:
    """MARS: where it is time, the width that suits the threads that run or lack a core."""
    now, window, bounds = line.now, line.window, line.bounds
    if now_ns < now[LOOK_NS]:
        return
    now[LOOK_NS] = now_ns + bounds[INTERVAL_NS]
    if now[TOOLS] > bounds[MANY]:
        window[WIDTH] = max(window[WIDTH] * window[SHRINK], window[LEAST])
    elif now[TOOLS] <= bounds[FEW] and now[RUNNING] >= int(window[WIDTH]):
        window[WIDTH] += 1.0
