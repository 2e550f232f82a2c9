"""The one way to run a workload: by the compiled kernel where it can, else by the engine."""

from collections.abc import Sequence
from functools import cache

from agentaudit.model.workload import Machine, Workload, WorkRequest
from agentaudit.simulation.admission_numbers import Numbered
from agentaudit.simulation.fast.columns import RunColumns, WorkColumns, run_of, work_columns
from agentaudit.simulation.fast.requests import columns_of
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.run import Run
from agentaudit.simulation.runs import engine

WORTH_COMPILING = 20_000
"""Requests from which loading the kernel, a second or less, costs less than it saves."""


def simulate(workload: Workload, machine: Machine, policy: Policy) -> Run:
    """
    The run of a workload, the same to the nanosecond whichever engine does the work.

    Raises UsageError when the policy leaves requests waiting although nothing will happen any more.
    """
    if len(workload.requests) >= WORTH_COMPILING:
        run = on_kernel(workload, machine, policy)
        if run is not None:
            return run
    return engine.simulate(workload, machine, policy)


def on_kernel(workload: Workload, machine: Machine, policy: Policy) -> Run | None:
    """
    The run by the kernel; None where it cannot do it.

    Then the extra `fast` is not there, the machine has limits, or a number of the workload is
    beyond what the kernel is exact for. A policy that gives no numbers is asked, in Python.
    """
    if not (machine.plain and kernel_available()):
        return None
    work, requests = columns_of(workload), None
    if work is None:
        try:
            work = work_columns(workload)
        except (OverflowError, ValueError):
            return None
        requests = workload.requests
    run = columns_on_kernel(work, machine, policy, requests)
    return None if run is None else run_of(run, work)


def columns_on_kernel(
    work: WorkColumns,
    machine: Machine,
    policy: Policy,
    requests: Sequence[WorkRequest] | None = None,
) -> RunColumns | None:
    """
    The same of columns, without an object for each request.

    `requests` are those of the workload that are objects all the same.
    """
    if not (machine.plain and kernel_available()):
        return None
    numbers = policy.numbers() if isinstance(policy, Numbered) else None
    if numbers is None:
        from agentaudit.simulation.fast.asking import execute_asked  # noqa: PLC0415, as below

        return execute_asked(work, machine, policy, requests)
    from agentaudit.simulation.fast.execution import execute  # noqa: PLC0415, numba is heavy

    return execute(work, machine, numbers)


@cache
def kernel_available() -> bool:
    """Whether the extra `fast` is installed, in a version that works here."""
    try:
        import numba  # noqa: F401, PLC0415, an extra, and heavy
    except ImportError:
        return False
    return True
