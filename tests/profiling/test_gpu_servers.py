"""Whose GPU time is the time of a model server: its own, and that of its workers."""

import pytest

from agentaudit.model.recording import GpuProcessTime
from agentaudit.profiling import gpu_time

SERVER = 50


@pytest.mark.parametrize(
    ("pid", "parents", "counts"),
    [
        (SERVER, (), True),
        (51, (SERVER, 9), True),
        (52, (51, SERVER), True),
        (53, (9,), False),
        (7, (SERVER,), False),
    ],
)
def test_workers_of_a_server_compute_for_it(
    pid: int, parents: tuple[int, ...], *, counts: bool
) -> None:
    """Unless they are of the tree that is recorded: their time is known by itself."""
    time = GpuProcessTime(since_ns=0, at_ns=1, device=0, pid=pid, busy_ns=1, parents=parents)

    assert gpu_time._computes_for(SERVER, time, {7}) is counts
