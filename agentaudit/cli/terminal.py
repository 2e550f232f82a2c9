"""Where a command speaks: results on standard output, everything else on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from agentaudit.report.text import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Two consoles and how much to say."""

    out: Console
    err: Console
    quiet: bool = False
    verbose: bool = False

    def note(self, text: str) -> None:
        """A sentence beside the result; none when quiet."""
        if not self.quiet:
            self.err.print(one_line(text), markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def progress(self, what: str, total: float | None = None) -> Iterator[Progress]:
        """A progress bar on standard error with one task; it leaves nothing behind."""
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
        hidden = self.quiet or not self.err.is_terminal
        with Progress(*columns, console=self.err, transient=True, disable=hidden) as bar:
            bar.add_task(what, total=total)
            yield bar


def terminal(*, no_color: bool = False, quiet: bool = False, verbose: bool = False) -> Terminal:
    """The terminal of this process. NO_COLOR is honoured by the consoles themselves."""
    colour = True if no_color else None
    return Terminal(
        out=Console(no_color=colour, highlight=False, markup=False),
        err=Console(stderr=True, no_color=colour, highlight=False, markup=False),
        quiet=quiet,
        verbose=verbose,
    )


def terminal_of(context: typer.Context) -> Terminal:
    """The terminal that the global options chose."""
    found = context.obj
    return found if isinstance(found, Terminal) else terminal()
