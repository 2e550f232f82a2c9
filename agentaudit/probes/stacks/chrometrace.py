"""
What py-spy writes as a Chrome trace, as stretches of equal stacks.

The file holds the begin and the end of every frame, in microseconds since py-spy began. Two things
it gets wrong are left to those who know better: frames of a thread that ended run on to the end of
the file, and a change is seen at the sample after it.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from agentaudit.model.recording import Frame

DEEPEST = 200
"""Frames kept of a stack: those next to the root say which step it is, so the leaves go."""

_MOST_FRAMES = 50_000

_THREAD = re.compile(r"thread \((0x[0-9a-fA-F]+|\d+)\)")


class _Arguments(msgspec.Struct, gc=False):
    filename: str = ""


class _Event(msgspec.Struct, gc=False):
    name: str
    ph: str
    tid: int
    ts: int
    args: _Arguments = msgspec.field(default_factory=_Arguments)


class Stretch(Struct, frozen=True, kw_only=True):
    """A thread had these frames, leaf first, from one instant to the other."""

    tid: int
    start_ns: int
    end_ns: int
    frames: tuple[Frame, ...]


_DECODER = msgspec.json.Decoder(list[_Event])


class Frames:
    """Frames that were seen before, each kept once: a recorder that runs for days stays small."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Frame] = {}

    def of(self, file: str, function: str) -> Frame:
        frame = self._known.get((file, function))
        if frame is None:
            if len(self._known) >= _MOST_FRAMES:
                self._known.clear()
            frame = self._known[file, function] = Frame(file=file, function=function)
        return frame


def parse_chrometrace(text: bytes, frames: Frames | None = None) -> Sequence[Stretch]:
    """
    The stretches in a Chrome trace, times since its own zero.

    Raises ValueError when it is none.
    """
    events: dict[int, list[_Event]] = {}
    for event in _DECODER.decode(text):
        events.setdefault(event.tid, []).append(event)
    known = frames or Frames()
    return [stretch for of_thread in events.values() for stretch in _stretches(of_thread, known)]


def _stretches(events: Sequence[_Event], known: Frames) -> Iterator[Stretch]:
    """The stretches of one thread; its frames are opened and closed in order."""
    open_frames: list[Frame] = []
    tid, since_us = 0, 0
    for event in events:
        at_us, file = event.ts, event.args.filename
        if at_us > since_us:
            if open_frames:
                yield _stretch(tid, (since_us, at_us), open_frames)
            since_us = at_us
        if not file and (named := _THREAD.match(event.name)):
            tid = int(named[1], 0)
        elif event.ph == "B":
            open_frames.append(known.of(file, event.name))
        elif open_frames:
            open_frames.pop()


def _stretch(tid: int, edges_us: tuple[int, int], open_frames: Sequence[Frame]) -> Stretch:
    return Stretch(
        tid=tid,
        start_ns=edges_us[0] * 1000,
        end_ns=edges_us[1] * 1000,
        frames=tuple(reversed(open_frames[:DEEPEST])),
    )
