"""
Work that tools of agents do, in small equal units: the same units are the same work on every run.

A step is a number of units and not a time, as a real tool call is. So the CPU time it takes is
something to measure, and not something that was agreed upon.
"""

import os
import re
import shutil
from collections.abc import Callable, Sequence
from enum import StrEnum

Work = Callable[[int], int]
"""Does so many units; answers with the CPU nanoseconds of its child processes."""

_LOOPS = 4_000
_TEXT = "agents call tools; mail bob@example.com or see https://example.com/a?b=1 \n" * 150
_ADDRESS = re.compile(r"[\w.]+@[\w.]+\.\w+|https?://[\w./?=&-]+")
_SIDE = 96
_DOCUMENTS, _WIDTH, _BLOCK = 40_000, 128, 2_000
"""The flat index of simulator studies: 40,000 vectors of 128 float32, 20 MB; a unit scans 2,000."""
_TOP = 10


class Tool(StrEnum):
    """A kind of work. The name of a CPU step chooses it."""

    INTERPRETER = "interpreter"
    """A loop of byte code."""
    REGEX = "regex"
    """Addresses searched for in 11 kB of text."""
    NUMPY = "numpy"
    """tanh(A @ A) of 96 x 96 numbers, on one thread."""
    RETRIEVAL = "retrieval"
    """The best ten of 2,000 vectors, out of an index larger than the core's cache."""
    SPAWN = "spawn"
    """A child process that starts and ends."""


TOOLS: Sequence[Tool] = tuple(Tool)
"""Their places are what messages say."""


def tool_of(name: str) -> Tool:
    """The kind of work that a step of this name does; a loop of byte code for any other name."""
    return Tool(name) if name in set(Tool) else Tool.INTERPRETER


def interpreted(tool: Tool) -> float:
    """The share of its work that is Python code, which threads of one process do one at a time."""
    return 1.0 if tool in (Tool.INTERPRETER, Tool.REGEX) else 0.0


def prepared(tool: Tool) -> Work:
    """The work, with what it needs in memory."""
    match tool:
        case Tool.INTERPRETER:
            return _interpret
        case Tool.REGEX:
            return _search
        case Tool.NUMPY:
            return _multiplication()
        case Tool.RETRIEVAL:
            return _retrieval()
        case Tool.SPAWN:
            return _spawning()


def _interpret(units: int) -> int:
    total = 0
    for _ in range(units):
        for number in range(_LOOPS):
            total += number ^ (total & 7)
    return 0


def _search(units: int) -> int:
    for _ in range(units):
        _ADDRESS.findall(_TEXT)
    return 0


def _multiplication() -> Work:
    import numpy as np  # noqa: PLC0415 -- after the number of its threads was set

    matrix = np.random.default_rng(1).standard_normal((_SIDE, _SIDE)) / _SIDE

    def multiply(units: int) -> int:
        for _ in range(units):
            np.tanh(matrix @ matrix)
        return 0

    return multiply


def _retrieval() -> Work:
    import numpy as np  # noqa: PLC0415 -- after the number of its threads was set

    random = np.random.default_rng(2)
    index = random.standard_normal((_DOCUMENTS, _WIDTH), dtype=np.float32)
    query = random.standard_normal(_WIDTH, dtype=np.float32)
    start = 0

    def retrieve(units: int) -> int:
        nonlocal start
        for _ in range(units):
            scores = index[start : start + _BLOCK] @ query
            np.argpartition(scores, -_TOP)
            start = (start + _BLOCK) % _DOCUMENTS
        return 0

    return retrieve


def _spawning() -> Work:
    program = shutil.which("true") or "/bin/true"

    def spawn(units: int) -> int:
        spent_s = 0.0
        for _ in range(units):
            child = os.posix_spawn(program, [program], {})
            _, _, usage = os.wait4(child, 0)
            spent_s += usage.ru_utime + usage.ru_stime
        return round(spent_s * 1e9)

    return spawn
