"""
Regular expressions that are compiled when a text is first held against them, and plain words.

The former are for modules that every `lint` loads: they have hundreds, most runs ask a few of them,
and to compile all takes longer than to read a small deployment.
"""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import cast

_ANSWERS = ("search", "match", "fullmatch", "findall", "finditer", "sub", "split")


def holds_word(text: str, words: Iterable[str]) -> bool:
    """Whether one of the words stands in a text."""
    for word in words:  # noqa: SIM110, a generator would take twice the time, and all texts come here
        if word in text:
            return True
    return False


def folded(text: str) -> str:
    """
    A text in which a word of small letters stands wherever `(?i)` finds it: to ask for words first.

    Such an expression also takes the Turkish letters for an i, which folding does not.
    """
    if text.isascii():
        return text.lower()
    return text.casefold().replace("\u0131", "i").replace("\u0307", "")


def one_of(*words: str) -> str:
    """
    The source of an expression for one of a few words, each of which begins with a letter.

    Whether any begins with what stands there is asked first: of each word by itself it takes twice
    the time where the size of letters does not count.
    """
    letters = "".join(sorted({word[0] for word in words}))
    return rf"(?=[{letters}])(?:{'|'.join(words)})"


def any_of(words: Iterable[str], *, stops: str) -> re.Pattern[str]:
    """
    An expression for many words, four times as fast as to look for fifty one after the other.

    It stops only at a few characters, of which each word has one and most texts have few, and
    looks from there before and behind. Each word stands behind the first of `stops` that it has.
    """
    return cast("re.Pattern[str]", Late(partial(_around, tuple(words), stops)))


def _around(words: Iterable[str], stops: str) -> str:
    alike: dict[tuple[str, str, int], list[str]] = {}
    for word in words:
        stop = next(character for character in stops if character in word)
        before, _, rest = word.partition(stop)
        alike.setdefault((stop, rest, len(before)), []).append(re.escape(before))
    behind: dict[str, list[str]] = {}
    for (stop, rest, _), befores in alike.items():  # of one length, so that one look back is enough
        known = f"(?<=(?:{'|'.join(befores)}){re.escape(stop + rest)})"
        behind.setdefault(stop, []).append(re.escape(rest) + known)
    return "|".join(f"{re.escape(stop)}(?:{'|'.join(rests)})" for stop, rests in behind.items())


def regex(source: str, flags: int = 0) -> re.Pattern[str]:
    """An expression that is compiled when it is first asked, and then answers as fast as any."""
    return cast("re.Pattern[str]", Late(lambda: source, flags))


class Late:
    """Stands for a compiled expression, and takes its answers for its own once they are wanted."""

    def __init__(self, source: Callable[[], str], flags: int = 0) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> object:
        compiled = re.compile(self._source(), self._flags)
        vars(self).update({answer: getattr(compiled, answer) for answer in _ANSWERS})
        return getattr(compiled, name)
