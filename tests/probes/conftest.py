"""Small real programs to look at from outside."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

Program = subprocess.Popen[str]
Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts Python programs that say `ready` first; none outlives the test."""
    programs: list[Program] = []

    def started(text: str, *arguments: str, name: str = "program.py") -> Program:
        path = tmp_path / name
        path.write_text(text)
        program = subprocess.Popen(
            [sys.executable, "-u", str(path), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        programs.append(program)
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        return program

    yield started
    for program in programs:
        program.kill()
        program.communicate()


@dataclass(frozen=True, kw_only=True)
class Running:
    """A program and its number, which is not that of what we started where it lives in a root."""

    process: Program
    pid: int


@pytest.fixture
def start_newest() -> Iterator[Callable[[str], Running]]:
    """Starts programs in CPython 3.14 or newer that say `ready` first; none outlives the test."""
    command = _newest_python()
    programs: list[Program] = []

    def started(text: str) -> Running:
        program = subprocess.Popen(
            [*command, "-u", "-c", text],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        programs.append(program)
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        children = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
        inside = children and command[0] == "unshare"
        return Running(process=program, pid=int(children[0]) if inside else program.pid)

    yield started
    for program in programs:
        program.kill()
        program.communicate()


def _newest_python() -> Sequence[str]:
    """
    How to start it: from AGENTAUDIT_PYTHON314, the path, or what `.ci/newest-python` made.

    The variable names an interpreter or the root folder of a system that has one. Such a system is
    entered like a container: with processes and mounts of its own.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    made = cache / "agentaudit" / "newest-python"
    names = ("python3.15", "python3.14")
    ours = sys.executable if sys.version_info >= (3, 14) else None
    found = (
        os.environ.get("AGENTAUDIT_PYTHON314")
        or ours
        or next((path for path in map(shutil.which, names) if path), None)
        or (str(made) if (made / ".complete").exists() else None)
    )
    if found is None:
        said = "no CPython 3.14 or newer here: run .ci/newest-python, or set AGENTAUDIT_PYTHON314"
        if os.environ.get("AGENTAUDIT_TESTS_REQUIRE_SYSTEM"):
            pytest.fail(said)
        pytest.skip(said)
    if not Path(found).is_dir():
        return [found]
    inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={found}/proc"]
    return [*inside, "chroot", found, "python3.14"]
