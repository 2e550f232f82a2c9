"""How many cores a process may use, by its groups and by the cores it is pinned to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentaudit.probes.processes.limits import cpu_limit_cores

US = os.getpid()


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of 64 cores whose groups of both versions can be written."""
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(64)))
    for folder in ("self", str(US), "v1", "v2"):
        (tmp_path / folder).mkdir()
    (tmp_path / "self" / "mountinfo").write_text(
        f"30 1 0:27 / {tmp_path}/v2 rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
        f"31 1 0:28 / {tmp_path}/memory rw - cgroup cgroup rw,memory\n"
        f"32 1 0:29 / {tmp_path}/v1 rw,nosuid - cgroup cgroup rw,cpu,cpuacct\n"
        "33 1 0:30 / /proc rw - proc proc rw\n"
    )
    return tmp_path


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def test_the_quota_of_a_container_is_its_limit(proc: Path) -> None:
    write(proc / str(US), cgroup="0::/pod/agent\n")
    write(proc / "v2/pod/agent", cpu__max="150000 100000\n")

    assert cpu_limit_cores(US, proc) == 1.5


def test_the_group_around_it_may_be_the_tighter_one(proc: Path) -> None:
    write(proc / str(US), cgroup="0::/pod/agent\n")
    write(proc / "v2/pod", cpu__max="50000 100000\n")
    write(proc / "v2/pod/agent", cpu__max="400000\n")

    assert cpu_limit_cores(US, proc) == 0.5


def test_groups_of_the_first_version_are_read_too(proc: Path) -> None:
    write(proc / str(US), cgroup="4:cpu,cpuacct:/docker/1\n3:memory:/docker/1\n0::/\n")
    write(proc / "v1/docker/1", cpu__cfs_quota_us="300000\n", cpu__cfs_period_us="100000\n")

    assert cpu_limit_cores(US, proc) == 3.0


@pytest.mark.parametrize("text", ["max 100000\n", "", "-1 100000", "1 0", "nonsense", "\0"])
def test_what_is_no_limit_is_none(proc: Path, text: str) -> None:
    write(proc / str(US), cgroup="0::/../pod\nnonsense\n")
    write(proc / "v2/pod", cpu__max=text)

    assert cpu_limit_cores(US, proc) is None


def test_a_process_that_nobody_limits_has_the_machine(proc: Path) -> None:
    assert cpu_limit_cores(US, proc) is None


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core cannot be limited to one")
def test_cores_that_a_process_is_pinned_to_are_its_limit() -> None:
    one = min(os.sched_getaffinity(0))
    program = subprocess.Popen(
        [sys.executable, "-c", f"import os; os.sched_setaffinity(0, {{{one}}}); print(); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert program.stdout is not None
    program.stdout.readline()

    assert cpu_limit_cores(program.pid) == 1.0
    program.kill()
    program.communicate()


def test_a_process_that_is_gone_has_no_limit() -> None:
    assert cpu_limit_cores(4194305) is None
