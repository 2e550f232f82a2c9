"""Operators of HCL on nodes: arithmetic, comparison, logic."""

import operator
from collections.abc import Callable

from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.hcl.nodes import boolean_node, unknown_at
from agentaudit.readers.hcl.syntax import Expression
from agentaudit.readers.places import node_at

Number = int | float

_LARGEST = 1e15
_LONGEST_NUMBER = 20
_ARITHMETIC: dict[str, Callable[[Number, Number], Number]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}
_ORDER: dict[str, Callable[[Number, Number], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def result(expression: Expression, file: str, sign: str, values: tuple[Node, ...]) -> Node:
    """What an operator makes of its operands, or unknown."""
    answer = _answer(sign, values)
    if answer is None:
        return unknown_at(expression, file)
    if isinstance(answer, bool):
        return boolean_node(expression, file, value=answer)
    return node_at(expression.place, NodeKind.NUMBER, file, raw=number_text(answer))


def number(node: Node) -> Number | None:
    """The number that a node is or spells; None when it is none, or beyond reason."""
    text = node.text or ""
    if len(text) > _LONGEST_NUMBER:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < _LARGEST else None


def number_text(value: Number) -> str:
    """A number as Terraform prints it: without a fraction where it has none."""
    return str(int(value)) if value == int(value) else repr(float(value))


def same(left: Node, right: Node) -> bool | None:
    """Whether two scalars are equal; None when that cannot be said."""
    if NodeKind.NULL in (left.kind, right.kind) and not (left.unknown or right.unknown):
        return left.kind is right.kind
    if left.text is None or right.text is None:
        return None
    return left.text == right.text


def _answer(sign: str, values: tuple[Node, ...]) -> Number | bool | None:
    match values:
        case (single,):
            return _unary(sign, single)
        case (left, right) if sign in ("&&", "||"):
            return _logic(sign, left.boolean, right.boolean)
        case (left, right) if sign in ("==", "!="):
            equal = same(left, right)
            return equal if equal is None or sign == "==" else not equal
        case (left, right):
            return _numeric(sign, number(left), number(right))
        case _:
            return None


def _unary(sign: str, value: Node) -> Number | bool | None:
    if sign == "!":
        return None if value.boolean is None else not value.boolean
    amount = number(value)
    return -amount if sign == "-" and amount is not None else None


def _logic(sign: str, left: bool | None, right: bool | None) -> bool | None:  # noqa: FBT001 - operands
    """Three-valued: false decides `&&`, true decides `||`, whatever the other side is."""
    deciding = sign == "||"
    if deciding in (left, right):
        return deciding
    return None if None in (left, right) else not deciding


def _numeric(sign: str, left: Number | None, right: Number | None) -> Number | bool | None:
    if left is None or right is None:
        return None
    if sign in _ORDER:
        return _ORDER[sign](left, right)
    if sign not in _ARITHMETIC or (sign in "/%" and right == 0):
        return None
    value = _ARITHMETIC[sign](left, right)
    return value if abs(value) < _LARGEST else None
