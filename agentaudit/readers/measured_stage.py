"""
Measurements of a stage from a CSV file: a row for so many calls at once.

    concurrency,seconds,watts       # or joules, of all calls of the row together
    0,,115                          # idle
    1,1.28,183
    8,1.71,363

`concurrency` and `seconds` are needed; `watts` or `joules` may stand beside them, in some rows or
in all. Other columns are nobody's concern.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path
from statistics import fmean

from msgspec import Struct

from agentaudit.errors import InputError, Problem
from agentaudit.model.execution import MeasuredStage, StageLatency, StagePower

LARGEST_BYTES = 1024 * 1024
_MOST_CALLS = 1_000_000
_SLOWEST, _FASTEST = 1e-6, 1e9
"""Speeds as machine files have them."""
_SHOWN = 40
"""Characters of a wrong value that a message repeats."""
_CALLS, _SECONDS, _WATTS, _JOULES = "concurrency", "seconds", "watts", "joules"
_NEEDED = (_CALLS, _SECONDS)
_POWER = (_WATTS, _JOULES)
_MISNAMED = {"watt": _WATTS, "power": _WATTS, "joule": _JOULES, "energy": _JOULES}
"""What would be passed over as another column, although it is meant."""


def read_measured_stage(path: Path) -> MeasuredStage:
    """
    One latency for each number of calls, ascending; the mean where it was measured repeatedly.

    So are watts. Raises InputError with all that is wrong.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        problem = Problem(file=str(path), message=f"cannot be read: {error.strerror}")
        raise InputError(problem) from error
    if len(content) > LARGEST_BYTES:
        raise InputError(Problem(file=str(path), message="is larger than 1 MiB"))
    return parse_measured_stage(content.decode(errors="replace"), file=str(path))


def parse_measured_stage(text: str, *, file: str) -> MeasuredStage:
    """What a text says of a stage."""
    names, rows = _table(text, file)
    columns = {name: place for place, name in enumerate(names)}
    problems = [problem for row in rows for problem in _problems(file, row, columns)]
    if not rows:
        problems.append(Problem(file=file, message="holds no latency"))
    if problems:
        raise InputError(*problems)
    seconds: dict[int, list[float]] = {}
    watts: dict[int, list[tuple[float, _Row]]] = {}
    for row in rows:
        calls = int(row.field(columns, _CALLS))
        if calls:
            seconds.setdefault(calls, []).append(float(row.field(columns, _SECONDS)))
        if (drawn := _drawn(row, columns)) is not None:
            watts.setdefault(calls, []).append((drawn, row))
    if 1 not in seconds:
        what = "needs a row of concurrency 1: what one call takes alone"
        raise InputError(Problem(file=file, message=what))
    means = {calls: fmean(times) for calls, times in sorted(seconds.items())}
    if problems := list(_beyond(file, means)):
        raise InputError(*problems)
    return MeasuredStage(
        latencies=tuple(
            StageLatency(concurrency=calls, seconds=mean) for calls, mean in means.items()
        ),
        power=tuple(_power(file, watts, columns)),
    )


def _beyond(file: str, means: Mapping[int, float]) -> Iterator[Problem]:
    """Speeds that no machine file can say."""
    for calls, mean in means.items():
        speed = calls * means[1] / mean
        if not _SLOWEST <= speed < _FASTEST:
            what = (
                f"{calls} calls at once in {mean:g} s would be served {speed:.3g} times as fast as"
                f" one in {means[1]:g} s; a speed is from {_SLOWEST:g} to {_FASTEST:g}"
            )
            yield Problem(file=file, message=what)


class _Row(Struct, frozen=True):
    """A row of the file: its number of the last line, and that line where it is the only one."""

    line: int
    fields: Sequence[str]
    text: str | None

    def field(self, columns: Mapping[str, int], name: str) -> str:
        """What stands in a column, the empty text where the row ends before it."""
        place = columns.get(name, len(self.fields))
        return self.fields[place].strip() if place < len(self.fields) else ""

    def problem(self, file: str, columns: Mapping[str, int], name: str, what: str) -> Problem:
        """A problem that is told where the column begins in this row."""
        column = None if self.text is None else _begins(self.text, columns[name])
        return Problem(file=file, line=self.line, column=column, message=what)


def _table(text: str, file: str) -> tuple[Sequence[str], Sequence[_Row]]:
    """The names of the columns, and all rows below that hold anything."""
    lines = text.removeprefix("\ufeff").splitlines()
    reader = csv.reader(lines)
    rows: list[_Row] = []
    before = 0
    try:
        for fields in reader:
            alone = reader.line_num == before + 1
            source = lines[before] if alone else None
            before = reader.line_num
            if fields:
                rows.append(_Row(before, fields, source))
    except csv.Error as error:
        # Of the last row that could be read, and the next.
        raise InputError(Problem(file=file, line=before + 1, message=str(error))) from error
    head = rows[0] if rows else _Row(1, (), "")
    names = [name.strip() for name in head.fields]
    if problems := list(_misnamed(file, head, names)):
        raise InputError(*problems)
    return names, rows[1:]


def _misnamed(file: str, head: _Row, names: Sequence[str]) -> Iterator[Problem]:
    places = {name: place for place, name in reversed(list(enumerate(names)))}
    missing = [name for name in _NEEDED if name not in places]
    if missing:
        what = f"needs the columns {', '.join(_NEEDED)}, and has no {' and no '.join(missing)}"
        yield Problem(file=file, line=head.line, column=1, message=what)
    for place, name in enumerate(names):
        at = {name: place}
        if name in (*_NEEDED, *_POWER) and place != places[name]:
            yield head.problem(file, at, name, f"the column {name} stands twice")
        if name.lower() in _MISNAMED:
            meant = _MISNAMED[name.lower()]
            what = f"the column {name[:_SHOWN]!r} has no known unit: {meant} is called {meant!r}"
            yield head.problem(file, at, name, what)
    if all(name in places for name in _POWER):
        what = "power is said twice, in watts and in joules: leave one of the columns out"
        yield head.problem(file, places, max(_POWER, key=lambda name: places[name]), what)


def _begins(line: str, field: int) -> int:
    """The column, from 1, at which a field of a line begins; its end where there are fewer."""
    quoted = False
    for place, character in enumerate(line):
        if field == 0:
            return place + 1
        quoted ^= character == '"'
        field -= character == "," and not quoted
    return len(line) + 1


def _problems(file: str, row: _Row, columns: Mapping[str, int]) -> Iterator[Problem]:
    calls, seconds, watts, joules = (
        row.field(columns, name) for name in (_CALLS, _SECONDS, _WATTS, _JOULES)
    )
    powered = any(name in columns for name in _POWER)
    least = 0 if powered else 1
    if not (calls.isascii() and calls.isdigit()) or not least <= int(calls[:20]) <= _MOST_CALLS:
        what = f"concurrency is a whole number from {least} to {_MOST_CALLS}"
        yield row.problem(file, columns, _CALLS, f"{what}, not {calls[:_SHOWN]!r}")
        return
    idle = int(calls) == 0
    if not (_is_number(seconds, above=True) or (idle and not seconds and not joules)):
        what = f"seconds is above 0, not {seconds[:_SHOWN]!r}"
        yield row.problem(file, columns, _SECONDS, what)
    if idle and not (watts or joules):
        name = next(name for name in _POWER if name in columns)
        what = f"a row of concurrency 0 says the {name} of the stage when it is idle"
        yield row.problem(file, columns, name, what)
    for name, amount in ((_WATTS, watts), (_JOULES, joules)):
        if amount and not _is_number(amount):
            what = f"{name} is at least 0, not {amount[:_SHOWN]!r}"
            yield row.problem(file, columns, name, what)


def _is_number(text: str, *, above: bool = False) -> bool:
    """Whether it is a finite number of at least 0, or above that."""
    try:
        number = float(text)
    except ValueError:
        return False
    return isfinite(number) and (number > 0 if above else number >= 0)


def _drawn(row: _Row, columns: Mapping[str, int]) -> float | None:
    """The mean watts of a row; None where it says nothing of them."""
    if watts := row.field(columns, _WATTS):
        return float(watts)
    if joules := row.field(columns, _JOULES):
        # Calls of a row begin together and are equal, so what they draw they draw in that time.
        return float(joules) / float(row.field(columns, _SECONDS))
    return None


def _power(
    file: str, watts: Mapping[int, Sequence[tuple[float, _Row]]], columns: Mapping[str, int]
) -> Iterator[StagePower]:
    """Ascending, from idle on; InputError where it is unknown, or more than what work draws."""
    if not any(name in columns for name in _POWER):
        return
    name = next(name for name in _POWER if name in columns)
    if 0 not in watts or len(watts) == 1:
        missing = "concurrency 0, idle" if 0 not in watts else "any calls"
        what = f"{name} needs a row of {missing}: watts are told from idle on"
        raise InputError(Problem(file=file, message=what))
    means = {calls: fmean(each for each, _ in found) for calls, found in watts.items()}
    less = [
        watts[calls][0][1].problem(
            file, columns, name, f"{drawn:g} W at {calls} are less than idle, {means[0]:g} W"
        )
        for calls, drawn in sorted(means.items())
        if drawn < means[0]
    ]
    if less:
        raise InputError(*less)
    yield from (StagePower(concurrency=calls, watts=means[calls]) for calls in sorted(means))
