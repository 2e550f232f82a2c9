"""
What an agent does right now, from the records of a recording as they are made.

Samplers tell of stacks up to two seconds after they saw them, so "now" is a window that ended that
long ago; counters and devices are told of at once.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from agentaudit.model.observed import InFlight, LoadRequest, SpanSeen
from agentaudit.model.recording import (
    Frame,
    ModelPeer,
    Opened,
    Record,
    StackDefined,
    StackRun,
    ThreadGone,
    ThreadTick,
)
from agentaudit.model.rule import LabelRules
from agentaudit.model.trace import CpuSample, GpuSample, Incident, StepKind
from agentaudit.profiling.breakdown import quantile_ns
from agentaudit.profiling.labels import Labeller

WINDOW_NS = 5_000_000_000
_LATE_NS = 2_000_000_000
_JUST_NOW_NS = 50_000_000
_MOST_SAMPLES = 240
"""A minute of them."""

_MOST_RUNS = 50_000
_LATENCIES = 1000


class Moment(Struct, frozen=True, kw_only=True):
    """
    One look at a recording in the making.

    `busy_cores` and `gpu_busy` (the mean of all devices) are the last minute, oldest first;
    `gpu_busy` is empty when no device was seen. `threads` is how many threads were in each kind of
    step on average over the window; those that wait for nothing in particular are left out.
    `in_flight` is None when no request frame was seen.
    """

    elapsed_ns: int
    cores: float
    busy_cores: tuple[float, ...]
    gpu_busy: tuple[float, ...]
    rss_bytes: int
    processes: int
    threads: tuple[tuple[StepKind, float], ...]
    in_flight: int | None
    model_calls: int
    """Requests to models that ended in the window, as connections show them."""
    spans: int
    load_done: int
    load_failed: int
    load_p50_ns: int
    incidents: tuple[Incident, ...]


class _Run(Struct):
    pid: int
    tid: int
    start_ns: int
    end_ns: int
    kind: StepKind
    request: bool


class LiveView:
    """Keeps the last moments of a recording. Its memory does not grow with the recording."""

    def __init__(self, rules: LabelRules) -> None:
        self._rules = rules
        self._stacks: list[tuple[Frame, ...]] = []
        self._clients: set[int] = set()
        self._labeller = Labeller(rules, ())
        self._labelled = 0
        self._command = ""
        self._start_ns = self._now_ns = 0
        self._cores = 1.0
        self._cpu: deque[CpuSample] = deque(maxlen=_MOST_SAMPLES)
        self._gpu: deque[tuple[int, list[float]]] = deque(maxlen=_MOST_SAMPLES)
        """Instants, and how busy each device was then."""
        self._runs: deque[_Run] = deque(maxlen=_MOST_RUNS)
        self._worked_ns: dict[tuple[int, int], int] = {}
        """When each thread last used the CPU."""
        self._gone: dict[tuple[int, int], int] = {}
        """Samplers go on showing the last stack of a thread that ended."""
        self._calls: deque[int] = deque(maxlen=_MOST_RUNS)
        self._latencies: deque[int] = deque(maxlen=_LATENCIES)
        self._spans = self._done = self._failed = 0
        self._incidents: deque[Incident] = deque(maxlen=3)

    def add(self, record: Record) -> None:  # noqa: C901, PLR0912 -- one case for each kind of record
        """Takes in one record; those that say nothing of the moment are passed over."""
        match record:
            case Opened():
                self._start_ns = self._now_ns = record.start_ns
                self._cores = float(record.host.cores)
                self._command = record.target.command
            case StackDefined():
                self._stacks.append(record.frames)
            case StackRun():
                self._run(record)
            case ThreadTick():
                for time in record.times:
                    if time.cpu_ns:
                        self._worked_ns[time.pid, time.tid] = record.at_ns
            case ThreadGone():
                self._gone[record.pid, record.tid] = record.at_ns
            case ModelPeer():
                self._clients.add(record.pid)
            case CpuSample():
                self._cpu.append(record)
                self._now_ns = record.at_ns
            case GpuSample():
                if not self._gpu or self._gpu[-1][0] != record.at_ns:
                    self._gpu.append((record.at_ns, []))
                self._gpu[-1][1].append(record.busy)
            case InFlight() if record.model and not record.open:
                self._calls.append(record.end_ns)
            case SpanSeen():
                self._spans += 1
            case LoadRequest():
                self._done += 1
                self._failed += record.failed
                self._latencies.append(record.end_ns - record.start_ns)
            case Incident():
                self._incidents.append(record)
            case _:
                pass

    def moment(self) -> Moment:
        """The moment as of the last record."""
        self._forget()
        latest = self._cpu[-1] if self._cpu else None
        return Moment(
            elapsed_ns=self._now_ns - self._start_ns,
            cores=self._cores,
            busy_cores=tuple(self._busy_cores()),
            gpu_busy=tuple(sum(devices) / len(devices) for _, devices in self._gpu),
            rss_bytes=latest.rss_bytes if latest else 0,
            processes=latest.processes if latest else 0,
            threads=self._threads(),
            in_flight=self._in_flight(),
            model_calls=sum(at_ns > self._now_ns - WINDOW_NS for at_ns in self._calls),
            spans=self._spans,
            load_done=self._done,
            load_failed=self._failed,
            load_p50_ns=quantile_ns(sorted(self._latencies), 0.5),
            incidents=tuple(self._incidents),
        )

    def _run(self, run: StackRun) -> None:
        self._relabel()
        label = self._labeller.label(run.pid, run.stack)
        gone_ns = self._gone.get((run.pid, run.tid), run.end_ns)
        end_ns = min(run.end_ns, max(gone_ns, run.start_ns))
        self._runs.append(
            _Run(run.pid, run.tid, run.start_ns, end_ns, label.kind, bool(label.request))
        )

    def _relabel(self) -> None:
        """What a stack says may change once others are known; looked at as their number doubles."""
        if len(self._stacks) >= 2 * self._labelled or not self._labelled:
            self._labelled = max(len(self._stacks), 1)
            self._labeller = Labeller(
                self._rules, self._stacks, self._clients, command=self._command
            )

    def _forget(self) -> None:
        since_ns = self._now_ns - WINDOW_NS - _LATE_NS
        while self._runs and self._runs[0].end_ns < since_ns:
            self._runs.popleft()
        for times in (self._worked_ns, self._gone):
            for thread in [thread for thread, at_ns in times.items() if at_ns < since_ns]:
                del times[thread]

    def _busy_cores(self) -> Iterator[float]:
        for before, after in zip(self._cpu, islice(self._cpu, 1, None), strict=False):
            passed_ns = after.at_ns - before.at_ns
            yield after.cpu_ns / passed_ns if passed_ns > 0 else 0.0

    def _seen(self) -> Sequence[_Run]:
        """Stretches of the window, without those of threads that sleep without a reason."""
        return [
            run
            for run in self._runs
            if run.end_ns > self._since_ns
            and (run.kind in _WAITED_IN or (run.pid, run.tid) in self._worked_ns)
        ]

    @property
    def _since_ns(self) -> int:
        return max(self._now_ns - WINDOW_NS - _LATE_NS, self._start_ns)

    def _threads(self) -> tuple[tuple[StepKind, float], ...]:
        runs = self._seen()
        until_ns = max((run.end_ns for run in runs), default=self._since_ns)
        span_ns = until_ns - self._since_ns
        if span_ns <= 0:
            return ()
        times: Counter[StepKind] = Counter()
        for run in runs:
            times[run.kind] += run.end_ns - max(run.start_ns, self._since_ns)
        return tuple((kind, time_ns / span_ns) for kind, time_ns in times.most_common())

    def _in_flight(self) -> int | None:
        """Threads that were serving a request when their stacks were last seen."""
        if not any(run.request for run in self._runs):
            return None
        seen_ns: dict[int, int] = {}
        for run in self._runs:
            seen_ns[run.pid] = max(seen_ns.get(run.pid, 0), run.end_ns)
        serving = {
            (run.pid, run.tid)
            for run in self._runs
            if run.request and seen_ns[run.pid] - run.end_ns < _JUST_NOW_NS
        }
        return len(serving)


_WAITED_IN = frozenset(StepKind) - {StepKind.ORCHESTRATION, StepKind.UNKNOWN, StepKind.IDLE}
"""Kinds that a thread is in although it uses no CPU: it waits for an answer."""
