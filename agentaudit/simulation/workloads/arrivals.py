"""The ways in which requests arrive: recorded, at once, by a law, scaled, or users in turn."""

import re
from collections.abc import Callable
from enum import StrEnum
from math import isfinite

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.simulation.workloads.mixing import PHASE, Mix

LARGEST_WORKLOAD = 10_000_000
WAYS = (
    "recorded, closed, poisson:RATE, gamma:RATE:CV, onoff:RATE:ON:OFF[:RATE], scaled:FACTOR or"
    " users:N[:THINKING], each with ,mix:P[:PHASE] behind it or without"
)
_LEAST_NUMBER = 1e-6
"""A request in eleven days; far fewer would be beyond the instants that are counted."""
_MOST_PHASES = 1000
"""Of onoff, for one request: each is drawn, whether anybody comes in it or not."""
_LEAST_VARIATION = 0.01
_LARGEST_VARIATION = 100.0
_TIME = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s)?", re.ASCII)


class ArrivalKind(StrEnum):
    """The ways in which requests may come."""

    RECORDED = "recorded"
    CLOSED = "closed"
    POISSON = "poisson"
    GAMMA = "gamma"
    ON_OFF = "onoff"
    SCALED = "scaled"
    USERS = "users"


class Arrivals(Struct, frozen=True, kw_only=True):
    """
    A way to arrive.

    `number` is requests per second for poisson, gamma and the on phase of onoff, a factor for
    scaled, and how many there are for users, who each think for `think_ns` on average between an
    answer and the next question.
    """

    kind: ArrivalKind
    number: float = 1.0
    think_ns: int = 0
    variation: float = 1.0
    """Of gamma: the standard deviation of the gaps over their mean."""
    off_rate: float = 0.0
    phases_ns: tuple[int, int] = (0, 0)
    """Of onoff: mean lengths of the phases on and off."""
    mix: Mix | None = None

    @property
    def rate_per_s(self) -> float:
        """Requests per second in the long run, where a law says them; else 0."""
        on_ns, off_ns = self.phases_ns
        if self.kind is ArrivalKind.ON_OFF:
            return (self.number * on_ns + self.off_rate * off_ns) / (on_ns + off_ns)
        lawful = self.kind in (ArrivalKind.POISSON, ArrivalKind.GAMMA)
        return self.number if lawful else 0.0

    def faster(self, factor: float) -> "Arrivals":
        """
        The same by a clock that runs so many times as fast; only laws with a rate have one.

        Raises UsageError where that would be too fast or too slow to count.
        """
        on_ns, off_ns = self.phases_ns
        found = replace(
            self,
            number=self.number * factor,
            off_rate=self.off_rate * factor,
            phases_ns=(round(on_ns / factor), round(off_ns / factor)),
        )
        return _counted(found, f"{self}, {factor:g} times as fast")

    def __str__(self) -> str:
        return self._how() if self.mix is None else f"{self._how()}, {self.mix}"

    def _how(self) -> str:
        match self.kind:
            case ArrivalKind.POISSON:
                return f"poisson {self.number:g}/s"
            case ArrivalKind.GAMMA:
                return f"gamma {self.number:g}/s, CV {self.variation:g}"
            case ArrivalKind.ON_OFF:
                on_s, off_s = (length_ns / 1e9 for length_ns in self.phases_ns)
                return f"{self.number:g}/s for {on_s:g} s, {self.off_rate:g}/s for {off_s:g} s"
            case ArrivalKind.SCALED:
                return f"recorded, {self.number:g} times as fast"
            case ArrivalKind.USERS:
                thinking = f", thinking {self.think_ns / 1e9:g} s" if self.think_ns else ""
                return f"{self.number:g} users{thinking}"
            case ArrivalKind.RECORDED | ArrivalKind.CLOSED:
                return str(self.kind.value)


TIMED = (ArrivalKind.RECORDED, ArrivalKind.SCALED)
"""Those that keep the instants that were recorded."""
RECORDED = Arrivals(kind=ArrivalKind.RECORDED)
CLOSED = Arrivals(kind=ArrivalKind.CLOSED)


def parse_arrivals(text: str) -> Arrivals:
    """What `WAYS` lists; UsageError for anything else."""
    how, *more = text.split(",")
    name, *numbers = how.split(":")
    read = _READERS.get(name)
    if read is None or len(more) > 1 or not read.least <= len(numbers) <= read.most:
        raise UsageError(f"arrivals are {WAYS}, not {text!r}")
    arrivals = _counted(read.make(text, name, *numbers), text)
    return replace(arrivals, mix=_mix(text, more[0])) if more else arrivals


def _counted(arrivals: Arrivals, text: str) -> Arrivals:
    """The same; UsageError where requests come at instants beyond those that are counted."""
    if arrivals.kind is ArrivalKind.ON_OFF:
        if not all(arrivals.phases_ns):
            raise UsageError(f"arrivals onoff: phases last, as in onoff:20:2s:8s, not {text!r}")
        if arrivals.rate_per_s * sum(arrivals.phases_ns) / 2e9 * _MOST_PHASES < 1:
            raise UsageError(
                f"arrivals onoff: needs a request in {_MOST_PHASES} phases at least, not {text!r}"
            )
    if 0 < arrivals.rate_per_s < _LEAST_NUMBER:
        raise UsageError(
            f"arrivals {arrivals.kind}: needs {_LEAST_NUMBER:g} at least in the long run, not"
            f" {text!r}"
        )
    return arrivals


def _plain(_text: str, name: str) -> Arrivals:
    return Arrivals(kind=ArrivalKind(name))


def _numbered(text: str, name: str, number: str) -> Arrivals:
    return Arrivals(kind=ArrivalKind(name), number=_number(text, number))


def _gamma(text: str, _name: str, rate: str, variation: str) -> Arrivals:
    cv = _number(text, variation)
    if not _LEAST_VARIATION <= cv <= _LARGEST_VARIATION:
        raise UsageError(
            f"arrivals gamma: needs a coefficient of variation from {_LEAST_VARIATION:g} to"
            f" {_LARGEST_VARIATION:g}, as in gamma:2.5:3, not {text!r}"
        )
    return Arrivals(kind=ArrivalKind.GAMMA, number=_number(text, rate), variation=cv)


def _on_off(text: str, _name: str, rate: str, *more: str) -> Arrivals:
    on, off, *other = more
    return Arrivals(
        kind=ArrivalKind.ON_OFF,
        number=_number(text, rate),
        off_rate=_number(text, other[0]) if other else 0.0,
        phases_ns=(_time_ns(text, on), _time_ns(text, off)),
    )


def _users(text: str, _name: str, number: str, think: str = "0") -> Arrivals:
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:20]) <= LARGEST_WORKLOAD):
        raise UsageError(
            f"arrivals users: needs a whole number of users, as in users:8, not {text!r}"
        )
    return Arrivals(kind=ArrivalKind.USERS, number=int(number), think_ns=_time_ns(text, think))


class _Reader(Struct, frozen=True):
    """How a way to arrive is read, and how many numbers it takes."""

    make: Callable[..., Arrivals]
    least: int
    most: int


_READERS = {
    "recorded": _Reader(_plain, 0, 0),
    "closed": _Reader(_plain, 0, 0),
    "poisson": _Reader(_numbered, 1, 1),
    "gamma": _Reader(_gamma, 2, 2),
    "onoff": _Reader(_on_off, 3, 4),
    "scaled": _Reader(_numbered, 1, 1),
    "users": _Reader(_users, 1, 2),
}


_LIKE = {
    "poisson": "poisson:2.5",
    "gamma": "gamma:2.5:3",
    "onoff": "onoff:20:2s:8s",
    "scaled": "scaled:2.5",
}


def _mix(text: str, words: str) -> Mix:
    name, _, numbers = words.strip().partition(":")
    share, _, phase = numbers.partition(":")
    try:
        gpu_heavy, length = float(share), int(phase or PHASE)
    except ValueError:
        gpu_heavy, length = -1.0, 0
    if name != "mix" or not 0 <= gpu_heavy <= 1 or not 1 <= length <= LARGEST_WORKLOAD:
        raise UsageError(
            "arrivals …,mix: needs a share of GPU-heavy requests from 0 to 1, as in"
            f" poisson:9,mix:0.25 or poisson:9,mix:0.25:{PHASE}, not {text!r}"
        )
    return Mix(gpu_heavy=gpu_heavy, phase=length)


def _time_ns(text: str, time: str) -> int:
    match = _TIME.fullmatch(time)
    if match is None:
        name = text.partition(":")[0]
        raise UsageError(f"arrivals {name}: times are as 2s or 500ms, not {time!r} in {text!r}")
    return round(float(match[1]) * (1e6 if match[2] == "ms" else 1e9))


def _number(text: str, number: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = 0.0
    name = text.partition(":")[0]
    if not (isfinite(value) and value > 0):
        raise UsageError(
            f"arrivals {name}: needs a number above 0, as in {_LIKE[name]}, not {text!r}"
        )
    if value < _LEAST_NUMBER:
        raise UsageError(f"arrivals {name}: needs {_LEAST_NUMBER:g} at least, not {text!r}")
    return value
