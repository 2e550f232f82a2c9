"""
The stacks of a recording for speedscope.app: a profile for each thread, all on one time axis.

Every profile begins and ends with the recording, so threads can be laid side by side.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile

import msgspec

from agentaudit.model.columns import Runs
from agentaudit.model.recording import Frame, Recording

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
_ENCODER = msgspec.json.Encoder()


def speedscope(recording: Recording, name: str, extent_ns: tuple[int, int]) -> Iterator[bytes]:
    """The document, a piece at a time; `extent_ns` is when the recording began and ended."""
    frames: dict[Frame, int] = {}
    paths = [
        tuple(frames.setdefault(frame, len(frames)) for frame in reversed(stack))
        for stack in recording.stacks
    ]
    shared = [{"name": frame.function, "file": frame.file} for frame in frames]
    head = {"$schema": SCHEMA, "name": name, "exporter": "agentaudit", "activeProfileIndex": 0}
    yield _ENCODER.encode(head)[:-1] + b',"shared":' + _ENCODER.encode({"frames": shared})
    yield b',"profiles":['
    threads = sorted(recording.columns.runs.items())
    for number, (_, runs) in enumerate(threads):
        yield b",\n" if number else b"\n"
        yield from _profile(runs, paths, extent_ns)
    yield b"\n]}\n"


def _profile(
    runs: Runs, paths: Sequence[tuple[int, ...]], extent_ns: tuple[int, int]
) -> Iterator[bytes]:
    start_ns, end_ns = extent_ns
    about = {
        "type": "evented",
        "name": f"process {runs.pid}, thread {runs.tid}",
        "unit": "nanoseconds",
        "startValue": 0,
        "endValue": max(end_ns - start_ns, 0),
    }
    yield _ENCODER.encode(about)[:-1] + b',"events":['
    separator = b""
    for events in _events(runs, paths, extent_ns):
        yield separator + b",".join(events)
        separator = b",\n"
    yield b"]}"


def _events(
    runs: Runs, paths: Sequence[tuple[int, ...]], extent_ns: tuple[int, int]
) -> Iterator[list[bytes]]:
    """Frames opened and closed, in order of time; what stays open between runs is not closed."""
    first_ns, last_ns = extent_ns
    path: tuple[int, ...] = ()
    until_ns = first_ns
    for start_ns, end_ns, stack in sorted(runs.rows()):
        begin_ns, finish_ns = max(start_ns, until_ns), min(end_ns, last_ns)
        if finish_ns <= begin_ns:
            continue
        events: list[bytes] = []
        if begin_ns > until_ns:
            events += _changed(path, (), until_ns - first_ns)
            path = ()
        events += _changed(path, paths[stack], begin_ns - first_ns)
        path, until_ns = paths[stack], finish_ns
        if events:
            yield events
    rest = _changed(path, (), until_ns - first_ns)
    if rest:
        yield rest


def _changed(before: Sequence[int], after: Sequence[int], at: int) -> list[bytes]:
    """What closes, the leaf first, and what opens, the root first."""
    kept = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
    )
    return [
        *(b'{"type":"C","frame":%d,"at":%d}' % (frame, at) for frame in reversed(before[kept:])),
        *(b'{"type":"O","frame":%d,"at":%d}' % (frame, at) for frame in after[kept:]),
    ]
