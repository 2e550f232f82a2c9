"""
Lists of a program that outlive the function which adds to them, and by what they are known.

The trees of scripts are read as those of Python: `this` is `self`, and a `Map` a mapping.

Read are members of objects, variables of the module, entries of mappings by a key, what lasts as
long as a dialogue, and the sessions of Streamlit, Chainlit, Flask and Telegram's bots; names within
a function stand for what they were given last.
"""

import ast
from collections.abc import Mapping, Sequence

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import argument, descendants, last_name, parameters_of
from agentaudit.extract.python.dialogues import is_of_dialogue

_SESSIONS = frozenset({"session_state", "user_session", "session", "user_data", "chat_data"})
_LOOKS_UP = frozenset({"get", "setdefault", "pop"})
_MAKES_LIST = frozenset({"list", "field", "Field"})
_MAKES_MAPPING = frozenset({"dict", "defaultdict", "OrderedDict", "Map"})
_BEGINS_ANEW = regex(r"(?i)reset|clear|new_|start_over|__init__|__post_init__|^constructor$")
"""Methods that empty a list because somebody asks for it."""
_WHOLE = frozenset({"to_input_list", "all_messages"})
"""Of OpenAI's Agents SDK, and of Pydantic AI."""
_OWN = frozenset({"self", "cls"})
_MOST = 10
"""Calls of one function that are looked at."""
_DEEPEST = 4


class Kept(Struct, frozen=True):
    """A list that stays: what tells it from others of its file, its name, and whose it is."""

    key: str
    name: str
    scope: str
    in_session: bool = False
    """Whether a dialogue has it, or a session of an interface, whose script runs for each turn."""


def kept(module: Module, node: ast.expr, at: ast.AST, depth: int = 0) -> Kept | None:
    """The list that an expression at a place stands for, if it outlives the function there."""
    if depth > _DEEPEST:
        return None
    match node:
        case ast.Attribute(value=ast.Name(id="self" | "cls" | "this"), attr=name):
            return _member(module, name, at)
        case ast.Attribute(value=owner, attr=name) if _is_session(module, owner):
            return Kept(f"session.{name}", name, "session", in_session=True)
        case ast.Subscript(value=owner, slice=key) if not isinstance(key, ast.Slice):
            return _entry(module, owner, key, at)
        case ast.Call(func=ast.Attribute(value=owner, attr=attr), args=[key, *_]) if (
            attr in _LOOKS_UP
        ):
            return _entry(module, owner, key, at)
        case ast.BoolOp(values=[first, *_]):
            return kept(module, first, at, depth + 1)
        case ast.Name(id=name):
            return _named(module, name, at, depth)
        case _:
            return None


def _is_session(module: Module, owner: ast.expr) -> bool:
    return module.dotted(owner).rpartition(".")[2] in _SESSIONS


def _entry(module: Module, owner: ast.expr, key: ast.expr, at: ast.AST) -> Kept | None:
    """What a session has under a text, or a mapping that stays under any key."""
    text = module.text(key)
    if _is_session(module, owner):
        return Kept(f"session.{text}", text, "session", in_session=True) if text else None
    match owner:
        case ast.Name(id=name) if _is_made(
            module.constants.values.get(name), _MAKES_MAPPING, ast.Dict
        ):
            outside = module.function_around(module.constants.values[name]) is None
            return Kept(f"{name}[]", name, "" if text else "session") if outside else None
        case ast.Attribute(value=ast.Name(id="self" | "cls" | "this"), attr=name):
            around = module.class_around(at)
            made = module.once(_members).get((id(around), name), ())
            if made and all(_is_made(value, _MAKES_MAPPING, ast.Dict) for _, value in made):
                return Kept(f"{id(around)}.{name}[]", name, "" if text else "session")
        case _:
            pass
    return None


def _member(module: Module, name: str, at: ast.AST) -> Kept | None:
    """A member that an object begins with and is never given anew, unless somebody asks for it."""
    around = module.class_around(at)
    made = module.once(_members).get((id(around), name), ()) if around is not None else ()
    anew = [method for method, value in made if not _BEGINS_ANEW.search(method or "__init__")]
    if around is None or not made or anew:
        return None
    if not any(_is_made(value, _MAKES_LIST, ast.List) for _, value in made):
        return None
    return Kept(f"{around.name}.{name}", name, "")


def _is_made(value: ast.expr | None, makers: frozenset[str], kind: type[ast.expr]) -> bool:
    if isinstance(value, ast.Call):
        return last_name(value.func) in makers
    return isinstance(value, kind)


def _named(module: Module, name: str, at: ast.AST, depth: int) -> Kept | None:
    """What a name within a function was given last, or a list of the module."""
    function = module.function_around(at)
    if is_of_dialogue(module, name, at):
        place = f"{function.name}." if function is not None else ""
        return Kept(f"{place}{name}", name, "session", in_session=True)
    if function is None:
        return None
    if name in {each.arg for each in parameters_of(function)}:
        return _handed_over(module, function, name, depth)
    line = getattr(at, "lineno", 0)
    given = module.once(_locals).get((id(function), name), ())
    before = [value for value in given if value.lineno <= line]
    if before and module.affords(len(before)):
        return kept(module, before[-1], at, depth + 1)
    value = module.constants.values.get(name)
    outside = value is not None and module.function_around(value) is None
    if given or not outside or not _is_made(value, _MAKES_LIST, ast.List):
        return None
    return Kept(name, name, "global")


def is_whole(value: ast.expr) -> bool:
    """Whether a value is all that was said until then, as a run of a framework returns it."""
    return any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr in _WHOLE
        for each in descendants(value)
    )


def _is_made_of(value: ast.expr, name: str) -> bool:
    return any(isinstance(each, ast.Attribute) and each.attr == name for each in descendants(value))


def _handed_over(module: Module, function: FunctionDef, name: str, depth: int) -> Kept | None:
    """What a function of the module is handed as a parameter, by the first call that keeps it."""
    known = module.once(_handed)
    if (id(function), name) not in known:
        known[id(function), name] = None  # what leads back here is kept by nobody
        taken = [each.arg for each in parameters_of(function) if each.arg not in _OWN]
        at = taken.index(name) if name in taken else len(taken)
        calls = module.once(_calls).get(function.name, ())[:_MOST]
        given = ((argument(call, at, name), call) for call in calls)
        found = (kept(module, each, call, depth + 1) for each, call in given if each is not None)
        known[id(function), name] = next(filter(None, found), None)
    return known[id(function), name]


def _handed(_module: Module) -> dict[tuple[int, str], Kept | None]:
    """What parameters of functions are handed, each asked once."""
    return {}


def _calls(module: Module) -> Mapping[str, Sequence[ast.Call]]:
    """The calls of functions by their names alone, and of an object's own methods."""
    found: dict[str, list[ast.Call]] = {}
    for call in module.of(ast.Call):
        match call.func:
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                found.setdefault(name, []).append(call)
            case _:
                pass
    return found


def _locals(module: Module) -> Mapping[tuple[int, str], Sequence[ast.expr]]:
    """What each function gives its names, from the top down."""
    found: dict[tuple[int, str], list[ast.expr]] = {}
    kinds = (ast.Assign, ast.AnnAssign, ast.NamedExpr)
    for target, value in bindings(node for kind in kinds for node in module.of(kind)):
        function = module.function_around(target)
        if isinstance(target, ast.Name) and function is not None:
            found.setdefault((id(function), target.id), []).append(value)
    for values in found.values():
        values.sort(key=lambda each: each.lineno)
    return found


def _members(module: Module) -> Mapping[tuple[int, str], Sequence[tuple[str, ast.expr]]]:
    """What classes give their members, each with the method that does; none of what fields hold."""
    found: dict[tuple[int, str], list[tuple[str, ast.expr]]] = {}
    for target, value in bindings((*module.of(ast.Assign), *module.of(ast.AnnAssign))):
        around, function = module.class_around(target), module.function_around(target)
        match target:
            case ast.Attribute(value=ast.Name(id="self" | "cls" | "this"), attr=name) if not (
                is_whole(value) or _is_made_of(value, name)
            ):
                method = function.name if function is not None else ""
                found.setdefault((id(around), name), []).append((method, value))
            case ast.Name(id=name) if around is not None and function is None:
                found.setdefault((id(around), name), []).append(("", value))
            case _:
                pass
    return found
