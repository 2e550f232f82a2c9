"""Service level objectives: `p95 < 10s`, `chat p99 < 2s`; what they ask, and whether it is met."""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from agentaudit.errors import UsageError
from agentaudit.model.measures import Interval, Measure
from agentaudit.model.results import ALL, Met

_OBJECTIVE = re.compile(
    r"(?:type:(?P<type>\S+)\s+)?(?P<measure>p50|p90|p95|p99|mean)\s*<\s*"
    r"(?P<time>\d{1,9}(?:\.\d{1,9})?)\s*(?P<unit>us|ms|s|min)",
    re.ASCII,
)
_SECOND_NS = 1_000_000_000
_UNIT_NS = {"us": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9}
_FORM = "`p95 < 10s`, or `type:chat p95 < 10s`: p50, p90, p95, p99 or mean, then < and a time"


class Objective(Struct, frozen=True, kw_only=True):
    """A limit to a percentile, or the mean, of the latencies of one type of request or of all."""

    measure: Measure
    limit_ns: int
    type: str = ALL

    def __str__(self) -> str:
        in_s = self.limit_ns >= _SECOND_NS
        limit = f"{self.limit_ns / 1e9:g} s" if in_s else f"{self.limit_ns / 1e6:g} ms"
        of_type = "" if self.type == ALL else f"{self.type} "
        return f"{of_type}{self.measure} < {limit}"


def parse_objectives(texts: Iterable[str], types: Sequence[str]) -> tuple[Objective, ...]:
    """
    The objectives in these texts, several in one apart by commas; `types` are those there are.

    Raises UsageError for what is none, and for a type of request that there is none of.
    """
    words = [word.strip() for text in texts for word in text.split(",")]
    return tuple(_objective(word, types) for word in words)


def limits_ns(objectives: Iterable[Objective]) -> Mapping[str, int]:
    """The time within which a request of each type is good: the strictest of its objectives."""
    limits: dict[str, int] = {}
    for one in objectives:
        limits[one.type] = min(limits.get(one.type, one.limit_ns), one.limit_ns)
    return limits


def met(objective: Objective, value_ns: int, interval: Interval | None) -> Met:
    """Met or missed where the whole interval says so."""
    if interval is not None and interval.low < objective.limit_ns <= interval.high:
        return Met.UNSURE
    return Met.MET if value_ns < objective.limit_ns else Met.MISSED


def _objective(word: str, types: Sequence[str]) -> Objective:
    match = _OBJECTIVE.fullmatch(word)
    if match is None:
        raise UsageError(f"--slo: {word!r} is no objective; one is {_FORM}")
    limit_ns = round(float(match["time"]) * _UNIT_NS[match["unit"]])
    if not limit_ns:
        raise UsageError(f"--slo: {word!r} allows no time at all")
    type_ = match["type"] or ALL
    if type_ not in (ALL, *types):
        raise UsageError(
            f"--slo: no request is of type {type_!r}; there are {', '.join(sorted(types))}"
        )
    return Objective(measure=Measure(match["measure"]), limit_ns=limit_ns, type=type_)
