"""
Rows of a file of others: JSON lines, a JSON array, CSV or Parquet, gzipped or not, one at a time.

A file is hostile: what it may hold is limited, also after decompression, and nothing in it is run.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from agentaudit.errors import InputError, Problem, UsageError

LARGEST_BYTES = 32 * 1024**3
"""Of text, after decompression."""

LARGEST_DOCUMENT = 512 * 1024**2
"""Of a file that is one JSON value, and so has to be read as a whole."""

LONGEST_LINE = 64 * 1024**2
_LONGEST_FIELD = 16 * 1024**2
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_BATCH_ROWS = 8192


class Row(Struct, frozen=True):
    """One row, and the line it stands on; the number of the row where there are no lines."""

    file: str
    line: int
    fields: Mapping[str, object]


def rows_of(path: Path) -> Iterator[Row]:
    """The rows in order. Raises InputError where the file cannot be read, with the line."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            if start == _PARQUET:
                yield from _of_parquet(path)
                return
            with _decompressed(file, packed=start[:2] == _GZIP) as text:
                yield from _of_text(text, path)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _problem(path, f"cannot be read: {reason}") from error


@contextmanager
def _decompressed(file: IO[bytes], *, packed: bool) -> Iterator[IO[str]]:
    binary = gzip.GzipFile(fileobj=file) if packed else file
    with io.TextIOWrapper(io.BufferedReader(_Limited(binary)), encoding="utf-8-sig") as text:
        yield text


class _Limited(io.RawIOBase):
    """A stream that ends with an error when it has given more than any trace holds."""

    def __init__(self, source: "IO[bytes] | gzip.GzipFile") -> None:
        self._source = source
        self._left = LARGEST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # narrower than any buffer
        data = self._source.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise OSError(f"it holds more than {LARGEST_BYTES // 2**30} GiB")
        buffer[: len(data)] = data
        return len(data)


def _of_text(text: IO[str], path: Path) -> Iterator[Row]:
    first = _line(text, path, 1)
    number = 1
    while first and not first.strip():
        number += 1
        first = _line(text, path, number)
    if first.lstrip().startswith("["):
        yield from _of_document(first + _rest(text, path), path, number)
    elif not first.lstrip().startswith("{"):
        yield from _of_csv(first, text, path, number)
    elif _is_whole(first):
        yield from _of_lines(first, text, path, number)
    else:
        yield from _of_document(first + _rest(text, path), path, number)


def _line(text: IO[str], path: Path, number: int) -> str:
    line = text.readline(LONGEST_LINE)
    if len(line) == LONGEST_LINE:
        raise _problem(path, f"holds a line of more than {LONGEST_LINE // 2**20} MiB", number)
    return line


def _rest(text: IO[str], path: Path) -> str:
    rest = text.read(LARGEST_DOCUMENT)
    if len(rest) == LARGEST_DOCUMENT:
        most = LARGEST_DOCUMENT // 2**20
        raise _problem(path, f"is one JSON value of more than {most} MiB; write JSON lines")
    return rest


def _is_whole(line: str) -> bool:
    """A first line that is an object makes the file JSON lines; half of one does not."""
    try:
        return isinstance(msgspec.json.decode(line), dict)
    except (msgspec.DecodeError, RecursionError):
        return False


def _of_lines(first: str, text: IO[str], path: Path, number: int) -> Iterator[Row]:
    line = first
    while line:
        if line.strip():
            yield Row(str(path), number, _object(line, path, number))
        number += 1
        line = _line(text, path, number)


def _object(line: str, path: Path, number: int) -> Mapping[str, object]:
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _problem(path, f"is no JSON: {error}", number) from error
    if not isinstance(value, dict):
        raise _problem(path, "must be a JSON object", number)
    return value


def _of_document(document: str, path: Path, number: int) -> Iterator[Row]:
    """The elements of an array, or one object, each with the line it begins on."""
    decoder = json.JSONDecoder()
    at, line = 0, number
    inside = document.lstrip().startswith("[")
    opened = document.index("[") + 1 if inside else 0
    while True:
        opened = _skipped(document, opened)
        if opened >= len(document) or document[opened] == "]":
            return
        line += document.count("\n", at, opened)
        at = opened
        try:
            value, opened = decoder.raw_decode(document, opened)
        except (ValueError, RecursionError) as error:
            raise _problem(path, f"is no JSON: {error}", line) from error
        if not isinstance(value, dict):
            raise _problem(path, "must be a JSON object", line)
        yield Row(str(path), line, value)


def _skipped(document: str, at: int) -> int:
    while at < len(document) and document[at] in " \t\r\n,":
        at += 1
    return at


def _of_csv(first: str, text: IO[str], path: Path, number: int) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_FIELD)

    def lines() -> Iterator[str]:
        yield first
        at = number
        while line := _line(text, path, at := at + 1):
            yield line

    table = csv.DictReader(lines(), restkey="")
    try:
        for fields in table:
            line = table.line_num + number - 1
            if "" in fields or None in fields.values():
                raise _problem(path, "has not as many values as the first line has names", line)
            yield Row(str(path), line, dict(fields))
    except csv.Error as error:
        raise _problem(path, f"is no CSV: {error}", table.line_num + number - 1) from error


def _of_parquet(path: Path) -> Iterator[Row]:
    try:
        import pyarrow.parquet as pq  # noqa: PLC0415, an extra that few need
    except ImportError as error:
        raise UsageError(f"{path} is Parquet: install agentaudit[cluster] to read it") from error
    from pyarrow import ArrowException  # noqa: PLC0415, the same

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for fields in batch.to_pylist():
                    number += 1
                    yield Row(str(path), number, fields)
    except ArrowException as error:
        raise _problem(path, f"is no Parquet: {error}", number) from error


def _problem(path: Path, message: str, line: int | None = None) -> InputError:
    return InputError(Problem(file=str(path), message=message, line=line))
