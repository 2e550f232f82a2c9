"""GPUs through the real binding, over a driver's library that is made for the test."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentaudit.probes.gpu import devices as gpu
from agentaudit.probes.gpu.processes import monotonic_ns

LIBRARY = Path(__file__).parent / "nvml.c"
READ = """
import json, sys
import pynvml
from msgspec.structs import asdict
from agentaudit.probes.processes import pid_namespaces
from agentaudit.probes.gpu.devices import Gpus

asked = json.loads(sys.argv[1])
pid_namespaces.DEVICES = asked["devices"]
held_open = open(asked["holds"])
base_ns = 10**15  # no clock is near: stamps are as old as the look that brings them
gpus = Gpus(base_ns)
looks = []
for second in asked["seconds"]:
    if pynvml.nvmlLib:
        pynvml.nvmlLib.fake_now(pynvml.c_ulonglong(round(second * 1e6)))
    looks.append(gpus.read(base_ns + round(second * 1e9), asked["pids"]))
energy = gpus.energy()
gpus.close()
gpus.close()
held = pynvml.nvmlLib.fake_samples_held() if pynvml.nvmlLib else 0
shown = lambda one: [type(one).__name__, asdict(one)]
text = [[shown(one) for one in look] for look in [*looks, energy]]
print(json.dumps([gpus.names, gpus.note, text, held]))
"""
OURS, OTHER = 4711, 4712
Fields = Mapping[str, object]


@dataclass(frozen=True)
class Said:
    """What was read: at each look, and at the end."""

    names: Sequence[str]
    note: str
    looks: Sequence[Sequence[tuple[str, Fields]]]
    energy: Sequence[Fields]
    held: int
    """GPM samples that were never given back."""

    def of(self, kind: str) -> Sequence[Fields]:
        return [fields for look in self.looks for name, fields in look if name == kind]


Read = Callable[..., Said]


def built(folder: Path, compiler: str, says: Mapping[str, object]) -> Path:
    """The library in a folder of its own; what is None is no function of it."""
    flags = [f"-D{name}={value}" for name, value in says.items() if value is not None]
    library = folder / "libnvidia-ml.so.1"
    command = [compiler, "-shared", "-fPIC", "-w", *flags, "-o", str(library), str(LIBRARY)]
    subprocess.run(command, check=True)
    return library


def asked(
    folder: Path, question: Mapping[str, object] | None = None, inside: Sequence[str] = ()
) -> Said:
    """What our probe says with the library of this folder, at seconds 1, 2 and 3."""
    usual = {"seconds": [1, 2, 3], "pids": [OURS], "devices": "/dev/nvidia", "holds": os.devnull}
    run = subprocess.run(
        [*inside, sys.executable, "-c", READ, json.dumps({**usual, **(question or {})})],
        env={**os.environ, "LD_LIBRARY_PATH": str(folder)},
        stdout=subprocess.PIPE,
        check=True,
    )
    names, note, text, held = json.loads(run.stdout)
    *looks, energy = text
    return Said(names, note, looks, [fields for _, fields in energy], held)


@pytest.fixture
def read(tmp_path: Path, needs: Callable[[str, str], str]) -> Read:
    """What our probe says of a driver that behaves as asked."""
    compiler = needs("gcc", "gcc")

    def read(
        question: Mapping[str, object] | None = None, inside: Sequence[str] = (), **says: object
    ) -> Said:
        built(tmp_path, compiler, says)
        return asked(tmp_path, question, inside)

    return read


def test_devices_have_a_name_that_holds_everywhere(
    tmp_path: Path, needs: Callable[[str, str], str]
) -> None:
    built(tmp_path, needs("gcc", "gcc"), {})
    script = "from agentaudit.probes.gpu.devices import uuids; print(*uuids())"
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", script], env=environment, stdout=-1, check=True)

    assert run.stdout == b"GPU-604a\n"


def test_without_a_driver_there_are_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    class Absent:
        def __init__(self) -> None:
            raise RuntimeError("not there")

    monkeypatch.setattr(gpu, "Nvml", Absent)

    assert gpu.uuids() == frozenset()


def entries(*rows: tuple[float, int, int]) -> str:
    """Rows of second, process and percent as the library's entries."""
    return "".join(f"{{{round(at * 1e6)}u,{pid}u,{share}u}}," for at, pid, share in rows)


BOTH = entries((1, OURS, 50), (1, OTHER, 30), (2, OURS, 20))


@pytest.mark.parametrize("newer", [None, 0])
def test_every_process_that_the_driver_names_has_its_time(read: Read, newer: int | None) -> None:
    """Those outside the tree too: an inference server is seldom a child of its agent."""
    said = read(USES=BOTH, NEWER=newer)

    assert (said.names, said.note) == (["Test GPU"], "")
    times = [(one["pid"], one["busy_ns"]) for one in said.of("GpuProcessTime")]
    assert times == [(OURS, 500_000_000), (OTHER, 300_000_000), (OURS, 200_000_000)]
    windows = [(one["since_ns"], one["at_ns"]) for one in said.of("GpuProcessTime")]
    base_ns = 10**15
    assert windows[0] == (base_ns, base_ns + 1_000_000_000)
    assert windows[2] == (base_ns + 1_000_000_000, base_ns + 2_000_000_000)


def test_strangers_on_the_device_come_with_their_ancestors(read: Read) -> None:
    """An inference server's worker is a child of the process that listens."""
    with subprocess.Popen(["sleep", "60"]) as worker:
        said = read(USES=entries((1, worker.pid, 50), (1, OURS, 20)))
        worker.kill()

    parents = {one["pid"]: one["parents"] for one in said.of("GpuProcessTime")}
    assert parents[OURS] == []
    assert str(parents[worker.pid]).startswith(f"[{os.getpid()}")


def test_our_share_is_that_of_the_tree(read: Read) -> None:
    shares = [one["ours"] for one in read(USES=BOTH).of("GpuSample")]

    assert shares[:2] == [0.5, 0.2]


def test_a_busy_device_whose_driver_names_nobody_is_of_unknown_owners(read: Read) -> None:
    unknown, idle = read(BUSY=60), read(BUSY=0)

    assert [one["ours"] for one in unknown.of("GpuSample")] == [None] * 3
    assert [one["ours"] for one in idle.of("GpuSample")] == [0.0] * 3


def test_the_newest_use_stands_until_the_next_sample(read: Read) -> None:
    """A sample period may be longer than ours, so that some looks bring nothing."""
    said = read({"seconds": [1, 1.3, 1.6, 3]}, USES=entries((1, OURS, 50)))

    assert [one["ours"] for one in said.of("GpuSample")] == [0.5, 0.5, 0.5, None]
    assert len(said.of("GpuProcessTime")) == 1


def test_after_a_rest_only_the_last_period_counts(read: Read) -> None:
    said = read({"seconds": [1, 5, 10]}, USES=entries((1, OURS, 50), (10, OURS, 100)))

    assert [one["busy_ns"] for one in said.of("GpuProcessTime")][1] == 6_000_000_000


def test_entries_that_were_never_written_are_passed_over(read: Read) -> None:
    garbage = f"{{{2**63}ull,1u,7u}},{{1000000u,{OTHER}u,4000u}},"
    said = read(USES=garbage + BOTH)

    assert {one["pid"] for one in said.of("GpuProcessTime")} == {OURS, OTHER}
    assert [one["busy_ns"] for one in said.of("GpuProcessTime")][-1] == 200_000_000


def test_more_entries_between_two_questions_wait_for_the_next_look(read: Read) -> None:
    said = read(USES=BOTH, NEWER=7)

    assert said.of("GpuProcessTime") == []
    assert [one["busy"] for one in said.of("GpuSample")] == [0.6] * 3


def test_utilisation_is_the_mean_of_the_drivers_samples(read: Read) -> None:
    said = read(LOADS=entries((0.5, 0, 100), (0.7, 0, 50), (1.5, 0, 10)))

    assert [one["busy"] for one in said.of("GpuSample")] == [0.75, 0.1, 0.6]


def test_power_is_that_of_the_moment_where_the_device_tells_it(read: Read) -> None:
    instant, mean = read(INSTANT_MILLIWATTS=410_000), read()

    assert {one["power_watts"] for one in instant.of("GpuSample")} == {410.0}
    assert {one["power_watts"] for one in mean.of("GpuSample")} == {250.0}
    assert {one["memory_bytes"] for one in mean.of("GpuSample")} == {42}


def test_energy_is_the_devices_own_count(read: Read) -> None:
    (energy,) = read().energy

    assert (energy["component"], energy["method"]) == ("gpu 0", "nvml_counter")
    assert energy["joules"] == pytest.approx(900)


@pytest.mark.parametrize(
    ("powers", "joules"), [("", 750), (entries((1, 0, 100_000), (2, 0, 100_000)), 450)]
)
def test_without_a_count_energy_is_an_estimate(read: Read, powers: str, joules: float) -> None:
    (energy,) = read(WATTS_COUNTED=0, POWERS=powers).energy

    assert energy["method"] == "estimate"
    assert energy["joules"] == pytest.approx(joules)
    assert "power over time" in str(energy["note"])


@pytest.mark.parametrize(
    ("watts", "joules"),
    [("(now_us > 2000000 ? 0 : 300)", 600), ("(now_us > 2000000 ? 1 : 300)", 600)],
)
def test_a_count_that_ends_or_begins_anew_keeps_what_it_said(
    read: Read, watts: str, joules: float
) -> None:
    (energy,) = read(WATTS_COUNTED=watts).energy

    assert energy["joules"] == pytest.approx(joules)


def test_a_device_that_tells_nothing_is_said_to(read: Read) -> None:
    said = read(MUTE=1, NO_USES=1, WATTS_COUNTED=0)

    assert (said.of("GpuSample"), said.energy) == ([], [])
    assert "GPU 0 tells no utilisation" in {one["what"] for one in said.of("Incident")}


def test_a_device_that_is_lost_ends_alone(read: Read) -> None:
    said = read(DEVICES=2, LOST_AT=2_000_000, LOST_DEVICE=1, USES=BOTH)

    assert [one["device"] for one in said.of("GpuSample")] == [0, 1, 1, 1]
    (incident,) = said.of("Incident")
    assert "GPU 0 does not answer any more" in str(incident["what"])
    assert [one["joules"] for one in said.energy] == [300, 900]
    assert "lost before the end" in str(said.energy[0]["note"])


def test_a_device_that_never_answers_is_told(read: Read) -> None:
    said = read(DEVICES=2, LOST_AT=1, BEGIN_US=1)

    assert said.names == ["Test GPU"]
    assert {one["device"] for one in said.of("GpuSample")} == {0}
    (incident,) = said.of("Incident")
    assert "GPU 0 does not answer any more (GPU is lost)" in str(incident["what"])


def test_a_driver_that_tells_no_processes_apart_says_so_once(read: Read) -> None:
    said = read(NO_USES=1, TENANTS=f"{OURS},{OTHER}")

    assert [one["ours"] for one in said.of("GpuSample")] == [None] * 3
    (incident,) = said.of("Incident")
    assert "does not tell processes apart" in str(incident["what"])


def test_what_a_device_did_was_for_its_only_user(read: Read) -> None:
    said = read(NO_USES=1, TENANTS=OURS)

    assert [one["ours"] for one in said.of("GpuSample")] == [0.6] * 3
    assert [one["busy_ns"] for one in said.of("GpuProcessTime")] == [600_000_000] * 3


def test_instances_of_a_divided_device_are_devices(read: Read) -> None:
    said = read(MIG=1, GPM=1, TENANTS=OURS, DEVICES=1)

    assert said.names == [
        "Test GPU MIG 1g.10gb (GPU 0, instance 3)",
        "Test GPU MIG 1g.10gb (GPU 0, instance 4)",
    ]
    first = [one for one in said.of("GpuSample") if one["device"] == 0]
    second = [one for one in said.of("GpuSample") if one["device"] == 1]
    assert [(one["busy"], one["ours"]) for one in first] == [(0.4, 0.4)] * 3
    assert [(one["busy"], one["ours"]) for one in second] == [(0.0, 0.0)] * 3
    assert {one["memory_bytes"] for one in first} == {7}
    assert {one["device"] for one in said.of("GpuProcessTime")} == {0}
    assert said.held == 0


def test_an_instance_with_several_users_is_of_unknown_owners(read: Read) -> None:
    said = read(MIG=1, GPM=1, TENANTS=f"{OURS},{OTHER}")

    shares = [one["ours"] for one in said.of("GpuSample") if one["device"] == 0]
    assert shares == [None] * 3
    assert said.of("GpuProcessTime") == []
    (incident,) = said.of("Incident")
    assert "divided (MIG)" in str(incident["what"])


@pytest.mark.parametrize(("gpm", "samples"), [(0, 0), (2, 3), (3, 0)])
def test_without_counters_of_instances_the_device_is_read_as_a_whole(
    read: Read, gpm: int, samples: int
) -> None:
    said = read(MIG=1, GPM=gpm, TENANTS=f"{OURS},{OTHER}")

    assert said.names == ["Test GPU (divided into instances)"]
    assert len(said.of("GpuSample")) == samples
    assert "GPM, from Hopper on" in str(said.of("Incident")[0]["what"])
    assert [one["component"] for one in said.energy] == ["gpu 0"]
    assert said.held == 0


@pytest.mark.parametrize(
    ("says", "note"),
    [
        ({"FAIL_INIT": 9}, "the NVIDIA driver does not answer"),
        ({"FAIL_COUNT": 999}, "the driver does not list its devices (Unknown Error)"),
        ({"FAIL_HANDLE": 4}, "none of the driver's 1 devices may be used"),
        ({"DEVICES": 0}, "lists no device"),
    ],
)
def test_no_gpu_is_said_with_its_reason(read: Read, says: Mapping[str, int], note: str) -> None:
    said = read(**says)

    assert (said.names, said.looks, said.energy) == ([], [[]] * 3, [])
    assert said.note.startswith("no GPU seen: ")
    assert note in said.note


def test_a_driver_that_is_unloaded_meanwhile_ends_nothing(read: Read) -> None:
    assert read(FAIL_SHUTDOWN=1).names == ["Test GPU"]


def test_without_a_driver_there_is_no_gpu(tmp_path: Path) -> None:
    (tmp_path / "libnvidia-ml.so.1").write_text("no library")
    said = asked(tmp_path)

    assert said.note == ("no GPU seen: the NVIDIA driver's library (libnvidia-ml) is not there")


@pytest.fixture
def container(needs: Callable[[str, str], str]) -> Sequence[str]:
    """What starts a command as the first process of a PID namespace."""
    command = [needs("unshare", "util-linux"), "--pid", "--fork", "--mount-proc"]
    if os.geteuid() != 0:
        command[1:1] = ["--user", "--map-root-user"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no PID namespace may be made here")
    return command


def test_in_a_container_numbers_of_the_machine_are_of_unknown_owners(
    read: Read, container: Sequence[str]
) -> None:
    said = read({"pids": [1]}, container, USES=entries((1, 40711, 50)))

    assert said.of("GpuSample")[0]["ours"] is None
    assert said.of("GpuProcessTime") == []
    (incident,) = said.of("Incident")
    assert "another PID namespace" in str(incident["what"])


def test_in_a_container_its_own_numbers_are_known_by_the_device_that_is_open(
    read: Read, container: Sequence[str], tmp_path: Path
) -> None:
    (tmp_path / "nvidia0").touch()
    question = {
        "pids": [1],
        "devices": str(tmp_path / "nvidia"),
        "holds": str(tmp_path / "nvidia0"),
    }
    said = read(question, container, USES=entries((1, 1, 50)))

    assert said.of("GpuSample")[0]["ours"] == 0.5
    assert [one["pid"] for one in said.of("GpuProcessTime")] == [1]


DOCTOR = """
import json, sys
from agentaudit.probes.processes import pid_namespaces
from agentaudit.probes.capabilities.table import capabilities
pid_namespaces.DEVICES = "/dev/nvidia"
found = {one.name: one for one in capabilities(None, 40124)}
asked = (found[name] for name in ("GPU", "GPU by process"))
print(json.dumps([[one.available, one.found] for one in asked]))
"""


@pytest.mark.parametrize(
    ("says", "told", "why"),
    [
        ({}, True, "the driver names the processes"),
        ({"NO_USES": 1}, False, "does not tell processes apart"),
        ({"MIG": 1, "GPM": 1}, False, "is divided (MIG)"),
        ({"TENANTS": 40711, "inside": True}, False, "numbers of another PID namespace"),
        ({"DEVICES": 0}, False, "no GPU seen"),
    ],
)
def test_the_doctor_says_whose_gpu_time_can_be_told(  # noqa: PLR0917 -- fixtures and parameters
    tmp_path: Path,
    needs: Callable[[str, str], str],
    container: Sequence[str],
    says: Mapping[str, object],
    told: bool,  # noqa: FBT001 -- a parameter
    why: str,
) -> None:
    inside = container if says.get("inside") else ()
    built(tmp_path, needs("gcc", "gcc"), says)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    command = [*inside, sys.executable, "-c", DOCTOR]
    (there, _), (by_process, found) = json.loads(subprocess.check_output(command, env=environment))

    assert there is (says.get("DEVICES") != 0)
    assert by_process is told
    assert why in found


CLOCKS = (time.CLOCK_REALTIME, time.CLOCK_BOOTTIME, time.CLOCK_MONOTONIC)


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_stamp_of_any_clock_of_the_machine_is_brought_to_ours(clock: int) -> None:
    """Drivers stamp in Unix time or in time since boot, and do not say which."""
    stamp_us = time.clock_gettime_ns(clock) // 1000 - 100_000
    now_ns = time.monotonic_ns()
    at_ns = monotonic_ns(stamp_us, now_ns)

    assert now_ns - 60_000_000_000 < at_ns <= now_ns


@pytest.mark.parametrize("stamp_us", [0, 7, 2**62])
def test_a_stamp_of_no_known_clock_is_of_now(stamp_us: int) -> None:
    now_ns = time.monotonic_ns() + 10**15

    assert monotonic_ns(stamp_us, now_ns) == now_ns
