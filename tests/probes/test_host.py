"""What is said of the machine and of the target, and what is not."""

import os
import re

from agentaudit.probes.host import SystemLoad, clock_pair, host, target


def test_the_machine_and_ourselves() -> None:
    here = host(("H200",), "")
    ourselves = target(os.getpid(), launched=False)

    assert here.cores >= 1
    assert here.memory_bytes > 2**20
    assert re.fullmatch(r"CPython 3\.\d+", ourselves.runtime)
    assert ourselves.started_at_unix_ns > 0


def test_a_process_that_is_gone_has_no_description() -> None:
    assert target(4194305, launched=False).command == ""


def test_the_clocks_are_read_together() -> None:
    first, second = clock_pair(), clock_pair()

    assert second.monotonic_ns >= first.monotonic_ns
    assert first.unix_ns > 1_600_000_000_000_000_000


def test_the_load_of_the_system_is_a_share() -> None:
    load = SystemLoad()

    assert 0 <= load.busy() <= 1
