"""Numbers of processes in real PID namespaces, seen from outside and from inside."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from agentaudit.probes.processes import pid_namespaces
from agentaudit.probes.processes.pid_namespaces import (
    DriverPids,
    ancestors_of,
    in_own_pid_namespace,
    namespace,
    numbers_of,
)

INSIDE = """
import json, os, sys
from agentaudit.probes.processes import pid_namespaces
pid_namespaces.DEVICES = sys.argv[1]
held = open(sys.argv[1] + "0")
numbers = pid_namespaces.DriverPids()
asked = [numbers.ours(set(each)) for each in json.loads(sys.argv[2])]
print(json.dumps([pid_namespaces.in_own_pid_namespace(), os.getpid(), asked]))
"""
HOLDER = "import sys; held = open(sys.argv[1]); print('ready', flush=True); sys.stdin.read()"
Contained = Callable[..., list[str]]


@pytest.fixture
def contained(needs: Callable[[str, str], str]) -> Contained:
    """A command as the first process of a PID namespace of its own."""
    command = [needs("unshare", "util-linux"), "--pid", "--fork", "--mount-proc", "--kill-child"]
    if os.geteuid() != 0:
        command[1:1] = ["--user", "--map-root-user"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no PID namespace may be made here")
    return lambda *words: [*command, *words]


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that stands for that of a GPU."""
    monkeypatch.setattr(pid_namespaces, "DEVICES", str(tmp_path / "nvidia"))
    path = tmp_path / "nvidia0"
    path.touch()
    return path


@pytest.fixture
def tenant(contained: Contained, device: Path) -> Iterator[int]:
    """Our number of a process that is number 1 in its container, and holds the device."""
    words = contained(sys.executable, "-c", HOLDER, str(device))
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        children = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text()
        yield int(children.split()[0])
        program.kill()


def inside(contained: Contained, device: Path, asked: Sequence[Sequence[int]]) -> list[object]:
    words = contained(sys.executable, "-c", INSIDE, str(device)[:-1], json.dumps(asked))
    found: list[object] = json.loads(subprocess.check_output(words))
    return found


def test_a_process_has_our_number_first_and_its_own_last(tenant: int) -> None:
    assert numbers_of(tenant) == (tenant, 1)
    assert numbers_of(os.getpid())[0] == os.getpid()
    assert namespace(tenant, "pid") != namespace("self", "pid")


def test_of_a_process_that_is_gone_nothing_is_known() -> None:
    assert numbers_of(4194305) == ()
    assert namespace(4194305, "pid") is None
    assert namespace("self", "nothing") is None


def test_ancestors_end_with_the_first_process(tenant: int) -> None:
    parents = ancestors_of(tenant)

    assert parents[1] == os.getpid()
    assert 1 not in parents
    assert ancestors_of(4194305) == ()


def test_the_number_within_a_container_leads_to_the_process(tenant: int) -> None:
    """Number 1 is somebody else here, who holds no device."""
    numbers = DriverPids()

    assert numbers.ours({1}) == {1: tenant}
    assert numbers.ours({1}) == {1: tenant}
    assert numbers.ours({tenant}) == {tenant: tenant}


def test_a_machine_knows_its_own_numbers_even_of_those_that_ended() -> None:
    if in_own_pid_namespace():
        pytest.skip("this is a container")

    assert DriverPids().ours({4194305, os.getpid()}) == {
        4194305: 4194305,
        os.getpid(): os.getpid(),
    }


def test_in_a_container_numbers_of_the_machine_lead_nowhere(
    contained: Contained, device: Path
) -> None:
    """And then not even one that somebody here has by chance: it is somebody else's."""
    contained_, own, asked = inside(contained, device, [[1], [4194305], [1, 4194305], [4194305]])

    assert (contained_, own) == (True, 1)
    assert asked == [{"1": 1}, {}, {}, {}]


def test_two_containers_with_one_number_are_not_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shared: Mapping[int, Sequence[int]] = {10: (10, 7), 11: (11, 7), 12: (12,)}
    monkeypatch.setattr(pid_namespaces, "_processes", lambda: list(shared))
    monkeypatch.setattr(pid_namespaces, "numbers_of", lambda pid: shared.get(pid, ()))
    monkeypatch.setattr(pid_namespaces, "_holds_device", lambda pid: pid in (10, 11))

    assert DriverPids().ours({7}) == {}
