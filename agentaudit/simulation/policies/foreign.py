"""A policy of the user's: asked as ours are, with every answer checked, and every fault placed."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from math import isnan
from types import MappingProxyType, TracebackType
from typing import Any

from msgspec import Struct

from agentaudit.errors import InputError, Problem, UsageError
from agentaudit.model.workload import WorkRequest, WorkStep
from agentaudit.simulation.policy import THEIRS, Call, Guard
from agentaudit.simulation.stations.stations import NEVER

HOOKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "arrived": ("request",),
        "finished": ("request",),
        "admit": ("now_ns",),
        "rank": ("call", "now_ns"),
        "keep_ns": ("call", "now_ns"),
        "in_threads": ("request",),
        "step_began": ("request", "step", "now_ns"),
        "step_ended": ("request", "step", "now_ns"),
    }
)
"""What a policy may be asked and told, and what is handed to it."""
NEEDED = ("arrived", "finished", "admit")
_ALIKE = 0.75


class ForeignPolicy(Struct, frozen=True, kw_only=True):
    """A policy from a file of the user's. `make` makes what one run of it needs."""

    name: str
    source: str
    parameters: str
    file: str
    make: Callable[[], object]

    def admission(self) -> "_Asked":
        theirs = self.make()
        # A property of the class is not asked yet. An object whose `__dict__` somebody has looked
        # into, as `getattr_static` does, is a fifth slower from then on in CPython 3.11.
        wakes = inspect.getattr_static(type(theirs), "wake_ns", None) is not None
        wakes = wakes or getattr(theirs, "wake_ns", None) is not None
        return (_Woken if wakes else _Asked)(theirs, self)


def check_hooks(theirs: object, *, file: str, line: int) -> None:
    """InputError with every hook that is missing, misspelt or cannot be called as it will be."""
    problems = tuple(_faults(theirs, file, line))
    if problems:
        raise InputError(*problems)


def _faults(theirs: object, file: str, line: int) -> Iterator[Problem]:
    name = type(theirs).__name__
    absent = [hook for hook in HOOKS if not callable(getattr(theirs, hook, None))]
    for hook in NEEDED:
        if hook in absent:
            asked = f"{hook}({', '.join(HOOKS[hook])})"
            yield Problem(file=file, line=line, message=f"{name} needs a method `{asked}`")
    for attribute in dir(type(theirs)):
        method = getattr(theirs, attribute, None)
        if attribute.startswith("_") or not callable(method):
            continue
        place = _line_of(method) or line
        if attribute in HOOKS:
            if not _takes(method, len(HOOKS[attribute])):
                asked = ", ".join(HOOKS[attribute])
                message = f"`{attribute}` of {name} is called with ({asked}), which it cannot take"
                yield Problem(file=file, line=place, message=message)
        elif alike := get_close_matches(attribute, absent, n=1, cutoff=_ALIKE):
            message = f"{name} has `{attribute}`, which is no hook; is it meant to be `{alike[0]}`?"
            yield Problem(file=file, line=place, message=message)


def _line_of(method: object) -> int | None:
    code = getattr(getattr(method, "__func__", method), "__code__", None)
    return getattr(code, "co_firstlineno", None)


def _takes(method: Callable[..., object], count: int) -> bool:
    try:
        inspect.signature(method).bind(*(None,) * count)
    except TypeError:
        return False
    return True


class _Asked(Guard):
    """
    One run of a foreign policy. A hook that it does not have is not here either.

    Errors of the user's code are the user's to mend, so they become a sentence with file and line.
    """

    wake_ns = NEVER

    def __init__(self, theirs: Any, policy: ForeignPolicy) -> None:  # noqa: ANN401, the user's
        self.theirs = theirs
        self._policy = policy
        if callable(getattr(theirs, "rank", None)):
            self.rank = self._rank
        if callable(getattr(theirs, "keep_ns", None)):
            self.keep_ns = self._keep_ns
        if callable(getattr(theirs, "in_threads", None)):
            self.in_threads = self._in_threads
        if callable(getattr(theirs, "step_began", None)):
            self.step_began = self._step_began
        if callable(getattr(theirs, "step_ended", None)):
            self.step_ended = self._step_ended

    # The three that every policy has call it by themselves, not by way of `_ask`, which takes time.

    def finished(self, request: WorkRequest) -> None:
        try:
            self.theirs.finished(request)
        except THEIRS as error:
            raise self.failed("finished", error) from error

    def arrived(self, request: WorkRequest) -> None:
        try:
            self.theirs.arrived(request)
        except THEIRS as error:
            raise self.failed("arrived", error) from error

    def admit(self, now_ns: int) -> Sequence[WorkRequest]:
        try:
            answer = self.theirs.admit(now_ns)
        except THEIRS as error:
            raise self.failed("admit", error) from error
        return self.checked(answer)

    def checked(self, answer: object) -> Sequence[WorkRequest]:
        try:
            started: list[Any] = list(answer) if isinstance(answer, Iterable) else [answer]
        except THEIRS as error:
            raise self.failed("admit", error) from error
        for item in started:
            if not isinstance(item, WorkRequest):
                raise self._odd("admit", item, "a list of the requests that start now")
        return started

    def _rank(self, call: Call, now_ns: int) -> tuple[int, ...]:
        answer = self._ask("rank", call, now_ns)
        ranks = answer if isinstance(answer, tuple) else (answer,)
        if not all(isinstance(rank, int | float) and not isnan(rank) for rank in ranks):
            raise self._odd("rank", answer, "a number, or a tuple of numbers")
        return ranks

    def _keep_ns(self, call: Call, now_ns: int) -> int:
        return self._whole("keep_ns", self._ask("keep_ns", call, now_ns))

    def _in_threads(self, request: WorkRequest) -> bool:
        return bool(self._ask("in_threads", request))

    def _step_began(self, request: WorkRequest, step: WorkStep, now_ns: int) -> None:
        self._ask("step_began", request, step, now_ns)

    def _step_ended(self, request: WorkRequest, step: WorkStep, now_ns: int) -> None:
        self._ask("step_ended", request, step, now_ns)

    def _ask(self, hook: str, *arguments: object) -> object:
        try:
            return getattr(self.theirs, hook)(*arguments)
        except THEIRS as error:
            raise self.failed(hook, error) from error

    def failed(self, hook: str, error: BaseException) -> InputError:
        place = failure(error, file=self._policy.file)
        message = f"`{hook}` of {self._policy.name} fails: {type(error).__name__}: {error}"
        return InputError(Problem(file=self._policy.file, line=place, message=message))

    def _whole(self, hook: str, answer: object) -> int:
        if not isinstance(answer, int):
            raise self._odd(hook, answer, "a whole number of nanoseconds")
        return answer

    def _odd(self, hook: str, answer: object, wanted: str) -> UsageError:
        line = _line_of(getattr(self.theirs, hook, None))
        message = f"`{hook}` of {self._policy.name} answers {answer!r:.80}, and not {wanted}"
        return UsageError(str(Problem(file=self._policy.file, line=line, message=message)))


class _Woken(_Asked):
    """One run of a foreign policy that wants to be woken."""

    @property
    def wake_ns(self) -> int:  # type: ignore[override]
        try:
            answer = self.theirs.wake_ns
        except THEIRS as error:
            raise self.failed("wake_ns", error) from error
        return self._whole("wake_ns", answer)


def failure(error: BaseException, *, file: str) -> int | None:
    """The last line of the file that was running when the error came up."""
    line: int | None = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
