"""Resources and modules of Bicep, with the decorators, conditions and loops around them."""

from collections.abc import Callable

from msgspec import Struct

from agentaudit.readers.azure import syntax
from agentaudit.readers.azure.bicep_composed import braced, condition_in, loop_in, text
from agentaudit.readers.azure.bicep_expressions import expression
from agentaudit.readers.azure.bicep_reading import Reading
from agentaudit.readers.azure.syntax import Expression
from agentaudit.readers.document import NodeKind


def resource(reading: Reading) -> syntax.Resource:
    """A resource, from its symbol to the end of its body."""
    symbol = reading.name()
    type_ = text(reading, expression)
    existing = reading.sees_word("existing")
    reading.at += existing
    reading.expect("=")
    body = _body(reading, _child)
    return syntax.Resource(
        symbol=symbol,
        type=_unversioned(type_),
        place=type_.place,
        body=body.value,
        condition=body.condition,
        loop=body.loop,
        existing=existing,
        children=body.children,
    )


def _unversioned(type_: Expression) -> Expression:
    """The type of `type@version`."""
    if not isinstance(type_, syntax.Literal):
        return type_
    name = type_.raw.partition("@")[0]
    return syntax.Literal(place=type_.place, kind=NodeKind.STRING, raw=name)


def _child(reading: Reading) -> syntax.Resource | None:
    """A resource that stands within the body of another, where one stands."""
    following = reading.tokens[min(reading.at + 1, len(reading.tokens) - 1)]
    if reading.sees("@"):
        decorators(reading)
    elif not (reading.sees_word("resource") and following.kind == "name"):
        return None
    if reading.name() != "resource":
        raise reading.error("a resource belongs here")
    reading.deeper()
    found = resource(reading)
    reading.depth -= 1
    return found


def module(reading: Reading) -> syntax.Module:
    """A module, from its symbol to the end of its body."""
    symbol = reading.name()
    source = text(reading, expression)
    reading.expect("=")
    body = _body(reading, None)
    return syntax.Module(
        symbol=symbol,
        source=source.raw if isinstance(source, syntax.Literal) else "",
        place=source.place,
        arguments=_passed(body.value),
        condition=body.condition,
        loop=body.loop,
    )


def _passed(body: Expression) -> Expression | None:
    """What a module is given."""
    for key, value in body.entries if isinstance(body, syntax.Object) else ():
        if isinstance(key, syntax.Literal) and key.raw == "params":
            return value
    return None


class _Body(Struct, frozen=True, kw_only=True):
    value: Expression
    condition: Expression | None = None
    loop: syntax.Loop | None = None
    children: tuple[syntax.Resource, ...] = ()


def _body(reading: Reading, declared: Callable[[Reading], syntax.Resource | None] | None) -> _Body:
    """`{…}`, `if (condition) {…}` or `[for item in list: {…}]`."""
    children: tuple[syntax.Resource, ...] = ()

    def block(inner: Reading) -> Expression:
        nonlocal children
        if inner.sees("("):  # a body in brackets, which nothing forbids
            return expression(inner)
        value, children = braced(inner, expression, declared)
        return value

    reading.skip_lines()
    if reading.taken("["):
        reading.skip_lines()
        if not reading.sees_word("for"):
            raise reading.error("`for` belongs here")
        loop, condition, value = loop_in(reading, expression, block)
        return _Body(value=value, condition=condition, loop=loop, children=children)
    condition = condition_in(reading, expression)
    value = block(reading)
    return _Body(value=value, condition=condition, children=children)


def decorators(reading: Reading) -> bool:
    """Decorators are passed over; whether one of them keeps a value secret."""
    secure = False
    while reading.taken("@"):
        found = expression(reading)
        secure = secure or (isinstance(found, syntax.Call) and found.name.lower() == "secure")
        reading.skip_lines()
    return secure
