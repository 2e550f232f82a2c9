"""Requests that are threads of one interpreter: of their CPU steps the Python code comes first."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from agentaudit.model.workload import Heavy, Stage
from agentaudit.simulation.fast import parts
from agentaudit.simulation.fast.columns import HEAVIES, Ints, Places, WorkColumns


class Steps(NamedTuple):
    """Steps of requests in the fields of `parts.Work`, which say what each is."""

    begin: Places
    kind: Places
    demand_ns: Ints
    dispatch_ns: Ints


def threaded_steps(work: WorkColumns, threaded: Collection[Heavy]) -> tuple[Places, Places, Ints]:
    """
    Where each request's steps begin, their kinds and demands, as `steps.threaded_plan` has them.

    The kind of what the interpreter does is the one after the last of the workload's.
    """
    classes = np.array([heavy in threaded for heavy in HEAVIES])
    in_threads = np.repeat(classes[work.heavy], np.diff(work.begin))
    on_cpu = np.array([kind.stage is Stage.CPU for kind in work.kinds], dtype=bool)
    shares = np.array([kind.interpreted for kind in work.kinds])
    split = in_threads & on_cpu[work.kind]
    python_ns = np.rint(work.demand_ns[split] * shares[work.kind[split]]).astype(np.int64)
    entries = 1 + split
    before = np.concatenate(([0], np.cumsum(entries)))
    kind, demand_ns = np.repeat(work.kind, entries), np.repeat(work.demand_ns, entries)
    first = before[:-1][split]
    kind[first], demand_ns[first] = len(work.kinds), python_ns
    demand_ns[first + 1] -= python_ns
    return before[work.begin].astype(np.int32), kind, demand_ns


def both_ways(work: parts.Work, process: Steps, thread: Steps) -> parts.Work:
    """
    Two jobs of each request, one after the other: a process of its own, and a thread.

    The first of each pair arrives, and one of them is to start.
    """
    lengths = np.stack((np.diff(process.begin), np.diff(thread.begin)), axis=1).ravel()
    begin = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
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
        arriving=2 * work.arriving,
        heavy=np.stack((work.heavy, work.heavy + classes), axis=1).ravel().astype(np.int8),
        begin=begin,
        kind=kind,
        demand_ns=demand_ns,
        follower=follower,
        next_follower=other,
        think_ns=work.think_ns.repeat(2),
        dispatch_ns=np.concatenate((process.dispatch_ns, thread.dispatch_ns)),
    )
