"""
Batches in a file, each with its length, its number and a checksum; only ever added to.

What was written last may be torn, and what a disk or a network changed is noticed: reading stops
there, and says whether it was the end that is missing or something in between that is damaged.
"""

import struct
import zlib
from collections.abc import Iterator
from io import BufferedReader
from typing import IO

from msgspec import Struct

MAGIC = b"\x89AATRACE\r\n"
MAJOR = 2
"""Of the format. A reader refuses a greater one."""

MINOR = 0
"""A greater one adds fields and kinds of records, which a reader leaves out."""

LARGEST_FRAME = 32 * 1024 * 1024
_HEAD = struct.Struct("<III")
_CHECK = struct.Struct("<I")
HEAD_BYTES = _HEAD.size + _CHECK.size


def file_head() -> bytes:
    """How a file begins."""
    return MAGIC + bytes((MAJOR, MINOR))


def is_recording(file: BufferedReader) -> bool:
    """Whether the rest of a file begins as one; nothing of it is taken."""
    return file.peek(len(MAGIC)).startswith(MAGIC)


def frame(number: int, content: bytes) -> bytes:
    """The content as it stands in a file; frames count from 0."""
    head = _HEAD.pack(len(content), number & 0xFFFFFFFF, zlib.crc32(content))
    return head + _CHECK.pack(zlib.crc32(head)) + content


class Frames(Struct):
    """The frames of a file. Once they were gone through, what was amiss at the end is known."""

    file: IO[bytes]
    torn_bytes: int = 0
    """What was being written when the file ended."""
    damaged_at: int | None = None
    """Where something stands that nobody wrote so; what follows it was not read."""

    def contents(self) -> Iterator[bytes]:
        """What the frames hold, as far as they are sound."""
        number = 0
        while head := self.file.read(HEAD_BYTES):
            place = self.file.tell() - len(head)
            content = self._content(head, number) or self._once_more(place, number)
            if content is None:
                return
            yield content
            number += 1

    def _content(self, head: bytes, number: int) -> bytes | None:
        length, found, checksum, sound = _parsed(head)
        if not sound or found != number & 0xFFFFFFFF or length > LARGEST_FRAME:
            return None
        content = self.file.read(length)
        return content if zlib.crc32(content) == checksum and len(content) == length else None

    def _once_more(self, place: int, number: int) -> bytes | None:
        """The frame again, as a file that grows may hold all of it by now; or what is amiss."""
        size = self.file.seek(0, 2)
        self.file.seek(place)
        head = self.file.read(HEAD_BYTES)
        content = self._content(head, number)
        if content is not None:
            return content
        length, _, _, sound = _parsed(head)
        if place + HEAD_BYTES + length > size if sound else self._only_zeros(place):
            self.torn_bytes = size - place
        else:
            self.damaged_at = place
        return None

    def _only_zeros(self, place: int) -> bool:
        """What a file system leaves when the machine went down before it wrote the data."""
        self.file.seek(place)
        rest = self.file.read(HEAD_BYTES)
        if len(rest) < HEAD_BYTES:
            return True
        while rest and not any(rest):
            rest = self.file.read(1024 * 1024)
        return not rest


def _parsed(head: bytes) -> tuple[int, int, int, bool]:
    """Length, number and checksum of a frame, and whether the head itself is sound."""
    if len(head) < HEAD_BYTES:
        return 0, 0, 0, False
    length, number, checksum = _HEAD.unpack_from(head)
    (check,) = _CHECK.unpack_from(head, _HEAD.size)
    return length, number, checksum, check == zlib.crc32(head[: _HEAD.size])
