"""
The truth of an agent: what it did, and when, said as its last line.

Names in this folder are chosen so that no rule for an agent's own code knows them: what a recording
tells of these agents, it tells from the frameworks alone.
"""

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

PAUSE_S = 0.4
"""What a user thinks for between two questions: stretches without any are one to samples."""

_cpu_ns: Counter[str] = Counter()
_wall_ns: Counter[str] = Counter()
_parser = argparse.ArgumentParser()
_parser.add_argument("--model", default="", help="host:port of the model")
_parser.add_argument("--requests", type=int, default=6)
_parser.add_argument("--at-once", type=int, default=1)
_parser.add_argument("--crunch-s", type=float, default=0.2, help="what a tool works for")
_asked = _parser.parse_args()

MODEL = f"http://{_asked.model}"
KEY = "none-is-needed"


@contextmanager
def noted(kind: str) -> Iterator[None]:
    """The wall and CPU time of a stretch of one kind of work on this thread, written down."""
    wall_ns, cpu_ns = time.monotonic_ns(), time.thread_time_ns()
    yield
    _cpu_ns[kind] += time.thread_time_ns() - cpu_ns
    _wall_ns[kind] += time.monotonic_ns() - wall_ns


def told(kind: str, cpu_ns: int) -> None:
    """Work that another process did, and told of."""
    _cpu_ns[kind] += cpu_ns


def crunch() -> str:
    """Add up many numbers."""
    with noted("tool_call"):
        end_s = time.thread_time() + _asked.crunch_s
        while time.thread_time() < end_s:
            sum(range(1000))
    return "499500"


def serve(ask: Callable[[str], object]) -> None:
    """Asks one question after the other, and says what happened. The first is not counted."""
    ask("How much is it?")
    start_ns = _begin()
    for _ in range(_asked.requests):
        time.sleep(PAUSE_S)
        ask("How much is it?")
    _say(start_ns)


def serve_async(ask: Callable[[str], Awaitable[object]]) -> None:
    """The same on an event loop, so many questions at once as was asked for."""
    asyncio.run(served(ask))


async def served(ask: Callable[[str], Awaitable[object]]) -> None:
    """What `serve_async` runs, for agents that have a loop already."""
    await ask("How much is it?")
    start_ns = _begin()
    await asyncio.gather(*(_user(ask) for _ in range(_asked.at_once)))
    _say(start_ns)


async def _user(ask: Callable[[str], Awaitable[object]]) -> None:
    for _ in range(_asked.requests // _asked.at_once):
        await asyncio.sleep(PAUSE_S)
        await ask("How much is it?")


def _begin() -> int:
    _cpu_ns.clear()
    _wall_ns.clear()
    return time.monotonic_ns()


def _say(start_ns: int) -> None:
    truth = {
        "start_ns": start_ns,
        "end_ns": time.monotonic_ns(),
        "requests": _asked.requests // _asked.at_once * _asked.at_once,
        "cpu_ns": _cpu_ns,
        "wall_ns": _wall_ns,
    }
    print(json.dumps(truth), flush=True)
