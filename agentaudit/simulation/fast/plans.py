"""
The steps of requests as the kernel takes them.

Of a request that is a thread of an interpreter the Python code of each CPU step comes first.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from agentaudit.model.workload import Heavy, Stage
from agentaudit.simulation.fast import parts
from agentaudit.simulation.fast.columns import HEAVIES, StepKind, WorkColumns
from agentaudit.simulation.fast.compiler import entry
from agentaudit.simulation.fast.parts import Floats, Ints, Places

Flags: TypeAlias = NDArray[np.bool_]
_STAGES = {Stage.CPU: parts.CPU, Stage.GPU: parts.GPU, Stage.WAIT: parts.WAIT}
_PYTHON = parts.INTERPRETER << parts.TICKET_BITS | 1
"""One thread of the interpreter."""


class Steps(NamedTuple):
    """Steps of requests in the fields of `parts.Work`, which say what each is."""

    begin: Places
    kind: Places
    demand_ns: Ints
    dispatch_ns: Ints


def needs_of(kinds: Sequence[StepKind]) -> Ints:
    """What each kind needs, and behind all others the Python code that an interpreter runs."""
    needs = [_STAGES[kind.stage] << parts.TICKET_BITS | kind.threads for kind in kinds]
    return np.array([*needs, _PYTHON], dtype=np.int64)


def steps_of(
    work: WorkColumns, dispatch_ns: int, threaded: Collection[Heavy], *, all_needed: bool
) -> Steps:
    """Those that need anything, perhaps all, where requests of some classes are threads."""
    in_threads = np.array([heavy in threaded for heavy in HEAVIES])
    each_ns = np.where(in_threads, 0, dispatch_ns)
    begin, kind = work.begin.view(np.uint32), work.kind.view(np.uint32)
    steps = Steps(begin, kind, work.demand_ns, each_ns)
    if not threaded and (all_needed or not len(work.demand_ns)):
        return steps
    shares = [kind.interpreted if kind.stage is Stage.CPU else 0.0 for kind in work.kinds]
    most = len(work.kind) * (2 if threaded else 1)
    planned = Steps(
        np.empty_like(begin),
        np.empty(most, dtype=np.uint32),
        np.empty(most, dtype=np.int64),
        each_ns,
    )
    count = _plan(in_threads[work.heavy], steps, np.array(shares), planned)
    return planned._replace(kind=planned.kind[:count], demand_ns=planned.demand_ns[:count])


@entry
def _plan(in_threads: Flags, steps: Steps, shares: Floats, planned: Steps) -> int:
    """
    The entries of each request's plan, see `agentaudit.simulation.steps`; how many there are.

    `shares` is how much of the work of each kind of step is Python code.
    """
    count = 0
    for request in range(len(in_threads)):
        planned.begin[request] = count
        for step in range(steps.begin[request], steps.begin[request + 1]):
            kind, left_ns = steps.kind[step], steps.demand_ns[step]
            if in_threads[request]:
                python_ns = np.int64(np.rint(left_ns * shares[kind]))
                if python_ns:
                    planned.kind[count], planned.demand_ns[count] = len(shares), python_ns
                    left_ns -= python_ns
                    count += 1
            if left_ns:
                planned.kind[count], planned.demand_ns[count] = kind, left_ns
                count += 1
    planned.begin[len(in_threads)] = count
    return count


def both_ways(work: parts.Work, process: Steps, thread: Steps) -> parts.Work:
    """
    Two jobs of each request, one after the other: a process of its own, and a thread.

    The first of each pair arrives, and one of them is to start.
    """
    lengths = np.stack((np.diff(process.begin), np.diff(thread.begin)), axis=1).ravel()
    begin = np.concatenate(([0], np.cumsum(lengths))).astype(np.uint32)
    kind = np.empty(begin[-1], dtype=process.kind.dtype)
    demand_ns = np.empty(begin[-1], dtype=np.int64)
    for way, steps in enumerate((process, thread)):
        moved = np.repeat(begin[way:-1:2] - steps.begin[:-1], np.diff(steps.begin))
        places = np.arange(len(steps.kind)) + moved
        kind[places], demand_ns[places] = steps.kind, steps.demand_ns
    classes = len(process.dispatch_ns)
    follower, other = (
        np.where(places < 0, places, 2 * places).repeat(2)
        for places in (work.follower, work.next_follower)
    )
    return work._replace(
        arrival_ns=work.arrival_ns.repeat(2),
        arriving=None if work.arriving is None else 2 * work.arriving,
        heavy=np.stack((work.heavy, work.heavy + classes), axis=1).ravel().astype(np.uint8),
        begin=begin,
        end=begin[1:],
        kind=kind,
        demand_ns=demand_ns,
        follower=follower,
        next_follower=other,
        think_ns=work.think_ns.repeat(2),
        dispatch_ns=np.concatenate((process.dispatch_ns, thread.dispatch_ns)),
    )
