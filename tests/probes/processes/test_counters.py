"""Counters of one process, read from a real one."""

import os
import subprocess
import sys

from agentaudit.probes.processes.counters import ProcessCounters, listed_names
from tests.probes.programs import WAITS, Start, until_it_waits

# Python's join returns before the kernel has taken the thread away: wait for that too.
THREAD_ON_CALL = """
import os, sys, threading
print("ready")
for line in sys.stdin:
    go = threading.Event()
    thread = threading.Thread(target=go.wait); thread.start()
    print("there"); sys.stdin.readline()
    go.set(); thread.join()
    while len(os.listdir("/proc/self/task")) > 1: pass
    print("gone")
"""


def test_a_thread_that_ended_is_missing_from_then_on(start: Start) -> None:
    program = start(THREAD_ON_CALL)
    counters = ProcessCounters(program.pid, os.getpid())
    assert program.stdin is not None
    assert program.stdout is not None
    seen = []
    for _ in ("there", "gone"):
        program.stdin.write("\n")
        program.stdin.flush()
        program.stdout.readline()
        seen.append({thread.tid for thread in counters.threads()})

    assert len(seen[0]) == 2
    assert seen[1] == {program.pid}
    counters.close()


def test_a_process_that_has_not_run_is_the_same_reading(start: Start) -> None:
    program = start(WAITS)
    until_it_waits(program)
    counters = ProcessCounters(program.pid, os.getpid())

    first, second = counters.reading(), counters.reading()

    assert first is second
    assert first is not None
    assert first.started > 0
    counters.close()


def test_a_zombie_has_its_ticks_and_no_life() -> None:
    burn = "import time\nwhile time.process_time() < 0.1: pass"
    program = subprocess.Popen([sys.executable, "-c", burn])
    counters = ProcessCounters(program.pid, os.getpid())
    assert counters.reading() is not None
    os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)

    reading = counters.reading()

    assert not counters.alive
    assert reading is not None
    assert reading.cpu_ns >= 90_000_000
    program.wait()
    assert counters.reading() is None
    assert counters.threads() == ()
    counters.close()


def test_a_folder_that_is_gone_holds_nothing() -> None:
    assert listed_names("/proc/4194305/task") == ()
