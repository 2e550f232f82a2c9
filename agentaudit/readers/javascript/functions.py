"""
Functions and classes of TypeScript and JavaScript, as Python's tree has them.

The names that the first parameter gives are positional only: tools take what the model writes as
their first parameter, and what the program adds as others.
"""

import ast

import tree_sitter

from agentaudit.readers.javascript.patterns import Expression, names_in
from agentaudit.readers.javascript.reading import Reading, first, part, parts

_AROUND = frozenset({"type_annotation", "union_type", "generic_type"})
"""Types that begin with another: `Runner | null` with `Runner`."""


def function(reading: Reading, node: tree_sitter.Node, name: str = "") -> ast.expr:
    """The name of a function, which itself stands before the statement; without one, its place."""
    name = name or _name_by_place(node)
    reading.before.append(definition(reading, node, name))
    return reading.name(node, name)


def _name_by_place(node: tree_sitter.Node) -> str:
    """A name that no program can give: the line and column where something begins."""
    row, column = node.start_point
    return f"{row + 1}:{column + 1}"


def definition(reading: Reading, node: tree_sitter.Node, name: str) -> ast.stmt:
    """A function with a name: its parameters, and what it does."""
    made = ast.FunctionDef(
        name=name,
        args=_parameters(reading, node),
        body=reading.block(reading, part(node, "body")),
        decorator_list=[],
        returns=None,
        type_comment=None,
    )
    return reading.at(made, node)


def _parameters(reading: Reading, node: tree_sitter.Node) -> ast.arguments:
    lone = part(node, "parameter")
    given = part(node, "parameters")
    listed = [lone] if lone is not None else parts(given) if given is not None else []
    taken = [[_parameter(reading, name, each) for name in names_in(each)] for each in listed]
    others = [name for each in taken[1:] for name in each]
    return ast.arguments(
        posonlyargs=taken[0] if taken else [],
        args=others,
        vararg=None,
        kwonlyargs=[],
        kw_defaults=[],
        kwarg=None,
        defaults=[],
    )


def _parameter(reading: Reading, name: tree_sitter.Node, given: tree_sitter.Node) -> ast.arg:
    alone = part(given, "pattern") == name
    type_ = class_in(reading, given) if alone else None
    return reading.at(ast.arg(arg=reading.source(name), type_comment=type_), name)


def class_in(reading: Reading, node: tree_sitter.Node) -> str | None:
    """The name with which the type of a parameter or a field begins: it may be that of a class."""
    found = part(node, "type")
    while found is not None and found.type in _AROUND:
        found = first(found)
    named = found is not None and found.type == "type_identifier"
    return reading.source(found) if found is not None and named else None


def class_(reading: Reading, node: tree_sitter.Node, expression: Expression) -> ast.expr:
    """The name of a class, which itself stands before the statement."""
    named = part(node, "name")
    name = reading.source(named) if named is not None else _name_by_place(node)
    reading.before.append(class_definition(reading, node, expression, name))
    return reading.name(node, name)


def class_definition(
    reading: Reading, node: tree_sitter.Node, expression: Expression, name: str
) -> ast.stmt:
    """A class: what it extends, its fields and its methods."""
    heritage = [child for child in node.named_children if child.type == "class_heritage"]
    extended = [part(each, "value") for clause in heritage for each in [clause, *parts(clause)]]
    made = ast.ClassDef(
        name=name,
        bases=[expression(reading, each) for each in extended if each is not None],
        keywords=[],
        body=[],
        decorator_list=[],
    )
    waiting, reading.before = reading.before, []
    members = part(node, "body")
    for member in parts(members) if members is not None else ():
        made_of = _member(reading, member, expression)
        made.body += [*reading.before, *made_of]
        reading.before = []
    reading.before = waiting
    return reading.at(made, node)


def _member(reading: Reading, node: tree_sitter.Node, expression: Expression) -> list[ast.stmt]:
    named, value, name = part(node, "name"), part(node, "value"), reading.source_of(node, "name")
    if node.type == "method_definition":
        return [definition(reading, node, name)]
    if node.type != "public_field_definition" or named is None:
        return []
    to = reading.at(ast.Name(id=name, ctx=ast.Store()), named)
    if value is not None:
        return [reading.at(ast.Assign(targets=[to], value=expression(reading, value)), node)]
    type_ = class_in(reading, node)
    if type_ is None:
        return []
    annotation = reading.at(ast.Constant(value=type_), named)
    return [reading.at(ast.AnnAssign(target=to, annotation=annotation, simple=1), node)]
