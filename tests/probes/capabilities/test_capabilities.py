"""What can be recorded of real processes, and what would make the rest possible."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from agentaudit.errors import UsageError
from agentaudit.model.capability import Capability
from agentaudit.probes.capabilities import confinement
from agentaudit.probes.capabilities import stacks as stack_capabilities
from agentaudit.probes.capabilities import table as probed
from agentaudit.probes.capabilities.confinement import Place
from agentaudit.probes.capabilities.table import capabilities
from agentaudit.probes.energy import Access


@pytest.fixture
def port() -> int:
    """A port of loopback that nobody listens on."""
    with closing(socket.socket()) as ear:
        ear.bind(("127.0.0.1", 0))
        return int(ear.getsockname()[1])


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], env={"OTEL_TRACES_EXPORTER": "otlp"}) as program:
        yield program
        program.kill()


def of(pid: int | None, port: int) -> Mapping[str, Capability]:
    return {capability.name: capability for capability in capabilities(pid, port)}


def test_of_ourselves_time_and_steps_can_be_read(port: int) -> None:
    found = of(os.getpid(), port)

    assert found["process"].available
    assert "CPython 3." in found["process"].found
    assert found["CPU counters"].available
    assert found["memory access"].available
    assert found["connections"].available
    assert found["markers"].available


@pytest.mark.parametrize("pid", [None, os.getpid()])
def test_what_is_missing_says_how_to_get_it(port: int, pid: int | None) -> None:
    """And what is there needs nothing."""
    for capability in capabilities(pid, port):
        assert capability.gives
        assert capability.found
        if capability.available is not None:
            assert capability.available != bool(capability.enable)


def test_parts_stay_together(port: int) -> None:
    parts = [capability.part for capability in capabilities(None, port)]

    assert sorted(set(parts), key=parts.index) == ["process", "time", "steps", "devices"]
    assert parts == sorted(parts, key=parts.index)


def test_a_process_that_is_no_python_has_no_stacks(
    port: int, sleeper: subprocess.Popen[bytes]
) -> None:
    found = of(sleeper.pid, port)

    assert found["process"].found.startswith("sleep 60 (no Python, user ")
    for sampler in ("stacks: own Python", "stacks: py-spy", "asyncio tasks"):
        assert not found[sampler].available
        assert "runs no Python" in found[sampler].found


@pytest.mark.parametrize("pid", [0, -1, 4194305])
def test_a_number_that_is_no_process_is_a_mistake_of_the_caller(port: int, pid: int) -> None:
    with pytest.raises(UsageError, match=f"there is no process {pid};"):
        capabilities(pid, port)


def test_a_zombie_has_ended(port: int) -> None:
    program = subprocess.Popen(["true"])
    os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)

    with pytest.raises(UsageError, match="has ended already"):
        capabilities(program.pid, port)
    program.wait()


def test_a_thread_names_its_process(port: int, start: Callable[..., subprocess.Popen[str]]) -> None:
    program = start(
        "import sys, threading\nthreading.Thread(target=sys.stdin.read).start()\nprint('ready')\n"
    )
    threads = {int(task.name) for task in Path(f"/proc/{program.pid}/task").iterdir()}
    (thread,) = threads - {program.pid}

    with pytest.raises(UsageError, match=f"thread of process {program.pid}: name {program.pid}"):
        capabilities(thread, port)


def test_a_thread_of_the_kernel_runs_no_program(port: int) -> None:
    if Path("/proc/2/comm").read_text(encoding="ascii").strip() != "kthreadd":
        pytest.skip("no thread of the kernel is visible here")
    found = of(2, port)

    assert not found["process"].available
    assert "thread of the kernel" in found["process"].found


AS_NOBODY = """
import encodings.ascii, json, os, sys, tempfile
from pathlib import Path
import pynvml
from msgspec.structs import asdict
from agentaudit.probes.capabilities import table as capabilities
from agentaudit.probes.capabilities import confinement
pid = int(sys.argv[1]) or None
capabilities.capabilities(pid, 40123)  # all is imported while the interpreter can be read
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
with tempfile.NamedTemporaryFile("w") as scope:
    scope.write(sys.argv[2])
    scope.flush()
    confinement.PTRACE_SCOPE = Path(scope.name)
    print(json.dumps([asdict(one) for one in capabilities.capabilities(pid, 40123)]))
"""


def as_nobody(pid: int, scope: int) -> Mapping[str, Mapping[str, object]]:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    command = [sys.executable, "-c", AS_NOBODY, str(pid), str(scope)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return {one["name"]: one for one in json.loads(done.stdout)}


def test_another_users_process_shows_its_time_alone(sleeper: subprocess.Popen[bytes]) -> None:
    found = as_nobody(sleeper.pid, 0)

    assert found["CPU counters"]["available"]
    for closed in ("memory access", "connections"):
        assert found[closed]["available"] is False
    assert "another user" in str(found["memory access"]["found"])
    assert found["spans"]["available"] is None
    assert "hidden" in str(found["spans"]["found"])


@pytest.mark.parametrize(
    ("scope", "says"),
    [(1, "only our own children"), (2, "only administrators"), (3, "until the next boot")],
)
def test_yama_restricts_all_but_the_privileged(scope: int, says: str) -> None:
    memory = as_nobody(0, scope)["memory access"]

    assert memory["available"] is False
    assert says in str(memory["found"])
    assert memory["enable"]


def test_without_py_spy_there_is_a_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    monkeypatch.setattr(stack_capabilities, "find_pyspy", lambda: None)
    stacks = of(None, port)["stacks: py-spy"]

    assert (stacks.available, stacks.enable) == (False, "pip install py-spy")


@pytest.mark.parametrize(
    ("runtime", "samplers"),
    [
        (
            "CPython 3.14",
            {"stacks: own Python", "asyncio tasks", "injected markers", "stacks: py-spy"},
        ),
        ("CPython 3.12", {"stacks: py-spy", "stacks: Austin"}),
        ("CPython", {"stacks: py-spy"}),
    ],
)
def test_the_sampler_follows_the_version(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    port: int,
    *,
    runtime: str,
    samplers: Collection[str],
) -> None:
    austin = tmp_path / "austin"
    austin.write_text("#!/bin/sh\necho austin 4.0.0\n")
    austin.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(stack_capabilities, "python_of", lambda _: runtime)
    monkeypatch.setattr(stack_capabilities, "interpreter_of", lambda _: "/usr/bin/python3")
    found = of(os.getpid(), port)

    told = ("stacks: own Python", "asyncio tasks", "injected markers", "stacks: py-spy")
    for name in (*told, "stacks: Austin"):
        assert found[name].available is (name in samplers)


def test_a_process_may_forbid_markers_of_others(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(stack_capabilities, "python_of", lambda _: "CPython 3.14")
    monkeypatch.setattr(stack_capabilities, "interpreter_of", lambda _: "/usr/bin/python3")
    environment = {**os.environ, "PYTHON_DISABLE_REMOTE_DEBUG": "1"}
    with subprocess.Popen(["sleep", "600"], env=environment) as program:
        found = of(program.pid, port)
        program.kill()

    assert found["asyncio tasks"].available
    assert not found["injected markers"].available
    assert "PYTHON_DISABLE_REMOTE_DEBUG" in found["injected markers"].found


def test_spans_need_a_free_port(port: int, sleeper: subprocess.Popen[bytes]) -> None:
    """Whether a process exports that does not say where to, nobody knows."""
    silent = of(sleeper.pid, port)["spans"]
    with closing(socket.socket()) as ear:
        ear.bind(("127.0.0.1", port))
        ear.listen()
        taken = of(sleeper.pid, port)["spans"]

    assert (silent.available, taken.available) == (None, False)
    assert "has OTEL_TRACES_EXPORTER" in silent.found
    assert f"127.0.0.1:{port} cannot be had" in taken.found


@pytest.mark.parametrize(
    ("target", "ours"),
    [
        ("http://localhost:{port}", True),
        ("http://127.0.0.1:{port}/v1/traces", True),
        ("http://127.0.0.1:1", False),
        ("https://collector.example:{port}", False),
        ("http://[broken", False),
    ],
)
def test_a_process_may_send_its_spans_to_us_or_to_somebody_else(
    port: int, target: str, *, ours: bool
) -> None:
    """Names of variables are shown, and never values."""
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": target.format(port=port),
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=hunter2",
    }
    with subprocess.Popen(["sleep", "60"], env=environment) as program:
        found = of(program.pid, port)["spans"]
        program.kill()

    assert found.available is ours
    assert "OTEL_EXPORTER_OTLP_HEADERS" in found.found
    assert "hunter2" not in found.found
    assert "collector" not in found.found


@pytest.mark.parametrize(
    ("variable", "mark", "place"),
    [
        ("KUBERNETES_SERVICE_HOST", "/", Place.KUBERNETES),
        ("NOTHING", "/", Place.CONTAINER),
        ("INVOCATION_ID", "/no/mark", Place.SERVICE),
        ("NOTHING", "/no/mark", Place.MACHINE),
    ],
)
def test_the_way_to_a_right_depends_on_the_place(
    monkeypatch: pytest.MonkeyPatch, variable: str, mark: str, place: confinement.Place
) -> None:
    monkeypatch.setattr(confinement, "MARKS", (Path(mark),))
    monkeypatch.setattr(confinement, "in_own_pid_namespace", bool)
    for name in ("KUBERNETES_SERVICE_HOST", "INVOCATION_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "1")
    granting = confinement.granting("SYS_PTRACE", "sudo")

    assert confinement.place() is place
    assert (granting == "sudo") is (place is Place.MACHINE)


@pytest.mark.parametrize("found", list(Access))
def test_energy_says_what_opens_its_counters(
    monkeypatch: pytest.MonkeyPatch, port: int, found: Access
) -> None:
    monkeypatch.setattr("agentaudit.probes.capabilities.table.access", lambda: found)
    energy = of(None, port)["CPU energy"]

    assert energy.available is (found is Access.READABLE)
    assert bool(energy.enable) is not energy.available


@pytest.mark.parametrize(
    ("where", "indistinct", "enable"),
    [
        (Place.CONTAINER, "numbers of another PID namespace", "docker run --pid=host …"),
        (Place.KUBERNETES, "numbers of another PID namespace", "hostPID: true in the Pod's spec"),
        (Place.CONTAINER, "GPU 0 is divided (MIG)", "one process an instance"),
        (Place.CONTAINER, "", ""),
    ],
)
def test_whose_gpu_time_is_whose_may_be_hidden(
    monkeypatch: pytest.MonkeyPatch, port: int, *, where: Place, indistinct: str, enable: str
) -> None:
    class Devices:
        names = ("Test GPU",)
        note = ""
        closed = 0

        def indistinct(self) -> str:
            return indistinct

        def close(self) -> None:
            Devices.closed += 1

    monkeypatch.setattr(probed, "Gpus", Devices)
    monkeypatch.setattr(probed, "place", lambda: where)
    found = of(None, port)

    assert (found["GPU"].available, found["GPU"].found) == (True, "Test GPU")
    assert found["GPU by process"].available is not bool(indistinct)
    assert found["GPU by process"].enable.startswith(enable)
    assert Devices.closed == 1


def test_what_the_kernel_refuses_is_told_in_its_words(
    monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    def hidden(pid: int, forks: object) -> None:
        raise UsageError(f"process {pid} is hidden{forks or ''}")

    def refused() -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(probed, "open_tree", hidden)
    monkeypatch.setattr(probed, "ForkEvents", refused)
    found = of(None, port)

    assert found["CPU counters"].found == f"process {os.getpid()} is hidden"
    assert "hidepid=0" in found["CPU counters"].enable
    assert found["fork events"].found == "Operation not permitted"
    assert found["fork events"].enable
