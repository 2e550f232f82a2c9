"""`agentaudit profile` where things go wrong around it: the target, the machine, or itself."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentaudit.cli.recorder import record
from agentaudit.cli.targets import Launch
from agentaudit.cli.terminal import Terminal
from agentaudit.cli.traces import read_trace, step_rules
from agentaudit.errors import InputError
from agentaudit.model.recording import Watched
from agentaudit.model.trace import Trace
from agentaudit.store.recording import read_recording

PROFILE = [sys.executable, "-m", "agentaudit", "profile"]
WORKS = """
import time
def work():
    while True:
        sum(range(1000))
        time.sleep(0.001)
print("ready", flush=True)
work()
"""


def until(found: Callable[[], bool]) -> bool:
    """Whether it becomes true within a time that is never reached when all is well."""
    for _ in range(3000):
        if found():
            return True
        time.sleep(0.01)
    return False


def runs(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


def stacks_seen(path: Path) -> bool:
    try:
        return any(isinstance(record, Watched) for record in read_recording(path).records)
    except InputError:  # nothing is there yet
        return False


def trace_of(path: Path) -> Trace:
    return read_trace(path, step_rules(()))


def launched(command: tuple[str, ...], path: Path) -> Trace:
    return record(
        Launch(command=command), duration_ns=None, output=path, terminal=Terminal(quiet=True)
    )


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts programs; none outlives the test."""
    programs: list[subprocess.Popen[bytes]] = []

    def start(*command: str) -> subprocess.Popen[bytes]:
        program = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        programs.append(program)
        return program

    yield start
    for program in programs:
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGKILL)
        program.communicate()


Started = Callable[..., subprocess.Popen[bytes]]


def ready(program: subprocess.Popen[bytes]) -> None:
    assert program.stdout is not None
    assert program.stdout.readline() == b"ready\n"


def test_a_command_of_ours_ends_when_the_recorder_is_killed(
    started: Started, tmp_path: Path
) -> None:
    path, note = tmp_path / "r.aatrace", tmp_path / "pid"
    script = f"import os; open({str(note)!r}, 'w').write(str(os.getpid())); " + WORKS
    recorder = started(*PROFILE, "-d", "0", "-o", str(path), "--", sys.executable, "-c", script)

    assert until(lambda: stacks_seen(path))
    recorder.kill()
    recorder.wait()

    assert until(lambda: not runs(int(note.read_text())))
    assert not trace_of(path).complete


def test_nothing_of_ours_outlives_a_killed_recorder_and_its_target_runs_on(
    started: Started, tmp_path: Path
) -> None:
    """A recording of py-spy that nobody ends any more ends by itself."""
    target = started(sys.executable, "-c", WORKS)
    ready(target)
    path = tmp_path / "r.aatrace"
    asked = ("--sampler", "py-spy", "-d", "0", "-o", str(path), "--pid", str(target.pid))
    recorder = started(*PROFILE, *asked)

    assert until(lambda: stacks_seen(path))
    recorder.kill()
    recorder.wait()

    assert until(lambda: samplers_of(target.pid) == [])
    assert target.poll() is None
    assert runs(target.pid)


def samplers_of(pid: int) -> list[str]:
    """Programs that were told to look at the process."""
    lines = [_command(path) for path in Path("/proc").glob("[0-9]*/cmdline")]
    return [line for line in lines if "py-spy" in line and f"--pid\0{pid}\0" in line]


def _command(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


TINY_CHILDREN = """
import json, os, resource, subprocess, sys
for _ in range(200):
    os.posix_spawn("/bin/true", ["true"], {}); os.wait()
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
with open(sys.argv[1], "w") as file:
    file.write(json.dumps([entry.ru_utime + entry.ru_stime for entry in used]))
os._exit(0)
"""


def test_the_total_with_children_of_a_millisecond_is_the_kernels_own(tmp_path: Path) -> None:
    truth = tmp_path / "truth.json"

    trace = launched((sys.executable, "-c", TINY_CHILDREN, str(truth)), tmp_path / "r.aatrace")

    own_s, children_s = json.loads(truth.read_text())
    assert trace.cpu_total_ns / 1e9 == pytest.approx(own_s + children_s, rel=0.01, abs=0.015)


def test_a_command_that_ends_at_once_is_counted(tmp_path: Path) -> None:
    trace = launched(("true",), tmp_path / "r.aatrace")

    assert trace.ended_because == "the target ended"
    assert trace.cpu_total_ns > 0


LEAVES_A_DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    end = time.process_time() + 0.3
    while time.process_time() < end: pass
    open(sys.argv[1], "w").write(str(os.getpid()))
    time.sleep(600)
while not os.path.exists(sys.argv[1]): time.sleep(0.01)
time.sleep(0.2)
"""


def test_a_daemon_that_a_command_leaves_is_counted_and_left(tmp_path: Path) -> None:
    note = tmp_path / "pid"

    trace = launched((sys.executable, "-c", LEAVES_A_DAEMON, str(note)), tmp_path / "r.aatrace")

    daemon = int(note.read_text())
    assert runs(daemon)
    os.kill(daemon, signal.SIGKILL)
    assert trace.cpu_total_ns >= 300_000_000
    assert daemon in {process.pid for process in trace.processes}


def test_what_may_not_be_read_is_said_and_the_rest_is_recorded(
    needs: Callable[[str, str], str], started: Started, tmp_path: Path
) -> None:
    """Another user's process: its memory is closed to us, what the kernel counts is not."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    nobody = [needs("setpriv", "util-linux"), "--reuid=65534", "--regid=65534", "--clear-groups"]
    nobody += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    target = started(sys.executable, "-c", WORKS)
    ready(target)
    tmp_path.chmod(0o777)

    done = subprocess.run(
        [
            *nobody,
            *PROFILE,
            "--pid",
            str(target.pid),
            "-d",
            "2s",
            "-o",
            str(tmp_path / "r.aatrace"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "HOME": str(tmp_path)},
    )

    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert f"the memory of process {target.pid} may not be read" in said
    assert trace_of(tmp_path / "r.aatrace").cpu_total_ns > 0
    assert target.poll() is None


def test_a_target_in_a_container_is_seen_from_the_host(
    needs: Callable[[str, str], str], started: Started, tmp_path: Path
) -> None:
    unshare = [needs("unshare", "util-linux"), "-p", "-m", "-n", "-f", "--mount-proc"]
    if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no namespaces may be made here")
    container = started(*unshare, sys.executable, "-c", WORKS)
    ready(container)
    children = Path(f"/proc/{container.pid}/task/{container.pid}/children").read_text().split()
    path = tmp_path / "r.aatrace"

    done = subprocess.run(
        [*PROFILE, "--pid", children[0], "-d", "3s", "-o", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert stacks_seen(path)
    assert trace_of(path).cpu_total_ns > 0


NODE = "const end = Date.now() + 60000; (function f() { let n = 0; while (n < 1e6) n++;"
NODE += " if (Date.now() < end) setTimeout(f, 5); })(); console.log('ready')"


@pytest.mark.parametrize(
    "command",
    [
        ("nodejs", "node", "-e", NODE),
        ("dash", "sh", "-c", "echo ready; while :; do :; done"),
    ],
)
def test_a_target_that_is_no_python_is_counted_and_its_steps_are_said_to_be_unknown(
    needs: Callable[[str, str], str], started: Started, tmp_path: Path, command: tuple[str, ...]
) -> None:
    package, program, *arguments = command
    target = started(needs(program, package), *arguments)
    ready(target)
    path = tmp_path / "r.aatrace"

    done = subprocess.run(
        [*PROFILE, "--pid", str(target.pid), "-d", "1s", "-o", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "was not seen to run Python" in " ".join(done.stdout.split())
    assert trace_of(path).cpu_total_ns > 0


def test_a_full_disk_keeps_what_was_written(
    needs: Callable[[str, str], str], started: Started, tmp_path: Path
) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = [needs("mount", "mount"), "-t", "tmpfs", "-o", "size=8k", "none", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("nothing may be mounted here")
    try:
        target = started(sys.executable, "-c", WORKS)
        ready(target)
        path = folder / "r.aatrace"

        done = subprocess.run(
            [*PROFILE, "--pid", str(target.pid), "-d", "0", "-o", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        recording = read_recording(path)
    finally:
        subprocess.run(["umount", str(folder)], check=True)

    assert done.returncode == 3
    assert "ended early: No space left on device; what was written until then" in done.stderr
    assert recording.records
    assert not recording.complete
    assert target.poll() is None
