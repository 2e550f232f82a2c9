"""A trace that was merged from others: what each machine had to give, and each part's own trace."""

from collections.abc import Sequence

from msgspec.structs import replace

from agentaudit.model.trace import Part, Trace


def core_time_ns(parts: Sequence[Part]) -> int:
    """Time of all cores while they were recorded: each machine once, as long as any part lasted."""
    total_ns = 0
    for machine in sorted({part.machine for part in parts}):
        of_machine = [part for part in parts if part.machine == machine]
        cores = max(part.host.cores for part in of_machine)
        total_ns += cores * _covered_ns([(part.start_ns, part.end_ns) for part in of_machine])
    return total_ns


def _covered_ns(extents: Sequence[tuple[int, int]]) -> int:
    covered_ns = until_ns = 0
    for start_ns, end_ns in sorted(extents):
        covered_ns += max(end_ns - max(start_ns, until_ns), 0)
        until_ns = max(until_ns, end_ns)
    return covered_ns


def traces_of_parts(trace: Trace) -> tuple[Trace, ...]:
    """
    What each part adds, as a trace of its own: steps, requests and processes are told apart.

    Samples of the whole tree are not: they are of all parts together.
    """
    return tuple(_trace_of_part(trace, part) for part in trace.parts)


def _trace_of_part(trace: Trace, part: Part) -> Trace:
    steps = tuple(step for step in trace.steps if part.has(step.pid))
    requests = {step.request_id for step in steps}
    processes = tuple(process for process in trace.processes if part.has(process.pid))
    counted_ns = sum(process.cpu_ns for process in processes)
    return replace(
        trace,
        host=part.host,
        target=part.target,
        start_ns=part.start_ns,
        end_ns=part.end_ns,
        complete=part.complete,
        ended_because=part.ended_because,
        steps=steps,
        requests=tuple(item for item in trace.requests if item.request_id in requests),
        processes=processes,
        cpu_samples=(),
        gpu_samples=(),
        cpu_total_ns=max(counted_ns, sum(step.cpu_ns for step in steps)),
        parts=(),
    )
