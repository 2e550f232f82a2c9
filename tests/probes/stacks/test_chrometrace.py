"""What py-spy writes, read as stretches of equal stacks."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.recording import Frame
from agentaudit.probes.stacks.chrometrace import DEEPEST, Frames, Stretch, parse_chrometrace

ROOT = Frame(file="main.py", function="main")
LEAF = Frame(file="llm.py", function="ask")


def event(  # noqa: PLR0917 -- as short as the file it stands for
    phase: str, at_us: int, name: str, file: str, tid: int = 99
) -> dict[str, object]:
    return {
        "ph": phase, "ts": at_us, "name": name, "tid": tid, "pid": 1, "cat": "py-spy",
        "args": {"filename": file, "line": None},
    }  # fmt: skip


def frames(phase: str, at_us: int, *stack: Frame) -> list[dict[str, object]]:
    return [event(phase, at_us, frame.function, frame.file) for frame in stack]


def test_begins_and_ends_become_stretches() -> None:
    trace = [
        event("B", 100, "thread (4711): worker", ""),
        *frames("B", 100, ROOT),
        *frames("B", 300, LEAF),
        *frames("E", 900, LEAF),
        *frames("E", 1000, ROOT),
        event("E", 1000, "thread (4711): worker", ""),
    ]

    assert parse_chrometrace(json.dumps(trace).encode()) == [
        Stretch(tid=4711, start_ns=100_000, end_ns=300_000, frames=(ROOT,)),
        Stretch(tid=4711, start_ns=300_000, end_ns=900_000, frames=(LEAF, ROOT)),
        Stretch(tid=4711, start_ns=900_000, end_ns=1_000_000, frames=(ROOT,)),
    ]


def test_a_frame_replaced_by_another_leaves_no_gap() -> None:
    other = Frame(file="tools.py", function="run")
    trace = [*frames("B", 0, ROOT, LEAF), *frames("E", 5, LEAF), *frames("B", 5, other)]
    trace += [*frames("E", 9, other), *frames("E", 9, ROOT)]

    found = parse_chrometrace(json.dumps(trace).encode())

    assert [(stretch.start_ns, stretch.end_ns, stretch.frames[0]) for stretch in found] == [
        (0, 5000, LEAF),
        (5000, 9000, other),
    ]


def test_threads_are_told_apart_and_hexadecimal_ids_are_read() -> None:
    trace = [event("B", 0, "thread (0x1F)", "", tid=1), event("B", 0, "thread (7)", "", tid=2)]
    for tid in (1, 2):
        trace += [event("B", 0, "main", "main.py", tid=tid), event("E", 4, "main", "", tid=tid)]

    assert {stretch.tid for stretch in parse_chrometrace(json.dumps(trace).encode())} == {31, 7}


def test_of_a_bottomless_recursion_the_frames_next_to_the_root_are_kept() -> None:
    deep = [Frame(file="a.py", function=f"f{number}") for number in range(DEEPEST + 50)]
    trace = [*frames("B", 0, *deep), *frames("E", 4, *reversed(deep))]

    (stretch,) = parse_chrometrace(json.dumps(trace).encode())

    assert len(stretch.frames) == DEEPEST
    assert stretch.frames[-1] == deep[0]


@pytest.mark.parametrize("text", [b"", b"{}", b'[{"ph": 1}]', b"[[" * 100_000, b"\xff"])
def test_what_is_no_trace_is_a_value_error(text: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        parse_chrometrace(text)


@given(
    st.lists(
        st.builds(
            event,
            st.sampled_from(["B", "E"]),
            st.integers(0, 50),
            st.sampled_from(["main", "ask", "thread (3)"]),
            st.sampled_from(["", "a.py"]),
            st.integers(1, 2),
        )
    )
)
def test_stretches_are_never_empty_whatever_the_order(trace: list[dict[str, object]]) -> None:
    for stretch in parse_chrometrace(
        json.dumps(sorted(trace, key=lambda e: str(e["ts"]))).encode()
    ):
        assert stretch.frames
        assert stretch.end_ns != stretch.start_ns


def test_frames_are_kept_once_and_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentaudit.probes.stacks.chrometrace._MOST_FRAMES", 2)
    known = Frames()

    first = known.of("a.py", "f")

    assert known.of("a.py", "f") is first
    known.of("a.py", "g")
    known.of("a.py", "h")
    assert known.of("a.py", "f") == first
    assert known.of("a.py", "f") is not first
