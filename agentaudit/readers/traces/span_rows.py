"""
Exports in which a row is an operation with an id, its parent's id, a start and an end.

An operation that had not ended when it was exported ends with the last of its trace, and is told.
"""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from agentaudit.model.observed import SpanSeen
from agentaudit.readers.traces.notes import BadFieldError, Notes
from agentaudit.readers.traces.rows import Row

_MOST_OPEN = 1_000_000
UNENDED = -1
"""The end of an operation that has none yet."""


def spans_of_rows(
    rows: Iterator[Row], notes: Notes, read: Callable[[Row], SpanSeen | None]
) -> Iterator[SpanSeen]:
    """The spans that `read` makes of rows; what it refuses is noted, what it skips is not."""
    last_ns: dict[str, int] = {}
    unended: list[tuple[Row, SpanSeen]] = []
    for row in rows:
        try:
            span = read(row)
        except BadFieldError as error:
            notes.wrong(row, str(error))
            continue
        if span is None:
            continue
        last_ns[span.trace] = max(last_ns.get(span.trace, 0), span.start_unix_ns, span.end_unix_ns)
        if span.end_unix_ns != UNENDED:
            yield span
        elif len(unended) < _MOST_OPEN:
            unended.append((row, span))
        else:
            notes.wrong(row, f"is one of more than {_MOST_OPEN} operations without an end")
    for _, span in unended:
        notes.counts["unended"] += 1
        yield replace(span, end_unix_ns=max(last_ns[span.trace], span.start_unix_ns))


def ended(start_ns: int, end_ns: int | None) -> int:
    """The end that was read, or that there is none; one before the start cannot be."""
    if end_ns is None:
        return UNENDED
    if end_ns < start_ns:
        raise BadFieldError(f"ends {(start_ns - end_ns) / 1e9:.3f} s before it starts")
    return end_ns
