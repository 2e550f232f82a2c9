"""What a simulation answers: one record a request, one result a policy, and the advice."""

from enum import StrEnum

from msgspec import Struct

from agentaudit.model.answers import Found, Recommendation, WhatIf
from agentaudit.model.measures import Difference, Interval, Percentiles
from agentaudit.model.views import Views
from agentaudit.model.workload import Machine

ALL = "all"
"""In place of a type: all requests together."""


class RequestRecord(Struct, frozen=True, kw_only=True):
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


class TypeLatency(Struct, frozen=True, kw_only=True):
    """The latencies of one type of request, or of all (`type` is `all`)."""

    type: str
    requests: int
    latency: Percentiles
    waiting: Percentiles
    service: Percentiles


class QueueLengths(Struct, frozen=True, kw_only=True):
    """
    How many requests wait for admission and how many are in service, while requests come.

    Means are over time, from the first request that counts to the last arrival; of a batch, to the
    last finish.
    """

    waiting_mean: float
    waiting_peak: int
    in_service_mean: float
    in_service_peak: int


class Energy(Struct, frozen=True, kw_only=True):
    """Joules for each request, idle power included; None where the machine gives no watts."""

    cpu_joules: float | None
    gpu_joules: float | None

    @property
    def joules(self) -> float | None:
        """Of both together, known where both are."""
        if self.cpu_joules is None or self.gpu_joules is None:
            return None
        return self.cpu_joules + self.gpu_joules


class Met(StrEnum):
    """Whether an objective is met."""

    MET = "met"
    MISSED = "missed"
    UNSURE = "too close to call"


class ObjectiveResult(Struct, frozen=True, kw_only=True):
    """One objective under one policy."""

    objective: str
    """As it was asked: `chat p95 < 10s`."""
    value_ns: int
    interval: Interval | None
    met: Met


class OfferedLoad(Struct, frozen=True, kw_only=True):
    """Work that comes in, as a share of what each resource can serve at best (rho)."""

    cpu: float | None
    """None where nobody measured the CPU time of the requests."""
    gpu: float


class PolicyResult(Struct, frozen=True, kw_only=True):
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
    cpu_utilisation: float | None
    """None where nobody measured the CPU time of the requests."""
    gpu_utilisation: float
    running_peak: int
    overloaded: bool
    sample_latencies_ns: tuple[int, ...] = ()
    """Sorted latencies for the distribution chart, at most 200 quantiles."""
    differences: tuple[Difference, ...] = ()
    """Against the baseline on the same requests; none of the baseline itself."""
    queue: QueueLengths | None = None
    objectives: tuple[ObjectiveResult, ...] = ()
    goodput_per_s: float | None = None
    """Requests per second that end within the times of all objectives; None without objectives."""
    energy: Energy | None = None
    cost_per_1000: float | None = None
    """In the currency of the price per hour that the user gave; None without one."""

    @property
    def overall(self) -> TypeLatency:
        return self.by_type[0]


class Simulation(Struct, frozen=True, kw_only=True):
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
    replications: int = 1
    warm_up_requests: int = 0
    """How many requests at the beginning of each run were left out."""
    load: OfferedLoad | None = None
    """None where requests come all at once or wait for answers: then nothing comes at a rate."""
    statistics: tuple[str, ...] = ()
    """How warm-up was removed and intervals were made, each a sentence."""
    what_ifs: tuple[WhatIf, ...] = ()
    recommendation: Recommendation | None = None
    found: tuple[Found, ...] = ()
    views: Views | None = None
    """What charts are drawn from; None where nobody asked for it."""
