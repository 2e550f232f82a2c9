"""
From a recording to a trace.

Every nanosecond of CPU time that the kernel counted finds its step, or stands as unattributed.
"""

from collections.abc import Iterator, Sequence

from agentaudit.model.columns import Thread
from agentaudit.model.observed import EndpointSample, SpanSeen
from agentaudit.model.recording import Closed, Recording, Watched
from agentaudit.model.rule import LabelRules
from agentaudit.model.trace import (
    ClockPair,
    CpuSample,
    EnergyReading,
    GpuSample,
    Incident,
    LabelSource,
    Part,
    Request,
    SamplingRecord,
    Step,
    Trace,
)
from agentaudit.profiling.assembly import Assembly, assembled
from agentaudit.profiling.contention import contention, place_queueing
from agentaudit.profiling.driven_load import driven_load
from agentaudit.profiling.endpoints import endpoint_uses
from agentaudit.profiling.evidence import Claim
from agentaudit.profiling.exits import place_exits
from agentaudit.profiling.families import families_of, spent_by
from agentaudit.profiling.forked_work import Owners, place_children
from agentaudit.profiling.gpu_time import place_gpu
from agentaudit.profiling.pieces import Piece
from agentaudit.profiling.requests import group_requests
from agentaudit.profiling.runs import tell_runs
from agentaudit.profiling.selection import end_ns_of, records_of, targets_of, without
from agentaudit.profiling.sources import told_by_spans
from agentaudit.profiling.spans import unnamed_operations


def trace_of(recording: Recording, rules: LabelRules) -> Trace:
    """The recording with its steps told apart by the rules, and grouped into requests."""
    start_ns, end_ns = recording.opened.start_ns, end_ns_of(recording)
    unnamed = unnamed_operations(records_of(recording.records, SpanSeen), rules.spans, end_ns)
    spans = told_by_spans(recording, rules)
    recording = without(recording, SpanSeen)  # so that nobody holds both them and their steps
    records = recording.records
    whole = assembled(recording, spans, rules)
    families = families_of(records)
    spendings = recording.columns.spendings
    placed = {pid for pid, tid in (*whole.lanes, *whole.tracks) if tid}
    known = placed | targets_of(recording)
    owners = Owners(families, whole.lanes, whole.shared())
    own_lanes = place_children(spent_by(families, spendings), owners, known)
    place_queueing(recording.columns.readings, families, owners, known)
    place_exits(whole.lanes, records, recording.columns)
    place_gpu(whole, records, {life.pid for life in families.lives})
    tell_runs(whole, own_lanes, records, families)
    requests = group_requests(whole, start_ns, end_ns)
    whole.lanes.update({thread: list(pieces) for thread, pieces in own_lanes.items()})
    steps = _steps(whole)
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
        contention=contention(
            recording.columns.readings, recording.opened.host.cores, start_ns, end_ns
        ),
        energy=records_of(records, EnergyReading),
        incidents=(
            *records_of(records, Incident),
            *_stand_ins(requests, end_ns),
            *unnamed,
        ),
        sampling=_sampling(recording),
        cpu_total_ns=max(spendings.total_ns, sum(step.cpu_ns for step in steps)),
        load=driven_load(records),
        endpoints=endpoint_uses(records_of(records, EndpointSample)),
        parts=records_of(records, Part),
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
            what="nothing tells of requests; --request-frame file.py:function can",
            lost="the requests themselves: busy stretches of threads stand in for them",
        ),
    )


def _steps(whole: Assembly) -> tuple[Step, ...]:
    """The pieces as steps, in order of time; at one instant in that of threads and tracks."""
    placed = sorted(whole.in_order(), key=lambda entry: entry[2].start_ns)
    return tuple(_numbered(placed))


def _numbered(placed: Sequence[tuple[Thread, int, Piece]]) -> Iterator[Step]:
    """What a claim counts of its call, tokens for example, is of the first of its parts."""
    said: set[int] = set()
    for number, (thread, track, piece) in enumerate(placed, start=1):
        claim = piece.claim
        first = claim is not None and id(claim) not in said
        said.add(id(claim))
        yield _step(number, (*thread, track), piece, claim if first else None)


def _step(number: int, place: tuple[int, int, int], piece: Piece, claim: Claim | None) -> Step:
    return Step(
        step_id=number,
        request_id=piece.request_id,
        kind=piece.kind,
        name=piece.label.name,
        pid=place[0],
        tid=place[1],
        track=place[2],
        start_ns=piece.start_ns,
        end_ns=piece.end_ns,
        cpu_ns=piece.cpu_ns + piece.children_ns,
        children_cpu_ns=piece.children_ns,
        gpu_ns=piece.gpu_ns,
        gpu_source=piece.gpu_source,
        run_queue_ns=piece.queue_ns,
        children_queue_ns=piece.children_queue_ns,
        threads=piece.abreast,
        source=piece.label.source,
        confidence=piece.label.confidence,
        tokens_in=claim.tokens_in if claim else None,
        tokens_out=claim.tokens_out if claim else None,
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
