"""
GPU time of steps: what devices measured, over the inference that was open then, and no more.

The time of a process of the tree may be any inference of the tree's; that of a model server beside
it goes to the calls that were in flight to that very process. Where no device was seen, what the
server itself says it computed stands in, and says so.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from agentaudit.model.observed import InFlight, settled
from agentaudit.model.recording import Few, GpuProcessTime
from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.assembly import Assembly
from agentaudit.profiling.evidence import Claim, matched
from agentaudit.profiling.pieces import Piece
from agentaudit.profiling.selection import records_of
from agentaudit.profiling.sharing import split

DEVICE, SERVER = "device", "server"
_KINDS = (StepKind.LLM_INFERENCE, StepKind.RETRIEVAL)


class _Open(NamedTuple):
    """A stretch of inference that a device may have worked for."""

    start_ns: int
    end_ns: int
    piece: Piece


def place_gpu(assembly: Assembly, records: Sequence[Few], tree: Collection[int]) -> None:
    """GPU time is added to the pieces; what no call was open for is claimed by nobody."""
    asking = {
        pid: [piece for piece in pieces if _may_compute(piece)]
        for pid, pieces in assembly.by_process().items()
    }
    times = records_of(records, GpuProcessTime)
    ours = [_Open(piece.start_ns, piece.end_ns, piece) for of in asking.values() for piece in of]
    _spread([time for time in times if time.pid in tree], ours)
    calls: dict[int, list[InFlight]] = defaultdict(list)
    for call in settled(records_of(records, InFlight)):
        if not call.inbound and call.peer_pid and call.peer_pid not in tree:
            calls[call.peer_pid].append(call)
    for server, to_server in calls.items():
        of_server = [time for time in times if _computes_for(server, time, tree)]
        if of_server:
            _spread(of_server, _asked(to_server, asking))
    _server_timing(piece for pieces in asking.values() for piece in pieces)


def _computes_for(server: int, time: GpuProcessTime, tree: Collection[int]) -> bool:
    """A server's workers are its children: vLLM's engine, Ollama's runner."""
    return time.pid == server or (time.pid not in tree and server in time.parents)


def _may_compute(piece: Piece) -> bool:
    return piece.kind in _KINDS and (piece.claim is None or piece.claim.on_device)


def _asked(calls: Iterable[InFlight], asking: Mapping[int, Sequence[Piece]]) -> Iterator[_Open]:
    """The parts of calls in which they were in flight to one server."""
    by_process: dict[int, list[Claim]] = defaultdict(list)
    for call in calls:
        by_process[call.pid].append(
            Claim(
                start_ns=call.start_ns,
                end_ns=call.end_ns,
                kind=StepKind.LLM_INFERENCE,
                name=call.peer,
                source=LabelSource.SOCKET,
                confidence=1.0,
            )
        )
    for pid, claims in by_process.items():
        for piece, claim in matched(asking.get(pid, []), claims, _any):
            start_ns, end_ns = max(piece.start_ns, claim.start_ns), min(piece.end_ns, claim.end_ns)
            yield _Open(start_ns, end_ns, piece)


def _any(_piece: Piece, _claim: Claim) -> float:
    return 1.0


def _spread(times: Sequence[GpuProcessTime], stretches: Iterable[_Open]) -> None:
    """GPU time to the stretches that were open meanwhile, by overlap."""
    beginning = deque(sorted(stretches, key=lambda stretch: stretch.start_ns))
    begun: list[_Open] = []
    for time in sorted(times, key=lambda time: time.since_ns):
        while beginning and beginning[0].start_ns < time.at_ns:
            begun.append(beginning.popleft())
        begun = [stretch for stretch in begun if stretch.end_ns > time.since_ns]
        overlaps = [
            (stretch.piece, min(stretch.end_ns, time.at_ns) - max(stretch.start_ns, time.since_ns))
            for stretch in begun
        ]
        open_then = [(piece, overlap) for piece, overlap in overlaps if overlap > 0]
        if not open_then:
            continue
        parts = split(time.busy_ns, [float(overlap) for _, overlap in open_then])
        for (piece, _), gpu_ns in zip(open_then, parts, strict=True):
            piece.gpu_ns += gpu_ns
            piece.gpu_source = DEVICE


def _server_timing(pieces: Iterable[Piece]) -> None:
    """What servers said they computed, for calls that no device was seen working for."""
    computed = [piece for piece in pieces if piece.claim and piece.claim.server_ns > 0]
    told = {id(piece.claim) for piece in computed if piece.gpu_ns}
    for piece in computed:
        claim = piece.claim
        if claim is None or id(claim) in told:
            continue
        told.add(id(claim))
        piece.gpu_ns = min(claim.server_ns, piece.wall_ns)
        piece.gpu_source = SERVER
