"""
The kernel an instant at a time, for a policy in Python, which is asked at the end of each.

It goes on while nobody waits, since nobody can start then. The policy is asked at each of those
instants all the same, afterwards: it may keep an account of time, or of what it was told.
"""

from collections.abc import Callable
from functools import partial

from agentaudit.simulation.fast.admitting import start
from agentaudit.simulation.fast.compiler import at_address, compiles, entry, inlined, taking_one
from agentaudit.simulation.fast.kernel import begin_steps, end_steps, next_instant, take_arrivals
from agentaudit.simulation.fast.parts import (
    ARRIVALS,
    FINISHED,
    HEAD,
    INSTANT,
    NEVER,
    PEAK,
    RUNNING,
    STARTING,
    TAIL,
    WAITING,
    WAKE,
    Parts,
    no_parts,
)
from agentaudit.simulation.fast.stations import couple

_put, _taken = at_address(no_parts())


def stepper(parts: Parts) -> Callable[[], int]:
    """
    What goes on until the policy has something to decide; how many instants it took.

    0 is that nothing will happen any more, and -1 an instant in which nothing has. What happened
    stands in `parts.asking` then, where the answer to the last instant goes too. Whoever calls it
    keeps the parts.
    """
    if not compiles():
        return partial(_go_on, parts)
    address = parts.asking.memory.ctypes.data
    _keep(parts, address)
    return partial(taking_one(_go_on_at), address)


@inlined
def _go_on(parts: Parts) -> int:
    """What the policy answered is done; then all that happens until somebody waits."""
    told, line, asking = parts.asking.now, parts.line.now, parts.asking
    now_ns, waiting = told[INSTANT], told[WAITING] - told[STARTING]
    for place in range(told[STARTING]):
        start(parts, asking.starting[place], now_ns)
    line[PEAK] = max(line[PEAK], line[RUNNING])
    line[HEAD] = line[TAIL] = told[STARTING] = told[FINISHED] = 0
    passed = 0
    while passed < len(asking.instants):
        begin_steps(parts, now_ns)
        couple(parts.stations, now_ns)
        now_ns = next_instant(parts)
        if waiting:
            now_ns = min(now_ns, told[WAKE])
        if now_ns >= NEVER:
            break
        finished = told[FINISHED]
        ended = end_steps(parts, now_ns)
        told[ARRIVALS] = take_arrivals(parts, now_ns)
        told[INSTANT] = now_ns
        asking.instants[passed], asking.finishes[passed] = now_ns, told[FINISHED] - finished
        passed += 1
        waiting += told[ARRIVALS]
        if waiting:
            passed = passed if ended + told[ARRIVALS] else -1
            break
    told[WAITING] = waiting
    return passed


@entry
def _keep(parts: Parts, address: int) -> None:
    _put(parts, address)


@entry
def _go_on_at(address: int) -> int:
    return _go_on(_taken(address))
