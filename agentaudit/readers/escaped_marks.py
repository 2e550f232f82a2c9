r"""Marks of Markdown that a backslash makes plain: `sk\_live\_…` is read as `sk_live_…`."""

from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct

from agentaudit.expressions import regex

_ESCAPE = regex(r"\\(?=[_.~-])")
_ENDINGS = (".md", ".mdx", ".mdc")


class PlainText(Struct, frozen=True):
    """A text as people read it, and where its characters stand in the file."""

    text: str
    taken: Sequence[int] = ()
    """Where a backslash was, in the text without them."""

    def original(self, offset: int) -> int:
        """Where a character stands in the file."""
        return offset + bisect_right(self.taken, offset)


def without_escapes(text: str) -> str:
    """A text without the backslashes before marks."""
    return _ESCAPE.sub("", text) if "\\" in text else text


def plain_text(file: str, text: str) -> PlainText:
    """A text of Markdown without the backslashes before marks; any other as it is."""
    found = [each.start() for each in _ESCAPE.finditer(text)] if "\\" in text else []
    if not found or not file.endswith(_ENDINGS):
        return PlainText(text)
    taken = [place - number for number, place in enumerate(found)]
    return PlainText(_ESCAPE.sub("", text), taken)
