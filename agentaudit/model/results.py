"""What a simulation answers: one record a request, one result a policy, and the advice."""

from dataclasses import dataclass

from agentaudit.model.views import Views
from agentaudit.model.workload import Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """One simulated request. `start_ns` is its admission; `latency` is arrival to finish."""

    request_id: int
    type: str
    arrival_ns: int
    start_ns: int
    finish_ns: int

    @property
    def latency_ns(self) -> int:
        return self.finish_ns - self.arrival_ns

    @property
    def waiting_ns(self) -> int:
        return self.start_ns - self.arrival_ns

    @property
    def service_ns(self) -> int:
        return self.finish_ns - self.start_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Of one kind of latency, in nanoseconds."""

    p50_ns: int
    p90_ns: int
    p99_ns: int
    mean_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeLatency:
    """The latencies of one type of request, or of all (`type` is `all`)."""

    type: str
    requests: int
    latency: Percentiles
    waiting: Percentiles
    service: Percentiles


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyResult:
    """One policy on one workload and machine."""

    policy: str
    parameters: str
    """`cap=2`, `E_CPU=2 E_GPU=4 E_shared=1`, … as a person would write them."""
    source: str
    """Where the policy comes from: paper section or textbook."""
    by_type: tuple[TypeLatency, ...]
    """`all` first, then types in alphabetical order."""
    throughput_per_s: float
    makespan_ns: int
    cpu_utilisation: float
    gpu_utilisation: float
    running_peak: int
    overloaded: bool
    sample_latencies_ns: tuple[int, ...] = ()
    """Sorted latencies for the distribution chart, at most 200 quantiles."""

    @property
    def overall(self) -> TypeLatency:
        return self.by_type[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """The artifact `simulation.json`: the policies side by side, best first, and the advice."""

    workload_source: str
    arrivals: str
    requests: int
    seed: int
    machine: Machine
    baseline: str
    results: tuple[PolicyResult, ...]
    advice: tuple[str, ...]
    """Sentences, the most useful first."""
    assumptions: tuple[str, ...]
    tool_version: str
    views: Views | None = None
    """What charts are drawn from; None where nobody asked for it."""
