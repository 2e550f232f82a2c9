"""
Memories in Python that somebody else chooses, or of which nobody sees how much they hold.

A store, a history or a client of one's own extends a framework: who makes one says what it keeps
things in, so what it makes where it is given none is no memory that anybody deploys. In Strands, a
flag or the name of a kind may take away the window that it keeps by itself; and an agent that a
function makes with nothing to call answers, and may be asked no second time.
"""

import ast
from collections.abc import Iterator, Sequence

from agentaudit.expressions import regex
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.syntax import defaults_of, descendants, keyword, parameters_of

_EXTENDED = regex(r"(?:Store|Saver|Memory|History|Session|Cache|Client|Provider|Context)$")
"""How base classes end that frameworks let others extend to keep or pass on what is said."""


def chosen_elsewhere(module: Module, calls: Sequence[Call]) -> frozenset[int]:
    """Identities of the calls that make such memories."""
    takes = {
        id(member): {argument.arg for argument in parameters_of(member)}
        for defined in module.of(ast.ClassDef)
        if any(_EXTENDED.search(module.dotted(base)) for base in defined.bases)
        for member in defined.body
        if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    defaults = (
        default
        for given, default in (_choices(module) if takes else ())
        if given.id in takes.get(id(module.function_around(given)), ())
    )
    return frozenset(
        map(id, (*defaults, *_of_single_answers(module, calls), *_asked_for(module, calls)))
    )


def _choices(module: Module) -> Iterator[tuple[ast.Name, ast.expr]]:
    """What is chosen between: the name that is taken, and what is made without it."""
    for node in (*module.of(ast.BoolOp), *module.of(ast.IfExp)):
        match node:
            case ast.BoolOp(op=ast.Or(), values=[ast.Name() as given, default]):
                yield given, default
            case ast.IfExp(body=ast.Name() as given, orelse=default):
                yield given, default
            case ast.IfExp(body=default, orelse=ast.Name() as given):
                yield given, default
            case _:
                pass


def _of_single_answers(module: Module, calls: Sequence[Call]) -> Iterator[ast.expr]:
    """What agents of Strands that a function makes without tools keep: `tools=[]` says so."""
    for node in (call.node for call in calls):
        manager = keyword(node, "conversation_manager")
        tools = keyword(node, "tools") if manager is not None else None
        alone = isinstance(tools, ast.List) and not tools.elts
        if manager is not None and alone and module.function_around(node):
            yield manager


def _asked_for(module: Module, calls: Sequence[Call]) -> Iterator[ast.expr]:
    """Managers of Strands that bound nothing, under a flag that is off, or the name of a kind."""
    made = [call.node for call in calls if call.last == "NullConversationManager"]
    flags = {name for function in module.functions for name in _off(function.args)} if made else ()
    for branch in module.of(ast.If) if made else ():
        name = module.dotted(branch.test).rpartition(".")[2]
        if name in flags or _names_kind(module, branch):
            within = {id(node) for each in branch.body for node in descendants(each)}
            yield from (call for call in made if id(call) in within)


def _names_kind(module: Module, branch: ast.If) -> bool:
    """Whether a branch is taken for one of the kinds that a function may be asked for."""
    match branch.test:
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq()], comparators=[kind]):
            around = module.function_around(branch)
            given = parameters_of(around) if around is not None else ()
            return bool(module.text(kind)) and name in {each.arg for each in given}
        case _:
            return False


def _off(given: ast.arguments) -> Iterator[str]:
    """Arguments that are false or nothing where they are not given."""
    for name, default in defaults_of(given):
        if isinstance(default, ast.Constant) and not default.value:
            yield name
