"""Standard output, whose end is an error for people: its reader went away, or the disk is full."""

import sys
from codecs import register_error
from errno import EPIPE
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import TYPE_CHECKING

from agentaudit.errors import OutputGoneError, UsageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_PLAINER = {"✓": "+", "✗": "x", "→": "->", "…": "...", "±": "+-", "·": "-", "━": "="}
"""Where an encoding has no mark of ours, another one; all else is a `?`."""
_PLAINLY = "agentaudit.plainly"


def guard_standard_output() -> None:
    """
    From now on a failure to write there is an error of ours, with an exit code of its own.

    The libraries that print would make it an exit with 1, which reads as findings. Characters that
    the terminal's encoding lacks do not end the run either: they are written in a plainer way.
    """
    now = sys.stdout
    if now is None or now is not sys.__stdout__ or not isinstance(now, TextIOWrapper):
        return
    register_error(_PLAINLY, _plainer)
    now.flush()
    sys.stdout = TextIOWrapper(
        BufferedWriter(_StandardOutput(now.fileno(), "wb", closefd=False)),
        encoding=now.encoding,
        errors=_PLAINLY if now.errors == "strict" else now.errors,
        line_buffering=now.line_buffering,
    )


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_PLAINER.get(character, "?") for character in lacking), error.end


class _StandardOutput(FileIO):
    """Its first failure is told, and what is written after it goes nowhere."""

    _gone = False

    def write(self, content: "ReadableBuffer", /) -> int:
        if self._gone:
            return memoryview(content).nbytes
        try:
            return super().write(content)
        except OSError as error:
            self._gone = True
            if error.errno == EPIPE:
                raise OutputGoneError from error
            told = f"standard output cannot be written: {error.strerror}"
            raise UsageError(told) from error
