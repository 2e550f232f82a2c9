"""
Files of others with other text in them: whole or not at all, and only as they were read.

What is written keeps the file's mode, its byte order mark, its encoding and the end of every line.
A link, a file with several names and a file that changed since it was read are left alone.
"""

import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from agentaudit.errors import RefusedError
from agentaudit.readers.decoding import encoding_of
from agentaudit.readers.pieces import Piece

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def rewrite(path: Path, read: str, pieces: Sequence[Piece]) -> None:
    """
    The file with the pieces in place of what stood there; `read` is its text as it was read.

    RefusedError says why it stays as it is.
    """
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise RefusedError(f"{path} is a link: fix the file that it leads to")
        if status.st_nlink > 1:
            raise RefusedError(f"{path} has several names, of which only one would be changed")
        if not status.st_mode & _WRITABLE:
            raise RefusedError(f"{path} may only be read")
        content = path.read_bytes()
        changed = _changed(path, content, read, pieces)
        _replace(path, changed, status)
    except OSError as error:
        raise RefusedError(f"{path} cannot be written: {error.strerror}") from error


def _changed(path: Path, content: bytes, read: str, pieces: Sequence[Piece]) -> bytes:
    """The new content: the text that was read has short line ends, and the file keeps its own."""
    encoding, mark = encoding_of(content)
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        text = ""
    if text.replace("\r\n", "\n") != read:
        raise RefusedError(f"{path} has changed since it was read: run again")
    for piece in reversed(pieces):
        start, end = _offset(text, piece.start), _offset(text, piece.end)
        written = piece.text.replace("\n", _line_end(text, start))
        text = text[:start] + written + text[end:]
    return mark + text.encode(encoding)


def _offset(text: str, offset: int) -> int:
    """An offset of the reader's text in that of the file, whose line ends may be longer."""
    at = 0
    for line in text.split("\n")[:-1]:
        read = len(line) + (0 if line.endswith("\r") else 1)
        if offset < read:
            break
        offset -= read
        at += len(line) + 1
    return at + offset


def _line_end(text: str, offset: int) -> str:
    """How the line there ends; the last one as the line before it."""
    end = text.find("\n", offset)
    end = text.rfind("\n") if end < 0 else end
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"


def _replace(path: Path, content: bytes, status: os.stat_result) -> None:
    """The content in a new file beside it, which then takes its name."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123, a descriptor
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
            own = os.fstat(file.fileno())
            if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
            os.fsync(file.fileno())
        now = path.lstat()
        if (now.st_ino, now.st_mtime_ns, now.st_size) != (
            status.st_ino,
            status.st_mtime_ns,
            status.st_size,
        ):
            raise RefusedError(f"{path} has changed since it was read: run again")
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
