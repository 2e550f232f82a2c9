"""Streams of Austin, whole, in pieces, and broken."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.model.recording import Frame
from agentaudit.probes.stacks.mojo import DEEPEST, MojoReader, Sample


def number(value: int) -> bytes:
    """As the stream has it: six bits and the sign, then seven bits at a time."""
    magnitude = abs(value)
    first, magnitude = magnitude & 0x3F, magnitude >> 6
    groups = [first | (0x40 if value < 0 else 0)]
    while magnitude:
        groups[-1] |= 0x80
        groups.append(magnitude & 0x7F)
        magnitude >>= 7
    return bytes(groups)


def text(value: str) -> bytes:
    return value.encode() + b"\0"


def head(tid: int, version: int = 3) -> bytes:
    interpreter = number(0) if version >= 3 else b""
    return b"\2" + number(42) + interpreter + text(f"{tid:x}")


def frame(key: int, file: int, function: int, version: int = 3) -> bytes:
    places = b"".join(number(1) for _ in range(1 if version == 1 else 4))
    return b"\3" + number(key) + number(file) + number(function) + places


def string(key: int, value: str) -> bytes:
    return b"\x0b" + number(key) + text(value)


def reference(key: int) -> bytes:
    return b"\5" + number(key)


def passed(us: int) -> bytes:
    return b"\x09" + number(us)


def stream(version: int = 3) -> bytes:
    begin = b"MOJ" + number(version) + b"\1" + text("mode") + text("wall")
    names = string(500, "agent.py") + string(501, "main") + string(70_000, "search")
    frames = frame(1, 500, 501, version) + frame(2**40, 500, 70_000, version)
    first = head(7, version) + names + frames + reference(1) + reference(2**40) + passed(1281)
    others = b"\x08" + b"\x0a" + number(-53248) + b"\x07" + b"\x0c" + number(501)
    second = head(8, version) + b"\6" + text("schedule") + reference(1) + passed(1281)
    broken = head(7, version) + b"\4" + reference(99) + passed(-1)
    return begin + first + others + second + broken


MAIN = Frame(file="agent.py", function="main")
SEARCH = Frame(file="agent.py", function="search")
SAMPLES = [
    Sample(tid=7, frames=(SEARCH, MAIN), passed_us=1281, valid=True),
    Sample(tid=8, frames=(MAIN,), passed_us=1281, valid=True),
    Sample(tid=7, frames=(), passed_us=0, valid=False),
]


def read(pieces: Sequence[bytes]) -> list[Sample]:
    reader = MojoReader()
    samples = [sample for piece in pieces for sample in reader.samples(piece)]
    return [*samples, *reader.rest(), *reader.rest()]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_samples_are_read_leaf_first_in_every_version(version: int) -> None:
    assert read([stream(version)]) == SAMPLES


@given(st.lists(st.integers(0, len(stream()))))
def test_where_the_stream_was_cut_makes_no_difference(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(stream())]

    pieces = [stream()[start:end] for start, end in pairwise(edges)]

    assert read(pieces) == SAMPLES


@given(st.integers(-(2**60), 2**60))
def test_numbers_of_all_sizes_are_read(value: int) -> None:
    (sample,) = read([b"MOJ" + number(3) + head(7) + passed(value)])

    assert sample.passed_us == max(value, 0)


@given(st.binary(max_size=200))
def test_any_bytes_are_samples_or_refused(data: bytes) -> None:
    try:
        samples = read([b"MOJ" + number(3) + data])
    except ValueError:
        samples = []

    assert all(len(sample.frames) <= DEEPEST for sample in samples)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"P42;T7;main 10\n", "does not begin as a MOJO stream"),
        (b"MOJ" + number(9), "version 9 of MOJO is not known"),
        (b"MOJ" + number(3) + b"\x63", "unknown kind 99"),
        (b"MOJ" + number(3) + b"\x09" + b"\xff" * 12, "more than 64 bits"),
        (b"MOJ" + number(3) + b"\x06" + b"x" * 2**21, "more than a megabyte"),
        (b"MOJ" + number(3) + head(7).replace(b"7\0", b"x\0"), "invalid literal"),
    ],
    ids=["text", "version", "kind", "number", "length", "thread"],
)
def test_what_is_no_such_stream_is_refused(data: bytes, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        read([data])


def test_tables_do_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentaudit.probes.stacks.mojo._MOST_KNOWN", 1)
    begin = b"MOJ" + number(3)

    with pytest.raises(ValueError, match="more names"):
        read([begin + string(1, "a") + string(2, "b")])
    with pytest.raises(ValueError, match="more frames"):
        read([begin + frame(1, 1, 1) + frame(2, 1, 1)])
