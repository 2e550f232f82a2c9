"""Objects of TypeScript and JavaScript: their members, and the arguments that they stand for."""

import ast

import tree_sitter

from agentaudit.readers.javascript.functions import function
from agentaudit.readers.javascript.patterns import Expression
from agentaudit.readers.javascript.reading import Reading, first, part, parts
from agentaudit.readers.javascript.texts import text_of

Member = tuple[ast.expr | None, ast.expr, tree_sitter.Node]
"""Key, value and place; what is spread has no key."""


def arguments(
    reading: Reading, node: tree_sitter.Node, expression: Expression
) -> list[ast.keyword]:
    """
    The members of an object as arguments by name; what is spread in it has none.

    A member whose name is computed is an object of its own that is spread: nobody may take what it
    holds for members beside it.
    """
    made = []
    for key, value, place in members(reading, node, expression):
        named = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
        alone = key is None or named is not None
        given = value if alone else reading.at(ast.Dict(keys=[key], values=[value]), place)
        made.append(reading.at(ast.keyword(arg=named, value=given), place))
    return made


def members(reading: Reading, node: tree_sitter.Node, expression: Expression) -> list[Member]:
    """What stands in an object, in its order."""
    return [_member(reading, child, expression) for child in parts(node)]


def _member(reading: Reading, node: tree_sitter.Node, expression: Expression) -> Member:
    match node.type:
        case "pair":
            value = expression(reading, part(node, "value"))
            return _key(reading, part(node, "key"), expression), value, node
        case "shorthand_property_identifier":
            return _key(reading, node, expression), reading.name(node, reading.source(node)), node
        case "spread_element":
            return None, expression(reading, first(node)), node
        case "method_definition":
            return _key(reading, part(node, "name"), expression), function(reading, node), node
        case _:
            return None, reading.unknown(node), node


def _key(
    reading: Reading, node: tree_sitter.Node | None, expression: Expression
) -> ast.expr | None:
    """The name of a member: as it is written, as a text, or as an expression in brackets."""
    if node is None:
        return None
    if node.type == "computed_property_name":
        return expression(reading, first(node))
    text = text_of(reading, node) if node.type == "string" else reading.source(node)
    return reading.at(ast.Constant(value=text), node)
