"""Where a command speaks: results on standard output, everything else on standard error."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import typer

from agentaudit.report.text import inert, one_line
from agentaudit.standard_output import STANDARD_OUTPUT

if TYPE_CHECKING:
    from rich.console import Console


_FORCING = frozenset({"FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"})
"""Variables that make a terminal of a file."""


class Terminal:
    """
    Two consoles, made when something is printed on them, and how much to say.

    Where an option put its file on standard output, all else that is shown goes to standard error.
    """

    def __init__(
        self,
        *,
        out: "Console | None" = None,
        err: "Console | None" = None,
        no_color: bool = False,
        quiet: bool = False,
        verbose: bool = False,
        out_taken: bool = False,
    ) -> None:
        self._out, self._err = out, err
        self.out_taken = out_taken
        self._no_color = no_color
        self.quiet, self.verbose = quiet, verbose

    @property
    def out(self) -> "Console":
        self._out = self._out or self._console(stderr=self.out_taken)
        return self._out

    @property
    def err(self) -> "Console":
        self._err = self._err or self._console(stderr=True)
        return self._err

    @property
    def watched(self) -> bool:
        """Whether a person may be looking at standard error."""
        return not self._plain and self.err.is_terminal

    @property
    def _plain(self) -> bool:
        """Whether standard error is a file or a pipe, for which no console need be made."""
        return self._err is None and not sys.stderr.isatty() and not _FORCING & os.environ.keys()

    def note(self, text: str) -> None:
        """A sentence beside the result; none when quiet."""
        if self.quiet:
            return
        line = inert(one_line(text))
        if self._plain:
            sys.stderr.write(f"{line}\n")
        else:
            self.err.print(line, markup=False, highlight=False, soft_wrap=True)

    def wrote(self, file: Path, what: str = "") -> None:
        """A note that a file is written; none of standard output, which shows it."""
        if file != STANDARD_OUTPUT:
            self.note(f"wrote {file}{what and f': {what}'}")

    @contextmanager
    def progress(self, what: str, total: int | None = None) -> Iterator["Shown"]:
        """
        A progress bar on standard error, which is told how much is done; it leaves nothing.

        Where it is known how much there is, it says how much of that is done.
        """
        if self.quiet or not self.watched:
            yield lambda _done, _now="": None
            return
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        counted = () if total is None else (MofNCompleteColumn(),)
        columns = (
            *(TextColumn("{task.description}", markup=False), BarColumn()),
            *(*counted, TimeElapsedColumn()),
        )
        with Progress(*columns, console=self.err, transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda done, now="": bar.update(task, completed=done, description=now or what)

    def _console(self, *, stderr: bool) -> "Console":
        """NO_COLOR is honoured by the console itself."""
        from rich.console import Console

        colour = True if self._no_color else None
        return Console(stderr=stderr, no_color=colour, highlight=False, markup=False)


class Shown(Protocol):
    """Takes how much is done, and what is being done now."""

    def __call__(self, done: int, now: str = "", /) -> None: ...


def terminal_of(context: typer.Context, *files: Path | None) -> Terminal:
    """
    The terminal that the global options chose: made when a command is about to speak.

    `files` are those beside what it shows; one may be standard output.
    """
    chosen: Callable[..., Terminal] = context.obj if isinstance(context.obj, partial) else Terminal
    return chosen(out_taken=STANDARD_OUTPUT in files)
