"""A control group of our own: where it is made, that it is left, and what happens without."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentaudit.probes.execution import control_group as module
from agentaudit.probes.execution.control_group import control_group, parent_of

V1 = """\
tmpfs /sys/fs/cgroup tmpfs rw,relatime,mode=755 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
"""
V2 = """\
proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0
cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate 0 0
"""
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_of_version_1_it_is_below_our_own() -> None:
    own = "4:memory:/other\n3:cpu,cpuacct:/docker/1f\n0::/\n"

    assert parent_of(V1, own) == (
        Path("/sys/fs/cgroup/cpu,cpuacct/docker/1f"),
        ("cpu.shares", 262_144),
    )


def test_of_version_2_it_is_below_the_root() -> None:
    own = "0::/user.slice/user-1000.slice/session-2.scope\n"

    assert parent_of(V2, own) == (Path("/sys/fs/cgroup"), ("cpu.weight", 10_000))


def test_without_any_there_is_none() -> None:
    assert parent_of("proc /proc proc rw 0 0\n", "") is None
    assert parent_of("", "") is None


def test_what_the_system_refuses_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tree that is not there, and one that knows nothing of weights; nothing stays behind."""
    mounts = tmp_path / "mounts"
    monkeypatch.setattr(module, "_MOUNTS", mounts)
    with control_group([os.getpid()]) as made:
        assert not made
    mounts.write_text(f"cgroup2 {tmp_path}/gone cgroup2 rw 0 0\n", encoding="utf-8")
    with control_group([os.getpid()]) as made:
        assert not made
    assert list(tmp_path.iterdir()) == [mounts]


def test_processes_are_in_it_and_out_again() -> None:
    """What they start is in it too; at the end it is gone, and they are not."""
    sleeper = subprocess.Popen(SLEEP)
    before = _groups(sleeper.pid)
    try:
        with control_group([sleeper.pid]) as made:
            if not made:
                pytest.skip("this system lets nobody make a control group here")
            inside = _groups(sleeper.pid)
        after = _groups(sleeper.pid)
    finally:
        sleeper.kill()
        sleeper.wait()

    assert any(line.endswith(f"/agentaudit-{os.getpid()}") for line in inside)
    assert after == before


def _groups(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii").splitlines()
