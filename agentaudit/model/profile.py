"""
The Profile: what a trace comes to, in numbers. The artifact `profile.json` holds it.

Shares are 0 to 1; times are integer nanoseconds.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from agentaudit.model.endpoint import EndpointUse
from agentaudit.model.trace import (
    DrivenLoad,
    EnergyReading,
    Host,
    Incident,
    SamplingRecord,
    StepKind,
    Target,
)


class Load(Struct, frozen=True, kw_only=True):
    """What the agent was doing while recorded: the evidence that it was under load."""

    requests: int
    concurrency_mean: float
    concurrency_peak: int
    driven: DrivenLoad | None = None
    """The part of it that the recorder put on the agent, where it did."""


class KindShare(Struct, frozen=True, kw_only=True):
    """
    What one step kind took. Shares are 0 to 1, of the attributed and unattributed total.

    `cpu_share_low` and `cpu_share_high` are the 95 % interval of `cpu_share`.
    """

    kind: StepKind
    steps: int
    wall_ns: int
    cpu_ns: int
    gpu_ns: int
    cpu_share: float
    cpu_share_low: float
    cpu_share_high: float
    wall_share: float
    joules: float | None = None


class Bound(StrEnum):
    """What limits the agent's throughput."""

    CPU = "cpu-bound"
    GPU = "gpu-bound"
    REMOTE_MODEL = "waiting on a remote model"
    IDLE = "idle"
    UNDECIDED = "undecided"


class Breakdown(Struct, frozen=True, kw_only=True):
    """CPU, GPU and wall time by step kind, with what could not be attributed shown as such."""

    duration_ns: int
    kinds: tuple[KindShare, ...]
    cpu_total_ns: int
    cpu_attributed_ns: int
    cores: int
    cpu_utilisation: float
    """Busy share of the host's cores by the tree, 0 to 1."""
    gpu_utilisation: float | None
    peak_rss_bytes: int
    load: Load
    bound: Bound
    reasons: tuple[str, ...]
    cpu_limit_cores: float | None = None
    """Cores that the agent may use at most; None is all of the host's."""
    cores_low: float = 0.0
    """With `cores_high` the 95 % interval of the cores it used; both 0 where that is not known."""
    cores_high: float = 0.0

    @property
    def cpu_unattributed_ns(self) -> int:
        return self.cpu_total_ns - self.cpu_attributed_ns


class TimelineBin(Struct, frozen=True, kw_only=True):
    """One interval of the timeline: busy cores, busy GPU share, wall time by step kind."""

    start_ns: int
    end_ns: int
    busy_cores: float
    gpu_busy: float | None
    active_ns: Mapping[str, int] = field(default_factory=dict)


class RequestTypeSummary(Struct, frozen=True, kw_only=True):
    """Latency and work of one type of request."""

    type: str
    requests: int
    p50_ns: int
    p90_ns: int
    cpu_ns_mean: int
    gpu_ns_mean: int
    llm_wall_ns_mean: int
    heavy: str
    """`cpu` or `gpu`: which resource dominates its steps."""


class Profile(Struct, frozen=True, kw_only=True):
    """The artifact `profile.json`: the breakdown of one recording and its timeline."""

    recording: str
    host: Host
    target: Target
    recorded_at_unix_ns: int
    complete: bool
    ended_because: str
    breakdown: Breakdown
    request_types: tuple[RequestTypeSummary, ...]
    timeline: tuple[TimelineBin, ...]
    energy: tuple[EnergyReading, ...]
    incidents: tuple[Incident, ...]
    sampling: tuple[SamplingRecord, ...]
    tool_version: str
    endpoints: tuple[EndpointUse, ...] = ()
