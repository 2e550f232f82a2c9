"""Which variable of the environment decides a value of a program, by whatever reads it."""

import ast

from agentaudit.expressions import regex
from agentaudit.extract.programs.code import Module

_NAME = regex(r"[A-Z][A-Z0-9_]{1,100}")
_FIELD = regex(r"[a-z][a-z0-9_]{1,100}")
_DEEPEST = 10


def deciding_variable(module: Module, given: ast.expr | None) -> str:
    """
    The variable that a value is read from; empty where none is seen to be.

    `os.environ["X"]`, `env.int("X")` and `config("X", cast=int)` name it; a field of settings is
    called like it, as Pydantic's are (`settings.max_turns`).
    """
    for _ in range(_DEEPEST):
        match module.meant(given):
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if _NAME.fullmatch(name):
                return name
            case ast.Subscript(slice=ast.Constant(value=str(name))) if _NAME.fullmatch(name):
                return name
            case ast.Attribute(value=ast.Name() | ast.Attribute(), attr=name):
                return name.upper() if _FIELD.fullmatch(name) else ""
            case ast.Call(func=ast.Name(id="int" | "float"), args=[inner, *_]):
                given = inner
            case ast.BoolOp(values=[inner, *_]):
                given = inner
            case _:
                return ""
    return ""
