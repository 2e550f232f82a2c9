"""What gets a value in TypeScript and JavaScript: names, members, and patterns of them."""

import ast
from collections.abc import Callable, Iterator

import tree_sitter

from agentaudit.readers.javascript.reading import Reading, part, parts

_STORE = ast.Store()
Expression = Callable[[Reading, tree_sitter.Node | None], ast.expr]
"""What reads an expression: patterns, objects and functions have some."""


def target(reading: Reading, node: tree_sitter.Node, expression: Expression) -> ast.expr:
    """Where a value goes: to a name, to a member, or in parts to several of them."""
    if node.type in {"member_expression", "subscript_expression"}:
        made = expression(reading, node)
        if isinstance(made, ast.Attribute | ast.Subscript):
            made.ctx = _STORE
        return made
    if node.type == "identifier":
        return _stored(reading, node)
    named = [_stored(reading, each) for each in names_in(node)]
    return reading.at(ast.Tuple(elts=named, ctx=_STORE), node)


def _stored(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    return reading.at(ast.Name(id=reading.source(node), ctx=_STORE), node)


def names_in(pattern: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The names to which a pattern gives something, without what stands in for missing values."""
    waiting = [pattern]
    while waiting:
        node = waiting.pop()
        match node.type:
            case "identifier" | "shorthand_property_identifier_pattern":
                yield node
            case "pair_pattern":
                waiting.extend(filter(None, (part(node, "value"),)))
            case "object_assignment_pattern" | "assignment_pattern":
                waiting.extend(filter(None, (part(node, "left"),)))
            case "required_parameter" | "optional_parameter":
                waiting.extend(filter(None, (part(node, "pattern"),)))
            case "object_pattern" | "array_pattern" | "rest_pattern":
                waiting.extend(reversed(parts(node)))
            case _:
                pass
