"""A recording made ready to simulate: its workload, its machine, and how well they reproduce it."""

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.assumed import assumed_model
from agentaudit.model.reading import unread
from agentaudit.model.trace import Trace
from agentaudit.model.workload import Machine, Workload
from agentaudit.simulation.experiments.metrics import percentile
from agentaudit.simulation.machines.machine import host_machine
from agentaudit.simulation.policies.capped import CappedConcurrency
from agentaudit.simulation.policies.threads import MultiThreading
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.recordings.beside import background_course
from agentaudit.simulation.recordings.interpreters import one_interpreter
from agentaudit.simulation.recordings.replay import workloads_of
from agentaudit.simulation.runs.simulator import simulate


def recorded_workload(trace: Trace, *, source: str) -> tuple[Workload, Machine]:
    """
    The recorded requests and the host they ran on, with a check against what was recorded.

    Raises InputError and IncompleteError as `workloads_of` does.
    """
    machine = host_machine(trace)
    workload, loaded = workloads_of(trace, source=source, gpu=machine.gpu)
    # Lengths that were assumed are nothing to check against.
    assumed = assumed_model(trace.incidents)
    check = () if assumed else (reproduction(trace, machine, loaded).sentence(),)
    missing = (f"Not read: {one.lost} ({one.what})." for one in unread(trace.incidents))
    return replace(workload, assumptions=(*missing, *check, *workload.assumptions)), machine


class Reproduction(Struct, frozen=True, kw_only=True):
    """Latencies of the whole requests of a recording and of its simulation, each ascending."""

    recorded_ns: tuple[int, ...]
    simulated_ns: tuple[int, ...]

    def at(self, percent: int) -> tuple[int, int]:
        """A percentile of both."""
        return percentile(self.recorded_ns, percent), percentile(self.simulated_ns, percent)

    def sentence(self) -> str:
        parts = (f"P{percent} {_times(*self.at(percent))}" for percent in (50, 90))
        return (
            "Check: the recorded load, simulated as it came with nothing held back, gives"
            f" {' and '.join(parts)}."
        )


def reproduction(trace: Trace, machine: Machine, workload: Workload) -> Reproduction:
    """
    The recorded load, simulated as it came, beside its recorded latencies.

    This is a check and no fit: nothing is adjusted to make the two agree. What ran beside runs at
    the instants at which it ran, and requests that an edge cut off are part of the load: the
    workload has them.
    """
    replayed = {request.request_id for request in workload.requests}
    first_ns = min(one.arrival_ns for one in trace.requests if one.request_id in replayed)
    beside = tuple(
        (max(at_ns - first_ns, 0), threads) for at_ns, threads in background_course(trace)
    )
    run = simulate(workload, replace(machine, background_course=beside), _as_recorded(trace))
    simulated_ns = {record.request_id: record.latency_ns for record in run.records}
    compared = [one for one in trace.requests if one.complete and one.request_id in simulated_ns]
    return Reproduction(
        recorded_ns=tuple(sorted(one.latency_ns for one in compared)),
        simulated_ns=tuple(sorted(simulated_ns[one.request_id] for one in compared)),
    )


def _as_recorded(trace: Trace) -> Policy:
    """Everything starts when it arrives, in threads where one process served several requests."""
    if one_interpreter(trace.steps):
        return MultiThreading(name="as recorded", source="")
    return CappedConcurrency(name="as recorded", source="", cap=None)


def _times(recorded_ns: int, simulated_ns: int) -> str:
    error = simulated_ns / max(recorded_ns, 1) - 1
    return f"{simulated_ns / 1e6:,.0f} ms, recorded {recorded_ns / 1e6:,.0f} ms ({error:+.0%})"
