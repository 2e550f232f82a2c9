"""
What a companion says of a process, read with suspicion, as records.

The companion is a program of the target's. So its lines are checked like any other input: their
form, their length and number, that times lie in the past and ids are known. One line that is wrong
ends its credit.
"""

import time
from collections.abc import Callable, Iterator
from typing import Annotated

import msgspec

from agentaudit.model.observed import TaskRun
from agentaudit.model.recording import Frame, Record, StackRun, Watched
from agentaudit.probes.stacks.sampling import StackTable

LONGEST_LINE = 1 << 20
_LONGEST_SAID = 2000
_FIRST = b'["hello",'
_MOST_STACKS = 100_000
_AHEAD_NS = 50_000_000
"""Clocks of two cores may differ, though not by so much."""

_Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Text = Annotated[str, msgspec.Meta(max_length=1000)]
_Frames = Annotated[list[tuple[_Text, _Text]], msgspec.Meta(max_length=200)]


class _Hello(msgspec.Struct, array_like=True, tag="hello"):
    version: _Text


class _Stack(msgspec.Struct, array_like=True, tag="stack"):
    stack: _Number
    frames: _Frames


class _Run(msgspec.Struct, array_like=True, tag="run"):
    tid: _Number
    start_ns: _Number
    end_ns: _Number
    stack: _Number


class _Task(msgspec.Struct, array_like=True, tag="task"):
    tid: _Number
    task: _Number
    parent: _Number
    root: _Number
    name: _Text
    start_ns: _Number
    end_ns: _Number
    stack: _Number


class _Watched(msgspec.Struct, array_like=True, tag="watched"):
    start_ns: _Number
    end_ns: _Number
    samples: _Number
    failures: _Number
    max_gap_ns: _Number
    late_ns: _Number


class _Problem(msgspec.Struct, array_like=True, tag="problem"):
    text: _Text


class _End(msgspec.Struct, array_like=True, tag="end"):
    pass


_Line = _Hello | _Stack | _Run | _Task | _Watched | _Problem | _End
_DECODER: msgspec.json.Decoder[_Line] = msgspec.json.Decoder(_Line)


class Witness:
    """The lines of one companion, which watches the process `pid`."""

    def __init__(self, pid: int, stacks: StackTable, thread_of: Callable[[int], int]) -> None:
        self.begun = False
        self.said = b""
        """What came before its first line: an interpreter that cannot start says why."""
        self.ended = False
        self.problem = ""
        """The companion's own word of why it gave up."""
        self._pid = pid
        self._stacks = stacks
        self._thread_of = thread_of
        self._ids: list[int] = []
        self._left = b""
        self._since_ns = time.monotonic_ns()

    def heard(self, data: bytes) -> Iterator[Record]:
        """
        The records in what was written since the last time; the rest of a line is kept.

        Raises ValueError at the first line that cannot be true.
        """
        *lines, self._left = (self._left + data).split(b"\n")
        if len(self._left) > LONGEST_LINE:
            raise ValueError("a line of more than a megabyte")
        for line in lines:
            if self.begun or line.startswith(_FIRST):
                yield from self._line(_DECODER.decode(line))
            else:
                self.said = (self.said + line + b"\n")[-_LONGEST_SAID:]

    def _line(self, told: _Line) -> Iterator[Record]:
        match told:
            case _Hello():
                self.begun = True
            case _Stack() as stack:
                yield from self._defined(stack)
            case _Run() as run:
                self._check(run.start_ns, run.end_ns)
                yield StackRun(
                    pid=self._pid,
                    tid=self._thread_of(run.tid),
                    start_ns=run.start_ns,
                    end_ns=run.end_ns,
                    stack=self._known(run.stack),
                )
            case _Task() as task:
                yield self._task(task)
            case _Watched() as watched:
                yield self._watched(watched)
            case _Problem(text):
                self.problem = text or "it did not say why"
            case _End():
                self.ended = True

    def _defined(self, told: _Stack) -> Iterator[Record]:
        if told.stack != len(self._ids) or told.stack >= _MOST_STACKS:
            raise ValueError(f"stack {told.stack} out of order, or one too many")
        frames = tuple(Frame(file=file, function=function) for file, function in told.frames)
        stack, definitions = self._stacks.of(frames)
        self._ids.append(stack)
        yield from definitions

    def _task(self, told: _Task) -> TaskRun:
        self._check(told.start_ns, told.end_ns)
        return TaskRun(
            pid=self._pid,
            tid=self._thread_of(told.tid),
            task=told.task,
            parent=told.parent,
            root=told.root,
            name=told.name,
            start_ns=told.start_ns,
            end_ns=told.end_ns,
            stack=self._known(told.stack),
        )

    def _watched(self, told: _Watched) -> Watched:
        self._check(told.start_ns, told.end_ns)
        return Watched(pid=self._pid, **msgspec.structs.asdict(told))

    def _known(self, stack: int) -> int:
        if stack >= len(self._ids):
            raise ValueError(f"stack {stack} was never told")
        return self._ids[stack]

    def _check(self, start_ns: int, end_ns: int) -> None:
        if not self._since_ns <= start_ns <= end_ns <= time.monotonic_ns() + _AHEAD_NS:
            raise ValueError("a time that was not, or is still to come")
