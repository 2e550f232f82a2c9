"""Steps of a raised run are spread over the cores as an idle machine would spread them."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.execution.placement import Placement


@given(st.lists(st.integers(0, 9), max_size=40))
def test_no_core_has_two_more_than_another(switches: list[int]) -> None:
    """Each number begins, or ends where it had begun."""
    with pytest.MonkeyPatch.context() as patch:
        at: dict[int, int] = {}
        patch.setattr(os, "sched_setaffinity", lambda pid, cores: at.update({pid: min(cores)}))
        placement, running = Placement({0, 1, 2}), set[int]()
        for pid in switches:
            if pid in running:
                running.remove(pid)
                placement.end(pid)
            else:
                running.add(pid)
                placement.begin(pid)
            counts = [sum(at[one] == core for one in running) for core in range(3)]

            assert max(counts) - min(counts) <= 1
