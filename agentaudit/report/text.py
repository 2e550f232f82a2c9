"""Text of others, made harmless to show: what we audit is hostile, also as text."""

import re
import textwrap
import unicodedata

_LONGEST = 10_000
_COMMAND = re.compile(r"##(?=\[|vso\[|teamcity\[)")
"""Runners of CI obey `##[…]` and `##vso[task.complete result=Succeeded]` anywhere in a line."""
_KEPT = frozenset("\n\t")


def printable(text: str) -> str:
    """
    The text without control, bidirectional and other invisible characters, and runners' commands.

    C0 and C1 controls (which move a terminal's cursor), Unicode's format characters (which reorder
    what is read) and lone surrogates become U+FFFD. Newlines and tabs stay.
    """
    shortened = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    shortened = _COMMAND.sub("# #", shortened) if "##" in shortened else shortened
    if shortened.isprintable():
        return shortened
    return "".join(_shown(character) for character in shortened)


def one_line(text: str) -> str:
    """The same, as a single line with single spaces."""
    return " ".join(printable(text).split())


def inert(line: str) -> str:
    """A printable line as no runner takes it for `::error::`, which it obeys behind spaces, too."""
    start = line.lstrip()
    return line.replace(start, f"| {start}", 1) if start.startswith("::") else line


def wrapped(text: str, width: int, *, first: str = "") -> list[str]:
    """
    Lines no wider than the terminal, each inert by itself; a path is never broken apart.

    `first` stands before the first line; the others are indented as far.
    """
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [inert(line) for line in lines]


def cut(text: str, most: int) -> str:
    """The text in at most so many characters; what is left out is an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _shown(character: str) -> str:
    if character in _KEPT or character.isascii():
        return character if character in _KEPT or character.isprintable() else "\ufffd"
    return "\ufffd" if unicodedata.category(character).startswith("C") else character
