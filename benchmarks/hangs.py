"""What takes too long is stopped, and whatever is raised is named by its place in our source."""

import signal
import time
import traceback
from collections.abc import Callable
from typing import TypeVar

ValueT = TypeVar("ValueT")

LONGEST_CPU_S = 5.0


class Hang(BaseException):
    """An input took too long; no handler of ours catches it."""


def heed_limits() -> None:
    """From now on a limit of CPU time that is reached raises Hang."""
    signal.signal(signal.SIGPROF, _stop)


def limit_cpu(seconds: float) -> None:
    """So many seconds from now are left; 0 for no limit."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def timed(work: Callable[[], ValueT], *, longest_s: float = 0) -> tuple[float, ValueT]:
    """The CPU seconds of a piece of work, and what it makes; Hang where a limit is reached."""
    begun_s = time.process_time()
    limit_cpu(longest_s)
    try:
        value = work()
    finally:
        limit_cpu(0)
    return time.process_time() - begun_s, value


def place_of(error: BaseException) -> str:
    """What was raised, and by which line of our source."""
    frames = our_frames(error)
    where = f"{frames[-1][0]}:{frames[-1][1].lineno}" if frames else "?"
    return f"{type(error).__name__} at {where}"


def our_frames(error: BaseException) -> list[tuple[str, traceback.FrameSummary]]:
    """The frames of our source that an error went through, each with its file as we call it."""
    return [
        (frame.filename.rpartition("/agentaudit/")[2], frame)
        for frame in traceback.extract_tb(error.__traceback__)
        if "/agentaudit/" in frame.filename
    ]


def _stop(*_: object) -> None:
    raise Hang
