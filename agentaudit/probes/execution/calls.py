"""
Calls in front of the played server: where it serves few at once, who goes next, as a line says.

The line is the simulator's own, handed in by whoever starts the run. It knows requests by their
places in the order of arrival.
"""

from collections.abc import Sequence
from typing import Protocol

from agentaudit.model.workload import Stage, WorkRequest, WorkStep
from agentaudit.probes.execution.hands import Hands


class Line(Protocol):
    """Calls that wait, calls that are served, and the room that they hold."""

    def join(self, now_ns: int, place: int, request: WorkRequest, step: WorkStep) -> None: ...
    def started(self, now_ns: int) -> Sequence[tuple[int, int]]: ...
    def left(self, now_ns: int, place: int, *, follows: bool) -> None: ...
    def due_ns(self) -> int: ...


class Calls:
    """The LLM calls of one run on their way through the line and to the server."""

    def __init__(self, line: Line, requests: Sequence[WorkRequest], hands: Hands) -> None:
        self._line = line
        self._hands = hands
        self._requests = sorted(requests, key=lambda one: (one.arrival_ns, one.request_id))
        self._places = {one.request_id: place for place, one in enumerate(self._requests)}
        self._steps: dict[int, int] = {}

    def join(self, request: WorkRequest, step: int, now_ns: int) -> None:
        """A call that waits from now on."""
        place = self._places[request.request_id]
        self._steps[place] = step
        self._line.join(now_ns, place, request, request.steps[step])

    def begin(self, now_ns: int) -> None:
        """Sends those to the server that fit."""
        for place, demand_ns in self._line.started(now_ns):
            self._hands.call(self._requests[place], self._steps[place], demand_ns)

    def left(self, request: WorkRequest, step: int, now_ns: int) -> None:
        """A call has ended."""
        later = request.steps[step + 1 :]
        follows = any(one.stage is Stage.GPU and one.demand_ns for one in later)
        self._line.left(now_ns, self._places[request.request_id], follows=follows)

    def due_ns(self) -> int:
        """When the line has something to say although nothing happens."""
        return self._line.due_ns()
