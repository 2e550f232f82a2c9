"""Workloads of many requests are columns, and those of few are objects: the same either way."""

from collections.abc import Sequence
from itertools import pairwise

from agentaudit.model.workload import Machine, Workload
from agentaudit.simulation.fast.columns import work_columns
from agentaudit.simulation.fast.drawn import drawn_columns
from agentaudit.simulation.fast.requests import columns_of, large_workload
from agentaudit.simulation.runs.simulator import WORTH_COMPILING, kernel_available
from agentaudit.simulation.workloads.synthetic import WorkloadShape, synthetic_workload


def written_workload(shape: WorkloadShape, *, source: str) -> Workload:
    """The workload of a shape; columns only help where the kernel is there to run them."""
    if shape.requests >= WORTH_COMPILING and kernel_available():
        return large_workload(drawn_columns(shape, source=source))
    return synthetic_workload(shape, source=source)


def suited(workloads: Sequence[Workload], machine: Machine) -> tuple[Workload, ...]:
    """
    Workloads as they are run on a machine: those that were recorded, too.

    The readable engine would make an object of each request anew for every run, so what it runs
    stays objects.
    """
    if not (machine.plain and kernel_available()):
        return tuple(workloads)
    return tuple(map(_in_columns, workloads))


def _in_columns(workload: Workload) -> Workload:
    """The workload itself where columns would have its requests in another order, or cannot."""
    requests = workload.requests
    if len(requests) < WORTH_COMPILING or columns_of(workload) is not None:
        return workload
    if any(one.request_id >= other.request_id for one, other in pairwise(requests)):
        return workload
    try:
        return large_workload(work_columns(workload))
    except (OverflowError, ValueError):
        return workload
