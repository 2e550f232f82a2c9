"""`agentaudit profile` on real programs, whose truth is known because they count themselves."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agentaudit.cli.main import app
from agentaudit.cli.probes import Options
from agentaudit.cli.recorder import record
from agentaudit.cli.targets import Attach, Launch, parse_duration
from agentaudit.cli.terminal import Terminal
from agentaudit.cli.traces import read_trace, step_rules
from agentaudit.errors import InputError, UsageError
from agentaudit.model.observed import SpanSeen
from agentaudit.model.profile import Profile
from agentaudit.model.recording import Watched
from agentaudit.model.trace import StepKind, Trace
from agentaudit.profiling.breakdown import breakdown_of
from agentaudit.profiling.selection import records_of
from agentaudit.store.artifacts import read_artifact
from agentaudit.store.recording import read_recording

FILES = {
    "burning.py": """
import time
def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(200))
    """,
    "tools.py": "from burning import burn\ndef search(): burn(0.12)\n",
    "retrieval.py": "from burning import burn\ndef look_up(): burn(0.06)\n",
    "llm.py": "import time\ndef ask(): time.sleep(0.08)\n",
    "mixed.py": """
import sys, threading
from tools import search
from retrieval import look_up
from llm import ask
def work():
    while True:
        search(); ask(); look_up()
for _ in range(2):
    threading.Thread(target=work, daemon=True).start()
print("ready"); sys.stdin.read()
    """,
    "children.py": """
import json, os, resource, subprocess, sys, time
from tools import search
def run_tool():
    subprocess.run([sys.executable, "-S", "-c", "sum(range(100_000))"])
for _ in range(25):
    run_tool(); search()
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
times = [entry.ru_utime + entry.ru_stime for entry in used]
with open(sys.argv[1], "w") as file:
    file.write(json.dumps(times))
os._exit(0)
    """,
}
Start = Callable[[str], subprocess.Popen[str]]
AUDIT = [sys.executable, "-m", "agentaudit", "profile"]


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    """A folder with the programs."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def mixed(agent: Path) -> Iterator[subprocess.Popen[str]]:
    """An agent that works in two threads until it is killed: tools to retrieval as two to one."""
    program = subprocess.Popen(
        [sys.executable, "-u", "mixed.py"], cwd=agent, text=True, stdin=-1, stdout=-1
    )
    assert program.stdout is not None
    program.stdout.readline()
    yield program
    program.kill()
    program.communicate()


def run(*arguments: str) -> Result:
    done = CliRunner().invoke(app, ["profile", *arguments])
    if isinstance(done.exception, UsageError | InputError):
        raise done.exception
    return done


def recorded(path: Path, rules: tuple[Path, ...] = ()) -> Trace:
    return read_trace(path, step_rules(rules))


def begun(path: Path, profiler: subprocess.Popen[str]) -> None:
    """Waits until stacks are in the recording."""
    for _ in range(2000):
        if path.exists() and path.stat().st_size and _stacks_seen(path):
            return
        assert profiler.poll() is None
        time.sleep(0.01)
    pytest.fail("nothing was recorded")


def _stacks_seen(path: Path) -> bool:
    try:
        return any(isinstance(record, Watched) for record in read_recording(path).records)
    except InputError:  # its first batch is not there yet
        return False


def profiler(pid: int, path: Path) -> subprocess.Popen[str]:
    started = subprocess.Popen(
        [*AUDIT, "--pid", str(pid), "-d", "60s", "-o", str(path)],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    begun(path, started)
    return started


def test_a_running_agent_is_told_apart_and_left_alone(
    mixed: subprocess.Popen[str], tmp_path: Path
) -> None:
    path, artifact = tmp_path / "run.aatrace", tmp_path / "profile.json"

    done = run("--pid", str(mixed.pid), "-d", "5s", "-o", str(path), "--json", str(artifact))

    assert done.exit_code == 0
    assert mixed.poll() is None
    profile = read_artifact(artifact)
    assert isinstance(profile, Profile)
    shares = {kind.kind: kind.cpu_share for kind in profile.breakdown.kinds}
    assert shares[StepKind.TOOL_CALL] == pytest.approx(2 / 3, abs=0.12)
    assert shares[StepKind.RETRIEVAL] == pytest.approx(1 / 3, abs=0.12)
    assert shares.get(StepKind.LLM_INFERENCE, 0) < 0.1
    waiting = next(k for k in profile.breakdown.kinds if k.kind is StepKind.LLM_INFERENCE)
    assert waiting.wall_ns > 0
    assert "tool_call" in done.stdout
    assert "% of it has a step" in done.stdout
    assert "run.aatrace" in done.stderr


def test_children_of_milliseconds_are_counted_and_belong_to_their_tool(
    agent: Path, tmp_path: Path
) -> None:
    truth = tmp_path / "truth.json"
    command = (sys.executable, str(agent / "children.py"), str(truth))

    trace = record(
        Launch(command=command),
        duration_ns=None,
        output=tmp_path / "run.aatrace",
        terminal=Terminal(quiet=True),
    )

    own_s, children_s = json.loads(truth.read_text())
    total_s = trace.cpu_total_ns / 1e9
    assert total_s == pytest.approx(own_s + children_s, rel=0.02, abs=0.03)
    tools = [step for step in trace.steps if step.kind is StepKind.TOOL_CALL]
    children_ns = sum(step.children_cpu_ns for step in tools)
    forked_ns = sum(step.cpu_ns for step in tools if step.pid != trace.target.pid)
    assert (children_ns + forked_ns) / 1e9 == pytest.approx(children_s, rel=0.15, abs=0.05)
    assert trace.ended_because == "the target ended"
    kinds = breakdown_of(trace).kinds
    assert sum(kind.cpu_ns for kind in kinds) == trace.cpu_total_ns


def test_a_target_that_dies_leaves_a_whole_recording(
    mixed: subprocess.Popen[str], tmp_path: Path
) -> None:
    path = tmp_path / "run.aatrace"
    recorder = profiler(mixed.pid, path)

    mixed.kill()
    out, _ = recorder.communicate()

    assert recorder.returncode == 0
    assert "ended because the target ended" in out
    trace = recorded(path)
    assert (trace.complete, trace.ended_because) == (True, "the target ended")
    assert trace.steps


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_the_recording_and_keeps_it(
    mixed: subprocess.Popen[str], tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "run.aatrace"
    recorder = profiler(mixed.pid, path)

    recorder.send_signal(number)
    recorder.communicate()

    assert recorder.returncode == 0
    assert recorded(path).ended_because == "stopped by the user"
    assert mixed.poll() is None


def test_a_profiler_that_is_killed_leaves_what_it_saw_and_a_target_that_runs(
    mixed: subprocess.Popen[str], tmp_path: Path
) -> None:
    path = tmp_path / "run.aatrace"
    recorder = profiler(mixed.pid, path)

    recorder.kill()
    recorder.communicate()

    trace = recorded(path)
    assert not trace.complete
    assert {StepKind.TOOL_CALL, StepKind.RETRIEVAL} <= {step.kind for step in trace.steps}
    assert mixed.poll() is None
    assert Path(f"/proc/{mixed.pid}/stat").read_text().rpartition(")")[2].split()[0] in "RS"


def test_a_program_that_is_no_python_is_counted_and_says_so(tmp_path: Path) -> None:
    done = run(
        "-d", "600ms", "-o", str(tmp_path / "r.aatrace"), "--", "sh", "-c", "while :; do :; done"
    )

    assert done.exit_code == 0
    assert "was not seen to run Python" in " ".join(done.stdout.split())


def test_a_command_of_ours_ends_with_its_time(tmp_path: Path) -> None:
    trace = record(
        Launch(command=("sleep", "600")),
        duration_ns=300_000_000,
        output=tmp_path / "r.aatrace",
        terminal=Terminal(quiet=True),
    )

    assert trace.target.launched
    with pytest.raises(ProcessLookupError):
        os.kill(trace.target.pid, 0)


def test_a_recording_can_be_stopped_by_its_caller(
    mixed: subprocess.Popen[str], tmp_path: Path
) -> None:
    trace = record(
        Attach(pid=mixed.pid),
        duration_ns=None,
        output=tmp_path / "r.aatrace",
        terminal=Terminal(quiet=True),
        options=Options(stopped=lambda: True),
    )

    assert trace.ended_because == "stopped by the user"


def test_rules_of_users_are_tried_first(mixed: subprocess.Popen[str], tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "mine.yaml").write_text(
        "- {id: mine, framework: mine, pattern: {file: 'tools.py', function: 'search',"
        " when: own_code}, step_kind: memory_read, evidence: observed}\n"
    )

    path = tmp_path / "r.aatrace"
    done = run("-p", str(mixed.pid), "-d", "2s", "-o", str(path), "--rules", str(rules))

    assert done.exit_code == 0
    assert "memory_read" in done.stdout
    assert "tool_call" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pid", "4194305"], "there is no process 4194305"),
        (["--pid", "0"], "PID is a positive number"),
        ([], "name one target"),
        (["--pid", "1", "--", "sleep", "1"], "name one target"),
        (["--pid", "1", "-d", "5 parsecs"], "is no time"),
        (["--", "/no/such/program"], "cannot be started"),
        (["--llm-endpoint", "nowhere", "--", "sleep", "5"], "say host:port"),
        (["--pid", str(os.getpid())], "is agentaudit itself"),
        (["--rules", "/no/such/folder", "--pid", "1"], "no such folder of rules"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, arguments: list[str], message: str) -> None:
    with pytest.raises((UsageError, InputError), match=message):
        run("-o", str(tmp_path / "r.aatrace"), *arguments)


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "r.aatrace"
    path.write_text("precious")

    with pytest.raises(UsageError, match="exists already"):
        run("-o", str(path), "--pid", "1")
    assert path.read_text() == "precious"


def test_a_place_that_cannot_be_written_is_said_before_anything_is_recorded(
    mixed: subprocess.Popen[str],
) -> None:
    with pytest.raises(UsageError, match=r"/proc/none/r.aatrace: cannot be written"):
        run("--pid", str(mixed.pid), "-o", "/proc/none/r.aatrace")


def test_a_full_disk_ends_the_recording_and_leaves_nothing_running(
    mixed: subprocess.Popen[str], tmp_path: Path
) -> None:
    """A limit on the size of files stands in for the disk."""
    path = tmp_path / "r.aatrace"
    limited = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000));"
    limited += "from agentaudit.__main__ import main; main()"
    command = [sys.executable, "-c", limited, "profile", "--rate", "1", "-o", str(path)]

    done = subprocess.run(
        [*command, "-d", "60s", "--pid", str(mixed.pid)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert "ended early: File too large; what was written until then is kept" in done.stderr
    assert not recorded(path).complete
    assert mixed.poll() is None


def test_many_processes_do_not_run_us_out_of_files_and_keep_their_own_limit(
    tmp_path: Path,
) -> None:
    script = "ulimit -n > limit; for i in $(seq 40); do sleep 600 & done; exec sleep 600"
    command = f"ulimit -Sn 64; exec {sys.executable} -m agentaudit profile -d 1s"
    path = tmp_path / "r.aatrace"

    done = subprocess.run(
        ["sh", "-c", f'{command} -o r.aatrace -- sh -c "$0"', script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "limit").read_text() == "64\n"
    assert len(recorded(path).processes) >= 41


@pytest.mark.parametrize("words", ["sleep 600 & exit", "trap '' TERM; sleep 600 & sleep 0.2"])
def test_nothing_that_a_command_of_ours_left_behind_goes_on(tmp_path: Path, words: str) -> None:
    trace = record(
        Launch(command=("sh", "-c", words)),
        duration_ns=None,
        output=tmp_path / "r.aatrace",
        terminal=Terminal(quiet=True),
    )

    for _ in range(500):  # what was killed is collected by whoever adopted it
        left = _living_in_group(trace.target.pid)
        if not left:
            break
        time.sleep(0.01)
    assert left == []
    assert trace.ended_because == "the target ended"


def _living_in_group(group: int) -> list[str]:
    stats = [path.read_text() for path in Path("/proc").glob("[0-9]*/stat") if path.exists()]
    fields = [text.rpartition(")")[2].split() for text in stats]
    return [state for state, _, of, *_ in fields if int(of) == group and state not in "ZX"]


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("500ms", 500_000_000),
        ("30s", 30 * 10**9),
        ("5m", 300 * 10**9),
        ("2", 2 * 10**9),
        ("0", None),
    ],
)
def test_durations_are_read(text: str, nanoseconds: int | None) -> None:
    assert parse_duration(text) == nanoseconds


LAST_WORDS = """
import signal, sys, time, urllib.request, json, os
def flush(*_):
    now = time.time_ns()
    span = {"traceId": "0" * 31 + "1", "spanId": "0" * 15 + "1", "name": "chat m",
            "startTimeUnixNano": str(now - 10**9), "endTimeUnixNano": str(now),
            "attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    url = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"].rstrip("/") + "/v1/traces"
    kind = {"Content-Type": "application/json"}
    asked = urllib.request.Request(url, json.dumps(body).encode(), kind)
    urllib.request.urlopen(asked, timeout=10).close()
    sys.exit(0)
signal.signal(signal.SIGTERM, flush)
while True: time.sleep(0.01)
"""


def test_what_a_command_says_when_it_is_told_to_end_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "run.aatrace"

    done = run("-d", "2s", "-o", str(path), "--", sys.executable, "-c", LAST_WORDS)

    assert done.exit_code == 0
    assert [span.name for span in records_of(read_recording(path).records, SpanSeen)] == ["chat m"]
    assert recorded(path).ended_because == "the duration was reached"
