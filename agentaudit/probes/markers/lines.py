"""What marked steps say of themselves, read from datagrams; the protocol: `agentaudit.markers`."""

import re
from collections.abc import Iterator

from msgspec import Struct

from agentaudit.markers import KINDS, LONGEST_NAME
from agentaudit.model.trace import StepKind

LARGEST_DATAGRAM = 64 * 1024
_MOST_LINES = 1_000
_NUMBER = re.compile(r"[0-9]{1,18}")
"""Of at most 10¹⁸: what a recording can hold."""

_BEGINNING, _END = 10, 11
"""Fields of a message that a step began, and that it ended."""


class Mark(Struct, frozen=True, kw_only=True):
    """A step began, or ended where `end_ns` is told. Numbers are as its process sees them."""

    marker: int
    parent: int
    tid: int
    task: int
    injected: bool
    kind: StepKind
    start_ns: int
    end_ns: int | None
    name: str


def marks_of(datagram: bytes) -> Iterator[Mark | None]:
    """The messages of a datagram; None for each that is none."""
    for number, line in enumerate(datagram.decode("utf-8", "replace").split("\n")):
        if number >= _MOST_LINES:
            yield None
            return
        yield _mark(line.split("\t"))


def _mark(fields: list[str]) -> Mark | None:
    ended = fields[:2] == ["1", "E"] and len(fields) == _END
    if not ended and not (fields[:2] == ["1", "B"] and len(fields) == _BEGINNING):
        return None
    flags, kind, name = fields[6], fields[7], fields[-1]
    digits = [*fields[2:6], *fields[8:-1]]
    if kind not in KINDS or not all(map(_NUMBER.fullmatch, digits)):
        return None
    marker, parent, tid, task, start_ns = (int(text) for text in digits[:5])
    end_ns = int(digits[5]) if ended else None
    if not marker or (end_ns is not None and end_ns < start_ns):
        return None
    return Mark(
        marker=marker,
        parent=parent,
        tid=tid,
        task=task,
        injected="i" in flags,
        kind=StepKind(kind),
        start_ns=start_ns,
        end_ns=end_ns,
        name=name[:LONGEST_NAME],
    )
