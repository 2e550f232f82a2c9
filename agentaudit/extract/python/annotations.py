"""What annotations say of a parameter: whether it takes anything, any text, or is no argument."""

import ast
import warnings
from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.syntax import descendants, words_in

_ANYTHING = frozenset({"Any", "object"})
_MAPPINGS = frozenset({"dict", "Dict", "Mapping"})
_CONTAINERS = _MAPPINGS | {"list", "List"}
_CONTEXT = regex(r"Context|RunContextWrapper|ToolRuntime|InjectedState|BaseStore")
_SAID = frozenset({"Field", "Doc", "Parameter"})
"""What describes a parameter within `Annotated`; anything else may check it."""
_CHECKS = frozenset({"pattern", "regex", "max_length", "enum", "json_schema_extra"})
_DEEPEST = 10


def is_filled_in(annotation: ast.expr | None) -> bool:
    """Whether the framework fills a parameter in, unseen by the model."""
    return annotation is not None and any(map(_CONTEXT.search, words_in(annotation)))


def takes_anything(module: Module, annotation: ast.expr | None) -> bool:
    """Whether a parameter takes whatever there is: by its type, or because it has none."""
    return annotation is None or any(
        _name(module, part) in _ANYTHING for part in _alternatives(module, annotation)
    )


def takes_any_content(module: Module, annotation: ast.expr | None) -> bool:
    """Whether a parameter takes a mapping or a list, and its type leaves open what that holds."""
    return annotation is not None and any(
        _is_open(module, part) for part in _alternatives(module, annotation)
    )


def takes_any_text(module: Module, annotation: ast.expr | None) -> bool:
    """Whether a parameter takes any text, and nothing but texts."""
    if annotation is None:
        return True
    parts = tuple(_alternatives(module, annotation))
    return bool(parts) and all(_name(module, part) in {"str", "Any"} for part in parts)


def _is_open(module: Module, part: ast.expr) -> bool:
    if not isinstance(part, ast.Subscript):
        return _name(module, part) in _CONTAINERS
    holds = part.slice.elts if isinstance(part.slice, ast.Tuple) else [part.slice]
    held = _name(module, holds[-1]) if holds else ""
    return _name(module, part.value) in _MAPPINGS and held in _ANYTHING


def _alternatives(module: Module, top: ast.expr) -> Iterator[ast.expr]:
    """The types one of which a value has, without None; what checks a value stays as it is."""
    waiting = [(top, 0)]
    while waiting:
        node, depth = waiting.pop()
        inner = _inner(module, node) if depth < _DEEPEST else None
        if inner is not None:
            waiting.extend((each, depth + isinstance(node, ast.Subscript)) for each in inner)
        elif not (isinstance(node, ast.Constant) and node.value is None):
            yield node


def _inner(module: Module, node: ast.expr) -> list[ast.expr] | None:
    """The types that a type is made of; None of one that is none of the forms that join them."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [node.left, node.right]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _quoted(node.value, node)
    if not isinstance(node, ast.Subscript):
        return None
    given = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    match _name(module, node.value):
        case "Optional" | "Union":
            return given
        case "Annotated" if not any(checks(module, each) for each in given[1:]):
            return given[:1]
        case _:
            return None


def _quoted(text: str, at: ast.expr) -> list[ast.expr] | None:
    """A type that stands as a text, read where it stands."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            inner = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for each in descendants(inner):
        ast.copy_location(each, at)
    return None if isinstance(inner, ast.Constant) else [inner]


def checks(module: Module, said: ast.expr) -> bool:
    """Whether what stands beside a type may refuse a value."""
    if not isinstance(said, ast.Call):
        return not isinstance(said, ast.Constant)
    given = {item.arg for item in said.keywords}
    return _name(module, said) not in _SAID or not _CHECKS.isdisjoint(given)


def _name(module: Module, node: ast.expr) -> str:
    return module.dotted(node).rpartition(".")[2]
