"""A recording on disk as a source of records, whichever version of the format it is in."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import msgspec

from agentaudit.errors import InputError, Problem
from agentaudit.model.columns import Columns
from agentaudit.model.reading import READING
from agentaudit.model.recording import Record
from agentaudit.model.trace import Incident
from agentaudit.store import framing, lines
from agentaudit.store.batches import Batch
from agentaudit.store.framing import Frames
from agentaudit.store.gathering import Gathering
from agentaudit.store.lines import Lines

LARGEST_BYTES = 2 * 1024**3
MOST_IN_COLUMNS = 40_000_000
"""Records of a file that stand in batches, whatever their kind."""


_WRONG = (msgspec.MsgspecError, ValueError, OverflowError, IndexError, RecursionError)
"""What reading a batch ends in that nobody wrote so."""


class Source(Protocol):
    """The records of one file; what is amiss with it is known once they were gone through."""

    @property
    def torn_bytes(self) -> int: ...

    def few(self, columns: Columns) -> Iterator[Record]:
        """The records in order; those that are many may go into the columns instead."""
        ...

    def records(self) -> Iterator[Record]:
        """All records in order."""
        ...

    def incidents(self, at_ns: int) -> Sequence[Incident]:
        """What could not be read."""
        ...


@contextmanager
def opened_source(path: Path) -> Iterator[Source]:
    """
    The source of records at `path`.

    Raises InputError when the file cannot be read, is no recording or of a newer version.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > LARGEST_BYTES:
                raise problem(path, f"is larger than {LARGEST_BYTES // 2**20} MiB")
            yield _source(file, path)
    except OSError as error:
        raise problem(path, f"cannot be read: {error.strerror}") from error


def _source(file: IO[bytes], path: Path) -> Source:
    head = file.read(len(framing.file_head()))
    if head.startswith(lines.MAGIC):
        file.seek(0)
        return _Lines(file, path)
    if framing.file_head().startswith(head) and len(head) < len(framing.file_head()):
        raise problem(path, "is no recording of agentaudit, or nothing was recorded yet")
    if not head.startswith(framing.MAGIC):
        raise problem(path, "is no recording of agentaudit")
    major = head[len(framing.MAGIC)]
    if major > framing.MAJOR:
        raise problem(
            path,
            f"was written by a newer release (format {major});"
            f" this one reads up to {framing.MAJOR}",
        )
    return _Batches(file, path)


class _Lines:
    """Format 1."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._lines = Lines(file, path)

    @property
    def torn_bytes(self) -> int:
        return self._lines.torn_bytes

    def few(self, _columns: Columns) -> Iterator[Record]:
        return self._lines.records()

    def records(self) -> Iterator[Record]:
        return self._lines.records()

    def incidents(self, at_ns: int) -> Sequence[Incident]:
        return _torn(self.torn_bytes, at_ns)


class _Batches:
    """Format 2."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._frames = Frames(file)
        self._path = path
        self._unknown: Counter[str] = Counter()

    @property
    def torn_bytes(self) -> int:
        return self._frames.torn_bytes

    def few(self, columns: Columns) -> Iterator[Record]:
        gathering = Gathering(columns)
        yield from self._each(lambda batch: batch.few(gathering))
        gathering.settle()

    def records(self) -> Iterator[Record]:
        return self._each(Batch.records)

    def _each(self, records_of: Callable[[Batch], Iterator[Record]]) -> Iterator[Record]:
        total = 0
        for number, content in enumerate(self._frames.contents(), start=1):
            try:
                batch = Batch(content)
                total += len(batch)
                if total > MOST_IN_COLUMNS:
                    raise problem(self._path, f"holds more than {MOST_IN_COLUMNS} records")
                yield from records_of(batch)
            except _WRONG as error:
                raise problem(self._path, f"batch {number} is none: {error}") from error
            self._unknown.update(batch.unknown)

    def incidents(self, at_ns: int) -> Sequence[Incident]:
        found = _torn(self.torn_bytes, at_ns)
        if self._frames.damaged_at is not None:
            what = f"its file is damaged at byte {self._frames.damaged_at:,}"
            found.append(_unread(at_ns, what, "what was recorded after the damage"))
        if self._unknown:
            kinds = ", ".join(sorted(self._unknown)[:8])
            count = f"{self._unknown.total():,} in all"
            what = f"it holds records that this release does not know: {kinds} ({count})"
            found.append(_unread(at_ns, what, "what a newer release told"))
        return found


def _torn(torn_bytes: int, at_ns: int) -> list[Incident]:
    if not torn_bytes:
        return []
    what = f"its file ends in the middle of a record, {torn_bytes:,} bytes into it"
    lost = "its end: a second where the recorder was killed, any amount where the file was cut"
    return [_unread(at_ns, what, lost)]


def _unread(at_ns: int, what: str, lost: str) -> Incident:
    return Incident(at_ns=at_ns, probe=READING, what=what, lost=lost)


def problem(path: Path, message: str) -> InputError:
    """What is wrong with the recording at `path`."""
    return InputError(Problem(file=str(path), message=message))
