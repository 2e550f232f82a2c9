"""How much more work more input makes: lines of ours that run, and no clock."""

import sys
from collections.abc import Callable
from types import FrameType


def further_cost(work: Callable[[int], object], step: int, *, within: str) -> tuple[int, int]:
    """What the second and the third `step` parts cost, in lines that run."""
    one, two, three = (_lines_run(work, count, within) for count in (step, 2 * step, 3 * step))
    return two - one, three - two


def _lines_run(work: Callable[[int], object], count: int, within: str) -> int:
    """How many lines of a package of ours run; the second time, when all is loaded."""
    work(count)
    run = 0

    def counted(_frame: FrameType, _event: str, _argument: object) -> object:
        nonlocal run
        run += 1
        return counted

    def enter(frame: FrameType, _event: str, _argument: object) -> object:
        return counted if f"/agentaudit/{within}/" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(enter)  # type: ignore[arg-type]  # it may return None
    try:
        work(count)
    finally:
        sys.settrace(before)
    return run
