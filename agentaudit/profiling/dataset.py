"""The rows that a trace adds to the dataset of many hosts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from agentaudit.model.dataset import (
    GpuSampleRow,
    ProcessRow,
    RecordingRow,
    RequestRow,
    Row,
    SampleRow,
    StepRow,
)
from agentaudit.model.reading import unread_text
from agentaudit.model.trace import Request, Step, StepKind, Trace
from agentaudit.profiling.breakdown import unix_ns


def rows_of(trace: Trace, recording: str) -> Mapping[str, Iterator[Row]]:
    """The rows of each table; `recording` names the file they come from."""
    return {
        "recordings": iter((recording_row(trace, recording),)),
        "requests": _request_rows(trace, recording),
        "steps": _step_rows(trace, recording),
    }


def more_rows_of(trace: Trace, recording: str) -> Mapping[str, Iterator[Row]]:
    """The rows of the tables beside them."""
    return {
        "processes": (
            ProcessRow(
                recording=recording,
                pid=process.pid,
                parent_pid=process.parent_pid,
                name=process.name,
                start_unix_ns=unix_ns(trace.clocks, process.start_ns),
                end_unix_ns=None
                if process.end_ns is None
                else unix_ns(trace.clocks, process.end_ns),
                cpu_ns=process.cpu_ns,
            )
            for process in trace.processes
        ),
        "samples": (
            SampleRow(
                recording=recording,
                at_unix_ns=unix_ns(trace.clocks, sample.at_ns),
                cpu_ns=sample.cpu_ns,
                rss_bytes=sample.rss_bytes,
                processes=sample.processes,
                system_busy=sample.system_busy,
            )
            for sample in trace.cpu_samples
        ),
        "gpu_samples": (
            GpuSampleRow(
                recording=recording,
                at_unix_ns=unix_ns(trace.clocks, sample.at_ns),
                device=sample.device,
                busy=sample.busy,
                memory_bytes=sample.memory_bytes,
                power_watts=sample.power_watts,
                ours=sample.ours,
            )
            for sample in trace.gpu_samples
        ),
    }


def recording_row(trace: Trace, recording: str) -> RecordingRow:
    """What the recording is, in one row."""
    devices = [sample.busy for sample in trace.gpu_samples]
    return RecordingRow(
        recording=recording,
        command=trace.target.command,
        start_unix_ns=unix_ns(trace.clocks, trace.start_ns),
        duration_ns=trace.duration_ns,
        cores=trace.host.cores,
        cpu_total_ns=trace.cpu_total_ns,
        peak_rss_bytes=max((sample.rss_bytes for sample in trace.cpu_samples), default=0),
        gpu_busy=sum(devices) / len(devices) if devices else None,
        joules=sum(reading.joules for reading in trace.energy) if trace.energy else None,
        complete=trace.complete,
        incidents=len(trace.incidents),
        imported=bool(trace.target.imported),
        unread=unread_text(trace.incidents),
    )


def _request_rows(trace: Trace, recording: str) -> Iterator[RequestRow]:
    steps: dict[int, list[Step]] = defaultdict(list)
    for step in trace.steps:
        if step.request_id is not None:
            steps[step.request_id].append(step)
    for request in trace.requests:
        yield _request_row(trace, recording, request, steps[request.request_id])


def _request_row(
    trace: Trace, recording: str, request: Request, steps: Sequence[Step]
) -> RequestRow:
    return RequestRow(
        recording=recording,
        request_id=request.request_id,
        type=request.type,
        arrival_unix_ns=unix_ns(trace.clocks, request.arrival_ns),
        latency_ns=request.latency_ns,
        complete=request.complete,
        source=request.source.value,
        cpu_ns=sum(step.cpu_ns for step in steps),
        gpu_ns=sum(step.gpu_ns for step in steps),
        llm_wall_ns=sum(step.wall_ns for step in steps if step.kind is StepKind.LLM_INFERENCE),
    )


def _step_rows(trace: Trace, recording: str) -> Iterator[StepRow]:
    types = {request.request_id: request.type for request in trace.requests}
    for step in trace.steps:
        yield StepRow(
            recording=recording,
            step_id=step.step_id,
            request_id=step.request_id,
            request_type=types.get(step.request_id, "") if step.request_id is not None else "",
            kind=step.kind.value,
            name=step.name,
            source=step.source.value,
            confidence=step.confidence,
            pid=step.pid,
            tid=step.tid,
            threads=step.threads,
            start_unix_ns=unix_ns(trace.clocks, step.start_ns),
            wall_ns=step.wall_ns,
            cpu_ns=step.cpu_ns,
            children_cpu_ns=step.children_cpu_ns,
            gpu_ns=step.gpu_ns,
            run_queue_ns=step.run_queue_ns,
            tokens_in=step.tokens_in,
            tokens_out=step.tokens_out,
        )
