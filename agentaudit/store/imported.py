"""A recording made of spans that another program wrote; nothing in it was measured here."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from agentaudit.errors import UsageError
from agentaudit.model.reading import READING
from agentaudit.model.recording import Closed, Opened
from agentaudit.model.trace import ClockPair, Host, Incident, Target
from agentaudit.store.recording import RecordingWriter

MARGIN_NS = 1_000_000_000
"""A second before the first span and after the last, so that none seems cut off by an edge."""


class ImportedSpans:
    """
    Spans on their way into a recording, kept outside it: its head tells what only their end shows.
    """

    def __init__(self, spool: RecordingWriter) -> None:
        self._spool = spool
        self.add = spool.append

    def write(
        self,
        path: Path,
        *,
        source: str,
        extent_ns: tuple[int, int],
        lacks: Sequence[tuple[str, str]],
        unread: Sequence[tuple[str, str]] = (),
        tool_version: str,
    ) -> None:
        """
        The recording of all spans at `path`, whole or not at all.

        `extent_ns` are the first and the last instant in Unix time; the monotonic clock of an
        unknown host is taken to be a second ahead of it. `lacks` are what the source does not hold,
        and what is lost because of it; `unread` is the same of what it should hold. Raises
        UsageError when `path` exists already.
        """
        start_ns, last_ns = extent_ns
        self._spool.close()
        with _in_place(path) as writer:
            writer.append(_opened(source, start_ns, tool_version))
            writer.append(ClockPair(monotonic_ns=start_ns + MARGIN_NS, unix_ns=start_ns))
            for what, lost in lacks:
                writer.append(Incident(at_ns=start_ns, probe="import", what=what, lost=lost))
            for what, lost in unread:
                writer.append(Incident(at_ns=start_ns, probe=READING, what=what, lost=lost))
            writer.take_over(self._spool.path)
            end_ns = last_ns + 2 * MARGIN_NS
            writer.append(Closed(at_ns=end_ns, because=f"all of the {source} trace was read"))


@contextmanager
def imported_spans() -> Iterator[ImportedSpans]:
    """Room for spans until all of them were read; raises UsageError where there is none on disk."""
    try:
        with TemporaryDirectory() as folder, RecordingWriter(Path(folder, "spans")) as spool:
            yield ImportedSpans(spool)
    except OSError as error:
        raise UsageError(f"what is imported cannot be kept: {error.strerror}") from error


def _opened(source: str, start_ns: int, tool_version: str) -> Opened:
    return Opened(
        tool_version=tool_version,
        start_ns=start_ns,
        rate_hz=0.0,
        host=Host(
            name=f"imported ({source})",
            system="unknown",
            cores=0,
            memory_bytes=0,
            gpu_note="no GPU was measured: the trace was imported",
        ),
        target=Target(
            pid=0,
            command=f"{source} trace",
            launched=False,
            started_at_unix_ns=start_ns,
            imported=source,
        ),
    )


@contextmanager
def _in_place(path: Path) -> Iterator[RecordingWriter]:
    """A writer beside the place, whose file takes the place when nothing went wrong."""
    if path.exists():
        raise UsageError(f"{path} exists already: recordings are never overwritten")
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with RecordingWriter(beside) as writer:
            yield writer
        beside.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
