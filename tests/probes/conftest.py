"""Where programs to look at are started: in our Python, in each that is here, in the newest."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from tests.probes.programs import Running, Start, StartNewest, programs, scripts


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts Python programs that say `ready` first; none outlives the test."""
    with scripts(sys.executable, tmp_path) as started:
        yield started


@pytest.fixture
def start_newest() -> Iterator[StartNewest]:
    """The same in CPython 3.14 or newer, which may live where it cannot read our files."""
    command = _newest_python()
    with programs(*command) as started:

        def running(text: str) -> Running:
            process = started("-c", text)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            inside = children and command[0] == "unshare"
            return Running(process=process, pid=int(children[0]) if inside else process.pid)

        yield running


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


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A CPython here; `shared` says that most of it lies in a library of its own."""

    version: tuple[int, int]
    shared: bool
    path: str

    def __str__(self) -> str:
        return f"{self.version[0]}.{self.version[1]}-{'shared' if self.shared else 'static'}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whoever asks for an `interpreter` gets each that is here."""
    if "interpreter" not in metafunc.fixturenames:
        return
    found: list[object] = list(_interpreters())
    if len(found) < 2:
        why = "no other CPython 3.8 to 3.13 here: install some, or set PYENV_ROOT"
        found.append(pytest.param(None, marks=pytest.mark.skip(reason=why), id="others"))
    metafunc.parametrize("interpreter", found, ids=lambda one: str(one) if one else None)


@pytest.fixture
def start_in(tmp_path: Path, interpreter: Interpreter) -> Iterator[Start]:
    """Starts programs in an interpreter that say `ready` first; none outlives the test."""
    with scripts(interpreter.path, tmp_path) as started:
        yield started


@cache
def _interpreters() -> Sequence[Interpreter]:
    """Ours, those on the path, and those of pyenv: one of each version and kind."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    folders = os.environ.get("PATH", "").split(os.pathsep)
    names = [f"python3.{minor}" for minor in range(8, 14)]
    paths = chain(
        [Path(sys.executable)],
        (Path(folder) / name for name in names for folder in folders),
        sorted(pyenv.glob("3.*/bin/python3.[0-9]*")),
    )
    known: dict[tuple[tuple[int, int], bool], Interpreter] = {}
    for path in paths:
        one = _interpreter(path) if path.exists() else None
        if one is not None and (3, 8) <= one.version <= (3, 13):
            known.setdefault((one.version, one.shared), one)
    return sorted(known.values(), key=str)


_WHO = """
import platform, sys
assert platform.python_implementation() == "CPython"
print(*sys.version_info[:2], "/libpython3." in open("/proc/self/maps").read(), sys.executable)
"""


def _interpreter(path: Path) -> Interpreter | None:
    """What it says of itself; None where it does not run."""
    try:
        told = subprocess.run(
            [str(path), "-I", "-S", "-c", _WHO], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    major, minor, shared, executable = told.stdout.split(maxsplit=3)
    return Interpreter(
        version=(int(major), int(minor)), shared=shared == "True", path=executable.strip()
    )
