"""
Functions of Azure's templates that their arguments decide.

Source: Microsoft Learn, "ARM template functions" and "Bicep functions". Names come in lower case;
what is not here, or cannot be said of these arguments, is None: `listKeys`, `reference`, `guid`.
"""

import operator
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from agentaudit.readers.azure.answers import (
    LARGEST,
    Function,
    Values,
    number_at,
    of_texts,
    texts_of,
    truth_at,
)
from agentaudit.readers.azure.collections import COLLECTIONS
from agentaudit.readers.azure.nodes import LONGEST_TEXT, piece_of
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.places import Place, node_at

_PLACE_IN_FORMAT = re.compile(r"\{\{|\}\}|\{(\d{1,3})[^{}]{0,20}\}")

_MOST_FILLED = 10_000_000
"""Characters that are put in place of numbers, before it is known whether the text is too long."""


def called(name: str, place: Place, arguments: Values) -> Node | None:
    """What a function answers; None when that cannot be said."""
    function = FUNCTIONS.get(name)
    return function(place, arguments) if function is not None else None


def _format(place: Place, arguments: Values) -> Node | None:
    """`{0}` and its like; a value that is not known leaves a hole in a text that is not known."""
    if not arguments or arguments[0].text is None:
        return None
    pattern, *values = arguments
    pieces = [piece_of(each) for each in values]

    def filled(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        number = int(match[1])
        return pieces[number] if number < len(pieces) else match[0]

    longest = max(map(len, pieces), default=0)
    if pattern.raw.count("{") * longest > _MOST_FILLED:
        return None
    found = _PLACE_IN_FORMAT.sub(filled, pattern.raw)
    kind = NodeKind.STRING if texts_of(tuple(values)) is not None else NodeKind.UNKNOWN
    return node_at(place, kind, raw=found) if len(found) <= LONGEST_TEXT else None


def _substring(text: str, start: str, length: str = "") -> str:
    rest = text[int(start) :]
    return rest[: int(length)] if length else rest


def _same(_: Place, arguments: Values) -> Node | None:
    """What says something only about types."""
    return arguments[0] if len(arguments) == 1 and not arguments[0].unknown else None


def _equals(place: Place, arguments: Values) -> Node | None:
    return truth_at(place, _equal(arguments))


def _not_equals(place: Place, arguments: Values) -> Node | None:
    equal = _equal(arguments)
    return truth_at(place, None if equal is None else not equal)


def _equal(arguments: Values) -> bool | None:
    if len(arguments) != 2 or any(each.unknown for each in arguments):  # noqa: PLR2004 - two operands
        return None
    left, right = arguments
    if NodeKind.NULL in (left.kind, right.kind):
        return left.kind is right.kind
    return left.text == right.text if left.text is not None and right.text is not None else None


def _caseless(function: Function) -> Function:
    def compare(place: Place, arguments: Values) -> Node | None:
        return function(place, tuple(each.changed(raw=each.raw.lower()) for each in arguments))

    return compare


def _logic(*, deciding: bool) -> Function:
    """Three-valued: one false decides `and`, one true decides `or`, whatever the others are."""

    def function(place: Place, arguments: Values) -> Node | None:
        truths = [each.boolean for each in arguments]
        if deciding in truths:
            return truth_at(place, deciding)
        return None if None in truths else truth_at(place, not deciding)

    return function


def _not(place: Place, arguments: Values) -> Node | None:
    value = arguments[0].boolean if len(arguments) == 1 else None
    return truth_at(place, None if value is None else not value)


def _of_numbers(compute: Callable[..., int | bool]) -> Function:
    def function(place: Place, arguments: Values) -> Node | None:
        if any(len(each.raw) > len(str(LARGEST)) for each in arguments):
            return None
        numbers = [each.integer for each in arguments]
        if None in numbers:
            return None
        try:
            answer = compute(*numbers)
        except (TypeError, ZeroDivisionError):  # arguments that Azure would refuse
            return None
        return truth_at(place, answer) if isinstance(answer, bool) else number_at(place, answer)

    return function


def _resource_id(place: Place, arguments: Values, before: str) -> Node | None:
    """An id of which the names are known; what only a deployment knows stays a hole."""
    texts = texts_of(arguments)
    at = next((n for n, each in enumerate(texts or ()) if "/" in each), None)
    if texts is None or at is None:
        return None
    provider, *types = texts[at].split("/")
    names = texts[at + 1 :]
    if len(names) != len(types):
        return None
    pairs = "".join(f"/{type_}/{name}" for type_, name in zip(types, names, strict=True))
    return node_at(place, NodeKind.UNKNOWN, raw=f"{before}/providers/{provider}{pairs}")


def _json(place: Place, arguments: Values) -> Node | None:
    """`json('true')`, `json('0.5')`, `json('null')`; objects in a text stay closed."""
    raw = arguments[0].text if len(arguments) == 1 else None
    if raw in {"true", "false"}:
        return node_at(place, NodeKind.BOOLEAN, raw=raw)
    if raw == "null":
        return node_at(place, NodeKind.NULL)
    if raw is not None and raw.replace(".", "", 1).isdigit():
        return node_at(place, NodeKind.NUMBER, raw=raw)
    return None


def _compared(ask: Callable[[str, str], bool]) -> Function:
    def function(place: Place, arguments: Values) -> Node | None:
        texts = texts_of(arguments)
        if texts is None or len(texts) != 2:  # noqa: PLR2004 - a text, and its beginning or end
            return None
        return truth_at(place, ask(texts[0].lower(), texts[1].lower()))

    return function


SUBSCRIPTION = "/subscriptions/${subscription}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/${{group}}"

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "format": _format,
        **COLLECTIONS,
        "tolower": of_texts(str.lower),
        "toupper": of_texts(str.upper),
        "trim": of_texts(str.strip),
        "replace": of_texts(lambda text, old, new: text.replace(old, new) if old else text),
        "substring": of_texts(_substring),
        "string": of_texts(lambda text: text),
        "int": _of_numbers(lambda number: number),
        "bool": _same,
        "any": _same,
        "json": _json,
        "startswith": _compared(str.startswith),
        "endswith": _compared(str.endswith),
        "equals": _equals,
        "notequals": _not_equals,
        "equalscaseless": _caseless(_equals),
        "notequalscaseless": _caseless(_not_equals),
        "and": _logic(deciding=False),
        "or": _logic(deciding=True),
        "not": _not,
        "true": lambda place, _: truth_at(place, value=True),
        "false": lambda place, _: truth_at(place, value=False),
        "null": lambda place, _: node_at(place, NodeKind.NULL),
        "add": _of_numbers(operator.add),
        "sub": _of_numbers(operator.sub),
        "mul": _of_numbers(operator.mul),
        "div": _of_numbers(operator.floordiv),
        "mod": _of_numbers(operator.mod),
        "minus": _of_numbers(operator.neg),
        "plus": _of_numbers(operator.pos),
        "less": _of_numbers(operator.lt),
        "lessorequals": _of_numbers(operator.le),
        "greater": _of_numbers(operator.gt),
        "greaterorequals": _of_numbers(operator.ge),
        "min": _of_numbers(min),
        "max": _of_numbers(max),
        "subscriptionresourceid": lambda place, values: _resource_id(place, values, SUBSCRIPTION),
        "resourceid": lambda place, values: _resource_id(place, values, GROUP),
        "tenantresourceid": lambda place, values: _resource_id(place, values, ""),
    }
)
