"""Small real programs that tests start to look at from outside."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

Program = subprocess.Popen[str]
Start = Callable[..., Program]


@contextmanager
def programs(*command: str) -> Iterator[Start]:
    """Starts programs by an interpreter's command that say `ready` first; none outlives this."""
    begun: list[Program] = []

    def started(*words: str) -> Program:
        program = subprocess.Popen(
            [*command, "-u", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        begun.append(program)
        assert said(program) == "ready\n"
        return program

    yield started
    for program in begun:
        program.kill()
        program.communicate()


@contextmanager
def scripts(python: str, folder: Path) -> Iterator[Start]:
    """The same of programs given as text, each in a file of its own name."""
    with programs(python) as started:

        def script(text: str, *arguments: str, name: str = "program.py") -> Program:
            path = folder / name
            path.write_text(text, encoding="utf-8")
            return started(str(path), *arguments)

        yield script


@dataclass(frozen=True, kw_only=True)
class Running:
    """A program and its number, which is not that of what we started where it lives in a root."""

    process: Program
    pid: int


StartNewest = Callable[[str], Running]


def said(program: Program) -> str:
    """A line that the program wrote for us."""
    assert program.stdout is not None
    return program.stdout.readline()


def say(program: Program, line: str) -> None:
    """The program reads a line of ours."""
    assert program.stdin is not None
    program.stdin.write(line)
    program.stdin.flush()


WAITS = "print('ready'); input()"


def until_it_waits(program: Program) -> None:
    """A program that has said `ready` and only reads then has stopped running."""
    while b") S " not in Path(f"/proc/{program.pid}/stat").read_bytes():
        time.sleep(0.001)
