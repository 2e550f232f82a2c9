"""
Steps that an agent marks itself: `agentaudit.step("tool_call", "search")`.

    with step("retrieval", "find passages"): ...      # also `async with`

    @step("tool_call")                                # named after the function; also `async def`
    def search(query): ...

It needs nothing but the standard library and runs on CPython 3.8 and later, so this file may be
copied into a project by itself. While nobody records, a step costs a few microseconds. It never
waits, and nothing that goes wrong in telling of a step reaches the agent; only a kind that does not
exist is a ValueError, at once, because that is a mistake in the program.

Protocol
--------
Datagrams to a Unix socket that the recorder binds. The first of these addresses that takes one:

* what the environment variable AGENTAUDIT_MARKERS names: a path, or `@name` in the abstract
  namespace. The recorder sets it for commands that it starts;
* `@agentaudit-PID` in the abstract namespace; PID is what `os.getpid()` says, which in a container
  is not what the recorder sees;
* the address that worked before a fork, in a child that the recorder has not noticed yet.

A datagram holds up to 32 KiB of UTF-8 text: one message a line, its fields separated by tabs.

    1  B  MARKER  PARENT  TID  TASK  FLAGS  KIND  START_NS  NAME            a step began
    1  E  MARKER  PARENT  TID  TASK  FLAGS  KIND  START_NS  END_NS  NAME    it ended

The first field is the version. MARKER counts from 1 within a process; PARENT is the marker around
it, or 0. TID is the thread's number as the process sees it, TASK the `id` of the asyncio task or 0.
Instants are of `time.monotonic_ns()`. FLAGS is `-`, or `i` of a step that an injected wrapper told.
An end repeats all of its beginning, so a step that began before anybody listened is known when it
ends. Who sent a datagram is not said: the kernel tells the recorder, and nobody can pretend.
Whoever binds the address can read names of steps: never put anything secret into one.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections import deque
from contextvars import ContextVar
from functools import wraps
from itertools import count
from time import monotonic_ns, sleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator
    from typing import Any, ParamSpec, Self, TypeVar

    P = ParamSpec("P")
    T = TypeVar("T")

KINDS = ("llm_inference", "tool_call", "retrieval", "memory_read", "memory_write", "orchestration")
ENVIRONMENT = "AGENTAUDIT_MARKERS"
LONGEST_NAME = 200
_LARGEST = 32 * 1024
_MOST_WAITING = 10_000  # messages while the recorder is busy; the oldest are given up
_RETRY_S = 0.005
_DEAF_NS = 200_000_000  # nothing is tried for so long after nobody listened
_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200  # `inspect` takes long to import


class step:  # noqa: N801 -- read as a word of the language: `with step(...)`
    """
    A stretch of one kind of work, as a context manager or a decorator, plain or async.

    Raises ValueError for a kind that does not exist; `KINDS` lists them. `injected` is for wrappers
    that somebody else put around a function of the agent.
    """

    def __init__(self, kind: str, name: str = "", *, injected: bool = False) -> None:
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of step; known: {', '.join(KINDS)}")
        self._kind = str(getattr(kind, "value", kind))
        self._name = _plain(name)
        self._injected = injected
        self._open: list[_Begun] = []

    def __enter__(self) -> Self:
        begun = _Begun(self._kind, self._name or self._kind, injected=self._injected)
        self._open.append(begun)
        _around.set(begun)
        _tell(begun.beginning)
        return self

    def __exit__(self, *_: object) -> None:
        if (begun := self._ended()) is not None:
            _tell(begun.end)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.__exit__()

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """The function, each of its calls a step; generators and coroutines stay what they are."""
        name = self._name or getattr(function, "__qualname__", "").rpartition("<locals>.")[2]

        def begun() -> step:
            return step(self._kind, name, injected=self._injected)

        flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
        wrapping: Any = _called  # what it is called with and gives is the function's own business
        if flags & _COROUTINE:
            wrapping = _awaited
        elif flags & _ASYNC_GENERATOR:
            wrapping = _async_iterated
        elif flags & _GENERATOR:
            wrapping = _iterated
        return wraps(function)(wrapping(function, begun))

    def _ended(self) -> _Begun | None:
        """The step that ends here: the one around us, unless contexts were mixed."""
        around = _around.get()
        if around is not None and around in self._open:
            self._open.remove(around)
            _around.set(around.outer)
            return around
        return self._open.pop() if self._open else None


def _called(function: Callable[..., Any], begun: Callable[[], step]) -> Callable[..., Any]:
    def call(*arguments: object, **named: object) -> object:
        with begun():
            return function(*arguments, **named)

    return call


def _awaited(function: Callable[..., Any], begun: Callable[[], step]) -> Callable[..., Any]:
    async def call(*arguments: object, **named: object) -> object:
        with begun():
            return await function(*arguments, **named)

    return call


def _iterated(function: Callable[..., Any], begun: Callable[[], step]) -> Callable[..., Any]:
    def call(*arguments: object, **named: object) -> Generator[object, object, object]:
        with begun():
            return (yield from function(*arguments, **named))

    return call


def _async_iterated(function: Callable[..., Any], begun: Callable[[], step]) -> Callable[..., Any]:
    async def call(*arguments: object, **named: object) -> AsyncIterator[object]:
        values = function(*arguments, **named)
        with begun():
            try:
                async for value in values:
                    yield value
            finally:
                await values.aclose()

    return call


class _Begun:
    """A step that goes on."""

    __slots__ = ("_name", "_said", "_start_ns", "marker", "outer", "pid")

    def __init__(self, kind: str, name: str, *, injected: bool) -> None:
        self.pid = os.getpid()
        self.outer = _around.get()
        self.marker = next(_markers)
        # What was around in the process that forked us is a step of that process.
        parent = self.outer.marker if self.outer and self.outer.pid == self.pid else 0
        self._start_ns = monotonic_ns()
        self._said = (
            f"{self.marker}\t{parent}\t{threading.get_native_id()}\t{_task()}"
            f"\t{'i' if injected else '-'}\t{kind}\t{self._start_ns}"
        )
        self._name = name

    def beginning(self) -> str:
        return f"1\tB\t{self._said}\t{self._name}"

    def end(self) -> str:
        return f"1\tE\t{self._said}\t{max(monotonic_ns(), self._start_ns)}\t{self._name}"


_around: ContextVar[_Begun | None] = ContextVar("agentaudit_step", default=None)
_markers = count(1)


def _task() -> int:
    """The asyncio task that runs in this thread, 0 for none; never the reason to import asyncio."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return 0
    try:
        running = asyncio._get_running_loop()  # noqa: SLF001 -- documented: gives None, never raises
        return id(asyncio.current_task()) if running is not None else 0
    except (AttributeError, RuntimeError):  # half imported, or a loop of another kind
        return 0


def _plain(name: object) -> str:
    """A name on one line without tabs, whatever it was."""
    try:
        return " ".join(str(name)[:LONGEST_NAME].split())
    except Exception:  # noqa: BLE001 -- the name's own __str__ may raise anything
        return ""


class _Line:
    """The way to the recorder of one process."""

    def __init__(self, inherited: str = "") -> None:
        import socket  # noqa: PLC0415 -- late: agents have it loaded long before their first step

        self.pid = os.getpid()
        self.deaf_until_ns = 0
        self.address = ""
        self._waiting: deque[str] = deque(maxlen=_MOST_WAITING)
        self._retrying = False
        self._sending = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        named = os.environ.get(ENVIRONMENT, "")
        if named.startswith("@"):
            named = "\0" + named[1:]
        addresses = (named, f"\0agentaudit-{self.pid}", inherited)
        self._addresses = [address for address in addresses if address]

    def __del__(self) -> None:
        self._socket.close()

    def send(self, message: str) -> None:
        self._waiting.append(message)
        if not self._flushed() and not self._retrying:
            self._retrying = True
            atexit.register(self._flushed)
            threading.Thread(target=self._retry, name="agentaudit-markers", daemon=True).start()

    def _retry(self) -> None:
        """Where more was told at once than the kernel keeps, its end must not wait."""
        while not self._flushed():
            sleep(_RETRY_S)
        self._retrying = False

    def _flushed(self) -> bool:
        """False while the recorder is too busy. One thread sends for all, so that order is kept."""
        while self._waiting and self._sending.acquire(False):
            try:
                if not self._sent():
                    return False
            finally:
                self._sending.release()
        return True

    def _sent(self) -> bool:
        """Whether what waits, as much as a datagram holds, was taken, or nobody is there for it."""
        batch = self._batch()
        datagram = "\n".join(batch).encode("utf-8", "replace")
        for address in [self.address] if self.address else self._addresses:
            try:
                self._socket.sendto(datagram, address)
            except BlockingIOError:
                self._waiting.extendleft(reversed(batch))
                return False
            except OSError:
                continue
            self.address = address
            return True
        self.address = ""
        self._waiting.clear()
        self.deaf_until_ns = monotonic_ns() + _DEAF_NS
        return True

    def _batch(self) -> list[str]:
        batch = [self._waiting.popleft()]
        size = len(batch[0])
        while self._waiting and 4 * (size + len(self._waiting[0])) < _LARGEST:
            batch.append(self._waiting.popleft())
            size += len(batch[-1])
        return batch


_line: _Line | None = None


def _tell(message: Callable[[], str]) -> None:
    """Hands a message to the recorder, if there is one; whatever happens, the agent goes on."""
    global _line  # noqa: PLW0603 -- one way out a process, made anew after a fork
    try:
        line = _line
        if line is None or line.pid != os.getpid():
            line = _line = _Line(line.address if line is not None else "")
        if line.deaf_until_ns < monotonic_ns():
            line.send(message())
    except Exception:  # noqa: BLE001 -- a step not told is a step less, never a fault of the agent
        return
