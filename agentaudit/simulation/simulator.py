"""The one way to run a workload: by the compiled kernel where it can, else by the engine."""

from functools import cache

from agentaudit.model.workload import Machine, Workload
from agentaudit.simulation import engine
from agentaudit.simulation.admission_numbers import AdmissionNumbers, Numbered
from agentaudit.simulation.engine import Run
from agentaudit.simulation.fast.columns import RunColumns, WorkColumns, run_of, work_columns
from agentaudit.simulation.fast.requests import columns_of
from agentaudit.simulation.policy import Policy

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

    Then the extra `fast` is not there, the policy gives no numbers, the machine has limits, or a
    number of the workload is beyond what the kernel is exact for.
    """
    if _numbers(machine, policy) is None:
        return None
    work = columns_of(workload)
    try:
        work = work_columns(workload) if work is None else work
    except (OverflowError, ValueError):
        return None
    run = columns_on_kernel(work, machine, policy)
    return None if run is None else run_of(run, work)


def columns_on_kernel(work: WorkColumns, machine: Machine, policy: Policy) -> RunColumns | None:
    """The same of columns, without an object for each request."""
    numbers = _numbers(machine, policy)
    if numbers is None:
        return None
    from agentaudit.simulation.fast import execution  # noqa: PLC0415, numba is heavy

    return execution.execute(work, machine, numbers)


def _numbers(machine: Machine, policy: Policy) -> AdmissionNumbers | None:
    """The policy as numbers, where the kernel is there and can run it on this machine."""
    numbers = policy.numbers() if isinstance(policy, Numbered) and machine.plain else None
    return numbers if numbers is not None and kernel_available() else None


@cache
def kernel_available() -> bool:
    """Whether the extra `fast` is installed, in a version that works here."""
    try:
        import numba  # noqa: F401, PLC0415, an extra, and heavy
    except ImportError:
        return False
    return True
