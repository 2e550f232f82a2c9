"""The workload of a shape: objects where there are few requests, and columns where many."""

from agentaudit.model.workload import Workload
from agentaudit.simulation.fast.drawn import drawn_columns
from agentaudit.simulation.fast.requests import large_workload
from agentaudit.simulation.simulator import WORTH_COMPILING, kernel_available
from agentaudit.simulation.synthetic import WorkloadShape, synthetic_workload


def written_workload(shape: WorkloadShape, *, source: str) -> Workload:
    """The same requests either way; columns only help where the kernel is there to run them."""
    if shape.requests >= WORTH_COMPILING and kernel_available():
        return large_workload(drawn_columns(shape, source=source))
    return synthetic_workload(shape, source=source)
