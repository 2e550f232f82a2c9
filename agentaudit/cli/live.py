"""A recording in the making, shown on standard error while it is made."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentaudit.cli.terminal import Terminal

if TYPE_CHECKING:
    from agentaudit.model.recording import Record
    from agentaudit.model.rule import LabelRules
    from agentaudit.profiling.live import LiveView
    from agentaudit.profiling.session import Glance, Sink

_PER_SECOND = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a session is given, so that it can be watched: `over` its sink, and `watch`."""

    over: "Callable[[Sink], Sink]"
    watch: "Callable[[Glance], None]"


@dataclass(frozen=True, slots=True)
class _Tapped:
    """A sink whose records the view sees too."""

    sink: "Sink"
    view: "LiveView"

    def append(self, record: "Record") -> None:
        self.sink.append(record)
        self.view.add(record)

    def flush(self) -> None:
        self.sink.flush()


@contextmanager
def live(
    terminal: Terminal, rules: "LabelRules", what: str, total_ns: int | None
) -> Iterator[Shown]:
    """The live view where there is a terminal that shows it, else nothing; it leaves no trace."""
    if terminal.quiet or not terminal.err.is_terminal:
        yield Shown(over=lambda sink: sink, watch=lambda _: None)
        return
    from rich.live import Live

    from agentaudit.profiling.live import LiveView
    from agentaudit.report.live_table import render_live

    view = LiveView(rules)
    with Live(
        console=terminal.err, transient=True, auto_refresh=False, refresh_per_second=_PER_SECOND
    ) as screen:

        def watch(_glance: "Glance") -> None:
            shown = render_live(view.moment(), what=what, total_ns=total_ns)
            screen.update(shown, refresh=True)

        yield Shown(over=lambda sink: _Tapped(sink, view), watch=watch)
