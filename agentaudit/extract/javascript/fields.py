"""What the members of a class of TypeScript or JavaScript are: methods, and what they are given."""

import ast
from collections.abc import Iterator, Mapping

from agentaudit.extract.programs.bindings import place_of
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants, parameters_of

Member = FunctionDef | ast.expr


def class_members(defined: ast.ClassDef) -> Iterator[tuple[str, Member]]:
    """The methods of a class, and what its fields are given where they stand."""
    for node in defined.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, node
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case _:
                pass


def members_given(defined: ast.ClassDef) -> Mapping[str, Member]:
    """
    The members of a class: what the one statement gives them that gives them something.

    One that nothing is seen to be given is what its type says, by the name of a class.
    """
    found = dict(class_members(defined))
    given: dict[str, list[ast.expr]] = {}
    for name, value in _assigned(defined):
        given.setdefault(name, []).append(value)
    for name, values in given.items():
        own = found.get(name)
        known = own is not None and not _is_nothing(own)
        if known and not isinstance(own, FunctionDef):
            del found[name]  # which of the two it is, depends
        elif not known and len(values) == 1:
            found[name] = values[0]
    for name, type_ in _typed(defined):
        found.setdefault(name, type_)
    return found


def _assigned(defined: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """What the methods of a class give its members: `this.tools = …`."""
    for node in descendants(defined):
        if isinstance(node, ast.Assign) and not _is_nothing(node.value):
            for target in node.targets:
                place = place_of(target)
                if place.startswith("this."):
                    yield place.removeprefix("this."), node.value


def _is_nothing(value: Member) -> bool:
    """`null`, or `undefined`, until somebody gives it something."""
    match value:
        case ast.Constant(value=None) | ast.Name(id="undefined"):
            return True
        case _:
            return False


def _typed(defined: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """The types of fields, and of what the constructor takes."""
    for node in defined.body:
        match node:
            case ast.AnnAssign(
                target=ast.Name(id=name), annotation=ast.Constant(value=str(type_)) as at
            ):
                yield name, ast.copy_location(ast.Name(id=type_, ctx=ast.Load()), at)
            case ast.FunctionDef(name="constructor"):
                for given in parameters_of(node):
                    if given.type_comment:
                        made = ast.Name(id=given.type_comment, ctx=ast.Load())
                        yield given.arg, ast.copy_location(made, given)
            case _:
                pass
