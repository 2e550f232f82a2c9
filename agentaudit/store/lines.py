"""
Recordings of format 1: one record a line, each a JSON array whose first element names the record.

They are read, and no longer written.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Union

import msgspec

from agentaudit.errors import InputError, Problem
from agentaudit.model.recording import Record
from agentaudit.store.wire import WIRES, record_of

MAGIC = b'["aatrace",'
VERSION = 1
LONGEST_LINE = 1024 * 1024

_DECODER = msgspec.json.Decoder(Union[tuple(WIRES.values())])  # noqa: UP007 -- made of a list


class Lines:
    """The records of a file of lines; a torn last line is left out, and its length is known."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file = file
        self._path = path
        self.torn_bytes = 0

    def records(self) -> Iterator[Record]:
        """
        The records in order.

        Raises InputError that names the line that is no record.
        """
        number = 0
        while line := self._file.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise self._problem(f"holds a line of more than {LONGEST_LINE} bytes")
            if not line.endswith(b"\n"):
                self.torn_bytes = len(line)
                return
            if number == 1:
                self._refuse_other_formats(line)
            try:
                yield record_of(_DECODER.decode(line))
            except (msgspec.DecodeError, RecursionError, ValueError) as error:
                raise self._problem(f"is no record: {error}", line=number) from error

    def _refuse_other_formats(self, line: bytes) -> None:
        version = line[len(MAGIC) :].split(b",")[0][:9]
        if version.isdigit() and int(version) != VERSION:
            raise self._problem(f"has format {int(version)}, which is not written in lines")

    def _problem(self, message: str, line: int | None = None) -> InputError:
        return InputError(Problem(file=str(self._path), message=message, line=line))
