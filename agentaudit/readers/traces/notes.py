"""
What is noted while a format is read: problems with their lines, and what the format cannot say.

Fields are asked here by all their names, because every export calls them differently.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec import Struct, field

from agentaudit.errors import Problem
from agentaudit.readers.traces.rows import Row

MOST_PROBLEMS = 20
_LONGEST_TEXT = 512
_LATEST_NS = 2**62
_FIRST_NS = 1_000_000_000
_SCALES = ((10**17, 1), (10**14, 1_000), (10**11, 1_000_000), (0, 1_000_000_000))
"""A number's size tells its unit: nanoseconds, microseconds, milliseconds or seconds since 1970."""


class BadFieldError(ValueError):
    """A row does not hold what its format promises; it is left out, and told."""


class UnknownLengthError(Exception):
    """The format does not say how long a model call took, and nobody assumed a speed."""


class Speed(Struct, frozen=True, kw_only=True):
    """Tokens a second that the user assumes of a model whose calls have no recorded length."""

    prompt: float
    generated: float

    def call_ns(self, tokens_in: int, tokens_out: int) -> int:
        return round((tokens_in / self.prompt + tokens_out / self.generated) * 1e9)


class Notes(Struct):
    """One import's notes."""

    speed: Speed | None = None
    problems: list[Problem] = field(default_factory=list)
    bad_rows: int = 0
    lacks: dict[str, str] = field(default_factory=dict)
    """What the format does not hold, and what the recording lacks because of it."""
    counts: Counter[str] = field(default_factory=Counter)
    unread: set[str] = field(default_factory=set)
    """What could not be read of the recordings that were exported to this."""

    def wrong(self, row: Row, message: str) -> None:
        self.bad_rows += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(file=row.file, line=row.line, message=message))

    def call_ns(self, tokens_in: int, tokens_out: int) -> int:
        """
        How long a call takes by assumption.

        Raises UnknownLengthError where nothing was assumed.
        """
        if self.speed is None:
            raise UnknownLengthError
        self.counts["assumed"] += 1
        return self.speed.call_ns(tokens_in, tokens_out)

    def lack(self, what: str, lost: str) -> None:
        self.lacks[what] = lost


def text(row: Row, *names: str, default: str | None = None) -> str:
    """The first of the fields that is there, as text of a bounded length."""
    value = _first(row, names)
    if value is None:
        if default is None:
            raise BadFieldError(f"`{names[0]}` is missing")
        return default
    if isinstance(value, dict | list):
        raise BadFieldError(f"`{names[0]}` must be a text")
    return str(value)[:_LONGEST_TEXT]


def whole(row: Row, *names: str) -> int | None:
    """The first of the fields that is there, as a count."""
    value = _first(row, names)
    return None if value is None else count(value, names[0])


def required(value: int | None, name: str) -> int:
    if value is None:
        raise BadFieldError(f"`{name}` is missing")
    return value


def count(value: object, name: str) -> int:
    """A number of tokens, of milliseconds, …: whole, not below 0, and no larger than can be."""
    try:
        number = round(float(str(value)))
    except (ValueError, OverflowError) as error:
        raise BadFieldError(f"`{name}` must be a number, not {str(value)[:40]!r}") from error
    if not 0 <= number <= _LATEST_NS:
        raise BadFieldError(f"`{name}` cannot be {str(value)[:40]}")
    return number


def since_start(value: object, name: str, notes: Notes, *, scale: int = 1) -> int:
    """
    Milliseconds (or `scale` times as much) since a trace began, as Unix time in 1970.

    The first second stays free: a recording begins before the first thing that it holds.
    """
    notes.lack("times count from the trace's beginning", "the day, which is shown as 1970")
    return milliseconds(value, name) * scale + _FIRST_NS


def milliseconds(value: object, name: str) -> int:
    """A duration in milliseconds, perhaps with decimals, as nanoseconds."""
    try:
        number = round(float(str(value)) * 1e6)
    except (ValueError, OverflowError) as error:
        raise BadFieldError(f"`{name}` must be a number, not {str(value)[:40]!r}") from error
    if not 0 <= number <= _LATEST_NS:
        raise BadFieldError(f"`{name}` cannot be {str(value)[:40]} ms")
    return number


def instant(row: Row, *names: str) -> int | None:
    """The first of the fields that is there, as Unix time in nanoseconds."""
    value = _first(row, names)
    return None if value is None else unix_ns(value, names[0])


def unix_ns(value: object, name: str) -> int:
    """A time as ISO 8601 or as a number since 1970; without a zone it is in UTC."""
    if isinstance(value, datetime):
        return _of_datetime(value, name)
    said = str(value).strip()
    try:
        number = float(said)
    except ValueError:
        return _of_text(said, name)
    if not 0 <= number <= _LATEST_NS:
        raise BadFieldError(f"`{name}` cannot be {said[:40]}")
    exact = int(said) if said.isdecimal() else number
    unit = next(unit for least, unit in _SCALES if exact >= least)
    return round(exact * unit)


def _of_text(said: str, name: str) -> int:
    """`fromisoformat` knows microseconds at most, and some write more digits."""
    head, dot, tail = said.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    fraction = tail[:digits].ljust(9, "0")[:9] if dot else "0"
    try:
        at = datetime.fromisoformat(head + tail[digits:])
    except ValueError as error:
        raise BadFieldError(f"`{name}` is no time: {said[:40]!r}") from error
    return _of_datetime(at, name) + int(fraction)


def _of_datetime(at: datetime, name: str) -> int:
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    passed = at - datetime(1970, 1, 1, tzinfo=UTC)
    number = (passed.days * 86_400 + passed.seconds) * 1_000_000_000 + passed.microseconds * 1000
    if number < 0:
        raise BadFieldError(f"`{name}` lies before 1970")
    return number


def _first(row: Row, names: Iterable[str]) -> object:
    for name in names:
        value = row.fields.get(name)
        if value is not None and value != "":
            return value
    return None
