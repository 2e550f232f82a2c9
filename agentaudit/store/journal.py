"""
Rows of a sweep that is under way, beside the file that it becomes: what was computed is not lost.

One line of JSON for each row, behind one that says which sweep they are of. A torn last line is
what a killed writer leaves, and is left out.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from agentaudit.errors import InputError, Problem, UsageError
from agentaudit.model.sweep import Cell, Sweep, SweepRow
from agentaudit.store.artifacts import read_artifact

LARGEST_BYTES = 1024 * 1024 * 1024
_ROW = msgspec.json.Decoder(SweepRow)


def journal_path(output: Path) -> Path:
    """Where the rows of an unfinished sweep stand."""
    return output.with_name(f"{output.name}.unfinished")


def known_rows(output: Path, fingerprint: str) -> Mapping[Cell, SweepRow]:
    """
    Rows of the same sweep from earlier runs, finished or not.

    Raises InputError where `output`, or what stands beside it, is of another sweep or none at all.
    """
    rows: dict[Cell, SweepRow] = {}
    if output.exists():
        found = read_artifact(output)
        if not isinstance(found, Sweep) or found.fingerprint != fingerprint:
            raise _another(output)
        rows = {row.cell: row for row in found.rows}
    rows.update((row.cell, row) for row in _unfinished(journal_path(output), fingerprint))
    return rows


def _unfinished(path: Path, fingerprint: str) -> Iterator[SweepRow]:
    try:
        if not path.exists():
            return
        if path.stat().st_size > LARGEST_BYTES:
            raise _problem(path, f"is larger than {LARGEST_BYTES // 2**20} MiB")
        with path.open("rb") as file:
            first, *lines = file.read().split(b"\n")
    except OSError as error:
        raise _problem(path, f"cannot be read: {error.strerror}") from error
    if lines and first.decode(errors="replace") != fingerprint:
        raise _another(path)
    for number, line in enumerate(lines[:-1], start=2):
        try:
            yield _ROW.decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise _problem(path, f"is no row of a sweep: {error}", number) from error


@contextmanager
def journal(output: Path, fingerprint: str) -> Iterator["Journal"]:
    """
    A journal to add rows to; those that stand in it already stay. One without any is gone after it.

    Raises UsageError where nothing can be written.
    """
    path = journal_path(output)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            whole = path.read_bytes().rfind(b"\n") + 1
            os.truncate(path, whole)  # a torn end goes, so that the next row has its own line
            yield Journal(file, heading=b"" if whole else f"{fingerprint}\n".encode())
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            if not path.stat().st_size:
                path.unlink()


class Journal:
    """Where rows go as they are computed."""

    def __init__(self, file: IO[bytes], *, heading: bytes) -> None:
        self._file = file
        self._heading = heading
        """What comes before the first row of a new journal."""

    def add(self, rows: Iterable[SweepRow]) -> None:
        """What is added survives this process."""
        lines = (msgspec.json.encode(row) + b"\n" for row in rows)
        self._file.write(b"".join((self._heading, *lines)))
        self._heading = b""
        self._file.flush()


def _another(path: Path) -> InputError:
    return _problem(
        path,
        "holds another sweep: of another workload, release or choice of machines, or with other"
        " policies of your own (one that was edited is another). Choose another file with -o, or"
        " remove this one",
    )


def _problem(path: Path, message: str, line: int | None = None) -> InputError:
    return InputError(Problem(file=str(path), line=line, message=message))
