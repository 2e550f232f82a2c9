"""
Austin, where it is installed: a sampler of CPython 3.8 to 3.13 that is cheaper than py-spy.

It is a program of its own, and no dependency of ours: it runs beside the target and streams what it
sees. Its samples say how long after each other they came, never when. The instants follow from
those that came through the pipe the fastest.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from agentaudit.model.recording import Frame, Record, StackRun, Watched
from agentaudit.probes.processes.runtimes import version_of
from agentaudit.probes.stacks.looks import Account, Runs
from agentaudit.probes.stacks.mojo import MojoReader, Sample
from agentaudit.probes.stacks.sampling import StackTable

_VERSION = re.compile(r"austin (\d+)\.(\d+)")
_READS: Mapping[int, tuple[tuple[int, int], tuple[int, int]]] = {
    3: ((3, 8), (3, 13)),
    4: ((3, 9), (3, 14)),
}
"""The oldest and the newest CPython that each major version reads."""

_RELIABLE = (3, 13)
"""Of CPython 3.14, one sample in nine failed: there, others are asked first."""

_CUT_NS = 800_000_000
_CLOSING_S = 2.0
_PROBING_S = 5.0
_READ_BYTES = 1 << 20


class Program(Struct, frozen=True, kw_only=True):
    """An Austin that runs here."""

    path: str
    major: int


class AustinError(Exception):
    """There is none that runs here; the text says why."""


def find_austin() -> Program:
    """
    The program on the path, or beside the interpreter that runs us.

    Raises AustinError where there is none, or it does not run.
    """
    path = shutil.which("austin") or shutil.which("austin", path=str(Path(sys.executable).parent))
    if path is None:
        raise AustinError("it is not installed: pip install 'agentaudit[austin]'")
    try:
        done = subprocess.run(  # noqa: S603 -- the user's own program, asked for its version
            [path, "--version"], capture_output=True, timeout=_PROBING_S, text=True, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AustinError(f"{path} does not run: {error}") from error
    told = _VERSION.search(done.stdout)
    if told is None:
        said = (done.stderr.strip().splitlines() or ["it told no version"])[-1]
        raise AustinError(f"{path} does not run: {said[:300]}")
    if int(told[1]) not in _READS:
        raise AustinError(f"{path} is version {told[1]}.{told[2]}; we know 3 and 4")
    return Program(path=path, major=int(told[1]))


class Austin:
    """The sampler of processes that share our files; `asked` for, also where others are better."""

    name = "austin"
    most = 8
    """Processes at a time: each costs some 2 % of a core here, and as much there."""

    def __init__(self, program: Program, rate_hz: int, *, asked: bool = False) -> None:
        self._program = program
        self._rate_hz = rate_hz
        self._asked = asked

    def suits(self, pid: int, runtime: str) -> bool:
        version = version_of(runtime)
        oldest, newest = _READS[self._program.major]
        latest = newest if self._asked else min(newest, _RELIABLE)
        return version is not None and oldest <= version <= latest and _shares_our_files(pid)

    def watch(self, pid: int, stacks: StackTable) -> "AustinWatch":
        return AustinWatch(self._program, self._rate_hz, pid, stacks)


class AustinWatch:
    """One process and the Austin beside it."""

    def __init__(self, program: Program, rate_hz: int, pid: int, stacks: StackTable) -> None:
        self.problem = ""
        self._pid = pid
        self._stacks = stacks
        self._reader = MojoReader()
        self._round: dict[int, int] = {}
        self._round_us = 0
        self._elapsed_ns = 0
        self._zero_ns: int | None = None
        self._runs = Runs(self._ran)
        self._account = Account(1_000_000_000 // rate_hz)
        self._cut_ns = 0
        self._records: list[Record] = []
        self._stopping = False
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = _begun(program, rate_hz, pid)
        except OSError as error:
            self.problem = f"austin cannot be started ({error.strerror})"

    @property
    def over(self) -> bool:
        return self._process is None

    def poll(self, now_ns: int) -> Sequence[Record]:
        process = self._process
        if process is None:
            return ()
        gone = process.poll() is not None
        try:
            for sample in self._reader.samples(_taken(process)):
                self._sampled(sample, now_ns)
            if gone:
                self._ended(process, now_ns)
        except ValueError as error:
            self._end(process)
            self.problem = f"austin wrote nonsense: {error}"
        return self._told()

    def stop(self) -> None:
        if self._process is not None and not self._stopping:
            self._stopping = True
            self._process.send_signal(signal.SIGINT)

    def close(self, now_ns: int) -> Sequence[Record]:
        self.stop()
        del now_ns
        end_s = time.monotonic() + _CLOSING_S
        records: list[Record] = []
        while self._process is not None and time.monotonic() < end_s:
            records += self.poll(time.monotonic_ns())
            if self._process is not None:
                time.sleep(0.005)
        if self._process is not None:
            self._end(self._process)
        return records

    def _sampled(self, sample: Sample, now_ns: int) -> None:
        """A thread that comes again begins the next look; one look has one time for all."""
        if sample.tid in self._round:
            self._looked(now_ns)
        if not sample.valid:
            self._account.failures += 1
        self._round[sample.tid] = self._stack(sample.frames)
        self._round_us = sample.passed_us

    def _looked(self, now_ns: int) -> None:
        passed_ns = self._round_us * 1000
        self._elapsed_ns += passed_ns
        zero_ns = now_ns - self._elapsed_ns
        self._zero_ns = zero_ns if self._zero_ns is None else min(self._zero_ns, zero_ns)
        at_ns = max(self._zero_ns + self._elapsed_ns, self._runs.at_ns)
        self._runs.look(at_ns, self._round)
        self._round = {}
        self._account.sampled(at_ns, max(passed_ns - self._account.interval_ns, 0))
        if at_ns - self._cut_ns >= _CUT_NS:
            self._cut(at_ns)

    def _cut(self, at_ns: int) -> None:
        self._cut_ns = at_ns
        self._runs.cut()
        told = self._account.told()
        if told.samples:
            self._records.append(Watched(pid=self._pid, **told._asdict()))

    def _ended(self, process: subprocess.Popen[bytes], now_ns: int) -> None:
        for sample in self._reader.rest():
            self._sampled(sample, now_ns)
        if self._round:
            self._looked(now_ns)
        self._cut(self._runs.at_ns)
        said = _said(process)
        self._end(process)
        if process.returncode != 0 and not self._stopping and Path(f"/proc/{self._pid}").exists():
            self.problem = f"austin cannot read the stacks of process {self._pid}: {said}"

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        self._process = None

    def _stack(self, frames: tuple[Frame, ...]) -> int:
        stack, definitions = self._stacks.of(frames)
        self._records += definitions
        return stack

    def _ran(self, tid: int, stack: int, start_ns: int, end_ns: int) -> None:
        self._records.append(
            StackRun(pid=self._pid, tid=tid, start_ns=start_ns, end_ns=end_ns, stack=stack)
        )

    def _told(self) -> Sequence[Record]:
        told, self._records = self._records, []
        return told


def _begun(program: Program, rate_hz: int, pid: int) -> subprocess.Popen[bytes]:
    binary = ["-b"] if program.major < 4 else []  # noqa: PLR2004 -- since then it knows no other
    command = [program.path, "-P", *binary, "-i", f"{1_000_000 // rate_hz}us", "-p", str(pid)]
    process = subprocess.Popen(  # noqa: S603 -- the user's own program; the arguments are numbers
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            os.set_blocking(pipe.fileno(), False)
    return process


def _taken(process: subprocess.Popen[bytes]) -> bytes:
    """What can be read without waiting, up to a limit."""
    with suppress(BlockingIOError):
        return os.read(process.stdout.fileno(), _READ_BYTES) if process.stdout else b""
    return b""


def _said(process: subprocess.Popen[bytes]) -> str:
    """Its last line on standard error, which says what went wrong."""
    said = b""
    with suppress(BlockingIOError):
        said = os.read(process.stderr.fileno(), 8192) if process.stderr else b""
    lines = [line.strip() for line in said.decode("utf-8", errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "it said nothing")[:200]


def _shares_our_files(pid: int) -> bool:
    """It must find the interpreter's files where the process has them."""
    try:
        return Path(f"/proc/{pid}/root").samefile("/") and (
            Path(f"/proc/{pid}/ns/mnt").readlink() == Path("/proc/self/ns/mnt").readlink()
        )
    except OSError:
        return False
