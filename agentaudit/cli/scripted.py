"""Scripted agents, whose work is known: started, and recorded as a user would."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from agentaudit.cli.samplers import SamplerChoice
from agentaudit.cli.terminal import Terminal
from agentaudit.errors import IncompleteError, UsageError

if TYPE_CHECKING:
    from agentaudit.model.trace import Trace
    from agentaudit.profiling.accuracy import Truth

START_S = 20.0
_NUMBERS = count(1)
_LOOK_S = 0.02
_LISTENING = "listening on "


class Bench(Struct, frozen=True, kw_only=True):
    """Where experiments happen, on which interpreter agents run, for how long, who samples them."""

    folder: Path
    python: str
    seconds: float
    terminal: Terminal
    sampler: SamplerChoice = SamplerChoice.AUTO

    def file(self, ending: str) -> Path:
        return self.folder / f"{next(_NUMBERS)}{ending}"


def recorder(bench: Bench, pid: int, output: Path) -> "subprocess.Popen[bytes]":
    """`agentaudit profile --pid`, at work: it has written the first records."""
    command = [sys.executable, "-P", "-m", "agentaudit", "-q", "profile", "--pid", str(pid)]
    command += ["--sampler", bench.sampler]
    recorder = begun((*command, "--duration", "0", "--output", str(output)))
    end_s = time.monotonic() + START_S
    while not (output.exists() and output.stat().st_size):
        if recorder.poll() is not None or time.monotonic() > end_s:
            ended(recorder)
            raise IncompleteError("a recorder did not begin")
        time.sleep(_LOOK_S)
    return recorder


def agent(bench: Bench, scenario: str, *options: str) -> tuple[str, ...]:
    """The command line of a scripted agent."""
    from agentaudit.store.shipped import shipped

    script = shipped("sample_configs") / "scripted" / "scripted_agent.py"
    return (bench.python, str(script), scenario, *options)


def recorded(bench: Bench, scenario: str, *options: str) -> "tuple[Trace, Truth]":
    """
    A scripted agent recorded from its first to its last moment, and what it says of itself.

    Ctrl-C ends more than the recording: who presses it wants no further experiment.
    """
    from agentaudit.cli.probes import Options
    from agentaudit.cli.recorder import STOPPED, record
    from agentaudit.cli.targets import Launch

    truth_file = bench.file(".json")
    with model_server(bench) as model:
        asked = ("--truth", str(truth_file), "--model", model, "--seconds", f"{bench.seconds:g}")
        trace = record(
            Launch(command=agent(bench, scenario, *asked, *options)),
            duration_ns=None,
            output=bench.file(".aatrace"),
            terminal=bench.terminal,
            options=Options(
                sampler=bench.sampler,
                endpoints=(model,),
                request_frames=("scripted_agent.py:*.handle_request",),
            ),
        )
    if trace.ended_because == STOPPED:
        raise KeyboardInterrupt
    return trace, truth_in(truth_file)


def truth_in(file: Path) -> "Truth":
    """What an agent wrote when it had done its work. Raises IncompleteError where it had not."""
    from agentaudit.profiling.accuracy import truth_of

    try:
        return truth_of(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise IncompleteError("an agent ended before its time") from error


@contextmanager
def model_server(bench: Bench) -> Iterator[str]:
    """A model that answers when it is told to, outside the recorded tree: its `host:port`."""
    server = begun(agent(bench, "model"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        said = server.stdout.readline().decode() if server.stdout else ""
        if not said.startswith(_LISTENING):
            raise IncompleteError(f"{bench.python} does not run the scripted agents")
        yield said.removeprefix(_LISTENING).strip()
    finally:
        ended(server)


def begun(
    command: Sequence[str], *, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.DEVNULL
) -> "subprocess.Popen[bytes]":
    """A program in a session of its own."""
    try:
        return subprocess.Popen(  # noqa: S603 -- our own scripts
            command, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, start_new_session=True
        )
    except OSError as error:
        raise IncompleteError(f"{command[0]} cannot be started: {error.strerror}") from error


def ended(program: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()
    for stream in (program.stdin, program.stdout):
        if stream is not None:
            stream.close()


def waited_for(program: "subprocess.Popen[bytes]", seconds: float) -> int:
    """The exit code of a program. Raises IncompleteError when it takes much longer."""
    try:
        return program.wait(seconds + START_S)
    except subprocess.TimeoutExpired as error:
        raise IncompleteError("a program did not end in its time") from error


def version(python: str) -> tuple[int, int]:
    """Of an interpreter. Raises UsageError where it cannot be run."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.run(  # noqa: S603 -- the interpreter that the user named
            [python, "-c", code], capture_output=True, text=True, check=True, timeout=START_S
        )
        major, minor = map(int, done.stdout.split())
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise UsageError(f"--python {python}: no Python that could be run") from error
    return major, minor
