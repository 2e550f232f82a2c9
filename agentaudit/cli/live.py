"""A recording in the making, shown on standard error while it is made."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import Struct

from agentaudit.cli.terminal import Terminal

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from agentaudit.model.recording import Record
    from agentaudit.model.rule import LabelRules
    from agentaudit.profiling.live import LiveView
    from agentaudit.profiling.session import Glance, Sink

_PER_SECOND = 4
_LAST_WAIT_S = 1.0
"""Then the terminal stays as it is."""


class Shown(Struct, frozen=True, kw_only=True):
    """What a session is given, so that it can be watched: `over` its sink, and `watch`."""

    over: "Callable[[Sink], Sink]"
    watch: "Callable[[Glance], None]"


class _Tapped(Struct, frozen=True):
    """A sink whose records the view sees too."""

    sink: "Sink"
    view: "LiveView"

    def append(self, record: "Record") -> None:
        self.sink.append(record)
        self.view.add(record)

    def flush(self) -> None:
        self.sink.flush()


_NEEDED = ("rich.live", "agentaudit.profiling.live", "agentaudit.report.tables.live")


def load_live(terminal: Terminal) -> None:
    """What the view needs is loaded; to be done before the target begins."""
    for module in _NEEDED if _shows(terminal) else ():
        import_module(module)


@contextmanager
def live(
    terminal: Terminal, rules: "LabelRules", what: str, total_ns: int | None
) -> Iterator[Shown]:
    """The live view where there is a terminal that shows it, else nothing; it leaves no trace."""
    if not _shows(terminal):
        yield Shown(over=lambda sink: sink, watch=lambda _: None)
        return
    from rich.live import Live

    from agentaudit.profiling.live import LiveView
    from agentaudit.report.tables.live import render_live

    view = LiveView(rules)
    screen = Live(
        console=terminal.err, transient=True, auto_refresh=False, refresh_per_second=_PER_SECOND
    )
    painter = _Painter(screen)

    def watch(_glance: "Glance") -> None:
        painter.show(render_live(view.moment(), what=what, total_ns=total_ns))

    try:
        yield Shown(over=lambda sink: _Tapped(sink, view), watch=watch)
    finally:
        painter.close()


def _shows(terminal: Terminal) -> bool:
    return not terminal.quiet and terminal.watched


class _Painter:
    """Draws in a thread of its own: a terminal that is slow, stopped or gone holds nothing up."""

    def __init__(self, screen: "Live") -> None:
        self._screen = screen
        self._newest: RenderableType = ""
        self._wanted = threading.Event()
        self._over = False
        self._thread = threading.Thread(target=self._draw, name="live view", daemon=True)
        self._thread.start()

    def show(self, newest: "RenderableType") -> None:
        self._newest = newest
        self._wanted.set()

    def close(self) -> None:
        self._over = True
        self._wanted.set()
        self._thread.join(_LAST_WAIT_S)

    def _draw(self) -> None:
        with suppress(OSError), self._screen:  # nobody looks any more
            while self._wanted.wait() and not self._over:
                self._wanted.clear()
                self._screen.update(self._newest, refresh=True)
