"""
A schedule as a Trace, so that what shows recordings shows it; its `simulated` tells them apart.

Places take the part of processes: the line for admission, the line of the LLM server, the cores,
the LLM server, and the world outside. What a request waits for is a step of its own there.
"""

from collections.abc import Iterator
from itertools import count

from agentaudit import __version__
from agentaudit.model.schedule import Schedule, ScheduledRequest, ScheduledStep
from agentaudit.model.trace import (
    CpuSample,
    GpuSample,
    Host,
    LabelSource,
    ProcessRecord,
    Request,
    Step,
    StepKind,
    Target,
    Trace,
)
from agentaudit.model.workload import Machine, Stage
from agentaudit.simulation.runs.schedule import DISPATCH
from agentaudit.simulation.runs.utilisation import bins_over, cpu_busy_ns, gpu_busy_ns

_MOST_SAMPLES = 1000
_ADMISSION, _LINE = 1, 2
_PLACES = {Stage.CPU: 3, Stage.GPU: 4, Stage.WAIT: 5}
_INTERPRETER = 6
_KINDS = {Stage.GPU: StepKind.LLM_INFERENCE, Stage.WAIT: StepKind.IDLE}
_KIND_NAMES = frozenset(kind.value for kind in StepKind)
_WAITING_IN = {_ADMISSION: "waiting for admission", _LINE: "queueing for the LLM server"}


def simulated_trace(schedule: Schedule, machine: Machine, *, source: str) -> Trace:
    """The trace of what never ran; `source` names the workload."""
    numbers = count(1)
    steps = tuple(
        step for request in schedule.requests for step in _steps(request, machine, numbers)
    )
    policy = f"{schedule.policy} ({schedule.parameters})"
    return Trace(
        host=Host(name=machine.name, system="simulation", cores=machine.cores, memory_bytes=0),
        target=Target(pid=_PLACES[Stage.CPU], command=f"{policy} on {source}", launched=False),
        start_ns=schedule.start_ns,
        end_ns=schedule.end_ns,
        complete=True,
        ended_because="simulated to the end",
        clocks=(),
        steps=steps,
        requests=tuple(_request(request) for request in schedule.requests),
        processes=tuple(_places(schedule, machine)),
        cpu_samples=tuple(_cpu_samples(schedule, machine)),
        gpu_samples=tuple(_gpu_samples(schedule)),
        cpu_total_ns=sum(step.cpu_ns for step in steps),
        simulated=policy,
        tool_version=__version__,
    )


def _request(request: ScheduledRequest) -> Request:
    return Request(
        request_id=request.record.request_id,
        type=request.record.type,
        arrival_ns=request.record.arrival_ns,
        finish_ns=request.record.finish_ns,
        source=LabelSource.NONE,
    )


def _steps(request: ScheduledRequest, machine: Machine, numbers: Iterator[int]) -> Iterator[Step]:
    record = request.record
    if record.waiting_ns:
        yield _waiting(next(numbers), request, _ADMISSION, (record.arrival_ns, record.start_ns))
    for step in request.steps:
        if step.began_ns > step.queued_ns:
            yield _waiting(next(numbers), request, _LINE, (step.queued_ns, step.began_ns))
        yield _served(next(numbers), record.request_id, step, machine)


def _waiting(number: int, request: ScheduledRequest, line: int, extent: tuple[int, int]) -> Step:
    return Step(
        step_id=number,
        request_id=request.record.request_id,
        kind=StepKind.IDLE,
        name=_WAITING_IN[line],
        pid=line,
        tid=line,
        start_ns=extent[0],
        end_ns=extent[1],
        cpu_ns=0,
    )


def _served(number: int, request_id: int, step: ScheduledStep, machine: Machine) -> Step:
    """`run_queue_ns` is what sharing cost it: cores that others use or slow, the interpreter."""
    place = _INTERPRETER if step.interpreted else _PLACES[step.stage]
    on_cpu = step.stage is Stage.CPU
    alone_ns = step.demand_ns / (step.threads * machine.cpu.points[0][1])
    lost_ns = max(round(step.ended_ns - step.began_ns - alone_ns), 0)
    return Step(
        step_id=number,
        request_id=request_id,
        kind=_kind(step),
        name=step.name,
        pid=place,
        tid=place,
        start_ns=step.began_ns,
        end_ns=step.ended_ns,
        cpu_ns=step.demand_ns if on_cpu else 0,
        gpu_ns=step.demand_ns if step.stage is Stage.GPU else 0,
        run_queue_ns=lost_ns if on_cpu else 0,
        threads=step.threads,
    )


def _kind(step: ScheduledStep) -> StepKind:
    """A workload keeps the names of steps; what kind of work on a core they are, nobody knows."""
    if step.stage is Stage.CPU and step.name in _KIND_NAMES:
        return StepKind(step.name)
    if step.name == DISPATCH:
        return StepKind.ORCHESTRATION
    return _KINDS.get(step.stage, StepKind.UNKNOWN)


def _places(schedule: Schedule, machine: Machine) -> Iterator[ProcessRecord]:
    names = {
        _ADMISSION: f"line for admission by {schedule.policy}",
        _LINE: "line of the LLM server",
        _PLACES[Stage.CPU]: f"CPU: {machine.cores} cores",
        _PLACES[Stage.GPU]: "LLM server (GPU)",
        _PLACES[Stage.WAIT]: "outside the machine",
    }
    if any(step.interpreted for request in schedule.requests for step in request.steps):
        names[_INTERPRETER] = "the interpreter that threads share"
    cpu_ns = sum(
        step.demand_ns
        for request in schedule.requests
        for step in request.steps
        if step.stage is Stage.CPU
    )
    for place, name in names.items():
        yield ProcessRecord(
            pid=place,
            parent_pid=0,
            start_ns=schedule.start_ns,
            end_ns=schedule.end_ns,
            name=name,
            cpu_ns=cpu_ns if place == _PLACES[Stage.CPU] else 0,
        )


def _cpu_samples(schedule: Schedule, machine: Machine) -> Iterator[CpuSample]:
    bins = bins_over(schedule.start_ns, schedule.end_ns, _MOST_SAMPLES)
    busy = cpu_busy_ns(schedule, machine, bins)
    for place, cpu_ns in enumerate(busy, start=1):
        yield CpuSample(
            at_ns=bins.start_ns + place * bins.width_ns,
            cpu_ns=cpu_ns,
            rss_bytes=0,
            processes=0,
            system_busy=cpu_ns / (machine.cores * bins.width_ns),
        )


def _gpu_samples(schedule: Schedule) -> Iterator[GpuSample]:
    bins = bins_over(schedule.start_ns, schedule.end_ns, _MOST_SAMPLES)
    busy = gpu_busy_ns(schedule, bins)
    for place, gpu_ns in enumerate((*busy, 0)):
        yield GpuSample(
            at_ns=bins.start_ns + place * bins.width_ns,
            device=0,
            busy=gpu_ns / bins.width_ns,
            memory_bytes=0,
            power_watts=None,
        )
