"""A recording made ready to simulate: its workload, its machine, and how well they reproduce it."""

from dataclasses import replace

from agentaudit.model.reading import unread
from agentaudit.model.trace import Trace
from agentaudit.model.workload import Machine, Workload
from agentaudit.simulation.machine import host_machine
from agentaudit.simulation.metrics import percentile
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.replay import workload_of
from agentaudit.simulation.simulator import simulate


def recorded_workload(trace: Trace, *, source: str) -> tuple[Workload, Machine]:
    """
    The recorded requests and the host they ran on, with a check against what was recorded.

    Raises InputError and IncompleteError as `workload_of` does.
    """
    machine = host_machine(trace)
    workload = workload_of(trace, source=source, gpu=machine.gpu)
    check = reproduction(trace, workload, machine)
    missing = (f"Not read: {one.lost} ({one.what})." for one in unread(trace.incidents))
    return replace(workload, assumptions=(*missing, check, *workload.assumptions)), machine


def reproduction(trace: Trace, workload: Workload, machine: Machine) -> str:
    """
    The recorded load, simulated as it came, beside its recorded latencies.

    This is a check and no fit: nothing is adjusted to make the two agree.
    """
    policy = CappedConcurrency(name="as recorded", source="", cap=None)
    records = simulate(workload, machine, policy).records
    replayed = {record.request_id for record in records}
    simulated = sorted(record.latency_ns for record in records)
    recorded = sorted(
        request.latency_ns for request in trace.requests if request.request_id in replayed
    )
    parts = (
        f"P{part} {_times(percentile(recorded, part), percentile(simulated, part))}"
        for part in (50, 90)
    )
    return (
        "Check: the recorded load, simulated as it came with nothing held back, gives"
        f" {' and '.join(parts)}."
    )


def _times(recorded_ns: int, simulated_ns: int) -> str:
    error = simulated_ns / max(recorded_ns, 1) - 1
    return f"{simulated_ns / 1e6:,.0f} ms, recorded {recorded_ns / 1e6:,.0f} ms ({error:+.0%})"
