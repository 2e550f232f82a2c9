"""Facts as they may be shown: what files call things may itself be a secret."""

from collections.abc import Callable
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import TypeVar, get_args, get_origin

from msgspec.structs import fields, replace

from agentaudit.extract.credentials.redaction import all_cleaned, cleaned
from agentaudit.model.facts.fact import Fact

_SHORTEST_SECRET = 11
_OURS = frozenset({"id", "digest", "value_mark"})
"""Fields that hold no text of a file: digests that were hidden would all be one."""
FactT = TypeVar("FactT", bound=Fact)


def shown(fact: FactT, known: Fact | None = None) -> FactT:
    """
    The fact as it may be shown: a name of the file that is itself a secret is taken out.

    What it has of one that was shown before is not looked at again.
    """
    changed: dict[str, object] = {}
    names, values = _texts(type(fact))
    texts = values(fact)
    before = values(known) if type(known) is type(fact) else (None,) * len(names)
    if texts == before:
        return fact
    for name, text, old in zip(names, texts, before, strict=True):
        if not text or text is old:
            continue
        if isinstance(text, str):
            clean: object = cleaned(text) if len(text) > _SHORTEST_SECRET else text
        elif isinstance(text, tuple):
            clean = all_cleaned(text)
        else:
            continue
        if clean != text:
            changed[name] = clean
    return replace(fact, **changed) if changed else fact


def _is_other(type_: object) -> bool:
    return isinstance(type_, type) and issubclass(type_, _OTHER)


_OTHER = (bool, int, float, tuple, Enum)


@cache
def _texts(kind: type) -> tuple[tuple[str, ...], Callable[[Fact], tuple[object, ...]]]:
    """The fields of a kind of fact that may hold text of a file, and what asks for them all."""
    lists = {item.name for item in fields(kind) if get_args(item.type) == (str, ...)}
    types = {item.name: get_origin(item.type) or item.type for item in fields(kind)}
    names = tuple(
        name
        for name, type_ in types.items()
        if name not in _OURS and (name in lists or not _is_other(type_))
    )
    return names, attrgetter(*names)
