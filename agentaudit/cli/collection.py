"""Stretches of a command in which Python looks for no cycles of garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_collected() -> Iterator[None]:
    """
    Spans, steps, documents and facts hold none; looking for some takes a tenth of the time.

    What was made meanwhile is not looked through later either: commands keep it until they end.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
