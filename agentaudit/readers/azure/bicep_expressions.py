"""
Expressions of Bicep, read by the strength of their operators.

Operators become the functions that Bicep compiles them to. Line breaks end a member of an object
or of a list, and nothing else: an operator may stand before or behind one. Sources: the Bicep
language specification, and Microsoft Learn, "Bicep operators" (precedence), "Iterative loops in
Bicep", "Lambda functions in Bicep", "Spread operator".
"""

from collections.abc import Mapping
from types import MappingProxyType

from agentaudit.readers.azure import syntax
from agentaudit.readers.azure.bicep_composed import array, braced, text
from agentaudit.readers.azure.bicep_reading import Reading
from agentaudit.readers.azure.syntax import Expression
from agentaudit.readers.document import NodeKind

_BINARY: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "??": (2, "coalesce"),
        "||": (3, "or"),
        "&&": (4, "and"),
        "==": (5, "equals"),
        "!=": (5, "notEquals"),
        "=~": (5, "equalsCaseless"),
        "!~": (5, "notEqualsCaseless"),
        "<": (6, "less"),
        "<=": (6, "lessOrEquals"),
        ">": (6, "greater"),
        ">=": (6, "greaterOrEquals"),
        "+": (7, "add"),
        "-": (7, "sub"),
        "*": (8, "mul"),
        "/": (8, "div"),
        "%": (8, "mod"),
    }
)
_UNARY = {"!": "not", "-": "minus", "+": "plus"}
_ONLY_BEHIND = frozenset(_BINARY) - {"-", "+"} | {"?", "."}
"""Operators that begin no member: before one of them, a line break ends nothing."""
_WORDS = {"true": NodeKind.BOOLEAN, "false": NodeKind.BOOLEAN, "null": NodeKind.NULL}
_MOST_ACCESSORS = 50
_MOST_OPERANDS = 1_000
_SPACES = frozenset({"az", "sys"})


def expression(reading: Reading) -> Expression:
    """One expression, from its first token to its last."""
    reading.deeper()
    reading.skip_lines()
    start = reading.token.start
    found = _binary(reading, 0)
    if _follows(reading, "?"):
        reading.at += 1
        yes = expression(reading)
        reading.expect_behind(":")
        no = expression(reading)
        found = syntax.Call(place=reading.since(start), name="if", arguments=(found, yes, no))
    reading.depth -= 1
    return found


def _follows(reading: Reading, *marks: str) -> bool:
    """Whether one of the marks comes next, behind line breaks that end nothing."""
    at = reading.at
    while reading.tokens[at].kind == "line":
        at += 1
    token = reading.tokens[at]
    if token.kind != "mark" or token.text not in marks:
        return False
    if at > reading.at and token.text not in _ONLY_BEHIND:
        return False
    reading.at = at
    return True


def _binary(reading: Reading, weakest: int) -> Expression:
    start = reading.token.start
    left = _unary(reading)
    for _ in range(_MOST_OPERANDS):
        if not _follows(reading, *_BINARY):
            return left
        strength, function = _BINARY[reading.token.text]
        if strength < weakest:
            return left
        reading.at += 1
        reading.skip_lines()
        right = _binary(reading, strength + 1)
        left = syntax.Call(place=reading.since(start), name=function, arguments=(left, right))
    raise reading.error(f"more than {_MOST_OPERANDS:,} operands")


def _unary(reading: Reading) -> Expression:
    start = reading.token.start
    if not reading.sees(*_UNARY):
        return _accessed(reading, _primary(reading), start)
    function = _UNARY[reading.token.text]
    reading.at += 1
    reading.deeper()
    operand = _unary(reading)
    reading.depth -= 1
    return syntax.Call(place=reading.since(start), name=function, arguments=(operand,))


def _accessed(reading: Reading, subject: Expression, start: int) -> Expression:
    """What follows a value without a line break: members, elements, methods, `!`."""
    for _ in range(_MOST_ACCESSORS):
        if reading.sees("["):
            subject = _element(reading, subject, start)
        elif reading.taken("::") or _member_follows(reading):
            subject = _member(reading, subject, start)
        elif not reading.taken("!"):
            return subject
    raise reading.error(f"more than {_MOST_ACCESSORS} members of members")


def _member_follows(reading: Reading) -> bool:
    if not _follows(reading, "."):
        return False
    reading.at += 1
    return True


def _element(reading: Reading, subject: Expression, start: int) -> Expression:
    reading.expect("[")
    reading.taken("?")
    reading.taken("^")
    key = expression(reading)
    reading.expect_behind("]")
    return syntax.Access(place=reading.since(start), subject=subject, key=key)


def _member(reading: Reading, subject: Expression, start: int) -> Expression:
    reading.taken("?")
    if reading.sees("["):
        return _element(reading, subject, start)
    token = reading.token
    name = reading.name()
    if reading.sees("("):
        given = _arguments(reading)
        named = isinstance(subject, syntax.Name) and subject.name in _SPACES
        arguments = given if named else (subject, *given)
        return syntax.Call(place=reading.since(start), name=name, arguments=arguments)
    return syntax.Access(place=reading.since(start), subject=subject, key=reading.literal(token))


def _primary(reading: Reading) -> Expression:
    token = reading.token
    if token.kind == "name":
        return _named(reading)
    if token.kind in {"whole", "first"}:
        return text(reading, expression)
    if token.kind == "number":
        return reading.literal(reading.advance(), NodeKind.NUMBER)
    if reading.sees("{"):
        return braced(reading, expression)[0]
    if reading.sees("["):
        return array(reading, expression)
    if reading.sees("("):
        return _bracketed(reading)
    raise reading.error("a value belongs here")


def _named(reading: Reading) -> Expression:
    token = reading.token
    name = reading.name()
    if reading.sees("("):
        arguments = _arguments(reading)
        return syntax.Call(place=reading.since(token.start), name=name, arguments=arguments)
    if reading.sees("=>"):
        return _lambda(reading, token.start, (name,))
    if name in _WORDS:
        return reading.literal(token, _WORDS[name])
    return syntax.Name(place=reading.place(token.start, token.end), name=name)


def _arguments(reading: Reading) -> tuple[Expression, ...]:
    reading.expect("(")
    found: list[Expression] = []
    reading.skip_lines(commas=True)
    while not reading.taken(")"):
        found.append(expression(reading))
        reading.skip_lines()
        if not reading.sees(",", ")"):
            raise reading.error("`,` or `)` belongs here")
        reading.skip_lines(commas=True)
    return tuple(found)


def _bracketed(reading: Reading) -> Expression:
    """An expression in brackets, or the names of a lambda."""
    start = reading.token.start
    names = _lambda_names(reading)
    if names is not None:
        return _lambda(reading, start, names)
    reading.expect("(")
    found = expression(reading)
    reading.expect_behind(")")
    return found


def _lambda_names(reading: Reading) -> tuple[str, ...] | None:
    """The names in brackets before an arrow; None, and nothing is read, where there is none."""
    at, names = reading.at + 1, list[str]()
    while reading.tokens[at].kind in {"name", "line"} or reading.tokens[at].text == ",":
        if reading.tokens[at].kind == "name":
            names.append(reading.tokens[at].text)
        at += 1
    if reading.tokens[at].text != ")" or reading.tokens[at + 1].text != "=>":
        return None
    reading.at = at + 1
    return tuple(names)


def _lambda(reading: Reading, start: int, names: tuple[str, ...]) -> Expression:
    reading.expect("=>")
    body = expression(reading)
    return syntax.Lambda(place=reading.since(start), names=names, body=body)
