"""What limits the agent, and the numbers that say so."""

from collections.abc import Sequence

from agentaudit.model.profile import Bound, KindShare
from agentaudit.model.trace import StepKind, Trace

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
    cores = trace.cpu_total_ns / trace.duration_ns
    share = cores / trace.host.cores
    facts = (
        f"the agent used {cores:.2f} of {trace.host.cores} cores ({share:.0%})",
        *_one_core_fact(trace),
        *_queue_fact(trace),
        *_model_fact(trace, kinds),
        *_gpu_fact(trace),
    )
    return _bound(trace, kinds, share), facts


def _of_spans(trace: Trace, kinds: Sequence[KindShare]) -> tuple[Bound, tuple[str, ...]]:
    """What can be said without any counter: whether the spans wait on a model."""
    share = _model_share(kinds) or 0.0
    return Bound.REMOTE_MODEL if share >= WAITING else Bound.UNDECIDED, (
        f"the trace was imported ({trace.target.imported}): CPU time was never measured",
        *_model_fact(trace, kinds),
    )


def _bound(trace: Trace, kinds: Sequence[KindShare], share: float) -> Bound:
    gpu = _gpu_busy(trace)
    waiting = _model_share(kinds)
    short_of_cores = _machine_busy(trace) >= CPU_BOUND and _queued(trace) >= QUEUED
    if share >= CPU_BOUND or _busiest(trace) >= ONE_CORE or short_of_cores:
        return Bound.CPU
    if gpu is not None and gpu >= GPU_BOUND:
        return Bound.GPU
    if waiting is None and share < IDLE_CORES:
        return Bound.IDLE
    if waiting is not None and waiting >= WAITING:
        return Bound.REMOTE_MODEL
    return Bound.UNDECIDED


def _model_share(kinds: Sequence[KindShare]) -> float | None:
    """Share of the threads' working time that is model calls; None when nobody worked."""
    working = [kind for kind in kinds if kind.kind is not StepKind.IDLE]
    all_ns = sum(kind.wall_ns for kind in working)
    model_ns = sum(kind.wall_ns for kind in working if kind.kind is StepKind.LLM_INFERENCE)
    return model_ns / all_ns if all_ns > 0 else None


def _model_fact(trace: Trace, kinds: Sequence[KindShare]) -> tuple[str, ...]:
    share = _model_share(kinds)
    if share is None:
        return ("no thread was seen at work",)
    if share == 0:
        return ("no model call was seen",)
    where = "" if trace.gpu_samples else " (the model's own GPU was not measured)"
    return (f"{share:.0%} of the threads' working time is in model calls{where}",)


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
    if queued >= QUEUED:
        facts.append(f"its threads waited for a core {queued:.0%} of the time they wanted one")
    ours = trace.cpu_total_ns / trace.duration_ns / trace.host.cores if trace.host.cores else 0.0
    if machine - ours >= OTHERS:
        facts.append(
            f"other programs kept {machine - ours:.0%} of the cores busy: record again on a quiet"
            " machine"
        )
    return tuple(facts)


def _gpu_fact(trace: Trace) -> tuple[str, ...]:
    busy = _gpu_busy(trace)
    return () if busy is None else (f"the GPUs were {busy:.0%} busy",)


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
