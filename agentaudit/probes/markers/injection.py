"""
Steps put around the functions of a running process, where the user asks for it: `--inject`.

CPython 3.14 and newer runs a script that somebody else hands it, unless it was told not to. Ours
wraps the functions that step rules name, and takes that back when the recording ends. The process
then marks its own steps (`markers`); what is read here is only how it went.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from agentaudit import markers
from agentaudit.model.recording import Record
from agentaudit.model.trace import Incident
from agentaudit.probes.companions import companion_of
from agentaudit.probes.processes.runtimes import python_of, version_of
from agentaudit.probes.stacks.unwinder import OLDEST

Pattern = tuple[str, str, str]
"""A regular expression of the file's path, one of the qualified name, and the kind of step."""

_FOLDER = Path(__file__).parent
_BECOMING_S = 1.0
_STARTING_S = 15.0
_CLOSING_S = 6.0
_LONGEST_SAID = 10_000


class InjectionError(Exception):
    """It cannot be done; the text says why."""


class Injection:
    """One process whose functions are steps, from the making of this to its end."""

    def __init__(self, pid: int, patterns: Sequence[Pattern]) -> None:
        """Raises InjectionError where the process is too old, or forbids it."""
        self._pid = pid
        self._wrapped: int | None = None
        self._last = ""
        self._left = b""
        self._records: list[Record] = []
        _check(pid)
        work = {
            "rules": patterns,
            "source": (_FOLDER / "injected.py").read_text(),
            "markers": Path(markers.__file__).read_text(),
        }
        try:
            process = companion_of(pid, ("markers.injector",), json.dumps(work))
        except OSError as error:
            raise InjectionError(f"its interpreter cannot be started ({error.strerror})") from error
        self._process: subprocess.Popen[bytes] | None = process
        self._await_consent(process)

    def look(self, now_ns: int, pids: Sequence[int]) -> Sequence[Record]:
        del pids
        if self._process is not None:
            self._read(self._process, now_ns)
        told, self._records = self._records, []
        return told

    def close(self, now_ns: int) -> Sequence[Record]:
        """Has everything taken away, waited for as long as a main thread may take."""
        process = self._process
        if process is None:
            return ()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGINT)
        end_s = time.monotonic() + _CLOSING_S
        while process.poll() is None and time.monotonic() < end_s:
            time.sleep(0.01)
        self._read(process, now_ns)
        _ended(process)
        self._process = None
        records = [*self.look(now_ns, ()), *self._account(now_ns)]
        self._records = []
        return records

    def _await_consent(self, process: subprocess.Popen[bytes]) -> None:
        end_s = time.monotonic() + _STARTING_S
        while not self._last and process.poll() is None and time.monotonic() < end_s:
            time.sleep(0.02)
            self._read(process, 0)
        self._read(process, 0)
        if self._last == "asked" or self._wrapped is not None:
            return
        _ended(process)
        said = next((r.what for r in self._records if isinstance(r, Incident)), "")
        raise InjectionError(said or "its interpreter said nothing")

    def _read(self, process: subprocess.Popen[bytes], now_ns: int) -> None:
        with suppress(BlockingIOError, ValueError):  # nothing is there, or the pipe is closed
            if process.stdout is not None:
                self._left += os.read(process.stdout.fileno(), 65536)
        *lines, self._left = self._left[-_LONGEST_SAID:].split(b"\n")
        for line in lines:
            self._heard(line, now_ns)

    def _heard(self, line: bytes, now_ns: int) -> None:
        first, *rest = _words(line)
        what = self._last = str(first)
        if what in {"wrapped", "unwrapped"}:
            count = rest[0] if rest and isinstance(rest[0], int) else 0
            self._wrapped = max(self._wrapped or 0, count)
        elif what == "problem":
            self._incident(now_ns, _plainly(str(rest[0]) if rest else ""))

    def _account(self, now_ns: int) -> Iterator[Record]:
        if not self._wrapped:
            yield Incident(
                at_ns=now_ns,
                probe="injection",
                what=f"no function of process {self._pid} got a marker: none that the rules name is"
                " loaded, or its main thread never returned from a call",
                lost="the boundaries of steps that injected markers would have told",
            )
        if self._last not in {"unwrapped", "problem"}:
            yield Incident(
                at_ns=now_ns,
                probe="injection",
                what=f"the main thread of process {self._pid} is still in a call",
                lost="how the markers were taken away: the process does it when that call returns",
            )

    def _incident(self, now_ns: int, what: str) -> None:
        lost = "the boundaries of steps that injected markers would have told"
        self._records.append(Incident(at_ns=now_ns, probe="injection", what=what, lost=lost))


def _check(pid: int) -> None:
    """A command that we started may be about to become an interpreter."""
    end_s = time.monotonic() + _BECOMING_S
    while (runtime := python_of(pid)) is None and time.monotonic() < end_s:
        time.sleep(0.02)
    version = version_of(runtime or "")
    if version is None or version < OLDEST:
        raise InjectionError(f"it runs {runtime or 'no Python'}; CPython 3.14 or newer lets us")


def _plainly(problem: str) -> str:
    """What the interpreter says of a process that forbids it, as a sentence."""
    if "not enabled" in problem:
        return (
            "the process forbids it (PYTHON_DISABLE_REMOTE_DEBUG or -X disable_remote_debug):"
            " start it without"
        )
    return f"its interpreter says: {problem[:300]}"


def _words(line: bytes) -> Sequence[object]:
    try:
        words = json.loads(line)
    except ValueError:  # an interpreter that cannot start complains in its own words
        return ("problem", line.decode("utf-8", errors="replace"))
    return words if isinstance(words, list) and words else ("problem", "nonsense")


def _ended(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
