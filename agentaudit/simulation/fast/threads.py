"""Requests that are threads of one interpreter: of their CPU steps the Python code comes first."""

from collections.abc import Collection

import numpy as np

from agentaudit.model.workload import Heavy, Stage
from agentaudit.simulation.fast.columns import HEAVIES, Ints, Places, WorkColumns


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
