"""
All that was observed, assembled: a lane for each thread, and tracks where requests share one.

Stacks lay the ground, claims of spans, markers, tasks and connections are laid over it, and then
the CPU time that the kernel counted is placed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct, field

from agentaudit.model.columns import Readings, Runs, Thread
from agentaudit.model.recording import Recording
from agentaudit.model.rule import LabelRules
from agentaudit.model.trace import StepKind
from agentaudit.profiling.claims import Told
from agentaudit.profiling.evidence import Claim, Story
from agentaudit.profiling.homes import cross, homes_of
from agentaudit.profiling.hosts import View, views_of
from agentaudit.profiling.labels import UNSEEN, Labeller
from agentaudit.profiling.lanes import (
    BRIDGED_NS,
    joined,
    pieces_of,
    place_cpu,
    with_idle_told_apart,
)
from agentaudit.profiling.loops import Loop, share_out
from agentaudit.profiling.missed import place_missed
from agentaudit.profiling.pieces import Piece
from agentaudit.profiling.pools import Pools, pool_threads
from agentaudit.profiling.refining import layered, of_story, refined
from agentaudit.profiling.selection import end_ns_of, ends_of, targets_of
from agentaudit.profiling.sources import model_clients, settled_evidence, told_by_all
from agentaudit.profiling.tracks import Track, beside_tracks, tracks_of, until_read


class Assembly(Struct):
    """The pieces of a recording, on their threads."""

    lanes: dict[Thread, list[Piece]] = field(default_factory=dict)
    tracks: dict[Thread, list[Track]] = field(default_factory=dict)
    stories: list[Story] = field(default_factory=list)

    def placed(self) -> Iterator[tuple[Thread, int, Piece]]:
        """Every piece with its thread and track; a thread's own lane is track 0."""
        for thread, lane in self.lanes.items():
            for piece in lane:
                yield thread, 0, piece
        for thread, tracks in self.tracks.items():
            for number, track in enumerate(tracks, start=1):
                for piece in track:
                    yield thread, number, piece

    def in_order(self) -> Iterator[tuple[Thread, int, Piece]]:
        """Every piece as `placed`, thread by thread and track by track."""
        for thread in sorted({*self.lanes, *self.tracks}):
            lanes = [self.lanes.get(thread, []), *self.tracks.get(thread, ())]
            for number, lane in enumerate(lanes):
                for piece in lane:
                    yield thread, number, piece

    def shared(self) -> dict[Thread, list[Piece]]:
        """Leaf work on threads that requests share, in order of its beginning."""
        return {
            thread: sorted(
                (piece for track in tracks for piece in track if piece.label.leaf),
                key=lambda piece: piece.start_ns,
            )
            for thread, tracks in self.tracks.items()
        }

    def by_process(self) -> dict[int, list[Piece]]:
        found: dict[int, list[Piece]] = defaultdict(list)
        for (pid, _), _, piece in self.placed():
            found[pid].append(piece)
        return found


def assembled(recording: Recording, spans: Told, rules: LabelRules) -> Assembly:
    """Lanes and tracks of all processes that there is evidence of; `spans` are what spans claim."""
    labeller = Labeller(
        rules,
        recording.stacks,
        model_clients(recording),
        command=recording.opened.target.command,
    )
    told = told_by_all(recording, spans, labeller)
    bare = _bare_lanes(recording, labeller, {claim.pid for claims in told for claim in claims[0]})
    views = views_of(bare) if any(claims or stories for claims, stories in told) else {}
    claims, stories = settled_evidence(told, views, recording)
    readings = recording.columns.readings
    working = {(one.pid, one.tid) for one in claims} | {(one.pid, one.thread) for one in stories}
    libraries = pool_threads(bare, readings, working)
    ours = {thread: pieces for thread, pieces in bare.items() if thread not in libraries}
    whole = _Builder(recording, labeller, views).build(ours, claims, stories)
    _place_pools(whole, {thread: readings[thread] for thread in libraries})
    return whole


def _place_pools(whole: Assembly, readings: Mapping[Thread, Readings]) -> None:
    """Threads of libraries have a lane only where nobody called them."""
    pools = Pools.of(whole.placed())
    for thread, of_thread in readings.items():
        if lane := _with_cpu((), pools.place(thread, of_thread), begins=False):
            whole.lanes[thread] = lane


def _bare_lanes(
    recording: Recording, labeller: Labeller, claiming: Collection[int]
) -> dict[Thread, list[Piece]]:
    """Lanes of all threads whose stacks were seen, in processes that have evidence of their own."""
    runs, readings = recording.columns.runs, recording.columns.readings
    gone = ends_of(recording, end_ns_of(recording))
    telling = {*targets_of(recording), *claiming}
    for (pid, _), of_thread in runs.items():
        if pid not in telling and any(
            _tells(labeller, pid, stack) for stack in set(of_thread.stack)
        ):
            telling.add(pid)
    lanes: dict[Thread, list[Piece]] = {}
    for thread, of_thread in runs.items():
        if thread[0] in telling:
            pieces = pieces_of(of_thread, labeller, gone.get(thread, ()))
            lanes[thread] = with_idle_told_apart(pieces, readings.get(thread, Readings()))
    for thread in readings:
        if thread[0] in telling:
            lanes.setdefault(thread, [])
    return lanes


def _tells(labeller: Labeller, pid: int, stack: int) -> bool:
    label = labeller.label(pid, stack)
    return label.leaf or bool(label.request)


class _Builder(Struct, frozen=True):
    """Puts claims where they belong, thread by thread."""

    recording: Recording
    labeller: Labeller
    views: Mapping[int, Sequence[View]]

    def build(
        self,
        bare: Mapping[Thread, list[Piece]],
        claims: Sequence[Claim],
        stories: Sequence[Story],
    ) -> Assembly:
        on: dict[Thread, list[Claim]] = defaultdict(list)
        for claim in claims:
            on[claim.pid, claim.tid].append(claim)
        loops = self._loops(on)
        at_home = homes_of(stories, claims, loops)
        told: dict[int, list[Claim]] = defaultdict(list)
        for claim in claims:
            told[id(claim.story)].append(claim)
        whole = Assembly(stories=list(stories))
        for thread in {**bare, **on, **at_home}:
            ours, pieces = on.get(thread, []), bare.get(thread, [])
            if thread in loops:
                home = at_home.get(thread, [])
                of_home = [claim for story in home for claim in told[id(story)]]
                tracks, lane = self._shared(thread, pieces, (ours, home, of_home))
                if tracks:
                    whole.tracks[thread] = tracks
            else:
                served = of_story(refined(pieces, layered(ours)), at_home.get(thread, []))
                lane = _with_cpu(served, self._readings(thread), begins=_begins(thread))
            if lane:
                whole.lanes[thread] = lane
        return whole

    def _loops(self, on: Mapping[Thread, Sequence[Claim]]) -> Collection[Thread]:
        """Threads that requests may share: event loops, and those of which nobody knows."""
        loops = {view.thread for views in self.views.values() for view in views if view.loop}
        for thread, claims in on.items():
            if any(claim.suspended for claim in claims) or cross(claims):
                loops.add(thread)
        return loops

    def _shared(
        self,
        thread: Thread,
        pieces: Sequence[Piece],
        told: tuple[Sequence[Claim], Sequence[Story], Sequence[Claim]],
    ) -> tuple[list[Track], list[Piece]]:
        """The tracks of a thread, and what is left for its own lane."""
        ours, home, of_home = told
        readings = self._readings(thread)
        elsewhere = [claim for claim in of_home if (claim.pid, claim.tid) != thread]
        until_read(ours, pieces)
        tracks = tracks_of(ours, home, elsewhere, readings)
        if not tracks:
            return [], _with_cpu(pieces, readings, begins=_begins(thread))
        nothing = Runs(pid=thread[0], tid=thread[1])
        loop = Loop(
            pid=thread[0],
            runs=self.recording.columns.runs.get(thread, nothing),
            readings=readings,
            labeller=self.labeller,
            stacks=self.recording.stacks,
        )
        left = share_out(loop, tracks)
        return tracks, _with_cpu(beside_tracks(pieces, tracks), left, begins=False)

    def _readings(self, thread: Thread) -> Readings:
        return self.recording.columns.readings.get(thread, Readings())


def _begins(thread: Thread) -> bool:
    return thread[0] == thread[1]


def _beginning(readings: Readings, first_ns: int) -> tuple[Readings, Readings]:
    """
    The readings before and after something was seen of a process for the first time.

    What a program does before is to begin, and that is work for the CPU: the first step that was
    seen did not use that time.
    """
    before, after = Readings(), Readings()
    for since_ns, at_ns, cpu_ns, queue_ns in readings.rows():
        early_ns = min(first_ns - since_ns, cpu_ns)
        if at_ns <= first_ns:
            before.add(since_ns, at_ns, cpu_ns, queue_ns)
        elif early_ns <= 0:
            after.add(since_ns, at_ns, cpu_ns, queue_ns)
        else:
            before.add(since_ns, first_ns, early_ns, 0)
            after.add(first_ns, at_ns, cpu_ns - early_ns, queue_ns)
    return before, after


def _with_cpu(pieces: Sequence[Piece], readings: Readings, *, begins: bool) -> list[Piece]:
    """
    The pieces of a thread as steps with CPU time; what none was there for is time nobody saw.

    `begins` is true of the thread that a process begins with.
    """
    whole = list(pieces)
    early = Readings()
    if begins and whole:
        early, readings = _beginning(readings, whole[0].start_ns)
    for since_ns, at_ns, cpu_ns, _ in (*early.rows(), *place_cpu(whole, readings)):
        if not cpu_ns:
            continue
        last = whole[-1] if whole and whole[-1].label is UNSEEN else None
        if last and 0 <= since_ns - last.end_ns <= BRIDGED_NS:
            last.end_ns = at_ns
            last.cpu_ns += cpu_ns
            continue
        whole.append(
            Piece(
                start_ns=since_ns,
                end_ns=at_ns,
                label=UNSEEN,
                kind=StepKind.UNKNOWN,
                cpu_ns=cpu_ns,
            )
        )
    steps = joined(sorted(whole, key=lambda piece: piece.start_ns))
    place_missed(steps)
    return steps
