"""
What a scheduling policy is: a frozen value, and the changing state that one run makes of it.

The hooks know requests and the time, and nothing of how requests are run, so the same policy can
drive a simulated machine and a real executor. Three hooks are a policy; the others are for those
that order LLM calls, share a process, or look into requests while they run.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from msgspec import Struct

from agentaudit.errors import AgentAuditError, UsageError
from agentaudit.model.workload import WorkRequest, WorkStep


class Admission(Protocol):
    """
    A policy at work in one run.

    At each instant the engine reports what finished, then what arrived, both in the order of
    request ids, and then asks once who starts. While nobody waits it need not ask, and asks only
    those that listen to steps. The first two hooks only take note.
    """

    def finished(self, request: WorkRequest) -> None:
        """A running request has ended."""

    def arrived(self, request: WorkRequest) -> None:
        """A request has come in and waits from now on."""

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        """The waiting requests that start now."""

    @property
    def wake_ns(self) -> int:
        """
        The next instant at which to be asked even if nothing happens; NEVER for none.

        While nobody waits it counts only for those that listen to steps.
        """


THEIRS = (Exception, SystemExit)
"""What code of others may end with: if it exits, nothing has passed for all that."""


class Guard(ABC):
    """
    An admission that passes everything on to another, and says what is wrong with what that does.

    Whoever calls the hooks of the other one itself, which takes less time, asks here what to say.
    """

    theirs: Any
    """The other; only `wake_ns` is to be read of the guard."""

    @abstractmethod
    def failed(self, hook: str, error: BaseException) -> AgentAuditError:
        """What is said where a hook of theirs raises."""

    @abstractmethod
    def checked(self, answer: object) -> Sequence[WorkRequest]:
        """Whom they start; UsageError where the answer to `admit` is none."""


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


MOST_IDLE_WAKES = 1_000_000
"""A policy that is woken so often in a row for nothing is not going to start anybody."""


def named(policy: Policy) -> str:
    """How errors call a policy."""
    return f"the policy {policy.name} ({policy.parameters or policy.source})"


def refusal(policy: Policy, what: str, *, now_ns: int, finished: int, running: int) -> UsageError:
    """An error that says what the policy does, and how far the run came under it."""
    return UsageError(
        f"{named(policy)} {what}; at {now_ns / 1e9:.6g} s"
        f" {finished} had finished and {running} were running"
    )


def starves(starved: int, requests: int, first_id: int) -> str:
    """What a policy does that leaves requests waiting for ever."""
    return f"never starts {starved} of {requests} requests; the first is request {first_id}"


def out_of_time(*, now_ns: int, finished: int, running: int) -> UsageError:
    """An error of a run that no policy could end: what is served ends too late to be told."""
    return UsageError(
        "requests take longer than the 146 years that a simulation can count; at"
        f" {now_ns / 1e9:.6g} s {finished} had finished and {running} were running"
    )


def wakes_for_nothing(wake_ns: int) -> str:
    """What one does that is woken in the past, or without end."""
    return f"wants to be woken at {wake_ns} ns, again and again, for nothing"


def starts_who_does_not_wait(request_id: int, *, before: bool) -> str:
    """What one does that starts a request again, or `before` false, one that is not there."""
    why = "it has started before" if before else "it has not arrived"
    return f"starts request {request_id}, which does not wait: {why}"


class Call(Struct, frozen=True, kw_only=True):
    """One LLM call, and what its request has got so far from the LLM server."""

    request: WorkRequest
    step: WorkStep
    number: int
    """How many calls its request made before."""
    called_ns: int
    """Since when it has been in front of the server."""
    attained_ns: int
    """How long earlier calls of its request were served."""
    waited_ns: int
    """How long earlier calls of its request waited for the server."""
    pinned: bool
    """Whether the context of the call before is still held in the KV cache."""


class Hooks(Struct, frozen=True, kw_only=True):
    """
    What a policy may have beside the three hooks of `Admission`, each None where it has not.

    A policy that says `rank` orders the line in front of the LLM server, which forms where the
    machine limits calls at once or their tokens: the smallest rank is served first, equal ones in
    the order in which they came, and nobody overtakes the first. `keep_ns` is asked when a call
    ends and another follows: for so long its tokens stay in the cache, whoever waits. Where the
    server is idle and the first of the line does not fit, pins yield, the latest request's first.
    `in_threads` says whether a request runs in a thread of one interpreter that all such requests
    share, and not in a process of its own. `step_began` and `step_ended` report each step that
    takes any time; an LLM call begins when it is made, even where it has to wait.
    """

    rank: Callable[[Call, int], tuple[int, ...]] | None
    keep_ns: Callable[[Call, int], int] | None
    in_threads: Callable[[WorkRequest], bool] | None
    step_began: Callable[[WorkRequest, WorkStep, int], None] | None
    step_ended: Callable[[WorkRequest, WorkStep, int], None] | None

    @property
    def watching(self) -> bool:
        """Whether the policy wants to hear of steps."""
        return self.step_began is not None or self.step_ended is not None


def hooks_of(admission: Admission) -> Hooks:
    """The hooks that this one has beyond those that every policy has."""
    return Hooks(
        rank=getattr(admission, "rank", None),
        keep_ns=getattr(admission, "keep_ns", None),
        in_threads=getattr(admission, "in_threads", None),
        step_began=getattr(admission, "step_began", None),
        step_ended=getattr(admission, "step_ended", None),
    )
