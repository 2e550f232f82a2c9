"""What serves steps in a run: idle workers, the inference server, and timers for waiting."""

import os
import select
import socket
import time
from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from types import TracebackType
from typing import Self

from msgspec import Struct

from agentaudit.errors import IncompleteError, UsageError
from agentaudit.model.execution import StepRecord
from agentaudit.model.workload import Stage, WorkRequest, WorkStep
from agentaudit.probes.execution.messages import ANSWER, CALL, DONE, TASK, packet
from agentaudit.probes.execution.placement import Placement
from agentaudit.probes.execution.tools import TOOLS, Tool, tool_of
from agentaudit.probes.execution.workers import Workers

_NEVER_NS = 1 << 62
_LONGEST_NAP_S = 3600.0


class _Task(Struct, kw_only=True):
    """A step in service, with what is known of it so far."""

    request_id: int
    place: int
    stage: Stage
    sent_ns: int
    parts: int = 1
    """Workers, or calls, that it still waits for."""
    begun_ns: int = _NEVER_NS
    ended_ns: int = 0
    cpu_ns: int = 0

    def seen(self, now_ns: int) -> StepRecord:
        return StepRecord(
            request_id=self.request_id,
            place=self.place,
            stage=self.stage,
            sent_ns=self.sent_ns,
            begun_ns=self.begun_ns,
            ended_ns=self.ended_ns,
            seen_ns=now_ns,
            cpu_ns=self.cpu_ns,
        )

    def add(self, begun_ns: int, ended_ns: int, cpu_ns: int) -> None:
        self.begun_ns = min(self.begun_ns, begun_ns)
        self.ended_ns = max(self.ended_ns, ended_ns)
        self.cpu_ns += cpu_ns
        self.parts -= 1


class Hands:
    """
    Steps are handed out as they come; a CPU step of k threads takes k workers at once.

    `unit_ns` is what a unit of each kind of work took when it was measured, and turns a demand
    into a number of units. What a unit takes in the run is for the run to say.
    """

    def __init__(self, workers: Workers, unit_ns: Mapping[Tool, float]) -> None:
        self._workers = workers
        self._unit_ns = unit_ns
        self._idle: list[socket.socket] = list(reversed(workers.ends))
        self._idle_threads: list[socket.socket] = list(reversed(workers.threads))
        self._placement = Placement(os.sched_getaffinity(0)) if workers.placed else None
        self._pids = dict(
            zip(map(socket.socket.fileno, workers.ends), workers.pids[1:], strict=False)
        )
        ends = (*workers.ends, workers.server, *workers.threads)
        self._ends = {end.fileno(): end for end in ends}
        self._busy: dict[int, _Task] = {}
        self._calls: dict[int, _Task] = {}
        self._timers: list[tuple[int, int, int, int]] = []
        self._numbers = 0
        self._origin_ns = 0
        self._epoll = select.epoll()
        for fd in self._ends:
            self._epoll.register(fd, select.EPOLLIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._epoll.close()

    def begin(self) -> None:
        """Time is counted from now on."""
        self._origin_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        return time.monotonic_ns() - self._origin_ns

    @property
    def serving(self) -> bool:
        """Whether anything is in service."""
        return bool(self._busy or self._calls or self._timers)

    @property
    def server_cpu_ns(self) -> int:
        """Of the server since it began, as of its last answer."""
        return self._workers.server_cpu_ns

    def due_ns(self) -> int:
        """When the next timer ends."""
        return self._timers[0][0] if self._timers else _NEVER_NS

    def wait(self, until_ns: int) -> list[int]:
        """Sleeps until somebody has something to say, or until then; who has."""
        nap_s = min(max(until_ns - self.now_ns(), 0) / 1e9, _LONGEST_NAP_S)
        select.select([self._epoll], [], [], nap_s)  # an epoll itself sleeps whole milliseconds
        return [fd for fd, _ in self._epoll.poll(0)]

    def take(
        self, request: WorkRequest, place: int, now_ns: int, *, threaded: bool = False
    ) -> None:
        """Puts a step into service; `threaded` ones by threads of the one interpreter."""
        step = request.steps[place]
        match step.stage:
            case Stage.CPU:
                idle = self._idle_threads if threaded else self._idle
                self._hand_out(step, self._task(request, place), idle)
            case Stage.GPU:
                self.call(request, place, step.demand_ns)
            case Stage.WAIT:
                self._set_timer(self._task(request, place), now_ns, step.demand_ns)

    def call(self, request: WorkRequest, place: int, demand_ns: int) -> None:
        """Puts an LLM call into service, which may need other than its step says."""
        task = self._task(request, place)
        self._numbers += 1
        self._calls[self._numbers] = task
        self._send(self._workers.server, CALL.pack(self._numbers, demand_ns), task)

    def _task(self, request: WorkRequest, place: int) -> _Task:
        stage, now_ns = request.steps[place].stage, self.now_ns()
        return _Task(request_id=request.request_id, place=place, stage=stage, sent_ns=now_ns)

    def rest(self, request: WorkRequest, now_ns: int) -> None:
        """A request without any work takes no time, and ends in an instant of its own."""
        task = _Task(request_id=request.request_id, place=0, stage=Stage.WAIT, sent_ns=now_ns)
        self._set_timer(task, now_ns, 0)

    def ended(self, now_ns: int, ready: Sequence[int]) -> list[StepRecord]:
        """The steps that have ended by now; IncompleteError when a process is gone."""
        ended = []
        for fd in ready:
            task = self._answered() if fd == self._workers.server.fileno() else self._done(fd)
            if task is not None and not task.parts:
                ended.append(task.seen(now_ns))
        while self._timers and self._timers[0][0] <= now_ns:
            due_ns, request_id, place, sent_ns = heappop(self._timers)
            task = _Task(request_id=request_id, place=place, stage=Stage.WAIT, sent_ns=sent_ns)
            task.add(sent_ns, max(due_ns, sent_ns), 0)  # a driver kept from its core is late
            ended.append(task.seen(now_ns))
        return ended

    def _hand_out(self, step: WorkStep, task: _Task, idle: list[socket.socket]) -> None:
        if len(idle) < step.threads:
            threaded = idle is self._idle_threads
            what = "threads of one interpreter" if threaded else "worker processes"
            count = len(self._workers.threads if threaded else self._workers.ends)
            raise UsageError(
                f"the policy runs more at once than there are {what} ({count}):"
                " choose a cap, or fewer requests"
            )
        tool = tool_of(step.name)
        units = max(round(step.demand_ns / step.threads / self._unit_ns[tool]), 1)
        task.parts = step.threads
        for _ in range(step.threads):
            end = idle.pop()
            self._busy[end.fileno()] = task
            if self._placement is not None and end.fileno() in self._pids:
                self._placement.begin(self._pids[end.fileno()])
            self._send(end, TASK.pack(TOOLS.index(tool), units), task)

    def _set_timer(self, task: _Task, now_ns: int, demand_ns: int) -> None:
        entry = (now_ns + demand_ns, task.request_id, task.place, task.sent_ns)
        heappush(self._timers, entry)

    def _done(self, fd: int) -> _Task | None:
        task = self._busy.pop(fd, None)
        done = packet(self._ends[fd], DONE)
        if done is None:
            raise self._death(task)
        if task is None:
            raise AssertionError("a worker answered that nobody had asked")
        begun_ns, ended_ns, cpu_ns = done
        task.add(begun_ns - self._origin_ns, ended_ns - self._origin_ns, cpu_ns)
        if fd not in self._pids:
            self._idle_threads.append(self._ends[fd])
            return task
        self._idle.append(self._ends[fd])
        if self._placement is not None:
            self._placement.end(self._pids[fd])
        return task

    def _answered(self) -> _Task:
        answer = packet(self._workers.server, ANSWER)
        if answer is None:
            raise self._death(next(iter(self._calls.values()), None))
        number, begun_ns, ended_ns, self._workers.server_cpu_ns = answer
        task = self._calls.pop(number)
        task.add(begun_ns - self._origin_ns, ended_ns - self._origin_ns, 0)
        return task

    def _send(self, end: socket.socket, message: bytes, task: _Task) -> None:
        try:
            end.send(message)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise self._death(task) from error

    def _death(self, task: _Task | None) -> IncompleteError:
        how = self._workers.how_one_ended()
        if task is None:
            return IncompleteError(f"{how} while it had nothing to do")
        return IncompleteError(
            f"{how} during step {task.place + 1} ({task.stage}) of request {task.request_id}"
        )
