"""
Stacks and asyncio tasks of CPython 3.14 and newer, read by the target's own interpreter.

That interpreter knows how a process of its own version keeps its stacks. So it is started a second
time as a *companion*, where the target lives and with no more rights (`entry`), to run a script of
ours (`companion`) that writes what it sees into a pipe (`testimony`). Nothing here waits for it.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from agentaudit.model.recording import Record
from agentaudit.probes.companions import companion_of
from agentaudit.probes.processes.runtimes import interpreter_of, version_of
from agentaudit.probes.stacks.sampling import StackTable
from agentaudit.probes.stacks.testimony import Witness
from agentaudit.probes.stacks.threads import Threads

OLDEST = (3, 14)
TRAVELLING = tuple(
    f"stacks.{name}"
    for name in (
        "layouts",
        "memory",
        "frames",
        "chunks",
        "heap",
        "looks",
        "walker",
        "kin",
        "watcher",
        "companion",
    )
)
"""What the companion is made of, each after those that it imports."""

_STARTING_NS = 10_000_000_000
_CLOSING_S = 2.0
_READ_BYTES = 1 << 20


class Unwinder:
    """The sampler of CPython 3.14 and newer. It neither stops the process nor writes to it."""

    name = "the target's own interpreter"
    most = 16
    """Processes at a time: each costs one or two percent of a core."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz

    def suits(self, pid: int, runtime: str) -> bool:
        version = version_of(runtime)
        return version is not None and version >= OLDEST and interpreter_of(pid) is not None

    def watch(self, pid: int, stacks: StackTable) -> "UnwinderWatch":
        return UnwinderWatch(self._rate_hz, pid, stacks)


class UnwinderWatch:
    """One process and its companion."""

    def __init__(self, rate_hz: int, pid: int, stacks: StackTable, *asked: str) -> None:
        self.problem = ""
        self._witness = Witness(pid, stacks, Threads(pid).of)
        self._pid = pid
        self._stopping = False
        self._silent_until_ns = time.monotonic_ns() + _STARTING_NS
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = companion_of(pid, TRAVELLING, str(rate_hz), *asked)
        except OSError as error:
            self.problem = self._sentence(f"it cannot be started ({error.strerror})")

    @property
    def over(self) -> bool:
        return self._process is None

    def poll(self, now_ns: int) -> Iterator[Record]:
        process = self._process
        if process is None:
            return
        gone = process.poll() is not None
        yield from self._read(process)
        if self._process is None:
            return
        if gone:
            self._ended(process)
        elif not self._witness.begun and now_ns > self._silent_until_ns:
            self._give_up("it did not begin in time")

    def stop(self) -> None:
        if self._process is not None and not self._stopping:
            self._stopping = True
            _signal(self._process, signal.SIGINT)

    def close(self, now_ns: int) -> Sequence[Record]:
        self.stop()
        end_s = time.monotonic() + _CLOSING_S
        records: list[Record] = []
        while self._process is not None and time.monotonic() < end_s:
            records += self.poll(now_ns)
            if self._process is not None:
                time.sleep(0.005)
        if self._process is not None:
            self._kill(self._process)
        return records

    def _read(self, process: subprocess.Popen[bytes]) -> Iterator[Record]:
        """What lies in the pipe, as far as it is believed."""
        try:
            yield from self._witness.heard(_taken(process.stdout))
        except ValueError as error:
            self._give_up(f"it wrote nonsense: {error}")
        if self._witness.problem:
            self._give_up(self._witness.problem)

    def _ended(self, process: subprocess.Popen[bytes]) -> None:
        self._kill(process)
        if not (self._witness.ended or self._stopping or _gone(self._pid)):
            self.problem = self._sentence(self._last_words(process.returncode))

    def _last_words(self, code: int) -> str:
        said = self._witness.said.decode("utf-8", errors="replace").splitlines()
        last = next((line.strip() for line in reversed(said) if line.strip()), "")
        if last and not self._witness.begun:
            return last[:200]
        return f"killed by signal {-code}" if code < 0 else f"it ended with code {code}"

    def _give_up(self, why: str) -> None:
        if self._process is not None:
            self._kill(self._process)
            self.problem = self._sentence(why)

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        _signal(process, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        self._process = None

    def _sentence(self, why: str) -> str:
        return f"the interpreter of process {self._pid} does not tell its stacks: {why}"


def _taken(pipe: IO[bytes] | None) -> bytes:
    """What can be read without waiting, up to a limit."""
    try:
        return os.read(pipe.fileno(), _READ_BYTES) if pipe is not None else b""
    except BlockingIOError:
        return b""


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To all that it became: within another namespace, it is the child of what we started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _gone(pid: int) -> bool:
    """It ended; who was with it in a namespace that it began ended too."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in {"Z", "X"}
