"""A control group of our own: where it is made, that it is left, and what happens without."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentaudit.probes.execution import control_group as module
from agentaudit.probes.execution.control_group import control_group, tree_of

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
    tree = tree_of(V1)
    assert tree is not None
    ours = tree.group_in("4:memory:/other\n3:cpu,cpuacct:/docker/1f\n0::/\n")

    assert ours == Path("/sys/fs/cgroup/cpu,cpuacct/docker/1f")
    assert tree.parent(ours) == ours
    assert (tree.weight, tree.most) == ("cpu.shares", 262_144)


def test_of_version_2_it_is_below_the_root() -> None:
    tree = tree_of(V2)
    assert tree is not None
    ours = tree.group_in("0::/user.slice/user-1000.slice/session-2.scope\n")

    assert ours == Path("/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope")
    assert tree.parent(ours) == Path("/sys/fs/cgroup")
    assert (tree.weight, tree.most) == ("cpu.weight", 10_000)


def test_without_any_there_is_none() -> None:
    assert tree_of("proc /proc proc rw 0 0\n") is None
    assert tree_of("") is None


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A made /proc and a made tree of version 2, in which we are `driver` and 71 is `worker`."""
    proc, groups = tmp_path / "proc", tmp_path / "groups"
    for pid, group in (("self", "driver"), ("71", "worker")):
        for folder in (proc / pid, groups / group):
            folder.mkdir(parents=True)
        (proc / pid / "cgroup").write_text(f"0::/{group}\n", encoding="ascii")
    (proc / "self/mounts").write_text(f"cgroup2 {groups} cgroup2 rw 0 0\n", encoding="ascii")
    monkeypatch.setattr(module, "_PROC", proc)
    monkeypatch.setattr(module, "_TRIES", 1)  # a made group is a folder with files, which stays
    return groups


def test_what_the_system_refuses_is_done_without(system: Path) -> None:
    """A process that has ended, a tree that is not there, and none at all; nothing stays behind."""
    mounts = module._PROC / "self/mounts"
    with control_group([72]) as made:
        assert not made
    mounts.write_text(f"cgroup2 {system}/gone cgroup2 rw 0 0\n", encoding="ascii")
    with control_group([71]) as made:
        assert not made
    mounts.unlink()
    with control_group([71]) as made:
        assert not made


def test_of_version_2_each_is_put_back_where_it_was(system: Path) -> None:
    """What they have started meanwhile is put where we are."""
    group = system / f"agentaudit-{os.getpid()}"
    with control_group([71]) as made:
        assert made
        assert (group / "cgroup.procs").read_text(encoding="ascii") == "71"
        assert (group / "cpu.weight").read_text(encoding="ascii") == "10000"
        (group / "cgroup.procs").write_text("71\n80\n", encoding="ascii")

    assert (system / "worker/cgroup.procs").read_text(encoding="ascii") == "71"
    assert (system / "driver/cgroup.procs").read_text(encoding="ascii") == "80"
    assert not (system / "cgroup.procs").exists()


def test_whose_group_is_gone_goes_where_we_are(system: Path) -> None:
    with control_group([71]) as made:
        assert made
        (system / "worker").rmdir()

    assert (system / "driver/cgroup.procs").read_text(encoding="ascii") == "71"


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
