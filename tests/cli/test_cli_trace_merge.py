"""`agentaudit trace merge`: what it makes, what it refuses, and what it says of doubts."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.errors import InputError, UsageError
from agentaudit.model.recording import Closed, Opened, ProcessTick, ProcessTime, Record
from agentaudit.model.trace import ClockPair, Host, Target
from agentaudit.store.recording import RecordingWriter

S = 1_000_000_000
CLOCKS = ClockPair(monotonic_ns=0, unix_ns=1_700_000_000 * S)
SPENT = ProcessTick(since_ns=0, at_ns=S, times=(ProcessTime(pid=7, cpu_ns=S // 2),))
END = Closed(at_ns=S, because="the target ended")


def opened(name: str) -> Opened:
    return Opened(
        tool_version="1",
        start_ns=0,
        rate_hz=100.0,
        host=Host(name=name, system="", cores=4, memory_bytes=0),
        target=Target(pid=7, command="", launched=False),
    )


def written(path: Path, *records: Record) -> Path:
    with RecordingWriter(path) as sink:
        for record in records:
            sink.append(record)
    return path


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return written(tmp_path / "one.aatrace", opened("a"), CLOCKS, SPENT, END)


def merge(*arguments: Path | str) -> list[str]:
    return ["trace", "merge", *map(str, arguments)]


def test_two_hosts_become_one_recording(one: Path, tmp_path: Path) -> None:
    later = replace(CLOCKS, unix_ns=CLOCKS.unix_ns + S)
    two = written(tmp_path / "two.aatrace", opened("b"), later, SPENT, END)
    out = tmp_path / "both.aatrace"

    done = CliRunner().invoke(app, merge(one, two, "-o", out))
    shown = CliRunner().invoke(app, ["trace", "show", str(out)])

    assert (done.exit_code, shown.exit_code) == (0, 0)
    assert "1.00 s counted by the kernel in 2.00 s" in shown.stdout
    assert not list(tmp_path.glob(".part*"))


def test_what_is_cut_off_is_said_and_ends_in_3(one: Path, tmp_path: Path) -> None:
    cut = written(tmp_path / "cut.aatrace", opened("b"), CLOCKS, SPENT)

    done = CliRunner().invoke(app, merge(one, cut, "-o", tmp_path / "both.aatrace"))

    assert done.exit_code == 3
    assert "cut.aatrace is cut off" in done.stderr


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ((opened("b"), SPENT, END), "holds no pair of clocks"),
        (
            (
                replace(opened("b"), target=replace(opened("b").target, imported="otlp")),
                CLOCKS,
                END,
            ),
            "was imported",
        ),
    ],
)
def test_what_cannot_be_added_up_is_refused(
    one: Path, tmp_path: Path, records: tuple[Record, ...], message: str
) -> None:
    other = written(tmp_path / "other.aatrace", *records)

    done = CliRunner().invoke(app, merge(one, other, "-o", tmp_path / "both.aatrace"))

    assert isinstance(done.exception, InputError)
    assert message in str(done.exception)


def test_a_merged_recording_is_not_merged_again(one: Path, tmp_path: Path) -> None:
    two = written(tmp_path / "two.aatrace", opened("b"), CLOCKS, SPENT, END)
    both = tmp_path / "both.aatrace"
    CliRunner().invoke(app, merge(one, two, "-o", both))

    again = CliRunner().invoke(app, merge(one, both, "-o", tmp_path / "more.aatrace"))
    over = CliRunner().invoke(app, merge(one, two, "-o", both))
    alone = CliRunner().invoke(app, merge(one, one, "-o", tmp_path / "more.aatrace"))

    assert "is merged already" in str(again.exception)
    assert "exists already" in str(over.exception)
    assert isinstance(alone.exception, UsageError)
