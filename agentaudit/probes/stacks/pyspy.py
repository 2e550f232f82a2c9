"""py-spy as a program: one recording of it, and what it says when it cannot."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from msgspec import Struct

from agentaudit.probes.processes.runtimes import closed

_LONGEST_S = 3
"""A recording ends by itself then, should nobody be left to end it."""

_HANGS_NS = 8_000_000_000
"""Age at which a recording is given up: py-spy did not end when its time was up."""


class Chunk(Struct):
    """One recording of py-spy."""

    process: subprocess.Popen[bytes]
    file: IO[bytes]
    messages: IO[bytes]
    start_ns: int
    rate_hz: int
    cpu_ns: int = 0
    """What it cost, once it has ended."""
    asked: bool = False

    def end(self) -> None:
        """Asks for the file: SIGINT is the one signal that py-spy writes it on."""
        if not self.asked:
            self.asked = True
            self.process.send_signal(signal.SIGINT)

    def ended(self, now_ns: int) -> bool:
        """Whether its file is whole, or never will be; what it cost is known from then on."""
        if self.process.returncode is not None:
            return True
        pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        if not pid:
            if now_ns - self.start_ns > _HANGS_NS:
                self.process.kill()
            return False
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_ns = round((usage.ru_utime + usage.ru_stime) * 1e9)
        return True

    def written(self) -> bytes:
        self.file.seek(0)
        return self.file.read()

    def said(self) -> bytes:
        self.messages.seek(0)
        return self.messages.read(8192)


def find_pyspy() -> str | None:
    """The program, beside the interpreter that runs us or on the path."""
    return shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")


def begun(program: str, rate_hz: int, pid: int) -> Chunk:
    """A recording of one process that runs from now on, in a session of its own."""
    file, messages = _in_memory("stacks"), _in_memory("messages")
    command = [program, "record", "--nonblocking", "--threads", "--idle", "--nolineno"]
    command += ["--format", "chrometrace", "--output", f"/dev/fd/{file.fileno()}"]
    command += ["--rate", str(rate_hz), "--duration", str(_LONGEST_S)]
    start_ns = time.monotonic_ns()
    try:
        process = subprocess.Popen(  # noqa: S603 -- our own dependency; the arguments are numbers
            [*command, "--pid", str(pid)],
            stdin=subprocess.DEVNULL,
            stdout=messages,
            stderr=messages,
            pass_fds=[file.fileno()],
            start_new_session=True,
        )
    except OSError:
        file.close()
        messages.close()
        raise
    return Chunk(process=process, file=file, messages=messages, start_ns=start_ns, rate_hz=rate_hz)


def _in_memory(name: str) -> IO[bytes]:
    """A file that is on no disk, and gone when it is closed."""
    return os.fdopen(os.memfd_create(name), "w+b", buffering=0)


def forbidden(said: bytes) -> bool:
    """Whether py-spy was not let read the process, which no second try changes."""
    return any(word in said for word in (b"ermission", b"EPERM", b"not permitted"))


def reason(said: bytes, pid: int) -> str:
    """What went wrong, from what py-spy said: its own words are no sentence for a user."""
    if forbidden(said):
        return closed(pid)
    text = said.decode("utf-8", errors="replace")
    last = next((line for line in reversed(text.splitlines()) if line.strip()), "it said nothing")
    return f"py-spy cannot read the stacks of process {pid}: {last.strip()[:200]}"
