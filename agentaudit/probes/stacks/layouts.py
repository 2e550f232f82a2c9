"""
Where CPython keeps its threads, frames and functions in memory, version by version.

Since 3.13 the interpreter publishes these offsets itself, at the start of its runtime. Those of
older versions are in its headers, and have not moved within a minor version since its first
release; `benchmarks/generate_layouts.py` prints them. Whoever reads by them holds every function
against its type, so that an interpreter which is laid out in another way is refused, not misread.

This module travels with the companion, and so imports the standard library alone.
"""

import struct
from collections.abc import Mapping
from typing import NamedTuple

COOKIE = b"xdebugpy"
PUBLISHED = struct.Struct("=8s80Q")
"""`_Py_DebugOffsets` of pycore_runtime.h (3.13) and pycore_debug_offsets.h (3.14)."""


class Layout(NamedTuple):
    """Offsets in bytes, each within the thing that its group names; None of what is not there."""

    # of the runtime, an interpreter, and a thread
    interpreters: int
    next_interpreter: int
    threads: int
    thread_bytes: int
    next_thread: int
    pthread: int
    native_id: int | None
    chunk: int | None
    """The piece of memory that holds a thread's frames; before 3.11, each lies by itself."""
    current: int
    through: int | None
    """From 3.11 to 3.12 `current` leads to a place in C's stack that tells of the frame, here."""

    # of a frame
    frame_bytes: int
    previous: int
    executable: int
    owner: int | None
    rooted: bool
    """Every stack ends with a frame that C owns."""

    # of an object, a function's code, and a text
    kind: int
    flags: int | None
    """Asked of frames that do not say themselves whose they are."""
    code_bytes: int
    file: int
    qualified: int
    length: int
    state: int
    text: int
    """Of characters that are all ASCII; others begin `wider` bytes later."""
    wider: int
    state_shift: int = 2


_ON_HEAP = Layout(
    interpreters=32,
    next_interpreter=0,
    threads=8,
    thread_bytes=264,
    next_thread=8,
    pthread=176,
    native_id=None,
    chunk=None,
    current=24,
    through=None,
    frame_bytes=40,
    previous=24,
    executable=32,
    owner=None,
    rooted=False,
    kind=8,
    flags=36,
    code_bytes=176,
    file=104,
    qualified=112,
    length=16,
    state=32,
    text=48,
    wider=24,
)
_IN_CHUNKS = _ON_HEAP._replace(
    interpreters=40,
    threads=16,
    thread_bytes=360,
    pthread=152,
    native_id=160,
    chunk=296,
    current=56,
    through=8,
    frame_bytes=80,
    previous=48,
    executable=32,
    owner=69,
    flags=None,
    code_bytes=192,
    file=112,
    qualified=128,
)
FROM_HEADERS: Mapping[tuple[int, int], Layout] = {
    (3, 8): _ON_HEAP,
    (3, 9): _ON_HEAP,
    (3, 10): _ON_HEAP,
    (3, 11): _IN_CHUNKS,
    (3, 12): _IN_CHUNKS._replace(
        threads=72,
        thread_bytes=288,
        pthread=136,
        native_id=144,
        chunk=232,
        through=0,
        previous=8,
        executable=0,
        owner=70,
        rooted=True,
        code_bytes=200,
        text=40,
        wider=16,
    ),
}

_PUBLISHING = ((3, 13), (3, 14))
_WORDS: Mapping[str, tuple[int, int]] = {
    "interpreters": (4, 4),
    "next_interpreter": (7, 7),
    "threads": (8, 8),
    "thread_bytes": (18, 21),
    "next_thread": (20, 23),
    "current": (22, 25),
    "pthread": (23, 26),
    "native_id": (24, 27),
    "chunk": (25, 28),
    "frame_bytes": (27, 30),
    "previous": (28, 31),
    "executable": (29, 32),
    "owner": (32, 35),
    "code_bytes": (33, 38),
    "file": (34, 39),
    "qualified": (36, 41),
    "kind": (44, 50),
    "state": (67, 77),
    "length": (68, 78),
    "text": (69, 79),
}
"""The place of each offset among the words that those versions publish, in the same order."""

VERSIONS = frozenset({*FROM_HEADERS, *_PUBLISHING})
_OF_INTERPRETERS = frozenset({"interpreters", "next_interpreter", "threads"})
_FARTHEST = 1 << 20
_LARGEST = 4096
"""Threads, frames and functions take less."""


def layout_of(version: tuple[int, int], runtime: bytes) -> Layout:
    """
    The layout of a version, whose runtime begins with these bytes.

    Raises LookupError for a version that nobody has looked into, or a runtime of another one.
    """
    if version in FROM_HEADERS:
        return FROM_HEADERS[version]
    if version not in _PUBLISHING:
        raise LookupError(f"nobody knows how CPython {version[0]}.{version[1]} is laid out")
    cookie, *words = PUBLISHED.unpack(runtime[: PUBLISHED.size])
    if cookie != COOKIE or words[0] >> 16 != version[0] << 8 | version[1]:
        raise LookupError("the process runs another interpreter than its program")
    at = _PUBLISHING.index(version)
    told = {name: words[places[at]] for name, places in _WORDS.items()}
    small = [value for name, value in told.items() if name not in _OF_INTERPRETERS]
    if max(told.values()) > _FARTHEST or max(small) > _LARGEST:
        raise LookupError("the process publishes offsets that cannot be")
    shift = 8 if words[1] else 2  # without a GIL, whether a text is interned takes a byte
    return Layout(**told, through=None, rooted=True, flags=None, wider=16, state_shift=shift)
