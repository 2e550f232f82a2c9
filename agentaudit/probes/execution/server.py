"""
The inference server that is played: calls share it by a batch curve, in real time.

Continuous batching as the simulator has it: with n calls in service each gets the n-th part of the
speed at n. Nothing is computed; the server sleeps until the next call ends. A real model takes its
place by answering the same packets on the same socket (`model_server`).
"""

import select
import socket
import time
from collections.abc import Sequence
from heapq import heappop, heappush

from agentaudit.probes.execution.messages import ANSWER, CALL, packet


def serve(end: socket.socket, speeds: Sequence[float]) -> None:
    """Calls as they come, until the other end is gone. `speeds[n]` is the total speed at n."""
    batch = Batch(speeds)
    while True:
        due_ns = batch.due_ns()
        timeout_s = None if due_ns is None else max(due_ns - time.monotonic_ns(), 0) / 1e9
        ready, _, _ = select.select([end], [], [], timeout_s)
        now_ns = time.monotonic_ns()
        for number, begun_ns, ended_ns in batch.ended(now_ns):
            try:
                end.send(ANSWER.pack(number, begun_ns, ended_ns, time.process_time_ns()))
            except (BrokenPipeError, ConnectionResetError):
                return
        if ready:
            call = packet(end, CALL)
            if call is None:
                return
            batch.start(now_ns, *call)


class Batch:
    """
    The calls in service, by the work that each of them has got since the server was last idle.

    Calls end when their work is done, whenever the server wakes up: being woken late delays an
    answer, and no other call.
    """

    def __init__(self, speeds: Sequence[float]) -> None:
        self._speeds = speeds
        self._calls: list[tuple[float, int, int]] = []
        self._served = 0.0
        self._last_ns = 0.0

    def start(self, now_ns: int, number: int, demand_ns: int) -> None:
        """A call that needs `demand_ns` alone."""
        self._pass_time(now_ns)
        heappush(self._calls, (self._served + demand_ns, number, now_ns))

    def due_ns(self) -> int | None:
        """When the next call ends if no other starts; None while the server is idle."""
        return round(self._next_end_ns()) if self._calls else None

    def ended(self, now_ns: int) -> list[tuple[int, int, int]]:
        """Number, begin and end of each call that has ended by now."""
        ended = []
        while self._calls and round(end_ns := self._next_end_ns()) <= now_ns:
            self._served, number, begun_ns = heappop(self._calls)
            self._last_ns = end_ns
            ended.append((number, begun_ns, round(end_ns)))
        self._pass_time(now_ns)
        return ended

    def _next_end_ns(self) -> float:
        return self._last_ns + max(self._calls[0][0] - self._served, 0.0) / self._speed()

    def _pass_time(self, now_ns: int) -> None:
        if self._calls:
            self._served += max(now_ns - self._last_ns, 0.0) * self._speed()
        else:
            self._served = 0.0
        self._last_ns = max(now_ns, self._last_ns)

    def _speed(self) -> float:
        """Work that each of the calls in service gets per nanosecond."""
        count = len(self._calls)
        return self._speeds[min(count, len(self._speeds) - 1)] / count
