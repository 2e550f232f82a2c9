"""
The Execution: requests that real processes served under a policy, and what it cost them.

Every time is in nanoseconds since the run began.
"""

from msgspec import Struct

from agentaudit.model.results import RequestRecord
from agentaudit.model.workload import Stage


class StepRecord(Struct, frozen=True, kw_only=True):
    """One step as it ran: who asked for it when, and what the one who did it says."""

    request_id: int
    place: int
    """Which step of its request, from 0."""
    stage: Stage
    sent_ns: int
    """The driver handed it over."""
    begun_ns: int
    """A worker, the server or a timer took it up: later by the hand-over."""
    ended_ns: int
    seen_ns: int
    """The driver took note: later by the way back."""
    cpu_ns: int = 0
    """CPU time of all threads and children that worked on it, as the kernel counted it."""

    @property
    def handover_ns(self) -> int:
        """What it waited for processes to wake up."""
        return self.begun_ns - self.sent_ns + self.seen_ns - self.ended_ns


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the machine did beside the run. Cores are means over the run."""

    elapsed_ns: int
    foreign_cores: float
    """Used by processes that are not ours."""
    stolen_cores: float
    """Taken by the hypervisor."""


class Execution(Struct, frozen=True, kw_only=True):
    """One run on real processes."""

    records: tuple[RequestRecord, ...]
    """In order of arrival."""
    admitted: tuple[int, ...]
    """Ids of requests in the order in which the policy let them start."""
    running_peak: int
    steps: tuple[StepRecord, ...]
    """In the order in which they ended."""
    driver_cpu_ns: int
    """CPU time of the process that asks the policy and hands out steps."""
    server_cpu_ns: int
    """CPU time of the process that plays the inference server."""
    surroundings: Surroundings

    @property
    def makespan_ns(self) -> int:
        """First arrival to last finish."""
        if not self.records:
            return 0
        return max(record.finish_ns for record in self.records) - self.records[0].arrival_ns


class Contest(Struct, frozen=True, kw_only=True):
    """Kinds of work that share cores, as many of each on every core."""

    processes: int
    """On each core."""
    capacity: float
    """CPU time that they get together, over the time of the core."""
    weights: tuple[tuple[str, float], ...]
    """By kind of work: what one gets, over the mean of all."""
    swelling: tuple[tuple[str, float], ...]
    """By kind of work: CPU time of the same work, over that alone."""


class ToolSpeed(Struct, frozen=True, kw_only=True):
    """What one kind of work costs on this machine."""

    tool: str
    unit_ns: float
    """CPU time of one unit, alone."""
    inflation: tuple[tuple[int, float], ...]
    """Jobs at once, and the CPU time of each over that of one alone, from 1 job on."""


class HandOver(Struct, frozen=True, kw_only=True):
    """What steps wait for processes to be woken, there and back, with so many jobs side by side."""

    jobs: int
    cpu_ns: int
    """Of a CPU step."""
    gpu_ns: int
    """Of a call of the inference server."""


class HostMeasurement(Struct, frozen=True, kw_only=True):
    """This machine as a place to run requests, measured in some seconds."""

    cores: int
    tools: tuple[ToolSpeed, ...]
    driver_ns: int
    """CPU time of driver and server together, for each step."""
    handovers: tuple[HandOver, ...]
    """From one job at a time on."""
    progress: tuple[tuple[int, float], ...]
    """
    Jobs side by side, and the CPU time that they got together in each second. Less than jobs or
    cores allow is what other programs took, and what the kernel lost in placing processes.
    """
    overshoot_ns: int
    """How much later than asked a timer ends."""
    server: tuple[tuple[int, int], ...]
    """Calls at once, and how long each took; empty where it was not measured."""
    foreign_cores: float
    """What other processes used meanwhile."""


class StageLatency(Struct, frozen=True, kw_only=True):
    """How long each of so many calls of a stage takes when they run at once."""

    concurrency: int
    seconds: float


class StagePower(Struct, frozen=True, kw_only=True):
    """What a stage draws while so many calls of it run at once; 0 is idle."""

    concurrency: int
    watts: float


class MeasuredStage(Struct, frozen=True, kw_only=True):
    """What was measured of a stage, each ascending; power is empty, or goes from idle on."""

    latencies: tuple[StageLatency, ...]
    power: tuple[StagePower, ...] = ()
