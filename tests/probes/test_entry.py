"""Whoever is started for a process lives where it lives, and may do no more than it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from agentaudit.probes import entry

SCRIPT = str(Path(entry.__file__))
NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


def entered(pid: int, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, str(pid), *command], capture_output=True, text=True, check=False
    )


def status_of(text: str) -> Mapping[str, str]:
    return dict(line.split(":\t", 1) for line in text.splitlines())


@as_root
def test_the_user_and_the_rights_of_the_process_are_taken() -> None:
    sleep = ["sleep", "60"]
    with subprocess.Popen(sleep, user=NOBODY, group=NOBODY, extra_groups=[12]) as program:
        done = entered(program.pid, "/bin/cat", "/proc/self/status")
        program.kill()

    status = status_of(done.stdout)
    assert status["Uid"].split() == [str(NOBODY)] * 4
    assert status["Gid"].split() == [str(NOBODY)] * 4
    assert status["Groups"].split() == ["12"]
    assert status["NoNewPrivs"] == "1"
    assert {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")} == {0}


@as_root
def test_the_namespaces_of_the_process_are_entered() -> None:
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    shell = "echo ready; exec sleep 60"
    with subprocess.Popen([*command, "sh", "-c", shell], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        program.stdout.readline()
        children = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text()
        pid = int(children.split()[0])
        theirs = Path(f"/proc/{pid}/ns/mnt").readlink()
        done = entered(
            pid, "/bin/sh", "-c", "readlink /proc/self/ns/mnt /proc/{pid}/ns/mnt; exit 7"
        )
        killed = entered(pid, "/bin/sh", "-c", "kill -9 $$")
        program.kill()

    assert done.stdout.split() == [str(theirs)] * 2
    assert done.returncode == 7
    assert killed.returncode == -9


def test_where_nobody_can_go_the_reason_is_said() -> None:
    gone = entered(4194305, "/bin/true")
    missing = entered(os.getpid(), "/no/such/python3.14")

    assert "FileNotFoundError" in gone.stderr
    assert "FileNotFoundError" in missing.stderr
    assert gone.returncode == missing.returncode == 1


def test_the_environment_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")

    done = entered(os.getpid(), "/usr/bin/env")

    assert "OPENAI_API_KEY" not in done.stdout
    assert "PATH=" in done.stdout
