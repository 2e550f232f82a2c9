"""The characters that escapes with numbers stand for, in every syntax that has them."""

_LAST = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
"""Halves of characters in UTF-16; alone they are no character, and no output can hold one."""


def character_of(code: int) -> str:
    """The character with a number; U+FFFD where the number is no character's."""
    return chr(code) if code <= _LAST and code not in _SURROGATES else "\N{REPLACEMENT CHARACTER}"
