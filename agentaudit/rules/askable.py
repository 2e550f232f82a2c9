"""What conditions may ask: the kinds of facts, and of each its fields, what they hold and mean."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import get_args, get_origin

from msgspec import Struct

from agentaudit.model.facts.fact import FactId
from agentaudit.rules.conditions import hints, is_optional
from agentaudit.rules.engine import TYPES, fields_of


class Askable(Struct, frozen=True):
    """One field of a kind of fact."""

    name: str
    holds: str
    """What a condition compares it with."""
    means: str
    """A sentence, or empty where the name says it."""


def kinds() -> Mapping[str, str]:
    """The kinds that a rule's `applies_to` may name, and `deployment` and `limits`, explained."""
    return {kind: _first_line(type_.__doc__) for kind, type_ in TYPES.items()}


def asked_of(kind: str) -> tuple[Askable, ...]:
    """The fields of a kind, in the order of its definition."""
    type_ = TYPES[kind]
    meanings = {name: text for each in reversed(type_.__mro__) for name, text in _meanings(each)}
    types = hints(type_)
    return tuple(
        Askable(name, _held(kind, name, types[name]), meanings.get(name, ""))
        for name in fields_of(kind)
    )


def _held(kind: str, name: str, hint: object) -> str:
    if is_optional(hint):
        inner = next(item for item in get_args(hint) if item is not type(None))
        return f"{_one(inner)}; unknown unless has({kind}.{name})"
    if get_origin(hint) is tuple:
        return f"list of: {_one(get_args(hint)[0])}"
    return _one(hint)


def _one(hint: object) -> str:
    if hint is bool:
        return "true or false"
    if hint is FactId:
        return "id of a fact"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return " | ".join(f'"{word}"' for word in hint)
    return "number" if hint in (int, float) else "text"


@cache
def _meanings(type_: type) -> tuple[tuple[str, str], ...]:
    """The sentence that stands below each field where its class is written."""
    if not type_.__module__.startswith("agentaudit."):
        return ()
    try:
        (body,) = ast.parse(inspect.getsource(type_)).body
    except OSError:  # installed without its source
        return ()
    return tuple(_below(body)) if isinstance(body, ast.ClassDef) else ()


def _below(body: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, following in zip(body.body, body.body[1:], strict=False):
        match field, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, _first_line(text)
            case _:
                pass


def _first_line(text: str | None) -> str:
    """The first paragraph, on one line."""
    return " ".join((text or "").strip().partition("\n\n")[0].split())
