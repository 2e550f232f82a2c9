"""Measured latencies of a stage: a CSV file with the columns `concurrency` and `seconds`."""

import csv
from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from statistics import fmean

from agentaudit.errors import InputError, Problem
from agentaudit.model.execution import StageLatency

LARGEST_BYTES = 1024 * 1024
_MOST_CALLS = 1_000_000
_SHOWN = 40
"""Characters of a wrong value that a message repeats."""
_COLUMNS = ("concurrency", "seconds")


def read_stage_latencies(path: Path) -> tuple[StageLatency, ...]:
    """
    One latency for each number of calls, ascending; the mean where it was measured repeatedly.

    Raises InputError with every line that is wrong.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        problem = Problem(file=str(path), message=f"cannot be read: {error.strerror}")
        raise InputError(problem) from error
    if len(content) > LARGEST_BYTES:
        raise InputError(Problem(file=str(path), message="is larger than 1 MiB"))
    return parse_stage_latencies(content.decode(errors="replace"), file=str(path))


def parse_stage_latencies(text: str, *, file: str) -> tuple[StageLatency, ...]:
    """The latencies that a text says; other columns are nobody's concern."""
    rows = csv.DictReader(text.splitlines(), restkey="more")
    try:
        missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            what = f"needs the columns {', '.join(_COLUMNS)}, and has no {' and no '.join(missing)}"
            raise InputError(Problem(file=file, line=1, column=1, message=what))
        numbered = [(rows.line_num, row) for row in rows]
    except csv.Error as error:
        line = rows.line_num + 1  # of the last row that could be read, and the next
        raise InputError(Problem(file=file, line=line, message=str(error))) from error
    problems = [problem for line, row in numbered for problem in _problems(file, line, row)]
    if not numbered:
        problems.append(Problem(file=file, message="holds no latency"))
    if problems:
        raise InputError(*problems)
    found: dict[int, list[float]] = {}
    for _, row in numbered:
        found.setdefault(int(row["concurrency"]), []).append(float(row["seconds"]))
    if 1 not in found:
        what = "needs a row of concurrency 1: what one call takes alone"
        raise InputError(Problem(file=file, message=what))
    return tuple(
        StageLatency(concurrency=calls, seconds=fmean(times))
        for calls, times in sorted(found.items())
    )


def _problems(file: str, line: int, row: Mapping[str, str | None]) -> Iterator[Problem]:
    calls, seconds = ((row[name] or "").strip() for name in _COLUMNS)
    if not (calls.isascii() and calls.isdigit()) or not 1 <= int(calls[:20]) <= _MOST_CALLS:
        what = f"concurrency is a whole number from 1 to {_MOST_CALLS}, not {calls[:_SHOWN]!r}"
        yield Problem(file=file, line=line, message=what)
    if not _is_time(seconds):
        yield Problem(file=file, line=line, message=f"seconds is above 0, not {seconds[:_SHOWN]!r}")


def _is_time(text: str) -> bool:
    try:
        return isfinite(float(text)) and float(text) > 0
    except ValueError:
        return False
