"""The third decision: whether CPU and GPU utilisation were profiled under load."""

from agentaudit.lists import counted
from agentaudit.model.decision import Decision, DecisionEvidence, DecisionStatus
from agentaudit.model.profile import Bound, Breakdown, Profile
from agentaudit.model.reading import unread
from agentaudit.model.trace import DrivenLoad, StepKind
from agentaudit.report.quantities import duration, percent

ID = "cpu-gpu-profile"
QUESTION = "Have you profiled CPU vs GPU utilization under load?"
FEWEST_REQUESTS = 20
"""Fewer requests than this are an anecdote: one slow request moves the ninetieth percentile."""
LEAST_CONCURRENCY = 2
"""With one request at a time nothing contends, and contention is what the question is about."""
_WORDS = {
    StepKind.LLM_INFERENCE: "LLM inference",
    StepKind.TOOL_CALL: "tool calls",
    StepKind.MEMORY_READ: "memory reads",
    StepKind.MEMORY_WRITE: "memory writes",
}
LEAST_ATTRIBUTED = 0.5
"""With less than half of the CPU time attributed, any ranking of step kinds could be wrong."""


def profile_decision(profile: Profile | None, *, hosted_model: bool) -> Decision:
    """Decided when CPU and GPU were both measured, under load, and the time can be attributed."""
    if profile is None:
        return _made(
            DecisionStatus.NOT_MEASURED,
            "No recording: CPU and GPU utilisation are unknown.",
            (),
            "Run `agentaudit profile --pid PID --duration 60s` while the agent is under load.",
        )
    evidence = _evidence(profile, hosted_model=hosted_model)
    status, answer, step = _judged(profile, hosted_model=hosted_model)
    return _made(status, answer, evidence, step)


def under_load(breakdown: Breakdown) -> bool:
    """
    Whether enough requests were in flight, together, for the numbers to mean anything.

    Load that the recorder itself put on the agent is known; without it, requests are what was seen.
    """
    load = breakdown.load
    driven = load.driven
    if driven is not None and driven.concurrency_peak >= LEAST_CONCURRENCY:
        return driven.requests - driven.failed >= FEWEST_REQUESTS
    return load.concurrency_peak >= LEAST_CONCURRENCY and load.requests >= FEWEST_REQUESTS


def attributed(breakdown: Breakdown) -> float:
    """Share of the CPU time that a step kind accounts for."""
    if breakdown.cpu_total_ns == 0:
        return 0.0
    return breakdown.cpu_attributed_ns / breakdown.cpu_total_ns


def split(breakdown: Breakdown) -> str:
    """Where the CPU time went, the largest kinds first, in words."""
    busy = sorted(breakdown.kinds, key=lambda kind: (-kind.cpu_share, kind.kind))
    told = [f"{words(kind.kind)} {percent(kind.cpu_share)}" for kind in busy if kind.cpu_ns][:3]
    return ", ".join(told) or "no CPU time was seen"


def words(kind: StepKind) -> str:
    """A step kind as people write it."""
    return _WORDS.get(kind, kind.replace("_", " "))


def _judged(profile: Profile, *, hosted_model: bool) -> tuple[DecisionStatus, str, str]:
    breakdown = profile.breakdown
    if profile.target.imported:
        return (
            DecisionStatus.NOT_MEASURED,
            (
                f"The trace was imported ({profile.target.imported}): it tells when steps began and"
                " ended, and nobody measured what they used."
            ),
            "Run `agentaudit profile --pid PID --duration 60s` while the agent is under load.",
        )
    if missing := unread(profile.incidents):
        return (
            DecisionStatus.NOT_MEASURED,
            f"The recording cannot be read whole: {missing[0].what}.",
            "Take the file from where it is whole, or record again.",
        )
    if not under_load(breakdown):
        return _idle(breakdown)
    if attributed(breakdown) < LEAST_ATTRIBUTED:
        return (
            DecisionStatus.NOT_MEASURED,
            (
                f"Profiled under load, but only {percent(attributed(breakdown))} of the CPU time"
                " could be attributed to a kind of step."
            ),
            "See the incidents of the recording; record with permission to read the stacks.",
        )
    if breakdown.gpu_utilisation is None and not hosted_model:
        return (
            DecisionStatus.NOT_MEASURED,
            f"Half of it: CPU was profiled under load ({split(breakdown)}), the GPU was not seen.",
            (
                "Record on the host whose GPU serves the model; if a provider hosts the model, say"
                " so with `--hosted-model`."
            ),
        )
    return (
        DecisionStatus.DECIDED,
        f"Yes, and the agent is {_bound(breakdown)}. CPU time: {split(breakdown)}.",
        "Repeat after each change of model, tools or machine; choose the scheduling policy below.",
    )


def _idle(breakdown: Breakdown) -> tuple[DecisionStatus, str, str]:
    load = breakdown.load
    return (
        DecisionStatus.NOT_MEASURED,
        (
            f"Profiled, but not under load: {counted(load.requests, 'request')},"
            f" at most {load.concurrency_peak} at once."
        ),
        f"Record again with at least {FEWEST_REQUESTS} requests and {LEAST_CONCURRENCY} at once.",
    )


def _bound(breakdown: Breakdown) -> str:
    if breakdown.bound is Bound.UNDECIDED:
        return "limited by neither CPU nor GPU alone"
    return breakdown.bound.replace("cpu", "CPU").replace("gpu", "GPU")


def _evidence(profile: Profile, *, hosted_model: bool) -> tuple[DecisionEvidence, ...]:
    breakdown = profile.breakdown
    load = breakdown.load
    said = [
        (
            (
                f"{counted(load.requests, 'request')} in {duration(breakdown.duration_ns)}, on"
                f" average {load.concurrency_mean:.1f} and at most {load.concurrency_peak} at once"
            ),
            under_load(breakdown),
        ),
        _cpu(breakdown),
        _gpu(profile, hosted_model=hosted_model),
    ]
    if load.driven is not None:
        said.insert(1, _driven(load.driven))
    if not profile.complete:
        said.append((f"the recording was cut off: {profile.ended_because}", False))
    return tuple(
        DecisionEvidence(text=text, place=profile.recording, good=good) for text, good in said
    )


def _cpu(breakdown: Breakdown) -> tuple[str, bool]:
    if not breakdown.cores:
        return "CPU: not measured", False
    text = (
        f"CPU: {percent(breakdown.cpu_utilisation)} of {counted(breakdown.cores, 'core')} busy;"
        f" {percent(attributed(breakdown))} of the CPU time attributed to step kinds"
    )
    return text, attributed(breakdown) >= LEAST_ATTRIBUTED


def _driven(load: DrivenLoad) -> tuple[str, bool]:
    """The load of our own: what was asked, and how it went."""
    shape = "a closed loop" if load.shape == "closed" else f"{load.rate_hz:g} requests a second"
    text = (
        f"load by agentaudit: {shape}, {counted(load.sessions, 'session')},"
        f" {counted(load.requests, 'request')} in {duration(load.duration_ns)},"
        f" at most {load.concurrency_peak} at once, {load.failed} failed"
        f"{f' ({load.problem})' if load.problem else ''}"
    )
    return text, load.failed == 0 and load.requests > 0


def _gpu(profile: Profile, *, hosted_model: bool) -> tuple[str, bool]:
    busy = profile.breakdown.gpu_utilisation
    if busy is not None:
        devices = ", ".join(profile.host.gpus)
        return f"GPU: {percent(busy)} busy ({devices})", True
    if hosted_model:
        return "GPU: a provider hosts the model, as declared with `--hosted-model`", True
    return f"GPU: {profile.host.gpu_note or 'not measured'}", False


def _made(
    status: DecisionStatus, answer: str, evidence: tuple[DecisionEvidence, ...], step: str
) -> Decision:
    return Decision(
        id=ID, question=QUESTION, status=status, answer=answer, evidence=evidence, next_step=step
    )
