"""The sample agent under load, as `audit --demo` needs it: separate processes, always stopped."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import IO

from msgspec import Struct

from agentaudit.errors import IncompleteError

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
POLL_S = 0.02
MAX_ERROR_BYTES = 100_000
LISTENING = "listening on 127.0.0.1:"


class Sample(Struct, kw_only=True):
    """The running sample: what to attach to, and how its load is doing."""

    pid: int
    """Of the agent."""
    model_pid: int
    agent_url: str
    model_url: str
    """Base URL of the model, ending in /v1."""
    data: Path
    _load: "subprocess.Popen[bytes] | None" = None

    @property
    def loaded(self) -> bool:
        """Whether requests are still being sent."""
        return self._load is not None and self._load.poll() is None

    def summary(self) -> dict[str, object]:
        """What the load generator counted, once it is done; it is waited for."""
        if self._load is None:
            return {}
        output, _ = self._load.communicate()
        try:
            found = json.loads(output)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@contextmanager
def running_sample(
    *, load_s: float, concurrency: int = 4, variant: str = "server.py", seed: int = 1
) -> Iterator[Sample]:
    """
    The model server, the agent and its load, each a process of its own.

    Ready when the agent answers; the load lasts `load_s` seconds (none for 0). However the block
    is left, nothing of it is running afterwards.
    """
    from agentaudit.store.shipped import shipped

    scripts = shipped("sample_configs") / "agent"
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agentaudit-sample-")))
        model = stack.enter_context(_process(scripts / "model_server.py", "--with-input"))
        model_url = f"http://127.0.0.1:{_port(model, 'model server')}/v1"
        arguments = ("--model", model_url, "--data", str(data), "--with-input")
        agent = stack.enter_context(_process(scripts / variant, *arguments))
        agent_port = _port(agent, "agent")
        _wait_until_healthy(agent_port, agent)
        agent_url = f"http://127.0.0.1:{agent_port}"
        load = None
        if load_s > 0:
            options = ("--seconds", f"{load_s:g}", "--concurrency", str(concurrency))
            asked = (agent_url, *options, "--seed", str(seed))
            load = stack.enter_context(_process(scripts / "load.py", *asked)).program
        yield Sample(
            pid=agent.program.pid,
            model_pid=model.program.pid,
            agent_url=agent_url,
            model_url=model_url,
            data=data,
            _load=load,
        )


class _Service(Struct, frozen=True):
    """A program of the sample, and the file that its errors go to."""

    program: subprocess.Popen[bytes]
    errors: IO[bytes]


@contextmanager
def _process(script: Path, *arguments: str) -> Iterator[_Service]:
    """
    A script of the sample in its own process group; the whole group ends with the block.

    It holds the other end of our pipe as its standard input, and so ends with us even if we are
    killed.
    """
    with tempfile.TemporaryFile() as errors:
        program = subprocess.Popen(  # noqa: S603, our own script
            [sys.executable, "-B", str(script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        try:
            yield _Service(program, errors)
        finally:
            _stop(program)


def _stop(program: subprocess.Popen[bytes]) -> None:
    """The program had a moment to end by itself; then its group was killed, and it was reaped."""
    program.terminate()
    with suppress(subprocess.TimeoutExpired):
        program.wait(STOP_TIMEOUT_S)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()
    for stream in (program.stdin, program.stdout):
        if stream is not None:
            stream.close()


def _port(service: _Service, what: str) -> int:
    """The port that the service says it listens on."""
    lines: list[bytes] = []
    output = service.program.stdout
    reader = threading.Thread(
        target=lambda: lines.append(output.readline() if output else b""), daemon=True
    )
    reader.start()
    reader.join(START_TIMEOUT_S)
    said = lines[0].decode(errors="replace").strip() if lines else ""
    if said.startswith(LISTENING) and said.removeprefix(LISTENING).isdigit():
        return int(said.removeprefix(LISTENING))
    raise _not_started(service, what)


def _wait_until_healthy(port: int, service: _Service) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end and service.program.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=1.0)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == HTTPStatus.OK:
                return
        except OSError:
            time.sleep(POLL_S)
        finally:
            connection.close()
    raise _not_started(service, "agent")


def _not_started(service: _Service, what: str) -> IncompleteError:
    """Why the sample is not there, in the words of the service itself."""
    with suppress(subprocess.TimeoutExpired):
        service.program.wait(POLL_S * 10)
    service.errors.seek(0)
    said = service.errors.read(MAX_ERROR_BYTES).decode(errors="replace").strip()
    code = service.program.poll()
    silent = f"no answer within {START_TIMEOUT_S:.0f} s" if code is None else f"exit code {code}"
    return IncompleteError(
        f"The {what} of the sample did not start: {said.rpartition(chr(10))[2] or silent}"
    )
