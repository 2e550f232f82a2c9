"""Which samplers of stacks a recording may use: `--sampler`."""

import time
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from agentaudit.errors import UsageError

if TYPE_CHECKING:
    from agentaudit.model.trace import Incident
    from agentaudit.probes.stacks import Sampler


class SamplerChoice(StrEnum):
    """Who reads the stacks."""

    AUTO = "auto"
    UNWINDER = "unwinder"
    AUSTIN = "austin"
    PY_SPY = "py-spy"


def samplers_of(
    choice: SamplerChoice, rate_hz: int, pid: int
) -> "tuple[Sequence[Sampler], Sequence[Incident]]":
    """
    The samplers that may be tried, the best first, and what is missing without others.

    Raises UsageError when the one that was asked for is not there, or cannot read the process.
    """
    match choice:
        case SamplerChoice.UNWINDER:
            _require_unwinder(pid)
            return (_unwinder(rate_hz),), ()
        case SamplerChoice.AUSTIN:
            return (_austin_asked_for(rate_hz, pid),), ()
        case SamplerChoice.PY_SPY:
            found = _pyspy(rate_hz)
            if not found:
                raise UsageError("--sampler py-spy: it is not installed: pip install py-spy")
            return found, ()
        case SamplerChoice.AUTO:
            found = _pyspy(rate_hz)
            return (_unwinder(rate_hz), *_austin(rate_hz), *found), () if found else (_no_pyspy(),)


def _require_unwinder(pid: int) -> None:
    from agentaudit.probes.runtimes import python_of, version_of
    from agentaudit.probes.unwinder import OLDEST

    runtime = python_of(pid) or ""
    version = version_of(runtime)
    if version is not None and version < OLDEST:
        raise UsageError(
            f"--sampler unwinder: process {pid} runs {runtime}, and only CPython 3.14 and newer can"
            " read its own kind: leave the choice to us, or take --sampler py-spy"
        )


def _unwinder(rate_hz: int) -> "Sampler":
    from agentaudit.probes.unwinder import Unwinder

    return Unwinder(rate_hz)


def _austin(rate_hz: int) -> "Sequence[Sampler]":
    """Austin, if one is there that runs: nobody was told that it might be."""
    from agentaudit.probes.austin import Austin, AustinError, find_austin

    try:
        return (Austin(find_austin(), rate_hz),)
    except AustinError:
        return ()


def _austin_asked_for(rate_hz: int, pid: int) -> "Sampler":
    from agentaudit.probes.austin import Austin, AustinError, find_austin
    from agentaudit.probes.runtimes import python_of, version_of

    try:
        sampler = Austin(find_austin(), rate_hz, asked=True)
    except AustinError as error:
        raise UsageError(f"--sampler austin: {error}") from error
    runtime = python_of(pid) or ""
    if version_of(runtime) is not None and not sampler.suits(pid, runtime):
        raise UsageError(
            f"--sampler austin: it cannot read {runtime}, or not the files of process {pid}:"
            " leave the choice to us, or take --sampler py-spy"
        )
    return sampler


def _pyspy(rate_hz: int) -> "Sequence[Sampler]":
    from agentaudit.probes.pyspy import find_pyspy
    from agentaudit.probes.rolling import PySpy

    program = find_pyspy()
    return (PySpy(program, rate_hz),) if program else ()


def _no_pyspy() -> "Incident":
    from agentaudit.model.trace import Incident

    return Incident(
        at_ns=time.monotonic_ns(),
        probe="stacks",
        what="py-spy is not installed",
        lost="the steps of a Python before 3.14: its time is counted, but not told apart",
    )
