"""
How much of what a deployment is called and says is searched for secrets before it is shown.

Where every word may name a secret that takes a microsecond or two for each character. Of what
people deploy it was a sixtieth of the text at most, and mostly less than a thousandth: a file with
far more was made to keep us busy. What is beyond is hidden whole, so nothing is shown unsearched.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct

_FREE = 500_000
_SHARE = 20


class Unsearched(Exception):  # noqa: N818  # no error: whoever shows the text hides it
    """A text is not searched, since too much was before it."""


class SearchBound(Struct):
    """What of one deployment may still be searched."""

    left: int = _FREE
    """Characters."""
    hidden: int = 0
    """How many texts were hidden since somebody told of it."""

    @contextmanager
    def holds(self, length: int) -> Iterator[None]:
        """Whatever is searched meanwhile counts; of files of this length in all."""
        self.left += length // _SHARE
        before = _HELD.set(self)
        try:
            yield
        finally:
            _HELD.reset(before)


_HELD: ContextVar[SearchBound | None] = ContextVar("search_bound", default=None)


def count_search(text: str) -> None:
    """A text is about to be searched; Unsearched where there is no room for it."""
    bound = _HELD.get()
    if bound is None:
        return
    if bound.left < len(text):
        bound.hidden += 1
        raise Unsearched
    bound.left -= len(text)
