"""
Recordings on disk, `*.aatrace`: batches of records, only ever added to.

What was flushed survives the end of the writer, a torn last batch is skipped, and a reader needs no
closing index, so a recording can be read while it grows. A recording is hostile input when it is
read: sizes and counts are limited, and a checksum tells where a batch is not as it was written.
"""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from agentaudit.model.columns import Columns
from agentaudit.model.recording import Opened, Record, Recording, recording_of
from agentaudit.store import framing
from agentaudit.store.batches import to_bytes
from agentaudit.store.sources import Source, opened_source, problem

MOST_RECORDS = 20_000_000
MOST_FEW = 4_000_000
"""Records that are held as they are, rather than in columns."""

MOST_PENDING = 20_000
"""Records that a writer gathers at most before it writes them, asked or not."""


class RecordingWriter:
    """
    A recording being written. A crash loses what came after the last `flush`, and nothing else.

    The file must not exist: a recording is never written over another.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("xb", buffering=0)
        self._pending: list[Record] = []
        self._number = 0
        self._write(framing.file_head())

    def append(self, record: Record) -> None:
        self._pending.append(record)
        if len(self._pending) >= MOST_PENDING:
            self.flush()

    def flush(self) -> None:
        """
        What was appended reaches the kernel, and so survives this process.

        Raises OSError when it does not; the file then holds what it held before, and is whole.
        """
        if not self._pending:
            return
        batch = to_bytes(self._pending)
        self._pending.clear()
        self._write(framing.frame(self._number, batch))
        self._number += 1

    def take_over(self, path: Path) -> None:
        """All batches of another file follow what was appended, as they are."""
        self.flush()
        with path.open("rb") as file:
            file.seek(len(framing.file_head()))
            for batch in framing.Frames(file).contents():
                self._write(framing.frame(self._number, batch))
                self._number += 1

    def close(self) -> None:
        """What was appended reaches the disk."""
        if self._file.closed:
            return
        with self._file:
            self.flush()
            os.fsync(self._file.fileno())

    def _write(self, content: bytes) -> None:
        place = self._file.tell()
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(place)
            self._file.seek(place)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()


def read_recording(path: Path) -> Recording:
    """
    The recording at `path`, as far as it is written.

    A torn end and damage in the middle are incidents: the recording ends there. Raises InputError
    when the file cannot be read, is no recording, is of a newer version, or holds what nobody
    recorded.
    """
    with opened_source(path) as source:
        columns = Columns()
        try:
            few = _checked(source, source.few(columns), path, MOST_FEW)
            recording = recording_of(few, columns=columns)
        except ValueError as error:
            raise problem(path, f"is no whole recording: {error}") from error
        return replace(
            recording,
            records=(*recording.records, *source.incidents(recording.opened.start_ns)),
            torn_bytes=source.torn_bytes,
        )


def read_records(path: Path) -> Iterator[Record]:
    """
    All records at `path` in order, one after the other, and what is amiss as the last of them.

    Raises InputError as `read_recording` does.
    """
    with opened_source(path) as source:
        start_ns = 0
        for record in _checked(source, source.records(), path, MOST_RECORDS):
            if isinstance(record, Opened):
                start_ns = record.start_ns
            yield record
        yield from source.incidents(start_ns)


def _checked(source: Source, records: Iterator[Record], path: Path, most: int) -> Iterator[Record]:
    """The records of a recording that is opened once, first, on a machine that can be."""
    first = next(records, None)
    if first is None:
        amiss = "".join(f": {incident.what}" for incident in source.incidents(0)[:1])
        raise problem(path, f"is no recording of agentaudit, or nothing was recorded yet{amiss}")
    if not isinstance(first, Opened):
        raise problem(path, "a recording is opened by its first record")
    if not _measurable(first):
        raise problem(path, "a recording needs a core and a sampling rate above 0")
    yield first
    for record in islice(records, most):
        if isinstance(record, Opened):
            raise problem(path, "a recording is opened once, by its first record")
        yield record
    if next(records, None) is not None:
        raise problem(path, f"holds more than {most} records")


def _measurable(opened: Opened) -> bool:
    """What was measured has cores and a rate; what was imported may know of neither."""
    if opened.target.imported:
        return opened.host.cores >= 0 and opened.rate_hz >= 0
    return opened.host.cores >= 1 and opened.rate_hz > 0
