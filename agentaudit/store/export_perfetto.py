"""
A trace as Chrome trace events, for ui.perfetto.dev and chrome://tracing.

Steps are slices on tracks of their threads, requests stand above them with arrows to their steps,
and what was counted are counters. What was only simulated says so in its headings. Viewers keep 53
bits of a number and join what overlaps on one track: processes and threads are therefore numbered
anew, and what overlaps gets tracks of its own.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from agentaudit.model.trace import Request, Step, Trace
from agentaudit.store.clocks import unix_offset_ns
from agentaudit.store.tracks import Tracks

_REQUESTS = 0
"""The process that requests stand in; those that were recorded follow."""

_MIB = 2**20
_ENCODER = msgspec.json.Encoder()
_Event = dict[str, Any]
_Place = tuple[int, int]
"""Process and thread, as they are numbered for the viewer."""


def perfetto(trace: Trace) -> Iterator[bytes]:
    """The document, a piece at a time."""
    yield b'{"traceEvents":[\n'
    first = True
    for event in _Timeline(trace).events():
        yield (b"" if first else b",\n") + _ENCODER.encode(event)
        first = False
    about = {
        "displayTimeUnit": "ms",
        "otherData": {
            **({"simulated": trace.simulated} if trace.simulated else {}),
            "host": trace.host.name,
            "cores": trace.host.cores,
            "cpu_total_ns": trace.cpu_total_ns,
            "duration_ns": trace.duration_ns,
            "start_unix_ns": str(trace.start_ns + unix_offset_ns(trace.clocks)),
            "complete": trace.complete,
            "incidents": [f"{incident.what}: {incident.lost}" for incident in trace.incidents],
        },
    }
    yield b"\n]," + _ENCODER.encode(about)[1:] + b"\n"


class _Timeline:
    """The events of one trace."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._names = {process.pid: process.name for process in trace.processes}
        pids = {step.pid for step in trace.steps} | self._names.keys() | {trace.target.pid}
        self._numbers = {pid: at for at, pid in enumerate(sorted(pids), start=_REQUESTS + 1)}
        self._arrivals: dict[int, tuple[Request, _Place]] = {}
        self._flows: dict[int, list[tuple[int, _Place]]] = defaultdict(list)

    def events(self) -> Iterator[_Event]:
        for number, name in enumerate(self._headings()):
            yield _named("process_name", (number, 0), name)
        yield from self._requests()
        yield from self._steps()
        for number, (request, place) in self._arrivals.items():
            yield from self._arrows(number, [(request.arrival_ns, place), *self._flows[number]])
        yield from self._counters()

    def _headings(self) -> Iterator[str]:
        """What is simulated says so in each: no viewer shows what else the document says."""
        simulated = self._trace.simulated
        yield f"SIMULATED requests under {simulated}" if simulated else "requests"
        for pid in self._numbers:
            name = self._names.get(pid) or "process"
            yield f"SIMULATED {name}" if simulated else f"{name} ({pid})"

    def _requests(self) -> Iterator[_Event]:
        tracks = Tracks()
        for request in sorted(self._trace.requests, key=lambda request: request.arrival_ns):
            track = tracks.of("requests", request.arrival_ns, request.finish_ns)
            place = (_REQUESTS, track.number)
            if track.new:
                yield _named("thread_name", place, f"requests {track.number}")
            self._arrivals[request.request_id] = (request, place)
            yield {
                **self._slice(place, request.arrival_ns, request.finish_ns),
                "cat": "request",
                "name": request.type,
                "args": {
                    "request": request.request_id,
                    "complete": request.complete,
                    "source": request.source.value,
                },
            }

    def _steps(self) -> Iterator[_Event]:
        tracks = Tracks()
        for step in sorted(self._trace.steps, key=lambda step: step.start_ns):
            track = tracks.of((step.pid, step.tid), step.start_ns, step.end_ns)
            place = (self._numbers[step.pid], track.number)
            if track.new:
                beside = f" · {track.place + 1}" if track.place else ""
                owner = "lane" if self._trace.simulated else f"thread {step.tid}"
                yield _named("thread_name", place, f"{owner}{beside}")
            yield {
                **self._slice(place, step.start_ns, step.end_ns),
                "cat": step.kind.value,
                "name": step.name or step.kind.value,
                "args": _arguments(step),
            }
            if step.request_id in self._arrivals:
                self._flows[step.request_id].append((step.start_ns, place))

    def _arrows(self, number: int, stops: Sequence[tuple[int, _Place]]) -> Iterator[_Event]:
        """From a request to each of its steps in turn; none where it has no steps."""
        for at, (start_ns, (pid, tid)) in enumerate(stops if len(stops) > 1 else ()):
            phase = "s" if at == 0 else "f" if at == len(stops) - 1 else "t"
            arrow: _Event = {"ph": phase, "cat": "request", "name": "request", "id": number}
            arrow |= {"pid": pid, "tid": tid, "ts": self._us(start_ns)}
            yield arrow if phase == "s" else {**arrow, "bp": "e"}

    def _counters(self) -> Iterator[_Event]:
        samples = self._trace.cpu_samples
        edges = [self._trace.start_ns, *(sample.at_ns for sample in samples)]
        for (since_ns, at_ns), sample in zip(pairwise(edges), samples, strict=True):
            cores = sample.cpu_ns / (at_ns - since_ns) if at_ns > since_ns else 0.0
            yield self._counter(since_ns, "CPU cores", {"cores": cores})
            if not self._trace.simulated:  # which is about time, and knows nothing of memory
                yield self._counter(at_ns, "memory", {"MiB": sample.rss_bytes / _MIB})
            yield self._counter(at_ns, "CPU of the host", {"busy": sample.system_busy})
        for gpu in self._trace.gpu_samples:
            yield self._counter(gpu.at_ns, f"GPU {gpu.device}", {"busy": gpu.busy})

    def _counter(self, at_ns: int, name: str, values: Mapping[str, float]) -> _Event:
        pid = self._numbers[self._trace.target.pid]
        at = {"ph": "C", "name": name, "pid": pid, "tid": 0, "ts": self._us(at_ns)}
        return {**at, "args": values}

    def _slice(self, place: _Place, start_ns: int, end_ns: int) -> _Event:
        extent = {"ts": self._us(start_ns), "dur": (end_ns - start_ns) / 1000}
        return {"ph": "X", "pid": place[0], "tid": place[1], **extent}

    def _us(self, at_ns: int) -> float:
        """Microseconds since the beginning: as a float, exact to the nanosecond for months."""
        return (at_ns - self._trace.start_ns) / 1000


def _arguments(step: Step) -> dict[str, object]:
    told = {
        "step": step.step_id,
        "kind": step.kind.value,
        "cpu_ns": step.cpu_ns,
        "children_cpu_ns": step.children_cpu_ns,
        "gpu_ns": step.gpu_ns,
        "run_queue_ns": step.run_queue_ns,
        "source": step.source.value,
        "confidence": step.confidence,
        "request": step.request_id,
        "tokens_in": step.tokens_in,
        "tokens_out": step.tokens_out,
    }
    return {key: value for key, value in told.items() if value is not None}


def _named(what: str, place: _Place, name: str) -> _Event:
    return {"ph": "M", "name": what, "pid": place[0], "tid": place[1], "args": {"name": name}}
