"""
The Fleet: what recordings of many hosts come to together. An artifact, and the tallies it is of.

Tallies are whole numbers, so that adding them up in any order, on any number of machines, gives the
same. Times are in nanoseconds, energy in microjoules.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.model.dataset import RecordingRow
from agentaudit.model.sketch import Sketch, added
from agentaudit.model.trace import StepKind

HostDay = tuple[str, str]
"""The host, and the day (UTC) of the recording's start."""


class KindTally(Struct, frozen=True, kw_only=True):
    """All steps of one kind."""

    steps: int = 0
    wall_ns: int = 0
    cpu_ns: int = 0
    gpu_ns: int = 0


class TypeTally(Struct, frozen=True, kw_only=True):
    """All requests of one type; times are of those that were seen from beginning to end."""

    requests: int = 0
    whole: int = 0
    cpu_ns: int = 0
    gpu_ns: int = 0
    llm_wall_ns: int = 0
    latencies: Sketch = field(default_factory=Sketch)


class RecordingTally(Struct, frozen=True, kw_only=True):
    """All recordings of one host and day. `core_ns` is their cores times their duration."""

    recordings: int = 0
    cut_off: int = 0
    imported: int = 0
    duration_ns: int = 0
    core_ns: int = 0
    cpu_total_ns: int = 0
    gpu_seen_ns: int = 0
    gpu_busy_ns: int = 0
    energy_uj: int = 0
    energy_read: int = 0
    """How many of them read energy."""
    peak_rss_bytes: int = 0


class Part(Struct, frozen=True, kw_only=True):
    """What some of the recordings come to; parts add up to the whole."""

    recordings: Mapping[HostDay, RecordingTally] = field(default_factory=dict)
    kinds: Mapping[tuple[str, str, str], KindTally] = field(default_factory=dict)
    """By host, day and step kind."""
    types: Mapping[tuple[str, str, str], TypeTally] = field(default_factory=dict)
    """By host, day and type of request."""
    names: tuple[tuple[str, str, int], ...] = ()
    """Host, name and start of every recording: one that stands twice would count twice."""
    problems: tuple[str, ...] = ()


def together(parts: Iterable[Part]) -> Part:
    """All parts as one; their order does not matter."""
    recordings: dict[HostDay, RecordingTally] = {}
    kinds: dict[tuple[str, str, str], KindTally] = {}
    types: dict[tuple[str, str, str], TypeTally] = {}
    names: list[tuple[str, str, int]] = []
    problems: list[str] = []
    for part in parts:
        for day, recording in part.recordings.items():
            recordings[day] = _recordings(recordings.get(day, RecordingTally()), recording)
        for kind, tally in part.kinds.items():
            kinds[kind] = _kinds(kinds.get(kind, KindTally()), tally)
        for type_, requests in part.types.items():
            types[type_] = _types(types.get(type_, TypeTally()), requests)
        names.extend(part.names)
        problems.extend(part.problems)
    return Part(
        recordings=recordings,
        kinds=kinds,
        types=types,
        names=tuple(sorted(names)),
        problems=tuple(sorted(problems)),
    )


def part_of_recording(row: RecordingRow, host: str, day: str) -> Part:
    """What one row of the recordings adds; what could not be read of it is a problem."""
    problems = () if row.unread is None else (f"{row.recording} of {host}: {row.unread}",)
    return Part(
        recordings={(host, day): _tally(row)},
        names=((host, row.recording, row.start_unix_ns),),
        problems=problems,
    )


def _tally(row: RecordingRow) -> RecordingTally:
    """Shares become times, so that they add up exactly."""
    return RecordingTally(
        recordings=1,
        cut_off=0 if row.complete else 1,
        imported=1 if row.imported else 0,
        duration_ns=row.duration_ns,
        core_ns=0 if row.imported else row.duration_ns * row.cores,
        cpu_total_ns=row.cpu_total_ns,
        gpu_seen_ns=0 if row.gpu_busy is None else row.duration_ns,
        gpu_busy_ns=round((row.gpu_busy or 0.0) * row.duration_ns),
        energy_uj=round((row.joules or 0.0) * 1e6),
        energy_read=0 if row.joules is None else 1,
        peak_rss_bytes=row.peak_rss_bytes,
    )


def _recordings(one: RecordingTally, other: RecordingTally) -> RecordingTally:
    return RecordingTally(
        recordings=one.recordings + other.recordings,
        cut_off=one.cut_off + other.cut_off,
        imported=one.imported + other.imported,
        duration_ns=one.duration_ns + other.duration_ns,
        core_ns=one.core_ns + other.core_ns,
        cpu_total_ns=one.cpu_total_ns + other.cpu_total_ns,
        gpu_seen_ns=one.gpu_seen_ns + other.gpu_seen_ns,
        gpu_busy_ns=one.gpu_busy_ns + other.gpu_busy_ns,
        energy_uj=one.energy_uj + other.energy_uj,
        energy_read=one.energy_read + other.energy_read,
        peak_rss_bytes=max(one.peak_rss_bytes, other.peak_rss_bytes),
    )


def _kinds(one: KindTally, other: KindTally) -> KindTally:
    return KindTally(
        steps=one.steps + other.steps,
        wall_ns=one.wall_ns + other.wall_ns,
        cpu_ns=one.cpu_ns + other.cpu_ns,
        gpu_ns=one.gpu_ns + other.gpu_ns,
    )


def _types(one: TypeTally, other: TypeTally) -> TypeTally:
    return replace(
        one,
        requests=one.requests + other.requests,
        whole=one.whole + other.whole,
        cpu_ns=one.cpu_ns + other.cpu_ns,
        gpu_ns=one.gpu_ns + other.gpu_ns,
        llm_wall_ns=one.llm_wall_ns + other.llm_wall_ns,
        latencies=added(one.latencies, other.latencies),
    )


class FleetKind(Struct, frozen=True, kw_only=True):
    """One step kind over all hosts. `cpu_share` is 0 to 1, of all CPU time that was counted."""

    kind: StepKind
    steps: int
    wall_ns: int
    cpu_ns: int
    gpu_ns: int
    cpu_share: float


class FleetType(Struct, frozen=True, kw_only=True):
    """One type of request over all hosts; times are of whole requests, by request."""

    type: str
    requests: int
    whole: int
    hosts: int
    p50_ns: int
    p90_ns: int
    p99_ns: int
    cpu_ns_mean: int
    gpu_ns_mean: int
    llm_wall_ns_mean: int


class FleetHost(Struct, frozen=True, kw_only=True):
    """One host. `cpu_share` is of its cores while it was recorded; None where never measured."""

    host: str
    days: int
    recordings: int
    requests: int
    duration_ns: int
    cpu_total_ns: int
    cpu_share: float | None
    unattributed_share: float | None
    tool_share: float | None
    """Tool calls' share of its CPU time."""
    peak_rss_bytes: int


class Fleet(Struct, frozen=True, kw_only=True):
    """The artifact `fleet.json`."""

    first_day: str
    last_day: str
    recordings: int
    cut_off: int
    imported: int
    duration_ns: int
    cpu_total_ns: int
    cpu_attributed_ns: int
    cpu_share: float | None
    gpu_busy: float | None
    joules: float | None
    """Of the recordings that read any."""
    kinds: tuple[FleetKind, ...]
    types: tuple[FleetType, ...]
    hosts: tuple[FleetHost, ...]
    problems: tuple[str, ...]
    """What could not be read, and so is not in these numbers."""
    quantile_error: float
    """Quantiles are off by at most this share."""
    tool_version: str
