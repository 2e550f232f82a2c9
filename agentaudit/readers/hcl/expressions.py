"""tree-sitter's nodes to the expressions of `syntax`; what is not known there is opaque."""

from collections.abc import Callable

import tree_sitter

from agentaudit.readers.hcl.leaves import leaf
from agentaudit.readers.hcl.reading import DEEPEST, Reading
from agentaudit.readers.hcl.syntax import (
    Access,
    Call,
    Conditional,
    Expression,
    For,
    Null,
    Number,
    Object,
    Operation,
    Reference,
    Template,
    Text,
    Truth,
    Tuple,
)
from agentaudit.readers.hcl.templates import heredoc, literal_text, quoted_template

_AROUND = ("(", ")", "comment")
_MOST_ACCESSORS = 1_000
"""Of `a.b[0].c`, which has three."""


def expression(reading: Reading, node: tree_sitter.Node, depth: int = 0) -> Expression:
    """The expression that a node stands for."""
    if depth > DEEPEST:
        return reading.too_deep(node)
    kind = node.type
    found = leaf(reading, node) if kind == "expression" else None
    if found is not None:
        return found
    build = _BUILDERS.get(kind)
    if build is None or (node.has_error and _broken(node)):
        return reading.opaque(node)
    return build(reading, node, depth)


def _broken(node: tree_sitter.Node) -> bool:
    return node.is_missing or any(child.is_error for child in node.children)


def _wrapped(reading: Reading, node: tree_sitter.Node, depth: int) -> Expression:
    """One thing, in parentheses or not, with accessors or not."""
    parts = [child for child in node.children if child.type not in _AROUND]
    if not parts:
        return reading.opaque(node)
    if len(parts) == 1:
        return expression(reading, parts[0], depth + 1)
    if len(parts) > _MOST_ACCESSORS:
        message = f"more than {_MOST_ACCESSORS:,} accessors of one value"
        reading.note(reading.place(parts[_MOST_ACCESSORS]), message)
        return reading.opaque(node)
    accessors = tuple(_accessor(reading, part, depth) for part in parts[1:])
    known = tuple(accessor for accessor in accessors if accessor is not None)
    if len(known) < len(accessors):
        return reading.opaque(node)
    place, source = reading.place(node), reading.excerpt(node)
    if parts[0].type == "variable_expr":
        root = reading.source(parts[0])
        return Reference(place=place, source=source, root=root, accessors=known)
    subject = expression(reading, parts[0], depth + 1)
    return Access(place=place, source=source, subject=subject, accessors=known)


def _accessor(reading: Reading, node: tree_sitter.Node, depth: int) -> str | Expression | None:
    """The name of an attribute, an index, or None for a splat."""
    if node.type == "get_attr":
        return reading.source(node.children[-1])
    if node.type != "index":
        return None
    index = node.children[0]
    if index.type == "legacy_index":
        return reading.source(index).lstrip(".").strip()
    inner = next((child for child in index.children if child.type == "expression"), None)
    return expression(reading, inner, depth + 1) if inner else None


def _operand_or_name(reading: Reading, node: tree_sitter.Node, _depth: int) -> Expression:
    name = reading.source(node)
    return Reference(place=reading.place(node), source=name, root=name, accessors=())


def _literal(reading: Reading, node: tree_sitter.Node, depth: int) -> Expression:
    value = node.children[0]
    place, source = reading.place(value), reading.excerpt(value)
    match value.type:
        case "numeric_lit":
            return Number(place=place, source=source)
        case "bool_lit":
            return Truth(place=place, source=source, value=source == "true")
        case "null_lit":
            return Null(place=place, source=source)
        case _:
            return expression(reading, value, depth + 1)


def _string(reading: Reading, node: tree_sitter.Node, _depth: int) -> Text:
    value = literal_text(reading, node)
    return Text(place=reading.place(node), source=reading.excerpt(node), value=value)


def _template(reading: Reading, node: tree_sitter.Node, depth: int) -> Template:
    build = heredoc if node.type == "heredoc_template" else quoted_template
    return build(reading, node, depth + 1, expression)


def _only_child(reading: Reading, node: tree_sitter.Node, depth: int) -> Expression:
    return expression(reading, node.children[0], depth + 1)


def _call(reading: Reading, node: tree_sitter.Node, depth: int) -> Call:
    listed = next((child for child in node.children if child.type == "function_arguments"), None)
    children = listed.children if listed else []
    return Call(
        place=reading.place(node),
        source=reading.excerpt(node),
        name=reading.source(node.children[0]),
        arguments=tuple(
            expression(reading, child, depth + 1)
            for child in children
            if child.type == "expression"
        ),
        spread=any(child.type == "ellipsis" for child in children),
    )


def _tuple(reading: Reading, node: tree_sitter.Node, depth: int) -> Tuple:
    elements = tuple(
        expression(reading, child, depth + 1)
        for child in node.children
        if child.type == "expression"
    )
    return Tuple(place=reading.place(node), source=reading.excerpt(node), elements=elements)


def _object(reading: Reading, node: tree_sitter.Node, depth: int) -> Object:
    entries = []
    for element in node.children:
        if element.type != "object_elem":
            continue
        sides = [child for child in element.children if child.type == "expression"]
        if len(sides) == 2:  # noqa: PLR2004 - a key and a value
            value = expression(reading, sides[1], depth + 1)
            entries.append((_object_key(reading, sides[0], depth), value))
    return Object(place=reading.place(node), source=reading.excerpt(node), entries=tuple(entries))


def _object_key(reading: Reading, node: tree_sitter.Node, depth: int) -> Expression:
    """A bare name is text; in parentheses it is a reference."""
    if [child.type for child in node.children] == ["variable_expr"]:
        name = reading.source(node)
        return Text(place=reading.place(node), source=name, value=name)
    return expression(reading, node, depth + 1)


def _conditional(reading: Reading, node: tree_sitter.Node, depth: int) -> Expression:
    sides = [child for child in node.children if child.type == "expression"]
    if len(sides) != 3:  # noqa: PLR2004 - condition, yes, no
        return reading.opaque(node)
    condition, yes, no = (expression(reading, side, depth + 1) for side in sides)
    return Conditional(
        place=reading.place(node),
        source=reading.excerpt(node),
        condition=condition,
        yes=yes,
        no=no,
    )


def _operation(reading: Reading, node: tree_sitter.Node, depth: int) -> Expression:
    """
    An operator and its operands.

    A name with accessors comes as several children of the operation itself, so operands are what
    stands between operators.
    """
    operands: list[list[tree_sitter.Node]] = [[]]
    operator = ""
    for child in node.children:
        if child.is_named:
            operands[-1].append(child)
        elif not operator:
            operator = reading.source(child)
            operands.append([])
    built = tuple(_operand(reading, parts, depth) for parts in operands if parts)
    return Operation(
        place=reading.place(node),
        source=reading.excerpt(node),
        operator=operator,
        operands=built,
    )


def _operand(reading: Reading, parts: list[tree_sitter.Node], depth: int) -> Expression:
    if len(parts) == 1:
        return expression(reading, parts[0], depth + 1)
    accessors = tuple(_accessor(reading, part, depth) for part in parts[1:])
    known = tuple(accessor for accessor in accessors if accessor is not None)
    place = reading.place(parts[0], parts[-1])
    source = " ".join(reading.source(part) for part in parts)
    if parts[0].type != "variable_expr" or len(known) < len(accessors):
        return reading.opaque(parts[0])
    root = reading.source(parts[0])
    return Reference(place=place, source=source, root=root, accessors=known)


def _for(reading: Reading, node: tree_sitter.Node, depth: int) -> Expression:
    introduction = next((child for child in node.children if child.type == "for_intro"), None)
    results = [child for child in node.children if child.type == "expression"]
    if introduction is None or not results:
        return reading.opaque(node)
    subject = next((child for child in introduction.children if child.type == "expression"), None)
    guard = next((child for child in node.children if child.type == "for_cond"), None)
    condition = next(
        (child for child in guard.children if child.type == "expression") if guard else iter(()),
        None,
    )
    if subject is None:
        return reading.opaque(node)
    names = (child for child in introduction.children if child.type == "identifier")
    return For(
        place=reading.place(node),
        source=reading.excerpt(node),
        names=tuple(reading.source(name) for name in names),
        subject=expression(reading, subject, depth + 1),
        key=expression(reading, results[0], depth + 1) if len(results) > 1 else None,
        value=expression(reading, results[-1], depth + 1),
        grouped=any(child.type == "ellipsis" for child in node.children),
        condition=expression(reading, condition, depth + 1) if condition else None,
    )


_BUILDERS: dict[str, Callable[[Reading, tree_sitter.Node, int], Expression]] = {
    "expression": _wrapped,
    "variable_expr": _operand_or_name,
    "literal_value": _literal,
    "string_lit": _string,
    "template_expr": _only_child,
    "quoted_template": _template,
    "heredoc_template": _template,
    "collection_value": _only_child,
    "function_call": _call,
    "tuple": _tuple,
    "object": _object,
    "conditional": _conditional,
    "operation": _only_child,
    "binary_operation": _operation,
    "unary_operation": _operation,
    "for_expr": _only_child,
    "for_tuple_expr": _for,
    "for_object_expr": _for,
}
