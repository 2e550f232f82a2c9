"""
Which function of the repository a name or a member means: of this file, another one, or a class.

An object's class is known by what it is assigned, here, in another file or as a member of another
object; whatever nobody is seen to make is no one's.
"""

import ast
from collections.abc import Mapping

from agentaudit.extract.documents import Documents
from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.imports import module_defining
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import parameters_of, returned_by

_DEEPEST = 6
"""Names and members of which each stands for the next."""


def function_called(
    documents: Documents, module: Module, called: ast.expr, depth: int = 0
) -> tuple[Module, FunctionDef] | None:
    """The function of the repository that a name or a member means."""
    match called:
        case ast.Name(id=name) if _is_free(module, name):
            return module, module.functions_by_name[name]
        case ast.Attribute(value=ast.Name(id="self" | "cls")):
            return _of_class(documents, _own_class(module, called), called.attr, 0)
        case ast.Name() | ast.Attribute():
            other, name = module_defining(documents, module, module.dotted(called))
            if other is not module and _is_free(other, name):
                return other, other.functions_by_name[name]
        case _:
            return None
    if not isinstance(called, ast.Attribute):
        return None
    return _of_class(documents, _class_of(documents, module, called.value, depth), called.attr, 0)


def _own_class(module: Module, node: ast.AST) -> tuple[Module, ast.ClassDef] | None:
    around = module.class_around(node)
    return (module, around) if around is not None else None


def _class_of(
    documents: Documents, module: Module, owner: ast.expr, depth: int
) -> tuple[Module, ast.ClassDef] | None:
    """The class of the repository that an object is made of."""
    if depth > _DEEPEST:
        return None
    match module.meant(owner):
        case ast.Await(value=made) | ast.BoolOp(values=[*_, made]):
            return _class_of(documents, module, made, depth + 1)
        case ast.Call(func=ast.Name() | ast.Attribute() as named):
            built = _class_named(documents, module, named)
            return built or _class_returned(documents, module, named, depth)
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name) as member:
            around = module.class_around(member)
            given = module.once(_members).get((id(around), name)) if around else None
            return _class_of(documents, module, given, depth + 1) if given is not None else None
        case ast.Name() as given if (said := _said_of(module, given)) is not None:
            return _class_named(documents, module, said)
        case ast.Name() | ast.Attribute() as named:
            other, name = module_defining(documents, module, module.dotted(named))
            given = other.constants.values.get(name) if other is not module else None
            if given is not None and other.affords(1):
                return _class_of(documents, other, given, depth + 1)
            return _class_named(documents, module, named)
        case _:
            return None


def _class_returned(
    documents: Documents, module: Module, named: ast.expr, depth: int
) -> tuple[Module, ast.ClassDef] | None:
    """The class of what a function of the repository says that it returns, or returns alone."""
    found = function_called(documents, module, named, depth + 1) if depth < _DEEPEST else None
    if found is None or not found[0].affords_within(found[1]):
        return None
    other, function = found
    if function.returns is not None:
        said = _type_in(function.returns)
        return _class_named(documents, other, said) if said is not None else None
    returned = tuple(returned_by(function))
    return _class_of(documents, other, returned[0], depth + 1) if len(returned) == 1 else None


def _said_of(module: Module, name: ast.Name) -> ast.expr | None:
    """The class that a parameter is said to be of."""
    function = module.function_around(name)
    taken = parameters_of(function) if function is not None else ()
    said = next((each.annotation for each in taken if each.arg == name.id), None)
    return _type_in(said) if said is not None else None


def _type_in(said: ast.expr) -> ast.expr | None:
    """The class that a type names, also beside nothing."""
    match said:
        case ast.Name() | ast.Attribute():
            return said
        case ast.BinOp(left=ast.Name() | ast.Attribute() as left, op=ast.BitOr()):
            return left
        case ast.Subscript(
            value=ast.Name(id="Optional"), slice=ast.Name() | ast.Attribute() as inner
        ):
            return inner
        case _:
            return None


def _class_named(
    documents: Documents, module: Module, named: ast.expr
) -> tuple[Module, ast.ClassDef] | None:
    other, name = module_defining(documents, module, module.dotted(named))
    defined = other.classes.get(name)
    return (other, defined) if defined is not None else None


def _of_class(
    documents: Documents, found: tuple[Module, ast.ClassDef] | None, name: str, depth: int
) -> tuple[Module, FunctionDef] | None:
    """The method of a class, or of what it is derived from."""
    if found is None or depth > _DEEPEST:
        return None
    module, defined = found
    method = module.once(_methods).get((id(defined), name))
    if method is not None or not module.affords(1):
        return (module, method) if method is not None else None
    for base in defined.bases[:_DEEPEST]:
        inherited = _of_class(documents, _class_named(documents, module, base), name, depth + 1)
        if inherited is not None:
            return inherited
    return None


def _methods(module: Module) -> Mapping[tuple[int, str], FunctionDef]:
    """The methods of all classes, by their names, the first of each."""
    found: dict[tuple[int, str], FunctionDef] = {}
    for defined in module.of(ast.ClassDef):
        for member in defined.body:
            if isinstance(member, FunctionDef):
                found.setdefault((id(defined), member.name), member)
    return found


def _is_free(module: Module, name: str) -> bool:
    """Whether a name alone calls a function of the module: a method is called by its object."""
    function = module.functions_by_name.get(name)
    around = module.class_around(function) if function is not None else None
    return function is not None and not (around is not None and function in around.body)


def _members(module: Module) -> Mapping[tuple[int, str], ast.expr]:
    """What classes are seen to give their members last, `self.shell = Shell()`: what makes it."""
    found: dict[tuple[int, str], ast.expr] = {}
    for target, value in bindings((*module.of(ast.Assign), *module.of(ast.AnnAssign))):
        match target:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name) if isinstance(
                value, ast.Call | ast.Name | ast.BoolOp | ast.Await
            ):
                found[id(module.class_around(target)), name] = value
            case _:
                pass
    return found
