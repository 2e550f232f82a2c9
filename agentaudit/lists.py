"""Lists and counts as parts of sentences."""

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import TypeVar

ThingT = TypeVar("ThingT")
MOST_HELPED = 20
"""Names that are none, for which one is sought that may be meant: each takes milliseconds."""
_LONGEST_NAME = 60
_LEAST_ALIKE = 3


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

    said, names = name[:_LONGEST_NAME], sorted(known)
    near = (
        get_close_matches(said, names, n=1)
        or get_close_matches(said.lower(), names, n=1)
        or _begun_alike(said.lower(), names)
    )
    return f"; did you mean {near[0]}?" if near else otherwise


def _begun_alike(name: str, names: Sequence[str]) -> list[str]:
    """Of what a name may be short for, such as `credz` for `credentials`, the shortest."""
    alike = {each: _begun(name, each) for each in names}
    most = max(alike.values(), default=0)
    enough = most >= max(_LEAST_ALIKE, len(name) - 2)
    return sorted((each for each in names if alike[each] == most), key=len)[:1] if enough else []


def _begun(name: str, other: str) -> int:
    """How many letters they begin with together."""
    pairs = zip(name, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def counted(amount: int | str, singular: str, plural: str = "") -> str:
    """`1 step`, `2,000 steps`, and `1.5 steps` of a number that was written already."""
    written = amount if isinstance(amount, str) else f"{amount:,}"
    return f"{written} {singular if written == '1' else plural or f'{singular}s'}"
