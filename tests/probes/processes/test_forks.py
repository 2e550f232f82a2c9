"""Forks as the kernel tells them."""

import os
import shutil
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.processes.forks import Exec, Exit, Fork, ForkEvents, parsed


def message(what: int, *numbers: int) -> bytes:
    return bytes(36) + struct.pack("=IIQ", what, 0, 77) + struct.pack(f"={len(numbers)}i", *numbers)


def test_a_fork_names_the_thread_that_forked() -> None:
    event = parsed(message(1, 11, 10, 20, 20))

    assert event == Fork(at_ns=77, parent_pid=10, parent_tid=11, pid=20)


def test_a_thread_made_by_a_thread_is_no_fork() -> None:
    assert parsed(message(1, 11, 10, 20, 10)) is None


def test_programs_and_ends_are_told_and_the_ends_of_threads_are_not() -> None:
    assert parsed(message(2, 20, 20)) == Exec(pid=20)
    assert parsed(message(0x80000000, 20, 20)) == Exit(at_ns=77, pid=20)
    assert parsed(message(0x80000000, 21, 20)) is None


@given(st.binary(max_size=200))
def test_no_message_breaks_the_reader(text: bytes) -> None:
    assert isinstance(parsed(text), Fork | Exec | Exit | None)


def until(found: Callable[[], bool]) -> bool:
    """Whether it becomes true within a time that is never reached when all is well."""
    for _ in range(500):
        if found():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def events() -> ForkEvents:
    try:
        return ForkEvents()
    except OSError as error:
        pytest.skip(f"this kernel does not tell us of forks: {error}")


def test_a_child_of_a_moment_is_seen_with_the_thread_that_forked_it(events: ForkEvents) -> None:
    seen: list[Fork | Exec | Exit] = []
    children: list[int] = []
    tids: list[int] = []

    def work() -> None:
        child = subprocess.Popen(["true"])
        tids.append(threading.get_native_id())
        children.append(child.pid)
        child.wait()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    def ended() -> bool:
        seen.extend(events.read())
        return any(isinstance(event, Exit) and event.pid == children[0] for event in seen)

    assert until(ended)
    forks = [event for event in seen if isinstance(event, Fork) and event.pid == children[0]]
    assert [(fork.parent_pid, fork.parent_tid) for fork in forks] == [(os.getpid(), tids[0])]
    events.close()


IN_A_NAMESPACE = """
from agentaudit.probes.processes.forks import ForkEvents
try:
    ForkEvents()
except OSError as error:
    print(error.strerror)
"""


def test_a_pid_namespace_of_our_own_is_told_nothing_and_we_say_so(events: ForkEvents) -> None:
    """Others listen at that moment: their events reach us with numbers of other processes."""
    unshare = ["unshare", "--pid", "--fork", sys.executable, "-c", IN_A_NAMESPACE]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*unshare[:3], "true"], check=False).returncode
    ):
        pytest.skip("no PID namespace may be made here")

    said = subprocess.run(unshare, capture_output=True, text=True, check=True).stdout

    assert said == "not told in a container's own PID namespace\n"
    events.close()
