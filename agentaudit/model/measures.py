"""What latencies are measured by: percentiles, their intervals, and differences between runs."""

from enum import StrEnum

from msgspec import Struct


class Measure(StrEnum):
    """What a latency is summed up by; a percentile is the smallest that so many do not exceed."""

    P50 = "p50"
    P90 = "p90"
    P95 = "p95"
    P99 = "p99"
    MEAN = "mean"


class Interval(Struct, frozen=True, kw_only=True):
    """A confidence interval of 95 %, in the unit of what it belongs to."""

    low: float
    high: float

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2


class Intervals(Struct, frozen=True, kw_only=True):
    """Of each number of `Percentiles`, in nanoseconds; None where the runs are too short."""

    p50: Interval | None
    p90: Interval | None
    p95: Interval | None
    p99: Interval | None
    mean: Interval | None

    def of(self, measure: Measure) -> Interval | None:
        match measure:
            case Measure.P50:
                return self.p50
            case Measure.P90:
                return self.p90
            case Measure.P95:
                return self.p95
            case Measure.P99:
                return self.p99
            case Measure.MEAN:
                return self.mean


class Percentiles(Struct, frozen=True, kw_only=True):
    """Of one kind of latency, in nanoseconds."""

    p50_ns: int
    p90_ns: int
    p99_ns: int
    mean_ns: int
    p95_ns: int | None = None
    """None in artifacts of releases that did not know it."""
    intervals: Intervals | None = None
    """None where nobody asked for them, as in a sweep, whose seeds show the spread."""

    def of(self, measure: Measure) -> int | None:
        match measure:
            case Measure.P50:
                return self.p50_ns
            case Measure.P90:
                return self.p90_ns
            case Measure.P95:
                return self.p95_ns
            case Measure.P99:
                return self.p99_ns
            case Measure.MEAN:
                return self.mean_ns

    def interval(self, measure: Measure) -> Interval | None:
        return self.intervals.of(measure) if self.intervals is not None else None


class Verdict(StrEnum):
    """What a difference says."""

    LOWER = "lower"
    HIGHER = "higher"
    EQUAL = "equal"
    """Zero lies in the interval, or the difference is too small to matter."""
    SATURATED = "saturated"
    """One of the two is overloaded: its numbers depend on how long the run is."""


class Difference(Struct, frozen=True, kw_only=True):
    """A number against another of the same requests, as a share of it: -0.34 is a third less."""

    measure: str
    """`p90`, or `goodput`."""
    change: float | None
    """None where one of the two is overloaded."""
    interval: Interval | None
    verdict: Verdict
