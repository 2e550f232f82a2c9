"""Facts as they may be shown: what files call things may itself be a secret."""

from collections.abc import Callable
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import TypeVar, get_origin

from msgspec.structs import fields, replace

from agentaudit.extract.redaction import cleaned
from agentaudit.model.facts.fact import Fact

_SHORTEST_SECRET = 11
FactT = TypeVar("FactT", bound=Fact)


def shown(fact: FactT) -> FactT:
    """The fact as it may be shown: a name of the file that is itself a secret is taken out."""
    changed = {}
    names, values = _texts(type(fact))
    for name, text in zip(names, values(fact), strict=True):
        if isinstance(text, str) and len(text) > _SHORTEST_SECRET:
            clean = cleaned(text)
            if clean != text:
                changed[name] = clean
    return replace(fact, **changed) if changed else fact


_OTHER = (bool, int, float, tuple, Enum)


@cache
def _texts(kind: type) -> tuple[tuple[str, ...], Callable[[Fact], tuple[object, ...]]]:
    """The fields of a kind of fact that may hold text of a file, and what asks for them all."""
    types = {item.name: get_origin(item.type) or item.type for item in fields(kind)}
    names = tuple(
        name
        for name, type_ in types.items()
        if name != "id" and not (isinstance(type_, type) and issubclass(type_, _OTHER))
    )
    return names, attrgetter(*names)
