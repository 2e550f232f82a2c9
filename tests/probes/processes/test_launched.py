"""Commands that we start end with us, and what they used is known."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentaudit.errors import UsageError
from agentaudit.probes.processes import launched
from agentaudit.probes.processes.launched import Launched, spent_ns

BURNS = "import time\nwhile time.process_time() < 0.2: pass"


def until(found: Callable[[], bool]) -> bool:
    """Whether it becomes true within a time that is never reached when all is well."""
    for _ in range(2000):
        if found():
            return True
        time.sleep(0.01)
    return False


def children() -> list[str]:
    pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids]


def test_what_a_command_used_is_known_to_the_microsecond_before_it_is_collected() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = subprocess.Popen([sys.executable, "-c", BURNS])
    assert until(lambda: spent_ns(program.pid) is not None)

    spent = spent_ns(program.pid)

    program.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used_us = round(
        (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1_000_000
    )
    assert spent is not None
    assert spent >= 200_000_000
    assert abs(spent // 1000 - used_us) <= 2


def test_what_runs_still_has_no_total_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    command = Launched(["sleep", "600"], {})

    assert spent_ns(command.pid) is None
    command.end()

    program = subprocess.Popen(["true"])
    os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
    monkeypatch.setattr(launched, "_WAITID", {})
    assert spent_ns(program.pid) is None
    program.wait()


def test_an_end_leaves_neither_the_command_nor_its_keeper() -> None:
    before = children()
    command = Launched([sys.executable, "-c", "import time; time.sleep(600)"], {"A": "1"})
    environment = Path(f"/proc/{command.pid}/environ")
    told = until(lambda: "A=1" in environment.read_text().split("\0"))  # empty as it begins

    command.end()

    assert told
    assert children() == before


def test_a_command_that_cannot_start_leaves_no_keeper() -> None:
    before = children()

    with pytest.raises(UsageError, match="cannot be started: No such file"):
        Launched(["/no/such/program"], {})

    assert children() == before


def test_a_keeper_that_was_ended_by_others_changes_nothing() -> None:
    command = Launched(["sleep", "600"], {})
    assert command._keeper is not None
    command._keeper.kill()
    command._keeper.wait()

    command.end()

    with pytest.raises(ProcessLookupError):
        os.kill(command.pid, 0)


def test_without_a_shell_nobody_stands_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launched, "_SHELL", "/no/such/shell")
    command = Launched(["sleep", "600"], {})

    command.end()

    with pytest.raises(ProcessLookupError):
        os.kill(command.pid, 0)


@pytest.mark.parametrize(
    ("script", "told"),
    [("exit 0", ""), ("exit 7", " with code 7"), ("kill -KILL $$", " by SIGKILL")],
)
def test_how_a_command_ended_is_told(script: str, told: str) -> None:
    command = Launched(["sh", "-c", script], {})
    os.waitid(os.P_PID, command.pid, os.WEXITED | os.WNOWAIT)

    assert launched.ending(command.pid) == told
    command.end()


def test_a_command_that_runs_has_no_ending() -> None:
    command = Launched(["sleep", "600"], {})

    assert launched.ending(command.pid) == ""
    command.end()
