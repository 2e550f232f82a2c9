"""Work in processes of our own on this machine, one for each core."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from threading import Thread
from typing import Any, TypeVar

from agentaudit.errors import IncompleteError

_Base = TypeVar("_Base")
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_ATTEMPTS = 3
"""How often what a lost process had in hand is given out, the first time included."""

_given: Any = None
"""In a worker: what all tasks share, sent once."""


def computed_here(
    function: Callable[[_Base, _Task], _Result], base: _Base, tasks: Sequence[_Task], *, jobs: int
) -> Iterator[_Result]:
    """
    What the function makes of `base` and each of the tasks, as they are done, in `jobs` processes.

    With one job all is done in this process. What a process was killed over is given to others;
    IncompleteError where that happens again and again.
    """
    if jobs == 1 or len(tasks) <= 1:
        yield from (function(base, task) for task in tasks)
        return
    left = dict(enumerate(tasks))
    for _ in range(_ATTEMPTS):
        try:
            for number, result in _in_pool(function, base, left, jobs):
                del left[number]
                yield result
        except BrokenProcessPool:
            continue
        return
    raise IncompleteError(
        f"processes of ours were killed {_ATTEMPTS} times, for want of memory perhaps;"
        f" {len(left)} of {len(tasks)} tasks are left"
    )


def _in_pool(
    function: Callable[[_Base, _Task], _Result], base: _Base, tasks: dict[int, _Task], jobs: int
) -> Iterator[tuple[int, _Result]]:
    pool = ProcessPoolExecutor(
        max_workers=min(jobs, len(tasks)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_take,
        initargs=(base,),
    )
    try:
        futures = {pool.submit(_do, function, task): number for number, task in tasks.items()}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _take(base: object) -> None:
    global _given  # noqa: PLW0603, the process has one task at a time and one base
    _given = base
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Nobody takes results any more, and no task comes, once the process that asked is killed."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _do(function: Callable[[Any, Any], _Result], task: object) -> _Result:
    return function(_given, task)
