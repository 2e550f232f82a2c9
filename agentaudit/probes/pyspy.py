"""py-spy as a program: one recording of it, and what it says when it cannot."""

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

CHUNK_S = 1
"""Length of one recording: what a killed profiler can lose."""


@dataclass(slots=True)
class Chunk:
    """One recording of py-spy."""

    process: subprocess.Popen[bytes]
    file: IO[bytes]
    messages: IO[bytes]
    start_ns: int

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
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with its chunk
    messages = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with its chunk
    command = [program, "record", "--nonblocking", "--threads", "--idle", "--nolineno"]
    command += ["--format", "chrometrace", "--output", f"/dev/fd/{file.fileno()}"]
    command += ["--rate", str(rate_hz), "--duration", str(CHUNK_S)]
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
    return Chunk(process=process, file=file, messages=messages, start_ns=start_ns)


def reason(said: bytes, pid: int) -> str:
    """What went wrong, from what py-spy said: its own words are no sentence for a user."""
    text = said.decode("utf-8", errors="replace")
    if "ermission" in text or "EPERM" in text or "not permitted" in text:
        return (
            f"the memory of process {pid} may not be read: run as its user with"
            " `echo 0 | sudo tee /proc/sys/kernel/yama/ptrace_scope`, run as root, or give the"
            " container the capability SYS_PTRACE"
        )
    last = next((line for line in reversed(text.splitlines()) if line.strip()), "it said nothing")
    return f"py-spy cannot read the stacks of process {pid}: {last.strip()[:200]}"
