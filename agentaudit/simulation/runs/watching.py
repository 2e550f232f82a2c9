"""Watching a run while it is computed, so that its schedule is known and not only its latencies."""

from typing import Protocol

from agentaudit.model.workload import WorkRequest
from agentaudit.simulation.steps import Entry


class Watcher(Protocol):
    """Who takes note of what is served; of one request, beginnings and ends alternate."""

    def began(self, request: WorkRequest, entry: Entry, now_ns: int) -> None:
        """A station serves an entry of the request's plan from now on, after any line."""

    def ended(self, request: WorkRequest, now_ns: int) -> None:
        """That entry has been served."""
