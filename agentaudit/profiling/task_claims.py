"""
What asyncio tasks wait for, by the frames of their chains, and whose requests they are.

A task that was there all the time is the program's own. The first task below it serves a request;
a task that serves one request after the other shows them by their frame.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from agentaudit.model.observed import TaskRun
from agentaudit.model.trace import LabelSource, StepKind
from agentaudit.profiling.evidence import Claim, Story
from agentaudit.profiling.labels import Label, Labeller
from agentaudit.profiling.task_numbers import numbered

_GONE_ON_NS = 60_000_000
"""A gap between looks at a task in which it is taken to have gone on with what it did."""

_EDGE_NS = 250_000_000
"""A task seen this near to both edges of the recording was there all the time."""

_DEEPEST = 64

_Task = tuple[int, int]


class _Life(Struct, eq=False):
    """One task, with all that it waited for through others."""

    parent: _Task
    start_ns: int
    end_ns: int
    runs: list[TaskRun] = field(default_factory=list)
    waits: list[Claim] = field(default_factory=list)

    def lasts(self, run: TaskRun) -> None:
        self.start_ns = min(self.start_ns, run.start_ns)
        self.end_ns = max(self.end_ns, run.end_ns)


def from_tasks(
    runs: Sequence[TaskRun], labeller: Labeller, within_ns: tuple[int, int]
) -> tuple[list[Claim], list[Story]]:
    """The leaf work that tasks wait for, and the requests that it is of."""
    lives = _lives(numbered(runs))
    for life in lives.values():
        life.waits = list(_waits(life.runs, labeller, _Kind()))
    inner: dict[_Task, list[Claim]] = defaultdict(list)
    for life in lives.values():
        inner[life.parent] += life.waits
    stories: dict[_Task, Story] = {}
    claims: list[Claim] = []
    requests: list[Story] = []
    for task, life in lives.items():
        serving = _serving(task, lives, within_ns)
        waits = list(_own(life.waits, inner[task]))
        claims += waits
        if serving is None:
            own = [_story(stretch) for stretch in _waits(life.runs, labeller, _Request())]
            requests += own
            _assign(waits, own)
        elif waits:
            story = stories.setdefault(serving, _of_life(serving[0], lives[serving]))
            for wait in waits:
                wait.story = story
    return claims, [*stories.values(), *requests]


def _lives(runs: Sequence[TaskRun]) -> dict[_Task, _Life]:
    """The tasks by their number; one that awaits another lasts as long at least."""
    lives: dict[_Task, _Life] = {}
    for run in runs:
        task = run.pid, run.task
        life = lives.setdefault(task, _Life((0, 0), run.start_ns, run.end_ns))
        life.parent = run.pid, run.parent
        life.runs.append(run)
        life.lasts(run)
    for run in runs:
        above = run.pid, run.parent
        for _ in range(_DEEPEST):
            if above not in lives:
                break
            lives[above].lasts(run)
            above = lives[above].parent
    return lives


def _serving(task: _Task, lives: Mapping[_Task, _Life], within_ns: tuple[int, int]) -> _Task | None:
    """The outermost task around one that is not the program's own; None when all are."""
    found: _Task | None = None
    for _ in range(_DEEPEST):
        life = lives.get(task)
        if life is None or _all_the_time(life, within_ns):
            break
        found = task
        task = life.parent
    return found


def _all_the_time(life: _Life, within_ns: tuple[int, int]) -> bool:
    return life.start_ns - within_ns[0] <= _EDGE_NS and within_ns[1] - life.end_ns <= _EDGE_NS


class _Kind:
    """Tells stretches of leaf work apart."""

    def of(self, label: Label) -> tuple[StepKind, str] | None:
        return (label.kind, label.name) if label.leaf else None


class _Request:
    """Tells stretches of one request frame apart."""

    def of(self, label: Label) -> tuple[StepKind, str] | None:
        return (StepKind.ORCHESTRATION, label.request) if label.request else None


def _waits(
    runs: Sequence[TaskRun], labeller: Labeller, telling: _Kind | _Request
) -> Iterator[Claim]:
    """The stretches of one task in which its chain shows the same."""
    last: Claim | None = None
    for run in runs:
        label = labeller.label(run.pid, run.stack)
        what = telling.of(label)
        if what is None:
            continue
        near = last is not None and run.start_ns - last.end_ns <= _GONE_ON_NS
        if last is not None and near and (last.kind, last.name) == what:
            last.end_ns = max(last.end_ns, run.end_ns)
            continue
        if last is not None:
            yield last
        last = Claim(
            start_ns=run.start_ns,
            end_ns=run.end_ns,
            kind=what[0],
            name=what[1],
            source=LabelSource.STACK,
            confidence=label.confidence,
            pid=run.pid,
            tid=run.tid,
            suspended=True,
        )
    if last is not None:
        yield last


def _own(waits: Sequence[Claim], inner: Sequence[Claim]) -> Iterator[Claim]:
    """What a task waits for itself: while a task that it awaits tells, that one is believed."""
    told = sorted((claim.start_ns, claim.end_ns) for claim in inner)
    at = 0
    for wait in waits:
        while at < len(told) and told[at][1] <= wait.start_ns:
            at += 1
        if at == len(told) or told[at][0] >= wait.end_ns:
            yield wait


def _story(stretch: Claim) -> Story:
    return Story(
        pid=stretch.pid,
        start_ns=stretch.start_ns,
        end_ns=stretch.end_ns,
        name="",
        source=LabelSource.STACK,
    )


def _of_life(pid: int, life: _Life) -> Story:
    return Story(
        pid=pid, start_ns=life.start_ns, end_ns=life.end_ns, name="", source=LabelSource.STACK
    )


def _assign(waits: Sequence[Claim], stories: Sequence[Story]) -> None:
    """Waits of a task to the request of its own that was open; both are in order of time."""
    at = 0
    for wait in waits:
        while at < len(stories) and stories[at].end_ns <= wait.start_ns:
            at += 1
        if at < len(stories) and stories[at].start_ns < wait.end_ns:
            wait.story = stories[at]
