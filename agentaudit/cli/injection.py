"""Steps that known functions mark by themselves: `--inject`."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from agentaudit.errors import UsageError

if TYPE_CHECKING:
    from agentaudit.model.rule import StepRule
    from agentaudit.profiling.session import Observer


def injections(pid: int, rules: "Sequence[StepRule]", stack: ExitStack) -> "Sequence[Observer]":
    """
    Whoever has the functions that rules name marked, and undoes that at the end of the stack.

    Raises UsageError where the process forbids it, or is older than CPython 3.14.
    """
    import time

    from agentaudit.probes.markers.injection import Injection, InjectionError
    from agentaudit.profiling.frames import patterns_of

    patterns = [(*patterns_of(rule), str(rule.kind.value)) for rule in rules if _of_one(rule)]
    try:
        injection = Injection(pid, patterns)
    except InjectionError as error:
        raise UsageError(f"--inject: process {pid}: {error}") from error
    stack.callback(lambda: injection.close(time.monotonic_ns()))
    return (injection,)


def _of_one(rule: "StepRule") -> bool:
    """A row names one function, and that is a step: not every method of a class or file."""
    from agentaudit.model.trace import StepKind

    name = rule.function.rpartition(".")[2]
    return rule.when == "ordinary" and "*" not in name and rule.kind is not StepKind.ORCHESTRATION
