"""
From a recording to a trace.

Every nanosecond of CPU time that the kernel counted finds its step, or stands as unattributed.
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence

from agentaudit.model.columns import Readings, Thread
from agentaudit.model.observed import InFlight
from agentaudit.model.recording import (
    Closed,
    Few,
    GpuProcessTime,
    ModelPeer,
    Recording,
    Watched,
)
from agentaudit.model.rule import LabelRules
from agentaudit.model.trace import (
    ClockPair,
    CpuSample,
    EnergyReading,
    GpuSample,
    Incident,
    LabelSource,
    Request,
    SamplingRecord,
    Step,
    StepKind,
    Trace,
)
from agentaudit.profiling.exits import place_exits
from agentaudit.profiling.families import Owners, families_of, place_children, spent_by
from agentaudit.profiling.labels import UNSEEN, Labeller
from agentaudit.profiling.lanes import (
    BRIDGED_NS,
    Piece,
    joined,
    pieces_of,
    place_cpu,
    split,
    with_idle_told_apart,
)
from agentaudit.profiling.requests import group_requests
from agentaudit.profiling.selection import end_ns_of, ends_of, records_of

_GPU_KINDS = (StepKind.LLM_INFERENCE, StepKind.RETRIEVAL)


def trace_of(recording: Recording, rules: LabelRules) -> Trace:
    """The recording with its steps told apart by the rules, and grouped into requests."""
    records = recording.records
    families = families_of(records)
    spendings = recording.columns.spendings
    lanes = _lanes(recording, rules)
    known = {pid for pid, _ in lanes} | {recording.opened.target.pid}
    own_lanes = place_children(spent_by(families, spendings), Owners(families, lanes), known)
    place_exits(lanes, records, recording.columns)
    _spread_gpu(lanes, _served(records, {life.pid for life in families.lives}))
    start_ns, end_ns = recording.opened.start_ns, end_ns_of(recording)
    requests = group_requests(lanes, start_ns, end_ns)
    steps = _steps({**lanes, **own_lanes})
    closed = records_of(records, Closed)
    return Trace(
        host=recording.opened.host,
        target=recording.opened.target,
        start_ns=start_ns,
        end_ns=end_ns,
        complete=recording.complete,
        ended_because=closed[-1].because if closed else "the recorder was cut off",
        clocks=records_of(records, ClockPair),
        steps=steps,
        requests=requests,
        processes=tuple(life.record() for life in families.lives),
        cpu_samples=records_of(records, CpuSample),
        gpu_samples=records_of(records, GpuSample),
        energy=records_of(records, EnergyReading),
        incidents=(*records_of(records, Incident), *_stand_ins(requests, end_ns)),
        sampling=_sampling(recording),
        cpu_total_ns=max(spendings.total_ns, sum(step.cpu_ns for step in steps)),
        tool_version=recording.opened.tool_version,
    )


def _stand_ins(requests: Sequence[Request], at_ns: int) -> tuple[Incident, ...]:
    """Says so when requests were made up from pauses, because no rule knows their frames."""
    if all(request.source is not LabelSource.NONE for request in requests):
        return ()
    return (
        Incident(
            at_ns=at_ns,
            probe="requests",
            what="no stack shows a request frame; a row with `when: request` could name one",
            lost="the requests themselves: busy stretches of threads stand in for them",
        ),
    )


def _lanes(recording: Recording, rules: LabelRules) -> dict[Thread, list[Piece]]:
    """Lanes of all threads whose stacks were seen, in processes that have evidence of their own."""
    runs, readings = recording.columns.runs, recording.columns.readings
    gone = ends_of(recording, end_ns_of(recording))
    model_clients = {peer.pid for peer in records_of(recording.records, ModelPeer)}
    labeller = Labeller(rules.frames, recording.stacks, model_clients)
    target = recording.opened.target.pid
    telling = {
        pid
        for (pid, _), of_thread in runs.items()
        if pid == target or any(_tells(labeller, pid, stack) for stack in set(of_thread.stack))
    }
    lanes: dict[Thread, list[Piece]] = {}
    for thread, of_thread in runs.items():
        if thread[0] in telling:
            pieces = pieces_of(of_thread, labeller, gone.get(thread, ()))
            lanes[thread] = with_idle_told_apart(pieces, readings.get(thread, Readings()))
    for thread, of_readings in readings.items():
        if thread[0] in telling:
            _place(lanes.setdefault(thread, []), of_readings)
    return {thread: joined(pieces) for thread, pieces in lanes.items() if pieces}


def _tells(labeller: Labeller, pid: int, stack: int) -> bool:
    label = labeller.label(pid, stack)
    return label.leaf or bool(label.request)


def _place(pieces: list[Piece], readings: Readings) -> None:
    """CPU time onto the pieces of a thread; what none was there for becomes time nobody saw."""
    for since_ns, at_ns, cpu_ns, _ in place_cpu(pieces, readings):
        if not cpu_ns:
            continue
        last = pieces[-1] if pieces and pieces[-1].label is UNSEEN else None
        if last and 0 <= since_ns - last.end_ns <= BRIDGED_NS:
            last.end_ns = at_ns
            last.cpu_ns += cpu_ns
        else:
            pieces.append(
                Piece(
                    start_ns=since_ns,
                    end_ns=at_ns,
                    label=UNSEEN,
                    kind=StepKind.UNKNOWN,
                    cpu_ns=cpu_ns,
                )
            )
    pieces.sort(key=lambda piece: piece.start_ns)


def _served(records: Sequence[Few], tree: Collection[int]) -> Sequence[GpuProcessTime]:
    """GPU time of the tree, and of the model servers on this host that it asked."""
    peers = {
        call.peer_pid for call in records_of(records, InFlight) if call.model and call.peer_pid
    }
    times = records_of(records, GpuProcessTime)
    return [time for time in times if time.pid in tree or time.pid in peers]


def _spread_gpu(lanes: Mapping[Thread, Sequence[Piece]], times: Sequence[GpuProcessTime]) -> None:
    """GPU time goes to the model calls that were open, by overlap; nothing more is claimed."""
    calls = (piece for pieces in lanes.values() for piece in pieces if piece.kind in _GPU_KINDS)
    beginning = deque(sorted(calls, key=lambda piece: piece.start_ns))
    begun: list[Piece] = []
    for time in sorted(times, key=lambda time: time.since_ns):
        while beginning and beginning[0].start_ns < time.at_ns:
            begun.append(beginning.popleft())
        begun = [piece for piece in begun if piece.end_ns > time.since_ns]
        overlaps = [
            (piece, min(piece.end_ns, time.at_ns) - max(piece.start_ns, time.since_ns))
            for piece in begun
        ]
        open_then = [(piece, overlap) for piece, overlap in overlaps if overlap > 0]
        parts = split(time.busy_ns, [float(overlap) for _, overlap in open_then])
        for (piece, _), gpu_ns in zip(open_then, parts, strict=True):
            piece.gpu_ns += gpu_ns


def _steps(lanes: Mapping[Thread, Sequence[Piece]]) -> tuple[Step, ...]:
    """The pieces as steps, in order of time."""
    placed = sorted(
        ((thread, piece) for thread, pieces in lanes.items() for piece in pieces),
        key=lambda entry: (entry[1].start_ns, entry[0]),
    )
    return tuple(_step(number, *entry) for number, entry in enumerate(placed, start=1))


def _step(number: int, thread: Thread, piece: Piece) -> Step:
    return Step(
        step_id=number,
        request_id=piece.request_id,
        kind=piece.kind,
        name=piece.label.name,
        pid=thread[0],
        tid=thread[1],
        start_ns=piece.start_ns,
        end_ns=piece.end_ns,
        cpu_ns=piece.cpu_ns + piece.children_ns,
        children_cpu_ns=piece.children_ns,
        gpu_ns=piece.gpu_ns,
        run_queue_ns=piece.queue_ns,
        source=piece.label.source,
        confidence=piece.label.confidence,
    )


def _sampling(recording: Recording) -> tuple[SamplingRecord, ...]:
    """How the sampling went, from its own account, or counted where that is missing."""
    written = records_of(recording.records, SamplingRecord)
    watched = records_of(recording.records, Watched)
    if written or not watched:
        return written
    rate_hz = recording.opened.rate_hz
    return (
        SamplingRecord(
            sampler="stacks",
            rate_hz=rate_hz,
            samples=sum(stretch.samples for stretch in watched),
            failures=sum(stretch.failures for stretch in watched),
            mean_interval_ns=round(1e9 / rate_hz) if rate_hz > 0 else 0,
            max_interval_ns=max(stretch.max_gap_ns for stretch in watched),
        ),
    )
