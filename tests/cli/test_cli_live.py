"""The live view on terminals that are read, that nobody reads, and that are gone."""

import os
import pty
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from rich.console import Console

from agentaudit.cli import live as cli_live
from agentaudit.cli.live import live
from agentaudit.cli.terminal import Terminal
from agentaudit.model.recording import Record
from agentaudit.model.rule import LabelRules
from agentaudit.model.trace import CpuSample
from agentaudit.profiling.session import Glance

GLANCE = Glance(elapsed_ns=0, busy_cores=0.0, processes=1, rss_bytes=0)
RULES = LabelRules(frames=(), spans=())


@dataclass
class Kept:
    """A sink that keeps all."""

    records: list[Record] = field(default_factory=list)
    flushed: int = 0

    def append(self, record: Record) -> None:
        self.records.append(record)

    def flush(self) -> None:
        self.flushed += 1


@dataclass
class Screen:
    """A terminal, and the file of whoever looks at it."""

    terminal: Terminal
    eyes: int

    def read_until(self, text: bytes) -> None:
        seen = b""
        while text not in seen:
            seen += os.read(self.eyes, 65536)


@pytest.fixture
def screen() -> Iterator[Screen]:
    eyes, line = pty.openpty()
    with suppress(OSError), os.fdopen(line, "w", encoding="utf-8") as file:
        console = Console(file=file, force_terminal=True, width=80, height=24)
        yield Screen(Terminal(out=console, err=console), eyes)
    with suppress(OSError):
        os.close(eyes)


def test_what_is_recorded_is_shown_and_kept(screen: Screen) -> None:
    kept = Kept()
    sample = CpuSample(at_ns=10**9, cpu_ns=0, rss_bytes=5 * 2**20, processes=3, system_busy=0.0)
    with live(screen.terminal, RULES, "process 7", None) as shown:
        sink = shown.over(kept)
        sink.append(sample)
        sink.flush()
        shown.watch(GLANCE)
        screen.read_until(b"5 MiB in 3 processes")

    assert (kept.records, kept.flushed) == ([sample], 1)


def test_a_terminal_that_nobody_reads_holds_up_nothing(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after Ctrl-S, or over a line that is too slow."""
    monkeypatch.setattr(cli_live, "_LAST_WAIT_S", 0.01)
    with live(screen.terminal, RULES, "process 7", None) as shown:
        for _ in range(200):
            shown.watch(GLANCE)
            time.sleep(0.001)
    (painter,) = [thread for thread in threading.enumerate() if thread.name == "live view"]

    os.set_blocking(screen.eyes, False)
    while painter.is_alive():
        with suppress(BlockingIOError):
            os.read(screen.eyes, 65536)
        painter.join(0.001)


def test_a_terminal_that_is_gone_ends_no_recording(screen: Screen) -> None:
    with live(screen.terminal, RULES, "process 7", None) as shown:
        os.close(screen.eyes)
        for _ in range(20):
            shown.watch(GLANCE)
            time.sleep(0.001)


def test_without_a_terminal_nothing_is_shown() -> None:
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 -- a device
        console = Console(file=nowhere)
        kept = Kept()
        with live(Terminal(out=console, err=console), RULES, "process 7", None) as shown:
            shown.watch(GLANCE)

            assert shown.over(kept) is kept
