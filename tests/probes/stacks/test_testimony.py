"""What a companion writes is read like any other hostile input."""

import json
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.observed import TaskRun
from agentaudit.model.recording import Frame, Record, StackDefined, StackRun, Watched
from agentaudit.probes.stacks.sampling import StackTable
from agentaudit.probes.stacks.testimony import LONGEST_LINE, Witness

PID = 42


def witness() -> Witness:
    return Witness(PID, StackTable(), lambda tid: tid + 1000)


def lines(*words: Sequence[object]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in (["hello", "3.14.0"], *words))


def honest(now_ns: int) -> bytes:
    return lines(
        ["stack", 0, [["agent.py", "search"], ["agent.py", "main"]]],
        ["run", 7, now_ns, now_ns + 1, 0],
        ["task", 7, 91, 90, 90, "request-1", now_ns, now_ns + 1, 0],
        ["watched", now_ns, now_ns + 1, 9, 1, 5, 6],
        ["end"],
    )


def test_lines_become_records() -> None:
    heard = witness()
    now_ns = time.monotonic_ns()

    records = list(heard.heard(honest(now_ns)))

    frames = (
        Frame(file="agent.py", function="search"),
        Frame(file="agent.py", function="main"),
    )
    end_ns = now_ns + 1
    assert records == [
        StackDefined(stack=0, frames=frames),
        StackRun(pid=PID, tid=1007, start_ns=now_ns, end_ns=end_ns, stack=0),
        TaskRun(
            pid=PID,
            tid=1007,
            task=91,
            parent=90,
            root=90,
            name="request-1",
            start_ns=now_ns,
            end_ns=end_ns,
            stack=0,
        ),
        Watched(
            pid=PID,
            start_ns=now_ns,
            end_ns=end_ns,
            samples=9,
            failures=1,
            max_gap_ns=5,
            late_ns=6,
        ),
    ]
    assert heard.begun
    assert heard.ended


@given(st.lists(st.integers(1, 60)))
def test_where_the_pipe_was_cut_makes_no_difference(sizes: list[int]) -> None:
    whole, cut = witness(), witness()
    data = honest(time.monotonic_ns())
    records: list[Record] = []

    left = data
    for size in [*sizes, len(data)]:
        records += cut.heard(left[:size])
        left = left[size:]

    assert records == list(whole.heard(data))


@given(st.binary(max_size=300))
def test_any_bytes_are_records_or_refused(data: bytes) -> None:
    heard = witness()

    try:
        records = list(heard.heard(lines() + data + b"\n"))
    except ValueError:
        records = []

    assert records == []


@pytest.mark.parametrize(
    "lie",
    [
        ["stack", 1, []],
        ["stack", 0, [["f" * 1001, "g"]]],
        ["stack", 0, [["f", "g"]] * 201],
        ["stack", -1, []],
        ["run", 7, 0, 1, 0],
        ["run", 7, 2**62, 2**62 + 1, 0],
        ["run", 7, "NOW", "NOW", 0],
        ["run", -7, "NOW", "NOW", 0],
        ["task", 7, 1, 0, 1, "name" * 300, "NOW", "NOW", 0],
        ["task", 7, 1, 0, 1, "name", "NOW", "NOW", 3],
        ["watched", 5, 4, 1, 0, 0, 0],
        ["watched", "NOW", "NOW", -1, 0, 0, 0],
        ["watched", "NOW", "NOW", 10**30, 0, 0, 0],
        ["task", 7, 2**63, 0, 1, "name", "NOW", "NOW", 0],
        ["unheard", 1],
        {"run": 1},
    ],
    ids=repr,
)
def test_what_cannot_be_true_ends_its_credit(lie: object) -> None:
    heard = witness()
    now = str(time.monotonic_ns())

    with pytest.raises(ValueError, match=r".+"):
        list(heard.heard(lines() + json.dumps(lie).replace('"NOW"', now).encode() + b"\n"))


def test_a_line_without_an_end_is_refused() -> None:
    heard = witness()

    with pytest.raises(ValueError, match="more than a megabyte"):
        list(heard.heard(b"x" * (LONGEST_LINE + 1)))


def test_what_comes_before_the_first_line_is_kept_as_said() -> None:
    heard = witness()

    records = list(heard.heard(b"error while loading shared libraries\n" + lines(["problem", ""])))

    assert records == []
    assert heard.said == b"error while loading shared libraries\n"
    assert heard.problem == "it did not say why"
