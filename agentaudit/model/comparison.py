"""The Comparison: what changed between two recordings, and what is noise. An artifact."""

from enum import StrEnum

from msgspec import Struct

from agentaudit.model.trace import StepKind


class Direction(StrEnum):
    """Which way something went, as far as the evidence says."""

    GREW = "grew"
    SHRANK = "shrank"
    SAME = "no change beyond noise"
    APPEARED = "new"
    VANISHED = "gone"
    UNKNOWN = "cannot say"


class Subject(StrEnum):
    """What a change is about."""

    ALL = "all requests"
    REQUEST_TYPE = "request type"
    KIND = "step kind"
    STEP = "step"


class Measure(StrEnum):
    """What was measured: by request, but for `WALL_P50` and `WALL_P90`, which are by call."""

    CPU = "cpu"
    WALL = "wall"
    LATENCY_P50 = "latency p50"
    LATENCY_P90 = "latency p90"
    WALL_P50 = "wall p50"
    WALL_P90 = "wall p90"


class Change(Struct, frozen=True, kw_only=True):
    """
    One measure, then and now. A time is None where there was nothing to measure.

    `ratio` is now over then, with its 95 % interval; None where that cannot be said.
    """

    subject: Subject
    name: str
    kind: StepKind | None = None
    measure: Measure
    before_ns: int | None
    after_ns: int | None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    direction: Direction

    @property
    def difference_ns(self) -> int:
        return (self.after_ns or 0) - (self.before_ns or 0)


class ShareChange(Struct, frozen=True, kw_only=True):
    """A step kind's share of the CPU time, 0 to 1, then and now, with 95 % intervals."""

    kind: StepKind
    before: float
    before_low: float
    before_high: float
    after: float
    after_low: float
    after_high: float

    @property
    def beyond_noise(self) -> bool:
        return self.before_high < self.after_low or self.after_high < self.before_low


class Side(Struct, frozen=True, kw_only=True):
    """One of the two recordings."""

    recording: str
    recorded_at_unix_ns: int
    host: str
    cores: int
    runtime: str
    requests: int
    """Whole requests, which the changes rest on."""
    duration_ns: int
    cpu_total_ns: int


class Comparison(Struct, frozen=True, kw_only=True):
    """Two recordings, side by side: the largest changes first."""

    before: Side
    after: Side
    differences: tuple[str, ...]
    """What else differs between the two: the machine, the load, how they were recorded."""
    changes: tuple[Change, ...]
    shares: tuple[ShareChange, ...]
    tool_version: str

    @property
    def grown(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.direction is Direction.GREW)

    @property
    def shrunk(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.direction is Direction.SHRANK)

    def overall(self, measure: Measure) -> Change | None:
        """The change of all requests in one measure."""
        for change in self.changes:
            if change.subject is Subject.ALL and change.measure is measure:
                return change
        return None
