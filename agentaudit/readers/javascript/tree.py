"""
tree-sitter's tree of a TypeScript or JavaScript text, as the `ast.Module` that says the same.

Whatever is broken is left out and noted with its place; the rest is read.
"""

import ast
from collections.abc import Callable, Iterator, Mapping

import tree_sitter

from agentaudit.readers.descendants import descendants
from agentaudit.readers.document import TO_US, Comment
from agentaudit.readers.javascript.expressions import expression
from agentaudit.readers.javascript.functions import class_definition, definition
from agentaudit.readers.javascript.imports import DEFAULT, assigned, imported, passed_on, required
from agentaudit.readers.javascript.parsing import note_errors, parsed
from agentaudit.readers.javascript.patterns import target
from agentaudit.readers.javascript.reading import Reading, first, part, parts

Read = tuple[ast.Module, tuple[Comment, ...], tuple[tuple[int, int, str], ...]]
"""A tree, the comments that are meant for us, and the problems as (line, column, message)."""
_FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function"})


def module_tree(file: str, text: str) -> Read | None:
    """The tree of a text, however broken it is; None of one that takes too much."""
    encoded = text.encode(errors="replace")
    root = parsed(file, encoded)
    if root is None:
        return None
    reading = Reading(text=text, encoded=encoded, block=_block)
    try:
        body = _statements(reading, parts(root))
    except RecursionError:  # classes within classes take most of what a deep caller leaves
        return None
    note_errors(reading, root)
    comments = tuple(_comments(reading, root)) if TO_US in text else ()
    return ast.Module(body=body, type_ignores=[]), comments, tuple(sorted(reading.problems))


def _statements(reading: Reading, nodes: list[tree_sitter.Node]) -> list[ast.stmt]:
    """Statements in their order, each behind the functions that stand within it."""
    waiting, made = reading.before, list[ast.stmt]()
    for node in nodes:
        reading.before = []
        own = list(_statement(reading, node))
        made += [*reading.before, *own]
    reading.before = waiting
    return made


def _statement(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    read = _BY_TYPE.get(node.type)
    if read is None or not reading.enters(node):
        return
    try:
        yield from read(reading, node)
    finally:
        reading.leaves()


def _block(reading: Reading, node: tree_sitter.Node | None) -> list[ast.stmt]:
    """The statements of a block; of a lone expression, that it is returned."""
    if node is None:
        return []
    if node.type == "statement_block":
        return _statements(reading, parts(node))
    waiting, reading.before = reading.before, []
    value = expression(reading, node)
    made = [*reading.before, reading.at(ast.Return(value=value), node)]
    reading.before = waiting
    return made


def _within(reading: Reading, node: tree_sitter.Node | None) -> list[ast.stmt]:
    """The statements of a branch, which may be one without a block."""
    if node is None:
        return []
    several = node.type in {"statement_block", "else_clause", "finally_clause"}
    return _statements(reading, parts(node) if several else [node])


def _nested(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    yield from _statements(reading, parts(node))


def _expression(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    inner = first(node)
    if inner is None:
        return
    if inner.type == "internal_module":
        yield from _namespace(reading, inner)
    elif inner.type == "assignment_expression":
        yield from _assignment(reading, inner)
    else:
        yield reading.at(ast.Expr(value=expression(reading, inner)), node)


def _assignment(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    left, right = part(node, "left"), part(node, "right")
    if left is not None and right is not None:
        value = expression(reading, right)
        to = target(reading, left, expression)
        yield reading.at(ast.Assign(targets=[to], value=value), node)


def _declaration(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    """What `const`, `let` and `var` declare; a function under a name has that name."""
    for child in parts(node):
        name, value = part(child, "name"), part(child, "value")
        modules = list(required(reading, child))
        yield from modules
        if name is None or value is None or modules:
            continue
        if value.type in _FUNCTIONS and name.type == "identifier":
            yield definition(reading, value, reading.source(name))
        else:
            given = expression(reading, value)
            to = target(reading, name, expression)
            yield reading.at(ast.Assign(targets=[to], value=given), child)


def _function(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    name = part(node, "name")
    yield definition(reading, node, reading.source(name) if name is not None else DEFAULT)


def _class(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    name = part(node, "name")
    named = reading.source(name) if name is not None else DEFAULT
    yield class_definition(reading, node, expression, named)


def _export(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    """What is declared, and so exported; the default is a variable of that name."""
    declared, value = part(node, "declaration"), part(node, "value")
    if declared is not None:
        yield from _statements(reading, [declared])
        name = part(declared, "name")
        if name is not None and any(child.type == DEFAULT for child in node.children):
            yield reading.assigned(node, DEFAULT, reading.name(name, reading.source(name)))
    elif value is not None:
        yield reading.assigned(node, DEFAULT, expression(reading, value))
    else:
        yield from passed_on(reading, node)


def _return(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    inner = first(node)
    value = expression(reading, inner) if inner is not None else None
    yield reading.at(ast.Return(value=value), node)


def _throw(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    value = expression(reading, first(node))
    yield reading.at(ast.Raise(exc=value, cause=None), node)


def _if(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    test = expression(reading, part(node, "condition"))
    yes, no = (_within(reading, part(node, name)) for name in ("consequence", "alternative"))
    yield reading.at(ast.If(test=test, body=yes, orelse=no), node)


def _loop(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    """`while`, `do`, and `for` with its three parts, of which the first comes before it."""
    begun = part(node, "initializer")
    yield from _statements(reading, [begun] if begun is not None else [])
    test = expression(reading, part(node, "condition"))
    body = _within(reading, part(node, "body"))
    step = part(node, "increment")
    if step is not None:
        body.append(reading.at(ast.Expr(value=expression(reading, step)), step))
    yield reading.at(ast.While(test=test, body=body, orelse=[]), node)


def _for_each(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    left, over = part(node, "left"), expression(reading, part(node, "right"))
    body = _within(reading, part(node, "body"))
    if left is not None:
        to = target(reading, left, expression)
        made = ast.For(target=to, iter=over, body=body, orelse=[], type_comment=None)
        yield reading.at(made, node)


def _try(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    body = _within(reading, part(node, "body"))
    handler, finalizer = part(node, "handler"), part(node, "finalizer")
    handlers: list[ast.ExceptHandler] = []
    if handler is not None:
        caught = _within(reading, part(handler, "body"))
        made = ast.ExceptHandler(type=None, name=None, body=caught)
        handlers.append(reading.at(made, handler))
    final = _within(reading, part(finalizer, "body")) if finalizer is not None else []
    yield reading.at(ast.Try(body=body, handlers=handlers, orelse=[], finalbody=final), node)


def _switch(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    """Its cases, each as a condition of its own: one may run after another."""
    value, cases = part(node, "value"), part(node, "body")
    yield reading.at(ast.Expr(value=expression(reading, value)), node)
    for case in parts(cases) if cases is not None else ():
        test = part(case, "value")
        written = _statements(reading, [child for child in parts(case) if child != test])
        body = [each for each in written if not isinstance(each, ast.Break)]  # of the switch
        yield reading.at(ast.If(test=expression(reading, test), body=body, orelse=[]), case)


def _break(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    yield reading.at(ast.Break(), node)


def _continue(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    yield reading.at(ast.Continue(), node)


def _namespace(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    yield from _within(reading, part(node, "body"))


def _import(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    yield from imported(reading, node)
    yield from assigned(reading, node)


_BY_TYPE: Mapping[str, Callable[[Reading, tree_sitter.Node], Iterator[ast.stmt]]] = {
    "import_statement": _import,
    "export_statement": _export,
    "expression_statement": _expression,
    **dict.fromkeys(("lexical_declaration", "variable_declaration"), _declaration),
    **dict.fromkeys(("function_declaration", "generator_function_declaration"), _function),
    **dict.fromkeys(("class_declaration", "abstract_class_declaration"), _class),
    **dict.fromkeys(("statement_block", "labeled_statement", "ERROR"), _nested),
    **dict.fromkeys(("internal_module", "module"), _namespace),
    "return_statement": _return,
    "break_statement": _break,
    "continue_statement": _continue,
    "throw_statement": _throw,
    "if_statement": _if,
    **dict.fromkeys(("while_statement", "do_statement", "for_statement"), _loop),
    "for_in_statement": _for_each,
    "try_statement": _try,
    "switch_statement": _switch,
}


def _comments(reading: Reading, root: tree_sitter.Node) -> Iterator[Comment]:
    for node in descendants(root):
        if node.type == "comment":
            line, column = reading.place(node)
            text = reading.source(node).removesuffix("*/").lstrip("/*").strip()
            yield Comment(line=line, column=column, text=text)
