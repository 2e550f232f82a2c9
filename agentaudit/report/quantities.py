"""Numbers as people read them, each with its unit."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:  # every report has numbers, few have threats
    from agentaudit.model.threat import Bounds

NumberT = TypeVar("NumberT", int, float)
_SECOND_NS = 1_000_000_000
_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400
_KIBI = 1024
_EXACT_UNITS = 100
"""From here on a number is shown without decimals."""


def duration(nanoseconds: int) -> str:
    """`830 ms`, `1.24 s`, `2 min 5 s`: three digits at most, then minutes."""
    if nanoseconds >= _MINUTE_S * _SECOND_NS:
        minutes, seconds = divmod(round(nanoseconds / _SECOND_NS), _MINUTE_S)
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    for unit, size in (("s", _SECOND_NS), ("ms", 1_000_000), ("µs", 1000)):
        if nanoseconds >= size:
            return f"{_digits(nanoseconds / size)} {unit}"
    return f"{nanoseconds} ns" if nanoseconds else "0 s"


def lifetime(seconds: int) -> str:
    """`1 h`, `15 min`, `30 d`: the largest unit that divides it, else seconds."""
    for unit, size in (("d", _DAY_S), ("h", _HOUR_S), ("min", _MINUTE_S)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def size(count: int) -> str:
    """Bytes in binary units: `412 MiB`."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < _KIBI:
            return f"{_digits(amount) if unit != 'B' else int(amount)} {unit}"
        amount /= _KIBI
    return f"{_digits(amount)} TiB"


def percent(share: float) -> str:
    """A ratio of 0 to 1 as `38%`; what is not nothing never shows as 0%, nor a part as 100%."""
    if 0 < share < 0.01:  # noqa: PLR2004, one percent
        return "<1%"
    if 0.99 < share < 1:  # noqa: PLR2004, one percent less
        return ">99%"
    return f"{share * 100:.0f}%"


def measured(amount: NumberT | None, shown: Callable[[NumberT], str]) -> str:
    """A quantity as it is shown; what nobody measured is unknown, and not nothing."""
    return "unknown" if amount is None else shown(amount)


def number(amount: float) -> str:
    """`315,360`, `2.5`: thousands apart, decimals only where they say something."""
    if amount == int(amount):
        return f"{int(amount):,}"
    return f"{amount:,.0f}" if abs(amount) >= _EXACT_UNITS else f"{amount:.3g}"


def bounds(interval: "Bounds") -> str:
    """`146`, or `146 to 1,239` where something is unknown."""
    if interval.exact:
        return number(interval.low)
    return f"{number(interval.low)} to {number(interval.high)}"


def _digits(amount: float) -> str:
    if amount >= _EXACT_UNITS:
        return f"{amount:.0f}"
    return f"{amount:.1f}" if amount >= 10 else f"{amount:.2f}"  # noqa: PLR2004, two digits
