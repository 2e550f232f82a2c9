"""What stands for another character in quoted strings and heredocs of HCL."""

import re

from agentaudit.readers.escapes import character_of

_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))|([$%])\4(?=\{)')
_DOUBLED = re.compile(r"([$%])\1(?=\{)")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


def unescaped(text: str) -> str:
    """What a quoted text says."""
    return _ESCAPE.sub(_character, text) if "\\" in text or "{" in text else text


def undoubled(text: str) -> str:
    """What the text of a heredoc says, which knows no other escape than doubled marks."""
    return _DOUBLED.sub(r"\1", text)


def _character(match: re.Match[str]) -> str:
    simple, short, long, doubled = match.groups()
    if simple:
        return _ESCAPED.get(simple, simple)
    if doubled:
        return str(doubled)
    return character_of(int(short or long, 16))
