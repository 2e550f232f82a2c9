"""
The words of a command as a shell parts them: blanks between, quotes and backslashes heeded.

They are those of `shlex.split`, which takes a microsecond for each character, and the square of a
word's length. Here a text takes as long as it is long.
"""

import re

from agentaudit.expressions import regex

_PIECE = regex(
    r"""[ \t\r\n]+|(?P<bare>[^ \t\r\n"'\\]+)|\\(?P<escaped>.)"""
    r"""|'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]++|\\.)*+)\"""",
    re.DOTALL,
)
_WORD = regex(r"[^ \t\r\n]+")
_ESCAPED = regex(r'\\(["\\])')
"""Between double quotes a backslash stands for itself before anything else."""


def shell_words(text: str) -> list[str]:
    """The words of a command; a ValueError where a quote does not end, or nothing is escaped."""
    if not any(mark in text for mark in "\"'\\"):
        return _WORD.findall(text)
    words: list[str] = []
    word: list[str] | None = None
    end = 0
    for piece in _PIECE.finditer(text):
        if piece.start() != end:
            break
        end, kind = piece.end(), piece.lastgroup
        if kind is not None:
            said = piece[kind]
            word = [] if word is None else word
            word.append(_ESCAPED.sub(r"\1", said) if kind == "double" else said)
        elif word is not None:
            words.append("".join(word))
            word = None
    if end < len(text):
        raise ValueError("a quote does not end")
    return words if word is None else [*words, "".join(word)]


def words_of_command(text: str) -> list[str]:
    """The same, where quotes are heeded unless one does not end."""
    try:
        return shell_words(text)
    except ValueError:
        return text.split()
