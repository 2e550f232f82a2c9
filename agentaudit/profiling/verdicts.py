"""What limits the agent, and the numbers that say so."""

from collections.abc import Collection, Sequence

from msgspec import Struct

from agentaudit.model.profile import Bound, KindShare
from agentaudit.model.trace import StepKind, Trace
from agentaudit.profiling.parts import core_time_ns
from agentaudit.profiling.steadiness import cores_interval, gpu_interval, model_interval

CPU_BOUND = 0.7
"""Share of the cores at which more CPU work only waits longer."""

GPU_BOUND = 0.7
WAITING = 0.5
IDLE_CORES = 0.05
ONE_CORE = 0.85
"""Cores used by one process at which a single interpreter has nothing left."""

OTHERS = 0.4
"""Share of the cores that others use at which they decide how fast the agent is."""

QUEUED = 0.15
"""Share of its working time that a thread waits for a core when cores are short."""


def verdict(trace: Trace, kinds: Sequence[KindShare]) -> tuple[Bound, tuple[str, ...]]:
    """The bound, and its reasons, the strongest first."""
    if trace.duration_ns <= 0:
        return Bound.UNDECIDED, ("nothing was recorded",)
    if trace.target.imported:
        return _of_spans(trace, kinds)
    usable = usable_cores(trace)
    cores = trace.cpu_total_ns / trace.duration_ns
    cores_seen = cores_interval(trace)
    cpu = Mean(
        cores / usable, (cores_seen[0] / usable, cores_seen[1] / usable) if cores_seen else None
    )
    gpu = None if (busy := _gpu_busy(trace)) is None else Mean(busy, gpu_interval(trace))
    share = _model_share(kinds)
    waiting = None if share is None else Mean(share, model_interval(trace))
    bound, doubt = _bound(trace, cpu, gpu, waiting)
    return bound, (
        f"the agent used {cores:.2f} of {round(usable, 2):g} cores ({cpu.value:.0%}){cpu.bounds}",
        *_limit_fact(trace),
        *_one_core_fact(trace),
        *_queue_fact(trace),
        *_model_fact(trace, waiting),
        *(() if gpu is None else (f"the GPUs were {gpu.value:.0%} busy{gpu.bounds}",)),
        *doubt,
    )


class Mean(Struct, frozen=True):
    """A share, 0 to 1, with its 95 % interval where the recording is long enough for one."""

    value: float
    interval: tuple[float, float] | None = None

    def reaches(self, threshold: float) -> bool:
        return self.value >= threshold

    def surely_reaches(self, threshold: float) -> bool:
        return self.reaches(threshold) and (not self.interval or self.interval[0] >= threshold)

    @property
    def bounds(self) -> str:
        """The interval in words, in brackets; empty without one."""
        if self.interval is None:
            return ""
        low, high = self.interval
        return f" (95 % interval {low:.0%} to {min(high, 1.0):.0%})"


def usable_cores(trace: Trace) -> float:
    """The cores that the agent could have used: its affinity and its control group set them."""
    if trace.parts:
        return core_time_ns(trace.parts) / max(trace.duration_ns, 1) or trace.host.cores
    limit = trace.target.cpu_limit_cores
    return min(limit, trace.host.cores) if limit else trace.host.cores


def _limit_fact(trace: Trace) -> tuple[str, ...]:
    usable = usable_cores(trace)
    if usable >= trace.host.cores:
        return ()
    if trace.parts:
        return (f"its parts had {round(usable, 2):g} cores, on average over all of the time",)
    return (f"it may use {round(usable, 2):g} of the host's {trace.host.cores} cores",)


def _of_spans(trace: Trace, kinds: Sequence[KindShare]) -> tuple[Bound, tuple[str, ...]]:
    """What can be said without any counter: whether the spans wait on a model."""
    share = _model_share(kinds)
    waits = share is not None and share >= WAITING
    return Bound.REMOTE_MODEL if waits else Bound.UNDECIDED, (
        f"the trace was imported ({trace.target.imported}): CPU time was never measured",
        *_model_fact(trace, None if share is None else Mean(share)),
    )


def _bound(
    trace: Trace, cpu: Mean, gpu: Mean | None, waiting: Mean | None
) -> tuple[Bound, tuple[str, ...]]:
    """What limits it; undecided, with the doubt, where the numbers could as well be below."""
    crowded = _machine_busy(trace) >= CPU_BOUND and _queued(trace) >= QUEUED
    short_of_cores = crowded and _wanted_cores(trace) >= IDLE_CORES
    if _busiest(trace) >= ONE_CORE or short_of_cores:
        return Bound.CPU, ()
    if cpu.reaches(CPU_BOUND):
        return _if_sure(Bound.CPU, cpu, CPU_BOUND)
    if gpu is not None and gpu.reaches(GPU_BOUND):
        return _if_sure(Bound.GPU, gpu, GPU_BOUND)
    if waiting is None:
        return (Bound.IDLE if cpu.value < IDLE_CORES else Bound.UNDECIDED), ()
    if waiting.reaches(WAITING):
        return _if_sure(Bound.REMOTE_MODEL, waiting, WAITING)
    return Bound.UNDECIDED, ()


def _if_sure(bound: Bound, mean: Mean, threshold: float) -> tuple[Bound, tuple[str, ...]]:
    if mean.surely_reaches(threshold):
        return bound, ()
    doubt = f"whether it is {bound} ({threshold:.0%} or more) is too close to call: record longer"
    return Bound.UNDECIDED, (doubt,)


def _model_share(kinds: Sequence[KindShare]) -> float | None:
    """Share of the threads' working time that is model calls; None when nobody worked."""
    working = [kind for kind in kinds if kind.kind is not StepKind.IDLE]
    all_ns = sum(kind.wall_ns for kind in working)
    model_ns = sum(kind.wall_ns for kind in working if kind.kind is StepKind.LLM_INFERENCE)
    return model_ns / all_ns if all_ns > 0 else None


def _model_fact(trace: Trace, share: Mean | None) -> tuple[str, ...]:
    if share is None:
        return ("no thread was seen at work",)
    if share.value == 0:
        return ("no model call was seen",)
    where = "" if trace.gpu_samples else _gpu_doubt({step.gpu_source for step in trace.steps})
    return (
        f"{share.value:.0%} of the threads' working time is in model calls{share.bounds}{where}",
    )


def _gpu_doubt(sources: Collection[str]) -> str:
    """What a reader should know of the model's GPU, where no device was seen here."""
    if "server" in sources:
        return " (GPU time is what the model's server said it computed)"
    return "" if "device" in sources else " (the model's own GPU was not measured)"


def _one_core_fact(trace: Trace) -> tuple[str, ...]:
    busiest = _busiest(trace)
    if busiest < ONE_CORE:
        return ()
    return (f"one process alone kept {busiest:.1f} cores busy: one interpreter uses one at most",)


def _queue_fact(trace: Trace) -> tuple[str, ...]:
    queued, machine = _queued(trace), _machine_busy(trace)
    facts = []
    if machine >= CPU_BOUND:
        facts.append(f"all cores of the machine together were {machine:.0%} busy")
    if queued >= QUEUED and _wanted_cores(trace) >= IDLE_CORES:
        facts.append(f"its threads waited for a core {queued:.0%} of the time they wanted one")
    ours = trace.cpu_total_ns / trace.duration_ns / trace.host.cores if trace.host.cores else 0.0
    if machine - ours >= OTHERS:
        facts.append(
            f"other programs kept {machine - ours:.0%} of the cores busy: record again on a quiet"
            " machine"
        )
    return tuple(facts)


def _gpu_busy(trace: Trace) -> float | None:
    samples = trace.gpu_samples
    return sum(sample.busy for sample in samples) / len(samples) if samples else None


def _busiest(trace: Trace) -> float:
    """Cores that the busiest process of the tree used on average, its children left out."""
    most_ns = max((process.cpu_ns for process in trace.processes), default=0)
    return most_ns / trace.duration_ns


def _machine_busy(trace: Trace) -> float:
    samples = trace.cpu_samples
    return sum(sample.system_busy for sample in samples) / len(samples) if samples else 0.0


def _queued(trace: Trace) -> float:
    """Time ready but without a core, of all the time that threads wanted one."""
    queue_ns = sum(step.run_queue_ns for step in trace.steps)
    cpu_ns = sum(step.cpu_ns - step.children_cpu_ns for step in trace.steps)
    return queue_ns / (queue_ns + cpu_ns) if queue_ns + cpu_ns > 0 else 0.0


def _wanted_cores(trace: Trace) -> float:
    """Cores that its threads were on, or waited for, on average: next to none wants no more."""
    queue_ns = sum(step.run_queue_ns for step in trace.steps)
    return (trace.cpu_total_ns + queue_ns) / trace.duration_ns
