"""Where a command speaks: results on standard output, everything else on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import typer

from agentaudit.report.text import one_line

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Two consoles and how much to say."""

    out: "Console"
    err: "Console"
    quiet: bool = False
    verbose: bool = False

    def note(self, text: str) -> None:
        """A sentence beside the result; none when quiet."""
        if not self.quiet:
            self.err.print(one_line(text), markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def progress(self, what: str, total: int | None = None) -> Iterator["Shown"]:
        """A progress bar on standard error, which is told how much is done; it leaves nothing."""
        if self.quiet or not self.err.is_terminal:
            yield lambda _done, _now="": None
            return
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.err, transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda done, now="": bar.update(task, completed=done, description=now or what)


class Shown(Protocol):
    """Takes how much is done, and what is being done now."""

    def __call__(self, done: int, now: str = "", /) -> None: ...


def terminal(*, no_color: bool = False, quiet: bool = False, verbose: bool = False) -> Terminal:
    """The terminal of this process. NO_COLOR is honoured by the consoles themselves."""
    from rich.console import Console

    colour = True if no_color else None
    return Terminal(
        out=Console(no_color=colour, highlight=False, markup=False),
        err=Console(stderr=True, no_color=colour, highlight=False, markup=False),
        quiet=quiet,
        verbose=verbose,
    )


def terminal_of(context: typer.Context) -> Terminal:
    """The terminal that the global options chose: made when a command is about to speak."""
    chosen = context.obj
    return chosen() if isinstance(chosen, partial) else terminal()
