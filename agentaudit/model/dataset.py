"""
The dataset that recordings of many hosts make together: its tables, partitioned by host and day.

A row lies in `TABLE/host=NAME/day=YYYY-MM-DD/`, where the day is that of its recording's start in
UTC: all rows of one recording stand in one partition, so its parts add up there. Times are integer
nanoseconds; instants are in Unix time, because no two hosts share a monotonic clock.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import get_args, get_origin
from urllib.parse import quote

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

DATASET_VERSION = 1
VERSION_KEY = "agentaudit.dataset"
"""The key in a file's own metadata that holds the version it was written in."""

_LONGEST = 200


class RecordingRow(Struct, frozen=True, kw_only=True):
    """One recording. `gpu_busy` is 0 to 1 over all its devices, None where none was measured."""

    recording: str
    command: str
    start_unix_ns: int
    duration_ns: int
    cores: int
    cpu_total_ns: int
    """By the kernel's count; what the steps do not hold of it has no step."""
    peak_rss_bytes: int
    gpu_busy: float | None
    joules: float | None
    complete: bool
    incidents: int
    imported: bool
    """True where CPU time was never measured: spans of another program were all there was."""
    unread: str | None = None
    """What its file should hold and nobody can read; None where it was read whole."""


class RequestRow(Struct, frozen=True, kw_only=True):
    """One request. `cpu_ns`, `gpu_ns` and `llm_wall_ns` are of all its steps."""

    recording: str
    request_id: int
    type: str
    arrival_unix_ns: int
    latency_ns: int
    complete: bool
    source: str
    cpu_ns: int
    gpu_ns: int
    llm_wall_ns: int


class StepRow(Struct, frozen=True, kw_only=True):
    """One step."""

    recording: str
    step_id: int
    request_id: int | None
    request_type: str
    kind: str
    name: str
    source: str
    confidence: float
    pid: int
    tid: int
    threads: int
    start_unix_ns: int
    wall_ns: int
    cpu_ns: int
    children_cpu_ns: int
    gpu_ns: int
    run_queue_ns: int
    tokens_in: int | None
    tokens_out: int | None


class ProcessRow(Struct, frozen=True, kw_only=True):
    """One process of the tree. `cpu_ns` is its own; `end_unix_ns` is None while it lived."""

    recording: str
    pid: int
    parent_pid: int
    name: str
    start_unix_ns: int
    end_unix_ns: int | None
    cpu_ns: int


class SampleRow(Struct, frozen=True, kw_only=True):
    """The whole tree since the sample before."""

    recording: str
    at_unix_ns: int
    cpu_ns: int
    rss_bytes: int
    processes: int
    system_busy: float


class GpuSampleRow(Struct, frozen=True, kw_only=True):
    """One device at one instant."""

    recording: str
    at_unix_ns: int
    device: int
    busy: float
    memory_bytes: int
    power_watts: float | None
    ours: float | None


Row = RecordingRow | RequestRow | StepRow | ProcessRow | SampleRow | GpuSampleRow

TABLES: Mapping[str, type[Row]] = {
    "recordings": RecordingRow,
    "requests": RequestRow,
    "steps": StepRow,
}
"""The tables by the name of their folder, and what a row of each holds."""

MORE_TABLES: Mapping[str, type[Row]] = {
    "processes": ProcessRow,
    "samples": SampleRow,
    "gpu_samples": GpuSampleRow,
}
"""Tables beside them that no sum over a fleet needs."""


class Column(Struct, frozen=True, kw_only=True):
    """A column of a table: its name, the type of what it holds, and whether that may be absent."""

    name: str
    type: type
    nullable: bool
    added: bool
    """True where files of this version were written before there was such a column."""


@cache
def columns(table: str) -> tuple[Column, ...]:
    """The columns of a table, in order."""
    return tuple(_columns({**TABLES, **MORE_TABLES}[table]))


def partition(table: str, host: str, start_unix_ns: int) -> str:
    """The folder of a recording's rows below that of the dataset, whatever the host's name."""
    folder = quote(host, safe="")[:_LONGEST] or "unknown"
    return f"{table}/host={folder}/day={day_of(start_unix_ns)}"


def day_of(start_unix_ns: int) -> str:
    """The day in UTC, as `2026-11-22`."""
    return datetime.fromtimestamp(start_unix_ns // 1_000_000_000, tz=UTC).date().isoformat()


def _columns(type_: type[Row]) -> Iterator[Column]:
    for field in fields(type_):
        hint = field.type
        nullable = get_origin(hint) is UnionType
        yield Column(
            name=field.name,
            type=get_args(hint)[0] if nullable else hint,
            nullable=nullable,
            added=field.default is not NODEFAULT,
        )
