"""Facts as they may be shown: what files call things may itself be a secret."""

from enum import Enum
from typing import TypeVar, get_origin

from msgspec.structs import fields, replace

from agentaudit.extract.redaction import cleaned
from agentaudit.model.facts.fact import Fact

_SHORTEST_SECRET = 11
FactT = TypeVar("FactT", bound=Fact)


def shown(fact: FactT) -> FactT:
    """The fact as it may be shown: a name of the file that is itself a secret is taken out."""
    changed = {}
    for name in _texts(type(fact)):
        text = getattr(fact, name)
        if isinstance(text, str) and len(text) > _SHORTEST_SECRET:
            clean = cleaned(text)
            if clean != text:
                changed[name] = clean
    return replace(fact, **changed) if changed else fact


_OTHER = (bool, int, float, tuple, Enum)
_TEXTS: dict[type, tuple[str, ...]] = {}


def _texts(kind: type) -> tuple[str, ...]:
    """The fields of a kind of fact that may hold text of a file."""
    if kind not in _TEXTS:
        types = {item.name: get_origin(item.type) or item.type for item in fields(kind)}
        _TEXTS[kind] = tuple(
            name
            for name, type_ in types.items()
            if name != "id" and not (isinstance(type_, type) and issubclass(type_, _OTHER))
        )
    return _TEXTS[kind]
