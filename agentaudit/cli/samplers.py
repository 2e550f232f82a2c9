"""Which samplers of stacks a recording may use: `--sampler`."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from agentaudit.errors import UsageError

if TYPE_CHECKING:
    from agentaudit.probes.stacks.process_memory import ProcessMemory
    from agentaudit.probes.stacks.sampling import Sampler
    from agentaudit.probes.stacks.unwinder import Unwinder


class SamplerChoice(StrEnum):
    """Who reads the stacks."""

    AUTO = "auto"
    UNWINDER = "unwinder"
    MEMORY = "memory"
    AUSTIN = "austin"
    PY_SPY = "py-spy"


def samplers_of(choice: SamplerChoice, rate_hz: int, pid: int) -> "Sequence[Sampler]":
    """
    The samplers that may be tried, the best first.

    Raises UsageError when the one that was asked for is not there, or cannot read the process.
    """
    match choice:
        case SamplerChoice.UNWINDER:
            _require_unwinder(pid)
            return (_unwinder(rate_hz),)
        case SamplerChoice.MEMORY:
            _require_readable(pid)
            return (_memory(rate_hz),)
        case SamplerChoice.AUSTIN:
            return (_austin_asked_for(rate_hz, pid),)
        case SamplerChoice.PY_SPY:
            found = _pyspy(rate_hz)
            if not found:
                raise UsageError("--sampler py-spy: it is not installed: pip install py-spy")
            return found
        case SamplerChoice.AUTO:
            return (*_ours(rate_hz), *_austin(rate_hz), *_pyspy(rate_hz))


def _require_unwinder(pid: int) -> None:
    from agentaudit.probes.processes.runtimes import python_of, version_of
    from agentaudit.probes.stacks.unwinder import OLDEST

    runtime = python_of(pid) or ""
    version = version_of(runtime)
    if version is not None and version < OLDEST:
        raise UsageError(
            f"--sampler unwinder: process {pid} runs {runtime}, and only CPython 3.14 and newer can"
            " read its own kind: leave the choice to us, or take --sampler py-spy"
        )


def _ours(rate_hz: int) -> "Sequence[Sampler]":
    """Those that need no program of others; one purse pays for all that is read from memory."""
    from agentaudit.probes.stacks.newest import Newest

    memory, unwinder = _memory(rate_hz), _unwinder(rate_hz)
    return (Newest(memory, unwinder), unwinder, memory)


def _unwinder(rate_hz: int) -> "Unwinder":
    from agentaudit.probes.stacks.unwinder import Unwinder

    return Unwinder(rate_hz)


def _require_readable(pid: int) -> None:
    from agentaudit.probes.processes.runtimes import python_of, version_of
    from agentaudit.probes.stacks.process_memory import readable

    runtime = python_of(pid) or ""
    if version_of(runtime) is not None and not readable(runtime):
        raise UsageError(
            f"--sampler memory: process {pid} runs {runtime}, and what we can read on 64-bit Linux"
            " is CPython 3.8 to 3.14: leave the choice to us, or take --sampler py-spy"
        )


def _memory(rate_hz: int) -> "ProcessMemory":
    from agentaudit.probes.stacks.process_memory import ProcessMemory

    return ProcessMemory(rate_hz)


def _austin(rate_hz: int) -> "Sequence[Sampler]":
    """Austin, if one is there that runs: nobody was told that it might be."""
    from agentaudit.probes.stacks.austin import Austin, AustinError, find_austin

    try:
        return (Austin(find_austin(), rate_hz),)
    except AustinError:
        return ()


def _austin_asked_for(rate_hz: int, pid: int) -> "Sampler":
    from agentaudit.probes.processes.runtimes import python_of, version_of
    from agentaudit.probes.stacks.austin import Austin, AustinError, find_austin

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
    from agentaudit.probes.stacks.pyspy import find_pyspy
    from agentaudit.probes.stacks.rolling import PySpy

    program = find_pyspy()
    return (PySpy(program, rate_hz),) if program else ()
