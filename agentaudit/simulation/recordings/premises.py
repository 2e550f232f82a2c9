"""What a replay rests on, each premise a sentence."""

from collections.abc import Iterator, Mapping, Sequence

from agentaudit.lists import counted
from agentaudit.model.assumed import assumed_model
from agentaudit.model.trace import Request, Step, Trace
from agentaudit.simulation.recordings.demands import FULL, Notes

_CALLS = (
    "An LLM call's demand is its wall time, taken back to batch size 1 by the calls in flight"
    " meanwhile; network and queueing at the server count as serving."
)


def premises(
    trace: Trace, replayed: Sequence[Request], steps: Mapping[int, Sequence[Step]], notes: Notes
) -> Iterator[str]:
    """What was assumed when a recording became a workload, and what it leaves out."""
    if trace.target.imported:
        yield (
            f"The trace was imported ({trace.target.imported}), so nobody measured its CPU time:"
            " what is no LLM call is replayed as waiting, and requests do not compete for cores."
        )
    left_out = len(trace.requests) - len(replayed)
    if left_out:
        yield (
            f"{left_out} of {len(trace.requests)} recorded requests are left out: an edge of the"
            " recording cut them off, or no step of theirs was seen."
        )
    if model := assumed_model(trace.incidents):
        yield (
            "The trace does not say how long LLM calls took: alone, a call takes what a model of"
            f" {model} would take, which was assumed (--tokens-per-s)."
        )
    else:
        yield _CALLS
    yield from _waits(notes, sum(request.latency_ns for request in replayed))
    if notes.overlapping:
        first = notes.overlapping[0]
        yield (
            f"{counted(len(notes.overlapping), 'overlap')} of steps of a request (the first: step"
            f" {first.step_id} of request {first.request_id}); of those at once one counts, a model"
            " call before other work, with the CPU work of the others on threads beside it."
        )
    within = [step for request in replayed for step in steps[request.request_id]]
    yield from _abreast([step for step in within if step.threads > 1])
    used_ns = sum(step.cpu_ns for step in within)
    if trace.cpu_total_ns > used_ns:
        yield (
            f"{1 - used_ns / trace.cpu_total_ns:.0%} of the recorded CPU time belongs to no"
            " replayed request and is not simulated as theirs."
        )


def _abreast(steps: Sequence[Step]) -> Iterator[str]:
    """Where threads of a library may be more than cores, which sharing does not tell of."""
    if not steps:
        return
    most = max(steps, key=lambda step: (step.threads, -step.step_id))
    yield (
        f"{counted(len(steps), 'step')} ran on several threads at once (the most:"
        f" {most.name or most.kind}, on {most.threads}): those of child processes or of a library."
        " Here they share cores evenly. Threads of linear algebra do not, where there are more of"
        " them than cores: 16 workers on 2 cores took 15 times as long as their work (OpenBLAS),"
        " and no longer with OPENBLAS_NUM_THREADS=1."
    )


def _waits(notes: Notes, latency_ns: int) -> Iterator[str]:
    if notes.queued_ns:
        yield (
            f"{notes.queued_ns / 1e9:.1f} s in which requests neither ran nor called the LLM, while"
            f" the host's cores were at least {FULL:.0%} busy, count as queueing for a core and"
            " are simulated anew."
        )
    if notes.interpreter_ns:
        yield (
            f"{notes.interpreter_ns / 1e9:.1f} s in which requests were at Python code that did not"
            " run, while others of their process did, count as waiting for the interpreter and are"
            " simulated anew."
        )
    if notes.late_ns:
        yield (
            f"{notes.late_ns / 1e9:.1f} s in which threads that had little to do waited for a core,"
            " beyond their share of it, count as being woken late, on any machine."
        )
    if notes.waited_ns:
        yield (
            f"{notes.waited_ns / 1e9:.1f} s in which requests neither ran, queued nor called the"
            f" LLM, {notes.waited_ns / max(latency_ns, 1):.0%} of their time, count as waiting for"
            " the outside, which no policy shortens."
        )
