"""
A process of the kind that runs this: the same interpreter, from the same file.

Part of what travels with the companion: the standard library alone.
"""

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

from agentaudit.probes.stacks.memory import Memory
from agentaudit.probes.stacks.walker import Place, Stack, Symbols, Walker


def walker_of(pid: int, stack: Callable[[Sequence[Place]], Stack]) -> Walker[Stack]:
    """Raises LookupError where the process is of another kind, or of one that nobody knows."""
    return Walker(Memory(pid), sys.version_info[:2], _symbols_of(pid), stack=stack)


def sees_itself() -> bool:
    """Whether we see of this very process what the interpreter says, across a call from C."""
    walker = walker_of(os.getpid(), tuple)

    def compared(_: int) -> bool:
        told: list[tuple[str, str]] = []
        frame: FrameType | None = sys._getframe()  # noqa: SLF001 -- documented, and the truth here
        while frame is not None:
            told.append((frame.f_code.co_filename, frame.f_code.co_qualname))
            frame = frame.f_back
        us = threading.get_native_id()
        seen = next((stack.frame_info for stack in walker.threads() if stack.thread_id == us), ())
        return [*seen[-len(told) :]] == told

    return max(map(compared, [0]))


def _symbols_of(pid: int) -> Symbols:
    ours = Symbols(runtime=_address("_PyRuntime"), code_type=_address("PyCode_Type"))
    apart = _base(str(pid), ours.runtime) - _base("self", ours.runtime)
    return Symbols(*(address + apart for address in ours))


def _address(name: str) -> int:
    return ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, name))


def _base(pid: str, address: int) -> int:
    """Where a process has the file loaded that holds an address of ours."""
    file = next((file for start, end, file in _maps("self") if start <= address < end), "")
    starts = [start for start, _, name in _maps(pid) if file and name == file]
    if not starts:
        raise LookupError("the process does not have our interpreter loaded")
    return min(starts)


def _maps(pid: str) -> Iterator[tuple[int, int, str]]:
    """Begin, end, and the number of the file in each piece of a process's memory."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as file:  # noqa: PTH123 -- lighter there
        for line in file:
            places, _, _, device, inode, *_ = line.split()
            start, end = (int(word, 16) for word in places.split("-"))
            yield start, end, f"{device} {inode}" if inode != "0" else ""
