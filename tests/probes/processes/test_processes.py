"""The process tree and its counters, read from real processes."""

import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from agentaudit.errors import UsageError
from agentaudit.model.recording import ProcessBorn, ProcessGone, ProcessNamed
from agentaudit.model.trace import Incident
from agentaudit.probes.processes import counters
from agentaudit.probes.processes.forks import Fork, ForkEvents
from agentaudit.probes.processes.tree import ProcessTree, TreeEvent, open_tree
from tests.probes.programs import WAITS, until_it_waits

BUSY = """
import sys, threading, time
def burn():
    while True: pass
threading.Thread(target=burn, daemon=True).start()
print("ready"); sys.stdin.read()
"""
FORKS_WHEN_ASKED = """
import subprocess, sys
print("ready")
for line in sys.stdin:
    subprocess.run([sys.executable, "-c", "print(sum(range(3_000_000)))"], stdout=2)
    print("done")
"""
WITH_CHILD = """
import subprocess, sys
child = subprocess.Popen(["sleep", "60"])
print("ready"); sys.stdin.readline(); child.kill(); child.wait(); print("done"); sys.stdin.read()
"""


def forks() -> ForkEvents | None:
    try:
        return ForkEvents()
    except OSError:
        return None


def events_until(tree: ProcessTree, done: Callable[[list[TreeEvent]], bool]) -> list[TreeEvent]:
    seen: list[TreeEvent] = []
    for _ in range(500):
        seen += tree.events(time.monotonic_ns())
        tree.processes()
        if done(seen):
            break
        time.sleep(0.01)
    return seen


def test_threads_and_processes_are_counted_by_the_kernel(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    program = start(BUSY)
    tree = open_tree(program.pid, None)

    before = {thread.tid: thread.cpu_ns for thread in tree.threads()}
    for _ in range(500):
        after = {thread.tid: thread.cpu_ns for thread in tree.threads()}
        if sum(after.values()) - sum(before.values()) > 20_000_000:
            break
        time.sleep(0.01)
    (process,) = tree.processes()

    assert len(after) == 2
    assert after[program.pid] - before[program.pid] < max(after.values()) - min(after.values())
    assert process.cpu_ns >= sum(after.values())
    assert process.rss_bytes > 1_000_000
    tree.close()


def test_time_of_a_child_that_ended_is_its_parents(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    program = start(FORKS_WHEN_ASKED)
    tree = open_tree(program.pid, None)
    assert program.stdin is not None
    assert program.stdout is not None

    program.stdin.write("go\n")
    program.stdin.flush()
    program.stdout.readline()
    (process,) = [reading for reading in tree.processes() if reading.pid == program.pid]

    assert process.children_ns > 0
    tree.close()


@pytest.mark.parametrize("listen", [True, False], ids=["told by the kernel", "listed"])
def test_children_join_and_leave(
    start: Callable[..., subprocess.Popen[str]],
    listen: bool,  # noqa: FBT001 -- a parameter
) -> None:
    program = start(WITH_CHILD)
    tree = open_tree(program.pid, forks() if listen else None)

    born = events_until(tree, lambda seen: len(seen) > 1)
    assert program.stdin is not None
    program.stdin.write("\n")
    program.stdin.flush()
    gone = events_until(tree, lambda seen: any(isinstance(e, ProcessGone) for e in seen))

    assert [type(event) for event in born[:2]] == [ProcessBorn, ProcessBorn]
    assert isinstance(born[1], ProcessBorn)
    assert (born[1].parent_pid, born[1].parent_tid) == (program.pid, program.pid)
    assert [event.pid for event in gone if isinstance(event, ProcessGone)] == [born[1].pid]
    assert tree.alive
    tree.close()


def test_a_child_that_is_gone_at_once_is_told_all_the_same(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    listener = forks()
    if listener is None:
        pytest.skip("this kernel does not tell us of forks")
    program = start(FORKS_WHEN_ASKED)
    tree = open_tree(program.pid, listener)
    tree.events(time.monotonic_ns())
    assert program.stdin is not None
    assert program.stdout is not None

    program.stdin.write("go\n")
    program.stdin.flush()
    program.stdout.readline()
    seen = events_until(tree, lambda seen: any(isinstance(e, ProcessGone) for e in seen))

    births = [event.pid for event in seen if isinstance(event, ProcessBorn)]
    assert births == ended(seen)
    assert len(births) == 1
    tree.close()


def test_the_end_of_the_target_is_seen_before_anyone_collects_it() -> None:
    program = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    tree = open_tree(program.pid, None)

    program.send_signal(signal.SIGKILL)
    events_until(tree, lambda _: not tree.alive)

    assert not tree.alive
    assert tree.pids == ()
    program.communicate()
    tree.close()


def test_a_number_given_to_another_process_is_not_mistaken_for_the_first() -> None:
    """The open files belong to the process that ended, whoever has its number now."""
    program = subprocess.Popen(["sleep", "60"])
    tree = open_tree(program.pid, None)
    program.kill()
    program.wait()

    assert tree.processes() == []
    assert tree.threads() == []
    tree.close()


CHILD_LEFT_A_ZOMBIE = """
import subprocess, sys
burn = "import time\\nwhile time.process_time() < 0.2: pass"
child = subprocess.Popen([sys.executable, "-c", burn], stdout=2)
print("ready"); sys.stdin.readline(); child.wait(); print("done"); sys.stdin.read()
"""


@pytest.mark.parametrize("listen", [True, False], ids=["told by the kernel", "listed"])
def test_a_child_that_nobody_has_collected_yet_is_counted_once(
    start: Callable[..., subprocess.Popen[str]],
    listen: bool,  # noqa: FBT001 -- a parameter
) -> None:
    program = start(CHILD_LEFT_A_ZOMBIE)
    tree = open_tree(program.pid, forks() if listen else None)
    now_ns = time.monotonic_ns()
    seen: list[TreeEvent] = []
    for _ in range(500):
        seen += tree.events(now_ns)
        tree.processes()
        if any(isinstance(event, ProcessGone) for event in seen):
            break
        time.sleep(0.01)
        now_ns = time.monotonic_ns()

    for second in range(1, 4):  # looked at again, beyond every pause between two listings
        seen += tree.events(now_ns + second * 2_000_000_000)

    told = [type(event) for event in seen if not isinstance(event, ProcessNamed)]
    assert told == [ProcessBorn, ProcessBorn, ProcessGone]
    assert [reading.pid for reading in tree.processes()] == [program.pid]
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write("\n")
    program.stdin.flush()
    program.stdout.readline()
    (process,) = tree.processes(anew=True)
    assert process.children_ns > 0
    tree.close()


def test_a_run_that_the_clock_of_a_process_does_not_show_is_read_when_asked_anew(
    start: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host of a virtual machine takes back time; so short a run is charged as nothing."""
    program = start(FORKS_WHEN_ASKED)
    tree = open_tree(program.pid, None)
    monkeypatch.setattr(counters, "process_clock_ns", lambda _pid: 1_000_000)
    tree.processes()
    asked(program, "fork")

    (stale,) = tree.processes()
    (process,) = tree.processes(anew=True)

    assert stale.children_ns == 0
    assert process.children_ns > 0
    assert tree.processes() == [process]
    tree.close()


MAIN_THREAD_LEFT = """
import ctypes, platform, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
print("ready")
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[platform.machine()], 0)
"""


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64"), reason="the number of a system call"
)
def test_a_process_lives_on_without_its_main_thread(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    program = start(MAIN_THREAD_LEFT)
    tree = open_tree(program.pid, forks())

    def zombie() -> bool:
        return b") Z " in Path(f"/proc/{program.pid}/stat").read_bytes()

    events_until(tree, lambda _: zombie())

    assert zombie()
    assert tree.events(time.monotonic_ns()) == []
    assert tree.alive
    tree.close()


def test_no_such_process_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="there is no process 4194305"):
        open_tree(4194305, None)


LEAVES_A_ZOMBIE = """
import os, subprocess, sys
child = subprocess.Popen(["true"])
os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
print("ready"); print(child.pid); sys.stdin.read()
"""


def test_a_process_that_has_ended_is_a_usage_error(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    """Nobody has collected it yet, so it has a number still."""
    parent = start(LEAVES_A_ZOMBIE)
    assert parent.stdout is not None
    zombie = int(parent.stdout.readline())

    with pytest.raises(UsageError, match="has ended already"):
        open_tree(zombie, None)


def test_a_command_of_ours_that_has_ended_already_is_an_empty_tree() -> None:
    program = subprocess.Popen(["true"])
    os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)

    tree = open_tree(program.pid, None)

    assert not tree.alive
    assert [type(event) for event in tree.events(0)] == [ProcessBorn]
    assert tree.processes() == []
    program.wait()
    tree.close()


FORKS_A_LOT = """
import os, sys, time
print("ready")
for line in sys.stdin:
    for _ in range(int(line)):
        if os.fork() == 0: os._exit(0)
        os.wait()
    print("done")
"""
KEEPS_CHILDREN = """
import os, sys, time
print("ready")
for line in sys.stdin:
    for _ in range(int(line)):
        if os.fork() == 0: time.sleep(600); os._exit(0)
    print("done")
    sys.stdin.readline()
    os.killpg(0, 9)
"""


def asked(program: subprocess.Popen[str], words: str) -> None:
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(f"{words}\n")
    program.stdin.flush()
    assert program.stdout.readline() == "done\n"


def ended(events: list[TreeEvent]) -> list[int]:
    return [event.pid for event in events if isinstance(event, ProcessGone)]


def incidents(events: list[TreeEvent]) -> list[str]:
    return [event.what for event in events if isinstance(event, Incident)]


def test_a_storm_of_forks_is_told_in_part_and_counted_whole(
    start: Callable[..., subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = forks()
    if listener is None:
        pytest.skip("this kernel does not tell us of forks")
    monkeypatch.setattr("agentaudit.probes.processes.tree._MOST_BIRTHS", 100)
    program = start(FORKS_A_LOT)
    tree = open_tree(program.pid, listener)

    asked(program, "1500")
    seen = list(tree.events(time.monotonic_ns()))
    births = [event.pid for event in seen if isinstance(event, ProcessBorn)]
    # A parent may learn of an end before the kernel tells us of it: ends come late, out of order.
    seen += events_until(tree, lambda more: len(ended(seen + more)) == 100)

    ends = ended(seen)
    assert len(births) == 101
    assert sorted(ends) == sorted(births[1:])
    assert incidents(seen) == ["more than 100 processes were born between two looks"]
    assert tree.pids == (program.pid,)
    (reading,) = tree.processes()
    assert reading.children_ns > 0
    tree.close()


def test_word_of_forks_that_was_dropped_is_said_and_made_up_for(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    try:
        listener = ForkEvents(receive_bytes=1)  # the kernel makes it the least it allows
    except OSError:
        pytest.skip("this kernel does not tell us of forks")
    program = start(FORKS_A_LOT)
    tree = open_tree(program.pid, listener)
    asked(program, "500")
    child = subprocess.Popen(["sleep", "600"])

    seen = list(tree.events(time.monotonic_ns()))
    again = [event for _ in range(3) for event in tree.events(time.monotonic_ns())]

    assert [what for what in incidents(seen) if "dropped" in what] == [
        "the kernel dropped word of forks: there were more than we could take in"
    ]
    assert incidents(again) == []
    assert tree.pids == (program.pid,)
    child.kill()
    child.wait()
    tree.close()


@pytest.mark.parametrize("listen", [True, False], ids=["told by the kernel", "listed"])
def test_more_processes_than_are_read_one_by_one_are_said(
    start: Callable[..., subprocess.Popen[str]],
    listen: bool,  # noqa: FBT001 -- a parameter
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agentaudit.probes.processes.tree.MOST_PROCESSES", 3)
    program = start("import os; os.setsid()\n" + KEEPS_CHILDREN)
    tree = open_tree(program.pid, forks() if listen else None)
    asked(program, "6")

    seen = events_until(tree, lambda seen: bool(incidents(seen)))

    assert incidents(seen) == ["more than 3 processes live at once"]
    assert len(tree.pids) == 3
    os.killpg(program.pid, signal.SIGKILL)
    tree.close()


def test_a_number_whose_first_owner_ended_unheard_is_the_new_owners() -> None:
    """The word of the first one's end was lost; the kernel gives its number to another child."""
    first = subprocess.Popen(["sleep", "600"])
    second = subprocess.Popen(["sleep", "600"])
    told = [
        [Fork(at_ns=1, parent_pid=os.getpid(), parent_tid=os.getpid(), pid=first.pid)],
        [Fork(at_ns=2, parent_pid=os.getpid(), parent_tid=os.getpid(), pid=first.pid)],
    ]
    tree = ProcessTree(os.getpid(), cast("ForkEvents", Told(told)))
    tree.events(1)

    events = tree.events(2)

    kinds = [type(event) for event in events if event.pid == first.pid]  # type: ignore[union-attr]  # no incident is among them
    assert kinds == [ProcessGone, ProcessBorn]
    for child in (first, second):
        child.kill()
        child.wait()
    tree.close()


@dataclass
class Told:
    """What the kernel says, look by look."""

    looks: list[list[Fork]]
    lost: int = 0

    def read(self) -> list[Fork]:
        return self.looks.pop(0) if self.looks else []

    def close(self) -> None:
        pass


def test_the_clock_of_a_process_that_waits_spares_the_look_at_its_threads(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    program = start(WAITS)
    until_it_waits(program)
    tree = open_tree(program.pid, None)
    tree.threads()

    first, second = tree.threads(), tree.threads()

    assert first[0] is second[0]
    tree.close()
