"""Lists and counts as parts of sentences."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

ThingT = TypeVar("ThingT")
MOST_HELPED = 20
"""Names that are none, for which one is sought that may be meant: each takes milliseconds."""
_LONGEST_NAME = 60


def listed(names: Sequence[str], word: str = "and") -> str:
    """`a, b and c`."""
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def first_of(things: Sequence[ThingT], most: int, told: Callable[[ThingT], str] = str) -> str:
    """`a, b and 3 more`; what is not shown is not told, however many there are."""
    more = f" and {len(things) - most:,} more" if len(things) > most else ""
    return ", ".join(map(told, things[:most])) + more


def meant(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """`; did you mean X?` where one of the known is like a name that none of them is."""
    from difflib import get_close_matches  # takes longer to load than most runs have to say

    near = get_close_matches(name[:_LONGEST_NAME], sorted(known), n=1)
    return f"; did you mean {near[0]}?" if near else otherwise


def counted(amount: int | str, singular: str, plural: str = "") -> str:
    """`1 step`, `2,000 steps`, and `1.5 steps` of a number that was written already."""
    written = amount if isinstance(amount, str) else f"{amount:,}"
    return f"{written} {singular if written == '1' else plural or f'{singular}s'}"
