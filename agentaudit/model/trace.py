"""
The Trace: one recording of a running agent. Everything dynamic is derived from it.

Times are integer nanoseconds on the monotonic clock of the recording host; `clocks` converts them
to Unix time.
"""

from enum import StrEnum

from msgspec import Struct

from agentaudit.model.contention import Contention
from agentaudit.model.endpoint import EndpointUse

SCHEMA_VERSION = 2


class StepKind(StrEnum):
    """The eight kinds of work a step may be."""

    LLM_INFERENCE = "llm_inference"
    TOOL_CALL = "tool_call"
    RETRIEVAL = "retrieval"
    MEMORY_READ = "memory_read"
    MEMORY_WRITE = "memory_write"
    ORCHESTRATION = "orchestration"
    IDLE = "idle"
    UNKNOWN = "unknown"


HOST_KINDS = frozenset(StepKind) - {StepKind.LLM_INFERENCE, StepKind.IDLE}
"""The kinds of work that the agent's own host does, rather than a model or nobody."""


class LabelSource(StrEnum):
    """What a step's label rests on, strongest first."""

    OTEL = "otel"
    MARKER = "marker"
    STACK = "stack"
    SOCKET = "socket"
    FORK = "fork"
    NONE = "none"


class ClockPair(Struct, frozen=True, kw_only=True):
    """The same instant on both clocks."""

    monotonic_ns: int
    unix_ns: int


class Host(Struct, frozen=True, kw_only=True):
    """The machine that was recorded."""

    name: str
    system: str
    cores: int
    memory_bytes: int
    cpu_model: str = ""
    gpus: tuple[str, ...] = ()
    gpu_note: str = ""
    """Why no GPU was measured: `no GPU seen: …`; empty when one was."""


class Target(Struct, frozen=True, kw_only=True):
    """What was recorded. `command` is redacted."""

    pid: int
    command: str
    launched: bool
    runtime: str = ""
    """`CPython 3.11`, … or empty when the process is no Python."""
    started_at_unix_ns: int = 0
    cpu_limit_cores: float | None = None
    """Cores it may keep busy, where it is limited to less than the host has."""
    imported: str = ""
    """
    The format that spans were imported from; empty of what was measured here. CPU time, memory and
    stacks were never measured then, and the host's cores are unknown, which is 0.
    """


class ProcessRecord(Struct, frozen=True, kw_only=True):
    """One process of the tree. `end_ns` is None while it lives."""

    pid: int
    parent_pid: int
    start_ns: int
    end_ns: int | None
    name: str
    cpu_ns: int
    parent_tid: int = 0
    """The thread that forked it, 0 when nobody saw."""


class Step(Struct, frozen=True, kw_only=True):
    """
    A stretch of one kind of work on one thread.

    `cpu_ns` is on-CPU time from kernel counters, that of children it forked and of threads that a
    library it called keeps included (`children_cpu_ns` is theirs); it may exceed the wall time when
    they run in parallel.
    """

    step_id: int
    request_id: int | None
    kind: StepKind
    name: str
    pid: int
    tid: int
    start_ns: int
    end_ns: int
    cpu_ns: int
    children_cpu_ns: int = 0
    gpu_ns: int = 0
    run_queue_ns: int = 0
    children_queue_ns: int = 0
    """How long threads of those children and that library were ready without a core, in all."""
    source: LabelSource = LabelSource.NONE
    confidence: float = 0.0
    """0 to 1."""
    threads: int = 1
    """How many threads, its own among them, wanted a core for it at once, on average."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    track: int = 0
    """Tells steps apart that share a thread at the same time, as in an event loop; 0 is its own."""
    gpu_source: str = ""
    """Who told of `gpu_ns`: `device`, or `server` for what the model's server said it computed."""

    @property
    def wall_ns(self) -> int:
        return self.end_ns - self.start_ns


class Request(Struct, frozen=True, kw_only=True):
    """What a user waits for: steps in order. `complete` is false when an edge cuts it off."""

    request_id: int
    type: str
    arrival_ns: int
    finish_ns: int
    complete: bool = True
    source: LabelSource = LabelSource.STACK

    @property
    def latency_ns(self) -> int:
        return self.finish_ns - self.arrival_ns


class CpuSample(Struct, frozen=True, kw_only=True):
    """CPU time of the whole tree between the sample before and this one."""

    at_ns: int
    cpu_ns: int
    rss_bytes: int
    processes: int
    system_busy: float
    """Share of all cores of the host that were busy, 0 to 1, in the same interval."""


class GpuSample(Struct, frozen=True, kw_only=True):
    """One device at one instant. `ours` is the share of our processes where the driver says."""

    at_ns: int
    device: int
    busy: float
    memory_bytes: int
    power_watts: float | None
    ours: float | None = None


class EnergyReading(Struct, frozen=True, kw_only=True):
    """Joules over the recording; `method` is `rapl`, `nvml_counter`, `dcgm_counter`, `estimate`."""

    component: str
    joules: float
    method: str
    note: str = ""


class Incident(Struct, frozen=True, kw_only=True):
    """Something the recorder could not do or had to give up, as data."""

    at_ns: int
    probe: str
    what: str
    lost: str
    """What the recording does not hold because of it."""


class SamplingRecord(Struct, frozen=True, kw_only=True):
    """How the stacks were sampled: intended and achieved, failures, lateness."""

    sampler: str
    rate_hz: float
    samples: int
    failures: int
    mean_interval_ns: int
    max_interval_ns: int


class DrivenLoad(Struct, frozen=True, kw_only=True):
    """The load that the recorder itself put on the agent, as it was measured."""

    shape: str
    """`closed` or `poisson`."""
    target: str
    planned_concurrency: int
    rate_hz: float
    sessions: int
    """Users who asked, one request at a time each."""
    requests: int
    failed: int
    duration_ns: int
    concurrency_mean: float
    concurrency_peak: int
    problem: str = ""
    """What most of those that failed say: `status 503`, or why no answer came."""


class Part(Struct, frozen=True, kw_only=True):
    """
    One of the recordings that a recording was merged from.

    Its processes have the numbers from `first_pid` on, as many as `pids`: the rest is the number
    that the process had. `machine` is the same for parts of the same machine.
    """

    number: int
    source: str
    """The name of its file."""
    machine: int
    host: Host
    target: Target
    start_ns: int
    end_ns: int
    complete: bool
    ended_because: str
    first_pid: int
    pids: int

    def has(self, pid: int) -> bool:
        return self.first_pid <= pid < self.first_pid + self.pids


class Trace(Struct, frozen=True, kw_only=True):
    """One recording, labelled."""

    host: Host
    target: Target
    start_ns: int
    end_ns: int
    complete: bool
    """False when the recording ended before it was closed (crash, SIGKILL)."""
    ended_because: str
    clocks: tuple[ClockPair, ...]
    steps: tuple[Step, ...]
    requests: tuple[Request, ...]
    processes: tuple[ProcessRecord, ...]
    cpu_samples: tuple[CpuSample, ...]
    gpu_samples: tuple[GpuSample, ...] = ()
    contention: tuple[Contention, ...] = ()
    """Stretches that follow each other without a gap; empty where nobody counted."""
    energy: tuple[EnergyReading, ...] = ()
    incidents: tuple[Incident, ...] = ()
    sampling: tuple[SamplingRecord, ...] = ()
    cpu_total_ns: int = 0
    """On-CPU time of the tree from kernel counters, dead children included."""
    load: DrivenLoad | None = None
    """None where nobody but the agent's own users asked."""
    endpoints: tuple[EndpointUse, ...] = ()
    parts: tuple[Part, ...] = ()
    """The recordings that this one was merged from; none of what was recorded as it is."""
    simulated: str = ""
    """The policy whose schedule this is; empty of everything that was recorded."""
    schema_version: int = SCHEMA_VERSION
    tool_version: str = ""

    @property
    def duration_ns(self) -> int:
        return self.end_ns - self.start_ns
