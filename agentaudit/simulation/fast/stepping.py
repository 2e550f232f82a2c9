"""
The kernel as far as the next instant at which a policy in Python is asked, and so on.

One that listens to steps is asked at every instant, any other at those at which somebody waits.
"""

from collections.abc import Callable
from functools import partial

from agentaudit.simulation.fast.admitting import start
from agentaudit.simulation.fast.compiler import (
    at_address,
    compiles,
    entry,
    inlined,
    interpreted,
    taking_one,
)
from agentaudit.simulation.fast.kernel import (
    begin_steps,
    coming_ns,
    end_steps,
    next_instant,
    take_arrivals,
)
from agentaudit.simulation.fast.parts import (
    ARRIVALS,
    ARRIVED,
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
from agentaudit.simulation.fast.stations import keep, served_so_far

_put, _taken = at_address(no_parts())


def stepper(parts: Parts) -> Callable[[], int]:
    """
    What goes on until the policy is to be asked: 1 then, or -1 where it only wanted to be.

    0 is that nothing will happen any more. What happened stands in `parts.asking`, where the
    answer goes too. Whoever calls it keeps the parts.
    """
    if not compiles():
        return partial(interpreted(_go_on), parts)
    address = parts.asking.memory.ctypes.data
    _keep(parts, address)
    return partial(taking_one(_go_on_at), address)


@inlined
def _go_on(parts: Parts) -> int:
    """What the policy answered is done; then all that happens until it is asked again."""
    told, line, asking = parts.asking.now, parts.line.now, parts.asking
    now_ns, waiting = told[INSTANT], told[WAITING] - told[STARTING]
    for place in range(told[STARTING]):
        start(parts, asking.starting[place], now_ns)
    line[PEAK] = max(line[PEAK], line[RUNNING])
    line[HEAD] = line[TAIL] = told[STARTING] = told[FINISHED] = told[ARRIVALS] = 0
    happened = 0
    served, next_ns = served_so_far(parts.stations), coming_ns(parts, line[ARRIVED])
    while True:
        served = begin_steps(parts, served, now_ns)
        now_ns = next_instant(parts, served, next_ns)
        if waiting or asking.every:
            now_ns = min(now_ns, told[WAKE])
        if now_ns >= NEVER:
            break
        served, ended = end_steps(parts, served, now_ns)
        told[ARRIVALS], next_ns = take_arrivals(parts, next_ns, now_ns)
        told[INSTANT] = now_ns
        waiting += told[ARRIVALS]
        happened = 1
        if waiting or asking.every:
            happened = 1 if ended + told[ARRIVALS] else -1
            break
    keep(parts.stations, served)
    told[WAITING] = waiting
    return happened


@entry
def _keep(parts: Parts, address: int) -> None:
    _put(parts, address)


@entry
def _go_on_at(address: int) -> int:
    return _go_on(_taken(address))
