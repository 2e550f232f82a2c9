"""
Expressions of TypeScript and JavaScript, as Python's tree has them.

Options that a call is given in an object are its arguments by name. Types say nothing of what runs,
and are left out. A function or class within an expression stands before its statement, under the
name of its place.
"""

import ast
from collections.abc import Callable, Mapping

import tree_sitter

from agentaudit.readers.javascript.functions import class_, function
from agentaudit.readers.javascript.objects import arguments, members
from agentaudit.readers.javascript.patterns import target
from agentaudit.readers.javascript.reading import Reading, first, part, parts
from agentaudit.readers.javascript.texts import number, text_of

_LOAD = ast.Load()
_ARITHMETIC: Mapping[str, type[ast.operator]] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "%": ast.Mod,
    "**": ast.Pow,
}
_LOGICAL: Mapping[str, type[ast.boolop]] = {"&&": ast.And, "||": ast.Or, "??": ast.Or}
_UNARY: Mapping[str, type[ast.unaryop]] = {"-": ast.USub, "+": ast.UAdd, "~": ast.Invert}


def expression(reading: Reading, node: tree_sitter.Node | None) -> ast.expr:
    """What an expression says; one that is not understood, or nested too deep, says nothing."""
    if node is None:
        return ast.Constant(value=None, lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
    read = _BY_TYPE.get(node.type)
    if read is None or not reading.enters(node):
        return reading.unknown(node)
    try:
        return read(reading, node)
    finally:
        reading.leaves()


def _name(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    name = reading.source(node)
    return _constant(reading, node) if name == "undefined" else reading.name(node, name)


def _constant(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    value = {"true": True, "false": False}.get(node.type)
    return reading.at(ast.Constant(value=value), node)


def _number(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    value = number(reading.source(node))
    if value is None:
        return reading.unknown(node)
    return reading.at(ast.Constant(value=value), node)


def _text(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    return reading.at(ast.Constant(value=text_of(reading, node)), node)


def _template(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    """A text with expressions in it, as Python's f-strings are; without any, a text."""
    if not any(child.type == "template_substitution" for child in node.named_children):
        return _text(reading, node)
    values: list[ast.expr] = []
    for child in node.named_children:
        if child.type == "template_substitution":
            inner = _inner(reading, child)
            values.append(reading.at(ast.FormattedValue(value=inner, conversion=-1), child))
        else:
            values.append(_text(reading, child))
    return reading.at(ast.JoinedStr(values=values), node)


def _regex(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    given = ast.Constant(value=reading.source_of(node, "pattern"))
    function_ = reading.name(node, "RegExp")
    return reading.at(ast.Call(func=function_, args=[reading.at(given, node)], keywords=[]), node)


def _member(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    value, name = expression(reading, part(node, "object")), reading.source_of(node, "property")
    return reading.at(ast.Attribute(value=value, attr=name, ctx=_LOAD), node)


def _element(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    value, index = (expression(reading, part(node, name)) for name in ("object", "index"))
    return reading.at(ast.Subscript(value=value, slice=index, ctx=_LOAD), node)


def _call(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    """A call, or what `new` makes; of a tagged template, its tag is called with it."""
    called = expression(reading, part(node, "function", "constructor"))
    given = part(node, "arguments")
    made = ast.Call(func=called, args=[], keywords=[])
    if given is not None and given.type == "template_string":
        made.args = [expression(reading, given)]
    elif given is not None:
        listed = parts(given)
        named = bool(listed) and listed[-1].type == "object"
        made.args = [expression(reading, each) for each in listed[: len(listed) - named]]
        made.keywords = arguments(reading, listed[-1], expression) if named else []
    return reading.at(made, node)


def _object(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    made = members(reading, node, expression)
    keys = [key for key, _, _ in made]
    return reading.at(ast.Dict(keys=keys, values=[value for _, value, _ in made]), node)


def _array(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    elements = [expression(reading, child) for child in parts(node)]
    return reading.at(ast.List(elts=elements, ctx=_LOAD), node)


def _spread(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    return reading.at(ast.Starred(value=_inner(reading, node), ctx=_LOAD), node)


def _inner(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    """What stands within brackets, or before its type."""
    return expression(reading, first(node))


def _asserted(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    """What stands behind its type: `<Type>value`."""
    return expression(reading, next(reversed(parts(node)), None))


def _await(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    return reading.at(ast.Await(value=_inner(reading, node)), node)


def _yield(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    return reading.at(ast.Yield(value=_inner(reading, node)), node)


def _several(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    """Expressions in a row: of a sequence, and of a page's element its own and those within it."""
    elements = [expression(reading, child) for child in parts(node) if child.type in _BY_TYPE]
    return reading.at(ast.Tuple(elts=elements, ctx=_LOAD), node)


def _unary(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    kind = _UNARY.get(reading.source_of(node, "operator"), ast.Not)
    operand = expression(reading, part(node, "argument"))
    return reading.at(ast.UnaryOp(op=kind(), operand=operand), node)


def _update(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    """`i++` gives the name another value."""
    given = part(node, "argument")
    value = expression(reading, given)
    return _assigned(reading, given, value, node) if given is not None else value


def _binary(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    """Two operands; of a chain, such as a text in many pieces, the first is found in a loop."""
    chain = [node]
    left = part(node, "left")
    while left is not None and left.type == "binary_expression" and reading.enters(left):
        reading.leaves()
        chain.append(left)
        left = part(left, "left")
    value = expression(reading, left)
    for each in reversed(chain):
        value = reading.at(_operation(reading, each, value), each)
    return value


def _operation(reading: Reading, node: tree_sitter.Node, left: ast.expr) -> ast.expr:
    word, right = reading.source_of(node, "operator"), expression(reading, part(node, "right"))
    if word in _ARITHMETIC:
        return ast.BinOp(left=left, op=_ARITHMETIC[word](), right=right)
    if word in _LOGICAL:
        return ast.BoolOp(op=_LOGICAL[word](), values=[left, right])
    kind = _COMPARISONS.get(word, ast.Eq)
    return ast.Compare(left=left, ops=[kind()], comparators=[right])


_COMPARISONS: Mapping[str, type[ast.cmpop]] = {
    "!==": ast.NotEq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
}


def _choice(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    test = expression(reading, part(node, "condition"))
    yes, no = (expression(reading, part(node, name)) for name in ("consequence", "alternative"))
    return reading.at(ast.IfExp(test=test, body=yes, orelse=no), node)


def _assignment(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    left, value = part(node, "left"), expression(reading, part(node, "right"))
    return _assigned(reading, left, value, node) if left is not None else value


def _assigned(
    reading: Reading, left: tree_sitter.Node, value: ast.expr, node: tree_sitter.Node
) -> ast.expr:
    """An assignment within an expression: Python has it of names; any other stands before."""
    to = target(reading, left, expression)
    if isinstance(to, ast.Name):
        return reading.at(ast.NamedExpr(target=to, value=value), node)
    reading.before.append(reading.at(ast.Assign(targets=[to], value=value), node))
    return reading.unknown(node)


def _class(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    return class_(reading, node, expression)


def _function(reading: Reading, node: tree_sitter.Node) -> ast.expr:
    return function(reading, node)


_BY_TYPE: Mapping[str, Callable[[Reading, tree_sitter.Node], ast.expr]] = {
    **dict.fromkeys(("identifier", "this", "super", "import", "meta_property"), _name),
    **dict.fromkeys(("undefined", "null", "true", "false"), _constant),
    "number": _number,
    "string": _text,
    "template_string": _template,
    "regex": _regex,
    "member_expression": _member,
    "subscript_expression": _element,
    "call_expression": _call,
    "new_expression": _call,
    "object": _object,
    "array": _array,
    "spread_element": _spread,
    "await_expression": _await,
    "yield_expression": _yield,
    "unary_expression": _unary,
    "update_expression": _update,
    "binary_expression": _binary,
    "ternary_expression": _choice,
    "assignment_expression": _assignment,
    "augmented_assignment_expression": _assignment,
    "sequence_expression": _several,
    "type_assertion": _asserted,
    "class": _class,
    **dict.fromkeys(
        (
            *("parenthesized_expression", "as_expression", "satisfies_expression"),
            *("non_null_expression", "instantiation_expression"),
        ),
        _inner,
    ),
    **dict.fromkeys(
        ("arrow_function", "function_expression", "generator_function", "function"), _function
    ),
    **dict.fromkeys(
        (
            *("jsx_element", "jsx_self_closing_element", "jsx_opening_element", "jsx_attribute"),
            *("jsx_expression", "jsx_fragment"),
        ),
        _several,
    ),
}
