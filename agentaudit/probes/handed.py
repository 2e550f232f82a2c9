"""What a thread of a probe saw, handed over to the loop of the recorder."""

from collections.abc import Iterator
from queue import SimpleQueue
from typing import TypeVar

_Seen = TypeVar("_Seen")


def handed_over(queue: "SimpleQueue[_Seen]") -> Iterator[_Seen]:
    """All that is in the queue by now; nobody else takes of it."""
    for _ in range(queue.qsize()):
        yield queue.get_nowait()
