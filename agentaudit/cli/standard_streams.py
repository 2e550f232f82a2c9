"""Standard output and error, whose end is told to people: a reader went away, or a disk is full."""

import os
import sys
from codecs import register_error
from errno import EPIPE
from io import FileIO, TextIOWrapper
from pathlib import Path
from select import select
from typing import TYPE_CHECKING, TextIO

from agentaudit.errors import OutputGoneError, UsageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_PLAINER = {"✓": "+", "✗": "x", "→": "->", "…": "...", "±": "+-", "·": "-", "━": "="}
"""Where an encoding has no mark of ours, another one; all else is a `?`."""
_PLAINLY = "agentaudit.plainly"


def guard_standard_streams() -> None:
    """
    From now on a failure to write results is an error of ours, with an exit code of its own.

    The libraries that print would make it an exit with 1, which reads as findings. Notes that
    nobody reads are no reason to end. Characters that the terminal's encoding lacks do not end the
    run either: they are written in a plainer way.
    """
    register_error(_PLAINLY, _plainer)
    if sys.stdout is sys.__stdout__:
        sys.stdout = _guarded(sys.stdout, _Results)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _guarded(sys.stderr, _Guarded)


def _guarded(now: TextIO | None, raw: "type[_Guarded]") -> TextIO:
    if now is None:  # closed by who started us; the next file we open must not take its place
        return Path(os.devnull).open("w", encoding="utf-8")
    if not isinstance(now, TextIOWrapper):
        return now
    now.flush()
    return TextIOWrapper(
        raw(now.fileno(), "wb", closefd=False),
        encoding=now.encoding,
        errors=_PLAINLY if now.errors == "strict" else now.errors,
        line_buffering=now.line_buffering,
        write_through=now.write_through,
    )


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_PLAINER.get(character, "?") for character in lacking), error.end


class _Guarded(FileIO):
    """
    Standard error, of which what is written after a failure goes nowhere.

    All is written at once, with no buffer between: one would write what it holds a second time
    where Ctrl-C comes right after the first.
    """

    _gone = False

    def write(self, content: "ReadableBuffer", /) -> int:
        left = memoryview(content).cast("B")
        size = len(left)
        try:
            while left and not self._gone:
                left = left[self._written(left) :]
        except OSError as error:
            self._gone = True
            self.end(error)
        return size

    def _written(self, content: memoryview) -> int:
        """How much of it; where a reader who will not wait is slow, we do."""
        written: int | None = super().write(content)
        if written is None:
            select([], [self], [])
        return written or 0

    def end(self, error: OSError) -> None:
        """What a failure means: nothing, to notes."""


class _Results(_Guarded):
    """Standard output, which is what the run was for."""

    def end(self, error: OSError) -> None:
        if error.errno == EPIPE:
            raise OutputGoneError from error
        told = f"standard output cannot be written: {error.strerror}"
        raise UsageError(told) from error
