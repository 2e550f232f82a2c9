"""Runs of a command as requests: the recorder started each of them, so it knows them exactly."""

from collections.abc import Collection, Mapping, Sequence

from agentaudit.model.columns import Thread
from agentaudit.model.observed import LoadRequest
from agentaudit.model.recording import Few
from agentaudit.model.trace import LabelSource
from agentaudit.profiling.assembly import Assembly
from agentaudit.profiling.evidence import Story
from agentaudit.profiling.families import Families
from agentaudit.profiling.pieces import Piece
from agentaudit.profiling.selection import records_of


def tell_runs(
    whole: Assembly,
    own_lanes: Mapping[Thread, Sequence[Piece]],
    records: Sequence[Few],
    families: Families,
) -> None:
    """A story for each run, of all its processes; none where the agent tells of requests itself."""
    runs = [run for run in records_of(records, LoadRequest) if run.pid]
    if not runs or whole.stories:
        return
    runs_of: dict[int, list[Story]] = {run.pid: [] for run in runs}
    for run in runs:
        story = Story(
            pid=run.pid,
            start_ns=run.start_ns,
            end_ns=run.end_ns,
            name="run",
            source=LabelSource.FORK,
        )
        runs_of[run.pid].append(story)
        whole.stories.append(story)
    heads = _heads(families, runs_of)
    whole.lanes.update(
        {thread: list(pieces) for thread, pieces in own_lanes.items() if thread[0] in heads}
    )
    for (pid, _), _, piece in whole.placed():
        for story in runs_of.get(heads.get(pid, 0), ()):
            if story.start_ns <= piece.start_ns < story.end_ns:
                piece.story = story


def _heads(families: Families, runs: Collection[int]) -> Mapping[int, int]:
    """The run that each process belongs to: its own, or that of the process that forked it."""
    heads = {pid: pid for pid in runs}
    for life in sorted(families.lives, key=lambda life: life.start_ns):
        if life.parent_pid in heads:
            heads.setdefault(life.pid, heads[life.parent_pid])
    return heads
