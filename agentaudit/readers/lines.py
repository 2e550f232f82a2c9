"""Lines and columns of offsets in a text, and the limits that every reader keeps."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

from agentaudit.errors import InputError, Problem
from agentaudit.expressions import regex

MAX_DEPTH = 100
"""Deeper nesting is an attack on the reader, not a configuration."""
MAX_NODES = 100_000
"""More nodes in one file, aliases expanded, are refused."""
MAX_WRITTEN = 500_000
"""Characters of a file in a syntax that people write by hand."""
MAX_PROSE = 1_000_000
"""Characters of instructions: more than any model takes in at once."""
MAX_CODE = 1_000_000
"""Characters of code: a larger file was made by a program, and chance makes anything in it."""
MAX_COMMENTS = 200_000
"""More comments in one file are refused, as more nodes are."""
_WORD = regex(r"[A-Za-z_$][A-Za-z_$./-]{0,23}")
"""A key that is no credential: those have digits, or are longer."""

MAX_NAME = 1_000
"""Characters of what something is called; no name is that long."""
MAX_ROUTE = 4_000
"""The same of all keys around a value together."""


class Lines:
    """Where an offset stands, counted from 1 in lines and characters."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        found = text.find("\n")
        while found >= 0:
            self._starts.append(found + 1)
            found = text.find("\n", found + 1)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of a character."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


@lru_cache(maxsize=2)
def lines_of(text: str) -> Sequence[str]:
    """The lines of a text, told apart once for all that stands in a file."""
    return text.split("\n")


def characters_before(line: str, byte: int) -> int:
    """How many characters of a line stand before one of its bytes, for parsers that count bytes."""
    return byte if line.isascii() else byte - bisect_left(_continued(line), byte)


@lru_cache(maxsize=8)
def _continued(line: str) -> Sequence[int]:
    """The bytes of a line that do not begin a character; a line may be as long as its file."""
    encoded = line.encode(errors="replace")
    return tuple(found.start() for found in re.finditer(rb"[\x80-\xbf]", encoded))


_BLOCK = 1_024


def bytes_before(line: str, characters: int) -> int:
    """How many bytes so many characters of a line are; a line may be as long as its file."""
    if line.isascii():
        return characters
    block = characters // _BLOCK
    return _bytes_of_blocks(line)[block] + len(line[block * _BLOCK : characters].encode())


@lru_cache(maxsize=8)
def _bytes_of_blocks(line: str) -> Sequence[int]:
    """How many bytes stand before each block of a line."""
    blocks = (line[at : at + _BLOCK] for at in range(0, len(line), _BLOCK))
    return tuple(accumulate((len(block.encode()) for block in blocks), initial=0))


def broken(file: str, line: int, column: int, message: str) -> InputError:
    """The error of a reader that cannot go on."""
    return InputError(Problem(file=file, line=line, column=column, message=message))


def said_twice(key: str) -> str:
    """What is wrong with a key that its mapping has already; only a plain word is repeated."""
    shown = f"the key `{key}`" if _WORD.fullmatch(key) else "this key"  # which may be a secret
    return f"{shown} stands here twice"


def too_many_comments(file: str) -> InputError:
    """The error of a reader of a file that is little else than comments."""
    return broken(file, 1, 1, f"more than {MAX_COMMENTS:,} comments")


def offset_of(text: str, line: int, column: int) -> int:
    """The offset of a place; behind the text where there is no such line."""
    offset = 0
    for _ in range(line - 1):
        offset = text.find("\n", offset) + 1
        if not offset:
            return len(text)
    return offset + column - 1
