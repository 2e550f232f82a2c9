"""Small real programs to look at from outside."""

import subprocess
import sys
from collections.abc import Callable, Iterator
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
