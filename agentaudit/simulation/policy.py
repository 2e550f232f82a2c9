"""
What a scheduling policy is: a frozen value, and the changing state that one run makes of it.

The hooks know requests and the time, and nothing of how requests are run, so the same policy can
drive a simulated machine and a real executor.
"""

from collections.abc import Sequence
from typing import Protocol

from agentaudit.model.workload import WorkRequest


class Admission(Protocol):
    """
    A policy at work in one run.

    At each instant the engine reports what finished, then what arrived, both in the order of
    request ids, and then asks once who starts. The first two hooks only take note.
    """

    def finished(self, request: WorkRequest) -> None:
        """A running request has ended."""

    def arrived(self, request: WorkRequest) -> None:
        """A request has come in and waits from now on."""

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        """The waiting requests that start now."""

    @property
    def wake_ns(self) -> int:
        """The next instant at which to be asked even if nothing happens; NEVER for none."""


class Policy(Protocol):
    """How requests are admitted. `source` cites where the policy comes from."""

    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def parameters(self) -> str: ...

    def admission(self) -> Admission:
        """A fresh run of the policy, with nothing waiting and nothing running."""
