"""What differs between two recordings besides the agent: reasons not to believe their ratio."""

from collections.abc import Iterator

from agentaudit.model.trace import LabelSource, Trace
from agentaudit.profiling.breakdown import breakdown_of

_NOTABLE = 1.25
_BUSY = 0.25


def differences(before: Trace, after: Trace) -> Iterator[str]:
    """One sentence each, the machine first."""
    yield from _machines(before, after)
    yield from _recorders(before, after)
    yield from _loads(before, after)


def _machines(before: Trace, after: Trace) -> Iterator[str]:
    then, now = before.host, after.host
    facts = (
        ("machine", then.name, now.name),
        ("processor", then.cpu_model, now.cpu_model),
        ("cores", str(then.cores or "unknown"), str(now.cores or "unknown")),
        ("system", then.system, now.system),
        ("GPUs", ", ".join(then.gpus) or "none", ", ".join(now.gpus) or "none"),
        ("runtime", before.target.runtime, after.target.runtime),
    )
    for what, old, new in facts:
        if old != new:
            yield f"another {what} ({old or 'unknown'}, now {new or 'unknown'})".replace(
                "another cores", "other cores"
            ).replace("another GPUs", "other GPUs")


def _recorders(before: Trace, after: Trace) -> Iterator[str]:
    if bool(before.target.imported) != bool(after.target.imported):
        yield "one is imported, so its CPU time is unknown"
    samplers = [sorted({entry.sampler for entry in trace.sampling}) for trace in (before, after)]
    if samplers[0] != samplers[1]:
        then, now = (", ".join(names) or "none" for names in samplers)
        yield f"another sampler ({then}, now {now})"
    for trace, which in ((before, "the older"), (after, "the newer")):
        if not trace.complete:
            yield f"{which} recording is cut off"
        if any(request.source is LabelSource.NONE for request in trace.requests):
            yield f"requests of {which} recording are busy stretches of threads, for want of better"


def _loads(before: Trace, after: Trace) -> Iterator[str]:
    then, now = (breakdown_of(trace).load.concurrency_mean for trace in (before, after))
    if min(then, now) > 0 and max(then, now) / min(then, now) >= _NOTABLE:
        yield f"another load ({then:.1f} requests at once on average, now {now:.1f})"
    busy = [_others_busy(trace) for trace in (before, after)]
    if abs(busy[0] - busy[1]) >= _BUSY:
        yield f"other programs kept {busy[0]:.0%} of the cores busy, now {busy[1]:.0%}"


def _others_busy(trace: Trace) -> float:
    samples = trace.cpu_samples
    core_ns = trace.duration_ns * trace.host.cores
    if not samples or core_ns <= 0:
        return 0.0
    machine = sum(sample.system_busy for sample in samples) / len(samples)
    return max(machine - trace.cpu_total_ns / core_ns, 0.0)
