"""
Stacks of a CPython process, read from its memory by where its version keeps them.

The process is neither stopped nor written to: a call of the kernel copies the frames of a thread in
less time than most functions take, and what changed meanwhile is read again. Unlike CPython 3.14's
own reader, this one goes on where C code called Python, and reaches the root.

Part of what travels with the companion: the standard library alone.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from agentaudit.probes.stacks.chunks import InChunks
from agentaudit.probes.stacks.frames import Frames
from agentaudit.probes.stacks.heap import OnHeap
from agentaudit.probes.stacks.layouts import PUBLISHED, layout_of
from agentaudit.probes.stacks.looks import DEEPEST
from agentaudit.probes.stacks.memory import Memory, Piece

_WORD = struct.Struct("=Q")
_STATE = struct.Struct("=I")
_LONGEST_TEXT = 1000
_MOST_THREADS = 2000
_MOST_STACKS = 5000
_MOST_LOOKS = 1000
"""Then functions are read anew: an address may hold another one by now."""

_TRIES = 3
_ENCODINGS = {1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}

Stack = TypeVar("Stack")


class Symbols(NamedTuple):
    """Addresses in a process: of `_PyRuntime`, and of `PyCode_Type`, the type of all code."""

    runtime: int
    code_type: int


class Place(NamedTuple):
    """A function and its file, named as CPython's own reader names them."""

    filename: str
    funcname: str


class ThreadStack(NamedTuple, Generic[Stack]):
    """`thread_id` is the kernel's number, 0 of a thread that cannot be told."""

    thread_id: int
    frame_info: Stack


@dataclass(slots=True)
class _Thread(Generic[Stack]):
    """A thread, where its frames lie, and the stack that was seen last."""

    address: int
    frames: Frames
    asked: Sequence[Piece] = ()
    """What was gathered of it at the last look."""
    codes: tuple[int, ...] = ()
    seen: ThreadStack[Stack] | None = None


class Walker(Generic[Stack]):
    """
    All threads of a process; `stack` is asked once what each stack shall be, frames leaf first.

    Raises LookupError where its memory is of no kind we know, OSError where it cannot be read.
    """

    def __init__(
        self,
        memory: Memory,
        version: tuple[int, int],
        symbols: Symbols,
        *,
        stack: Callable[[Sequence[Place]], Stack],
        thread_of: Callable[[int], int] = lambda pthread: pthread,
    ) -> None:
        """`thread_of` knows the kernel's number of a thread of the C library, by its address."""
        self._memory = memory
        self._symbols = symbols
        self._made = stack
        self._thread_of = thread_of
        self._at = layout_of(version, memory.read(symbols.runtime, PUBLISHED.size))
        self._codes: dict[int, Place] = {}
        self._stacks: dict[tuple[int, ...], Stack] = {}
        self._links: Sequence[Piece] = ()
        self._linked: Sequence[bytes] = ()
        """What leads from thread to thread, and what stood there at the look before."""
        self._threads: Sequence[_Thread[Stack]] = ()
        self._ask: Callable[[], Sequence[bytes]] | None = None
        self._looks = 0
        self._torn = OSError("no thread runs in the process")

    def threads(self) -> Sequence[ThreadStack[Stack]]:
        """Raises OSError when the process changed while it was read, or has no interpreter."""
        self._forget()
        self._memory.allow()
        gathered = self._gathered()
        start = len(self._links)
        if not start or gathered[:start] != self._linked:
            self._list()
        seen: list[ThreadStack[Stack]] = []
        for thread in self._threads:
            end = start + len(thread.asked)
            stack = self._seen(thread, gathered[start:end])
            if stack is not None:
                seen.append(stack)
            start = end
        if self._threads and not seen:
            raise self._torn
        return seen

    def _gathered(self) -> Sequence[bytes]:
        """The links, and what each thread asks for; packed anew where that is something else."""
        ask = self._ask
        for thread in self._threads:
            pieces = thread.frames.pieces()
            if pieces is not thread.asked:
                thread.asked, ask = pieces, None
        if ask is None:
            wanted = [self._links, *(thread.asked for thread in self._threads)]
            pieces = [piece for of_one in wanted for piece in of_one]
            self._ask = ask = self._memory.asking(pieces)
        return ask()

    def _list(self) -> None:
        """Which threads there are, each led to by one before it or by its interpreter."""
        at = self._at
        known = {thread.address: thread for thread in self._threads}
        links: list[Piece] = []
        linked: list[bytes] = []
        threads: list[_Thread[Stack]] = []

        def follow(address: int) -> int:
            links.append((address, _WORD.size))
            linked.append(self._memory.read(address, _WORD.size))
            return _at(linked[-1], 0)

        interpreter = follow(self._symbols.runtime + at.interpreters)
        if not interpreter:
            raise OSError("no interpreter runs in the process")
        while interpreter and len(threads) < _MOST_THREADS:
            thread = follow(interpreter + at.threads)
            while thread and len(threads) < _MOST_THREADS:
                threads.append(known.get(thread) or self._thread(thread))
                thread = follow(thread + at.next_thread)
            interpreter = follow(interpreter + at.next_interpreter)
        self._threads = threads
        self._links = links
        self._linked = linked
        self._ask = None
        for one in threads:
            one.asked = ()

    def _thread(self, address: int) -> "_Thread[Stack]":
        kept = InChunks if self._at.chunk else OnHeap
        return _Thread(address=address, frames=kept(self._memory, self._at, address))

    def _seen(
        self, thread: "_Thread[Stack]", gathered: Sequence[bytes]
    ) -> ThreadStack[Stack] | None:
        """A torn read passes, as the next is of another moment; who stays torn is left out."""
        for left in reversed(range(_TRIES)):
            try:
                return self._stack(thread, gathered, last_try=not left)
            except OSError as error:
                self._torn = error
                gathered = ()
        return None

    def _stack(
        self, thread: "_Thread[Stack]", gathered: Sequence[bytes], *, last_try: bool
    ) -> ThreadStack[Stack]:
        if not gathered or not gathered[0]:
            gathered = self._memory.gathered(thread.frames.pieces())
        state = gathered[0]
        if not state:
            raise OSError("the thread is gone")
        codes = thread.frames.codes(gathered, last_try=last_try)
        if thread.seen is None or thread.codes is not codes or not codes:
            thread.seen = ThreadStack(self._number(state), self._of(codes[-DEEPEST:]))
            thread.codes = codes
        return thread.seen

    def _of(self, codes: tuple[int, ...]) -> Stack:
        known = self._stacks.get(codes)
        if known is None:
            known = self._stacks[codes] = self._made([self._place(code) for code in codes])
        return known

    def _number(self, state: bytes) -> int:
        if self._at.native_id is None:
            return self._thread_of(_at(state, self._at.pthread))
        return _at(state, self._at.native_id)

    def _place(self, code: int) -> Place:
        known = self._codes.get(code)
        if known is None:
            data = self._memory.read(code, self._at.code_bytes)
            if _at(data, self._at.kind) != self._symbols.code_type:
                raise OSError("what runs is no function's code")
            file, name = (self._text(_at(data, at)) for at in (self._at.file, self._at.qualified))
            known = self._codes[code] = Place(file, name)
        return known

    def _text(self, address: int) -> str:
        """PEP 393: the characters of a compact text follow its head, as wide as the widest."""
        at = self._at
        head = self._memory.read(address, at.text)
        (state,) = _STATE.unpack_from(head, at.state)
        state >>= at.state_shift
        width, ascii_only = state & 7, state >> 4 & 1
        length = _at(head, at.length)
        if length > 1 << 20 or width not in _ENCODINGS:
            raise OSError("no text that names a function is like that")
        place = address + at.text + (0 if ascii_only else at.wider)
        if not length:
            return ""
        data = self._memory.read(place, min(length, _LONGEST_TEXT) * width)
        return data.decode(_ENCODINGS[width], "replace")

    def _forget(self) -> None:
        self._looks += 1
        if len(self._stacks) > _MOST_STACKS or self._looks > _MOST_LOOKS:
            self._codes.clear()
            self._stacks.clear()
            self._links = self._linked = ()
            self._threads = ()
            self._ask = None
            self._looks = 0


def _at(data: bytes, place: int) -> int:
    return int(_WORD.unpack_from(data, place)[0])
