"""How much more work more input makes: lines of ours that run, and no clock."""

import sys
from collections.abc import Callable
from types import CodeType, FrameType


def further_cost(work: Callable[[int], object], step: int, *, within: str) -> tuple[int, int]:
    """What the second and the third `step` parts cost, in lines that run."""
    one, two, three = (_lines_run(work, count, within) for count in (step, 2 * step, 3 * step))
    return two - one, three - two


def _lines_run(work: Callable[[int], object], count: int, within: str) -> int:
    """How many lines of a package of ours run; the second time, when all is loaded."""
    work(count)
    return _counted(lambda: work(count), f"/agentaudit/{within}/")


if sys.version_info >= (3, 12):  # there `settrace` misses one line in a thousand

    def _counted(work: Callable[[], object], folder: str) -> int:
        run = 0
        monitoring = sys.monitoring

        def line(code: CodeType, _number: int) -> object:
            nonlocal run
            if folder not in code.co_filename:
                return monitoring.DISABLE
            run += 1
            return None

        tool, lines = monitoring.OPTIMIZER_ID, monitoring.events.LINE
        monitoring.use_tool_id(tool, __name__)
        monitoring.register_callback(tool, lines, line)
        monitoring.set_events(tool, lines)
        monitoring.restart_events()
        try:
            work()
        finally:
            monitoring.set_events(tool, monitoring.events.NO_EVENTS)
            monitoring.free_tool_id(tool)
        return run

else:

    def _counted(work: Callable[[], object], folder: str) -> int:
        run = 0

        def counted(_frame: FrameType, _event: str, _argument: object) -> object:
            nonlocal run
            run += 1
            return counted

        def enter(frame: FrameType, _event: str, _argument: object) -> object:
            return counted if folder in frame.f_code.co_filename else None

        before = sys.gettrace()
        sys.settrace(enter)  # type: ignore[arg-type]  # it may return None
        try:
            work()
        finally:
            sys.settrace(before)
        return run
