"""
What Bicep composes of expressions: texts with interpolations, lists, objects, loops, conditions.

Each takes what reads an expression, since an expression may be one of these again.
"""

from collections.abc import Callable

from agentaudit.readers.azure import syntax
from agentaudit.readers.azure.bicep_reading import Reading
from agentaudit.readers.azure.syntax import Expression

Build = Callable[[Reading], Expression]


def text(reading: Reading, build: Build) -> Expression:
    """A text, with its interpolations; a lone one of those is no text yet."""
    first = reading.token
    if first.kind not in {"whole", "first"}:
        raise reading.error("a text in single quotes belongs here")
    parts: list[Expression] = [_piece(reading)]
    while reading.tokens[reading.at - 1].kind in {"first", "middle"}:
        parts.append(build(reading))
        reading.skip_lines()
        if reading.token.kind not in {"middle", "last"}:
            raise reading.error("`}` belongs here")
        parts.append(_piece(reading))
    if len(parts) == 1:
        return parts[0]
    return syntax.Composed(place=reading.since(first.start), parts=tuple(parts))


def _piece(reading: Reading) -> Expression:
    return reading.literal(reading.advance())


def array(reading: Reading, build: Build) -> Expression:
    """A list, or what a loop makes."""
    start = reading.token.start
    reading.expect("[")
    reading.skip_lines(commas=True)
    if reading.sees_word("for"):
        loop, condition, body = loop_in(reading, build, build)
        place = reading.since(start)
        return syntax.For(place=place, loop=loop, body=body, condition=condition)
    elements: list[Expression] = []
    while not reading.taken("]"):
        before = reading.token.start
        if reading.taken("..."):
            value = build(reading)
            elements.append(syntax.Spread(place=reading.since(before), value=value))
        else:
            elements.append(build(reading))
        _separated(reading, "]")
    return syntax.Array(place=reading.since(start), elements=tuple(elements))


def _separated(reading: Reading, closing: str) -> None:
    if reading.token.kind != "line" and not reading.sees(",", closing):
        raise reading.error(f"a line break, `,` or `{closing}` belongs here")
    reading.skip_lines(commas=True)


def loop_in(
    reading: Reading, build: Build, body_of: Build
) -> tuple[syntax.Loop, Expression | None, Expression]:
    """`for item in list: body]`, up to the bracket that closes it."""
    start = reading.token.start
    reading.at += 1
    index = ""
    if reading.taken("("):
        item = reading.name()
        reading.expect(",")
        index = reading.name()
        reading.expect(")")
    else:
        item = reading.name()
    if not reading.sees_word("in"):
        raise reading.error("`in` belongs here")
    reading.at += 1
    subject = build(reading)
    loop = syntax.Loop(place=reading.since(start), item=item, index=index, subject=subject)
    reading.expect(":")
    reading.skip_lines()
    condition = condition_in(reading, build)
    body = body_of(reading)
    reading.expect_behind("]")
    return loop, condition, body


def condition_in(reading: Reading, build: Build) -> Expression | None:
    """`if (condition)`, where it stands before a body."""
    if not reading.sees_word("if"):
        return None
    reading.at += 1
    reading.expect("(")
    found = build(reading)
    reading.expect_behind(")")
    reading.skip_lines()
    return found


def braced(
    reading: Reading,
    build: Build,
    declared: Callable[[Reading], syntax.Resource | None] | None = None,
) -> tuple[syntax.Object, tuple[syntax.Resource, ...]]:
    """An object; `declared` reads the resources that stand within one's body."""
    start = reading.token.start
    reading.expect("{")
    reading.deeper()
    entries: list[tuple[Expression | None, Expression]] = []
    children: list[syntax.Resource] = []
    reading.skip_lines(commas=True)
    while not reading.taken("}"):
        child = declared(reading) if declared is not None else None
        if child is not None:
            children.append(child)
        elif reading.taken("..."):
            entries.append((None, build(reading)))
        else:
            entries.append(_entry(reading, build))
        _separated(reading, "}")
    reading.depth -= 1
    return syntax.Object(place=reading.since(start), entries=tuple(entries)), tuple(children)


def _entry(reading: Reading, build: Build) -> tuple[Expression, Expression]:
    named = reading.token.kind == "name"
    key = reading.literal(reading.advance()) if named else text(reading, build)
    reading.expect_behind(":")
    return key, build(reading)
