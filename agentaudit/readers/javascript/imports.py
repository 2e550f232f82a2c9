"""
What modules of TypeScript and JavaScript import and pass on, as Python's imports say it.

`import {a as b} from "@x/y/z.js"` is `from @x/y/z import a as b`: names of packages and paths stay
as they are, without the ending of their files, for a dot ends the name of a module. Imports of
types alone are left out.
"""

import ast
from collections.abc import Iterator

import tree_sitter

from agentaudit.expressions import regex
from agentaudit.readers.javascript.reading import Reading, first, part, parts
from agentaudit.readers.javascript.texts import text_of

DEFAULT = "default"
"""What the default export of a module is called."""
_ENDING = regex(r"\.(?:[mc]?[jt]s|[jt]sx)$")


def imported(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    """The statements of one import."""
    source = part(node, "source")
    clause = next((child for child in node.children if child.type == "import_clause"), None)
    if source is None or clause is None or _of_types(node):
        return
    module = _module(reading, source)
    for child in parts(clause):
        match child.type:
            case "identifier":
                alias = ast.alias(name=DEFAULT, asname=reading.source(child))
                yield _some(reading, node, module, [alias])
            case "namespace_import":
                inner = first(child)
                if inner is not None:
                    yield _whole(reading, node, module, reading.source(inner))
            case "named_imports":
                yield _some(reading, node, module, list(_aliases(reading, child)))
            case _:
                pass


def assigned(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    """What `import a = require("b")` imports."""
    for clause in parts(node):
        if clause.type == "import_require_clause":
            name, source = first(clause), part(clause, "source")
            if name is not None and source is not None:
                yield _whole(reading, node, _module(reading, source), reading.source(name))


def passed_on(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    """What a module exports that another defines, or under another name than its own."""
    source = part(node, "source")
    clause = next((child for child in node.children if child.type == "export_clause"), None)
    if _of_types(node):
        return
    if source is not None:
        module = _module(reading, source)
        aliases = [ast.alias(name="*", asname=None)]
        if clause is not None:
            aliases = list(_aliases(reading, clause))
        yield _some(reading, node, module, aliases)
        return
    for alias in _aliases(reading, clause) if clause is not None else ():
        if alias.asname is not None and alias.asname != alias.name:
            yield reading.assigned(node, alias.asname, reading.name(node, alias.name))


def required(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.stmt]:
    """What a declaration imports by `require(…)` or `await import(…)`; nothing of any other."""
    name, value = part(node, "name"), part(node, "value")
    if value is not None and value.type == "await_expression":
        value = first(value)
    source = _required(reading, value)
    if name is None or source is None:
        return
    if name.type == "identifier":
        yield _whole(reading, node, source, reading.source(name))
    elif name.type == "object_pattern":
        yield _some(reading, node, source, list(_aliases(reading, name)))


def _required(reading: Reading, value: tree_sitter.Node | None) -> str | None:
    """The module that an expression requires."""
    called = part(value, "function") if value is not None else None
    if called is None or reading.source(called) not in {"require", "import"}:
        return None
    given = part(value, "arguments") if value is not None else None
    source = first(given) if given is not None else None
    return _module(reading, source) if source is not None and source.type == "string" else None


def _some(
    reading: Reading, node: tree_sitter.Node, module: str, aliases: list[ast.alias]
) -> ast.stmt:
    """Some names of a module."""
    return reading.at(ast.ImportFrom(module=module, names=aliases, level=0), node)


def _whole(reading: Reading, node: tree_sitter.Node, module: str, name: str) -> ast.stmt:
    """A module under a name."""
    return reading.at(ast.Import(names=[ast.alias(name=module, asname=name)]), node)


def _aliases(reading: Reading, node: tree_sitter.Node) -> Iterator[ast.alias]:
    """The names of a clause, or of a pattern, each with the one it gets."""
    for child in parts(node):
        if child.type in {"shorthand_property_identifier_pattern", "identifier"}:
            yield ast.alias(name=reading.source(child), asname=None)
            continue
        name, other = part(child, "name", "key"), part(child, "alias", "value")
        if name is None or _of_types(child):
            continue
        renamed = reading.source(other) if other is not None else None
        yield ast.alias(name=reading.source(name).strip("\"'"), asname=renamed)


def _of_types(node: tree_sitter.Node) -> bool:
    """Whether types alone are imported or exported, which say nothing of what runs."""
    return any(child.type in {"type", "typeof"} for child in node.children)


def _module(reading: Reading, source: tree_sitter.Node) -> str:
    return _ENDING.sub("", text_of(reading, source).removeprefix("node:"))
