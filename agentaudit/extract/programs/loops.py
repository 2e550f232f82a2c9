"""
Loops of a program's own: how often something that stands in one is done, and what ends it.

A loop over given elements ends with them; one that goes on until an answer comes may never end,
unless it counts. What is tried again until it succeeds is done once, and a loop that waits for a
person's next line is as long as the person wants it.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.bounds import Bound
from agentaudit.extract.programs.bindings import place_of
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.defaults import folded
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.persons import waits_for_person
from agentaudit.extract.programs.syntax import descendants
from agentaudit.model.evidence import Known

Loop = ast.For | ast.AsyncFor | ast.While
_ENDS = (ast.Break, ast.Return, ast.Raise)
_LEAVES = (ast.Break, ast.Return)
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_CLOCKS = frozenset({"time", "monotonic", "perf_counter", "now", "utcnow"})
_RETRIES = regex(r"(?i)attempt|retr(?:y|ies)|^tries$|backoff")
_BLOCKS = ("body", "orelse", "finalbody")
_DEEPEST = 3
"""Functions between a loop and what it repeats."""


class Rounds(Struct, frozen=True):
    """How often something is done, and whether a clock ends it or a person paces it."""

    bound: Bound
    function: FunctionDef | None
    """The function whose loop it is."""
    ends_in_time: bool = False
    paced_by_person: bool = False


def openness(found: Rounds | None) -> int:
    """The more, the longer it may go on: of several places, the longest counts."""
    if found is None:
        return 0
    return [Known.SET, Known.UNKNOWN, Known.NONE].index(found.bound[0]) + 1


def rounds(module: Module, node: ast.expr) -> Rounds | None:
    """What repeats an expression, be it a function that calls its own; None where nothing does."""
    return _repeated(module, node, ())


def _repeated(module: Module, node: ast.expr, through: tuple[FunctionDef, ...]) -> Rounds | None:
    function = module.function_around(node)
    for loop in _loops_around(module, node, function):
        found = _of_loop(module, loop, node, function)
        if found is not None:
            return found
    if function is None or len(through) == _DEEPEST:
        return None
    callers = _callers(module, function)
    for call in callers if module.affords(len(callers)) else ():
        within = module.function_around(call)
        if within is function or within in through:
            return _of_itself(module, function)
        found = _repeated(module, call, (*through, function))
        if found is not None:
            return found
    return None


def _loops_around(module: Module, node: ast.expr, function: FunctionDef | None) -> Sequence[Loop]:
    """The loops of the same function in which a node stands, the innermost first."""
    every = module.once(_loops).get(function, ())
    around = [
        loop
        for loop in (every if module.affords(len(every)) else ())
        if loop.lineno <= node.lineno <= (loop.end_lineno or 0)
        and not (loop.lineno == node.lineno and isinstance(loop, ast.For | ast.AsyncFor))
    ]
    return sorted(around, key=lambda loop: (-loop.lineno, -loop.col_offset))


def _loops(module: Module) -> Mapping[FunctionDef | None, Sequence[Loop]]:
    """The loops of a module, by the function in which they stand."""
    found: dict[FunctionDef | None, list[Loop]] = {}
    every: tuple[Loop, ...] = (
        *module.of(ast.While),
        *module.of(ast.For),
        *module.of(ast.AsyncFor),
    )
    for loop in every:
        found.setdefault(module.function_around(loop), []).append(loop)
    return found


def _callers(module: Module, function: FunctionDef) -> Sequence[ast.Call]:
    """The calls of a function of the module, or of a method of the same object."""
    calls, around = module.once(_calls), module.class_around(function)
    is_method = around is not None and function in around.body
    by_name = () if is_method else calls.get(("", function.name), ())
    return (*by_name, *calls.get(("self", function.name), ()))


def _calls(module: Module) -> Mapping[tuple[str, str], Sequence[ast.Call]]:
    """The calls of a module by whose name they call, an object's own or none, and by what name."""
    found: dict[tuple[str, str], list[ast.Call]] = {}
    for call in module.of(ast.Call):
        match call.func:
            case ast.Name(id=name):
                found.setdefault(("", name), []).append(call)
            case ast.Attribute(value=ast.Name(id="self" | "cls" | "this"), attr=name):
                found.setdefault(("self", name), []).append(call)
            case _:
                pass
    return found


def _of_loop(
    module: Module, loop: Loop, node: ast.expr, function: FunctionDef | None
) -> Rounds | None:
    """What a loop says; None of one that does not repeat what stands in it, or after errors."""
    if not module.affords_within(loop) or _leaves_after(loop, node.lineno):
        return None
    if isinstance(loop, ast.While):
        if any(map(_RETRIES.search, _names(loop.test))):
            return None
        if waits_for_person(module, loop):
            return Rounds((Known.SET, 1), function, paced_by_person=True)
        bound, timed = _of_conditions(module, loop)
        return Rounds(bound, function, ends_in_time=timed)
    if any(map(_RETRIES.search, _names(loop.target))):
        return None
    counted = _counted(module, loop)
    if counted is None:
        return None
    return Rounds(counted, function, ends_in_time=_of_conditions(module, loop)[1])


def _leaves_after(loop: Loop, line: int) -> bool:
    """Whether a loop is left, whatever happens, once what stands on a line was done."""
    block: Sequence[ast.stmt] = loop.body
    while block:
        at = next((at for at, each in enumerate(block) if _on(each, line)), None)
        if at is None:
            return False
        statement = block[at]
        if isinstance(statement, ast.Return):
            return True
        after = [*block[at + 1 :], *(statement.orelse if isinstance(statement, ast.Try) else ())]
        for each in after:
            if isinstance(each, _LEAVES):
                return True
            if any(isinstance(inner, ast.Continue) for inner in descendants(each)):
                return False
        block = next(
            (inner for inner in _blocks(statement) if any(_on(each, line) for each in inner)), ()
        )
    return False


def _on(statement: ast.stmt, line: int) -> bool:
    return statement.lineno <= line <= (statement.end_lineno or statement.lineno)


def _blocks(statement: ast.stmt) -> Iterator[Sequence[ast.stmt]]:
    """The lists of statements within one; none of a function's or a loop's, left by themselves."""
    if isinstance(statement, ast.If | ast.Try | ast.With | ast.AsyncWith):
        yield from (getattr(statement, name, ()) for name in _BLOCKS)
        yield from (handler.body for handler in getattr(statement, "handlers", ()))
    elif isinstance(statement, ast.Match):
        yield from (case.body for case in statement.cases)


def _counted(module: Module, loop: ast.For | ast.AsyncFor) -> Bound | None:
    """How often a loop that counts goes round; None of one that goes through given elements."""
    if not isinstance(loop.iter, ast.Call):
        return None
    name = module.dotted(loop.iter.func)
    if name.rpartition(".")[2] == "count" and not loop.iter.args[1:]:
        return _of_conditions(module, loop)[0]
    if name in {"range", "trange", "tqdm.trange"} and loop.iter.args:
        last = loop.iter.args[1] if len(loop.iter.args) > 1 else loop.iter.args[0]
        return _limit(module, last, loop)
    return None


def _of_conditions(module: Module, loop: Loop) -> tuple[Bound, bool]:
    """What the conditions bound that end a loop, and whether one of them asks a clock."""
    nodes = descendants(loop)
    stepped = set(_stepped(nodes))
    if isinstance(loop, ast.For):
        stepped |= {name for name in (place_of(loop.target),) if name}
    tests = [loop.test] if isinstance(loop, ast.While) else []
    tests += [node.test for node in nodes if isinstance(node, ast.If) and _ends(node.body)]
    compared = [each for test in tests for each in _ordered(descendants(test))]
    timed = any(map(_asks_clock, compared))
    for each in compared:
        for one, other in ((each.left, each.comparators[0]), (each.comparators[0], each.left)):
            if place_of(one.target if isinstance(one, ast.NamedExpr) else one) in stepped:
                return _limit(module, other, loop), timed
            if isinstance(one, ast.Call) and module.dotted(one.func) == "len":
                return (Known.UNKNOWN, None), timed
    return (Known.NONE, None), timed


def _ends(block: Sequence[ast.stmt]) -> bool:
    """Whether a block leaves what is around it, also within what it tries last."""
    if any(isinstance(each, _ENDS) for each in block):
        return True
    last = block[-1] if block else None
    return isinstance(last, ast.Try | ast.With | ast.AsyncWith) and _ends(last.body)


def _stepped(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """What a loop counts: `n += 1`, `n = n + 1`, and `n++` of JavaScript, which is `n := n`."""
    for node in nodes:
        match node:
            case ast.AugAssign(target=target):
                yield place_of(target)
            case ast.Assign(targets=[target], value=ast.BinOp(left=left, right=right)):
                yield from (
                    name for name in map(place_of, (left, right)) if name == place_of(target)
                )
            case ast.NamedExpr(target=target, value=ast.Name(id=name)) if name == target.id:
                yield name
            case ast.NamedExpr(target=target, value=ast.Constant()):
                yield target.id
            case _:
                pass


def _ordered(nodes: Sequence[ast.AST]) -> Iterator[ast.Compare]:
    """The comparisons that ask which of two is more."""
    for node in nodes:
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], _ORDER):
            yield node


def _asks_clock(compared: ast.AST) -> bool:
    return any(
        isinstance(each, ast.Attribute) and each.attr in _CLOCKS for each in descendants(compared)
    )


def _limit(module: Module, given: ast.expr, around: ast.AST) -> Bound:
    """How much a limit is: a number, the default of a parameter, or what a field is given."""
    value = folded(module, given, around)
    if isinstance(value, int | float) and value > 0:
        return Known.SET, int(value)
    return Known.UNKNOWN, None


def _of_itself(module: Module, function: FunctionDef) -> Rounds:
    """A function that calls itself: what it counts is handed on, and where that ends is open."""
    nodes = descendants(function)
    given = {each.arg for each in descendants(function.args) if isinstance(each, ast.arg)}
    bounded = not module.affords(len(nodes)) or any(
        given & set(_names(each)) for each in _ordered(nodes)
    )
    return Rounds((Known.UNKNOWN if bounded else Known.NONE, None), function)


def _names(node: ast.AST) -> Iterator[str]:
    for each in descendants(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.Attribute):
            yield each.attr
