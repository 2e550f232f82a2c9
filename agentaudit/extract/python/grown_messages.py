"""
Conversations that a program keeps in lists of its own and hands to a model whole.

Where such a list outlives the question it was made for, by an object, a session of a user
interface, a mapping by users or a variable of the module, each turn is sent with all before it. It
is bounded where it is cut from behind, emptied from the front or measured; what is called trimming
and is not understood leaves it open.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from agentaudit.expressions import any_of, regex
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.programs.bindings import bindings, place_of
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.syntax import keyword
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.kept_lists import Kept, is_whole, kept
from agentaudit.extract.python.model_calls import given, whose_client
from agentaudit.model.evidence import Confidence, Evidence, Known, Truth
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.readers.model_clients import WORDS_IN_PYTHON

_CONVERSATIONS = (
    *("messages", "contents", "input", "history", "chat_history", "message_history", "inputs"),
)
_ASKING = any_of(
    (*WORDS_IN_PYTHON, ".run(", ".run_", ".invoke(", ".ainvoke(", ".stream(", ".astream("),
    stops="(_",
)
_RUNNER = "agents.Runner."
_RUNS = regex(
    r"(?i)^agents\.Runner\.run(?:_sync|_streamed)?$"
    r"|(?:^|[._])(?:llm|chat_?model|model|agent|chain)\.(?:a?invoke|a?stream|run|run_sync|run_stream)$"
)
"""What asks a model or an agent with a list, by the names that manuals give them."""
_GROWS = frozenset({"append", "extend", "insert", "push", "unshift"})
_SHRINKS = frozenset({"pop", "popleft", "popitem", "remove", "shift", "splice"})
_FIRST = frozenset({"__init__", "constructor"})
"""Methods in which an object begins."""
_TRIMS = regex(
    r"(?i)\b\w{0,60}(?:trim|truncat|compact|summar|prun|condens|shorten|sliding|cut_off)\w{0,60}\("
)
"""What is called so shortens something."""
_FEW = 2
"""Messages to which a list is compared to see whether it has begun."""
_ORDERED = (ast.Gt, ast.GtE, ast.Lt, ast.LtE)


class _Lists(Struct):
    """What a module does with the lists that it keeps."""

    grown: Mapping[str, ast.AST]
    """Where each first gets something in a function."""
    cut: Mapping[str, int | None]
    """Those that are shortened, and to how many where that is written."""


def add_grown_messages(building: Building) -> None:
    """The conversations that a module keeps and asks models with."""
    module = building.module
    if _ASKING.search(module.document.text) is None:
        return
    made = {call.variable: call.name for call in building.calls if call.variable}
    for call in building.calls:
        add_asked(module, building.collector, call, _asked(module, call, made))


def add_asked(module: Module, collector: Collector, call: Call, asked: Iterable[ast.expr]) -> None:
    """The conversations that a module keeps among what a call asks with."""
    for each in asked:
        found = kept(module, each, call.node)
        if found is None or found.key not in module.once(_lists).grown:
            continue
        store = _store(module, call, found)
        if store.max_turns is Known.UNKNOWN:
            what = f"what shortens {store.name} is not followed"
            collector.leave_open(store.evidence[0], what, "whether it grows without end")
        else:
            collector.add(store)


def _asked(module: Module, call: Call, made: Mapping[str, str]) -> Iterator[ast.expr]:
    """The lists that a call asks a model or an agent with."""
    if whose_client(call, made):
        asked = keyword(call.node, *_CONVERSATIONS)
        put_together = given(module, call.node, *_CONVERSATIONS)
        if put_together is not None and put_together is not asked:
            yield from parts_of(put_together)
    elif _RUNS.search(call.name):
        first = call.node.args[1:2] if call.name.startswith(_RUNNER) else call.node.args[:1]
        asked = keyword(call.node, *_CONVERSATIONS) or next(iter(first), None)
    else:
        asked = None
    if asked is not None:
        yield from parts_of(asked)


def _store(module: Module, call: Call, found: Kept) -> MemoryStore:
    lists = module.once(_lists)
    bound = Known.SET if found.key in lists.cut else Known.NONE
    if bound is Known.NONE and module.once(_trims):
        bound = Known.UNKNOWN
    grown = module.place(lists.grown[found.key], found.name)
    places: tuple[Evidence, ...] = (module.place(call.node.func, call.last), grown)
    return MemoryStore(
        id=fact_id("memory_store", found.name, f"{module.document.file}#{found.key}:kept"),
        name=found.name,
        evidence=places,
        confidence=Confidence.LIKELY,
        kind="history",
        backend="in_memory",
        scope=found.scope,
        ttl=Known.NONE,
        max_turns=bound,
        max_turns_count=lists.cut.get(found.key),
        max_tokens=Known.NONE,
        compaction=Known.NONE,
        persistent=Truth.NO,
    )


def _trims(module: Module) -> bool:
    return _TRIMS.search(module.document.text) is not None


def parts_of(asked: ast.expr) -> Iterator[ast.expr]:
    """The lists of which a conversation is put together: `[system, *history]`."""
    match asked:
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            yield from parts_of(left)
            yield from parts_of(right)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            yield from (each.value for each in elements if isinstance(each, ast.Starred))
        case ast.Call(func=ast.Name(id="list"), args=[inner]):
            yield inner
        case ast.ListComp(generators=[ast.comprehension(iter=inner)]):
            yield inner
        case _:
            yield asked


def _lists(module: Module) -> _Lists:
    grown: dict[str, ast.AST] = {}
    cut: dict[str, int | None] = {}
    for node, owner in _growths(module):
        function, found = module.function_around(node), kept(module, owner, node)
        begins = function.name in _FIRST if function is not None else True
        if found is not None and (found.in_session or not begins):
            grown.setdefault(found.key, node)
    for node, owner, count in _cuts(module) if grown else ():
        found = kept(module, owner, node)
        if found is not None:
            cut.setdefault(found.key, count)
    return _Lists(grown, cut)


def _growths(module: Module) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Where something is added to something: the place, and what it is added to."""
    for call in module.of(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr in _GROWS:
            yield call, call.func.value
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "set":
            yield from _entries(call, call.func.value)
    for added in module.of(ast.AugAssign):
        yield added.target, added.target
    for target, value in bindings(module.of(ast.Assign)):
        if is_whole(value) or _adds_to(target, value):
            yield target, target


def _entries(call: ast.Call, owner: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What a mapping of a script has under a key from then on: more than it had."""
    match call.args:
        case [key, ast.List(elts=[ast.Starred(), *_]) as longer]:
            entry = ast.Subscript(value=owner, slice=key, ctx=ast.Store())
            yield longer, ast.copy_location(entry, longer)
        case _:
            pass


def _adds_to(target: ast.expr, value: ast.expr) -> bool:
    """Whether something is given itself with more behind it: `[...said, question]`."""
    first = value.elts[0] if isinstance(value, ast.List) and value.elts else None
    place = place_of(target)
    return bool(place) and isinstance(first, ast.Starred) and place_of(first.value) == place


def _cuts(module: Module) -> Iterator[tuple[ast.expr, ast.expr, int | None]]:
    """Where something is shortened: the place, what it is, and how much is left if it is known."""
    for node in module.of(ast.Subscript):
        if isinstance(node.slice, ast.Slice) and _from_behind(module, node):
            yield node, node.value, _left(module, node.slice)
    for call in module.of(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr in _SHRINKS:
            yield call, call.func.value, None
    yield from _cuts_in_scripts(module)
    for compared in module.of(ast.Compare):
        yield from ((compared, owner, None) for owner in _measured(module, compared))


def _cuts_in_scripts(module: Module) -> Iterator[tuple[ast.expr, ast.expr, int | None]]:
    """The same in scripts: `said.slice(-20)`, `said.length = 20`."""
    for call in module.of(ast.Call):
        match call:
            case ast.Call(func=ast.Attribute(value=owner, attr="slice"), args=[first, *others]):
                value = module.value(first)
                if not isinstance(value, int) or value < 0:
                    alone = isinstance(value, int) and not others
                    yield call, owner, -value if isinstance(value, int) and alone else None
            case _:
                pass
    for target, _ in bindings(module.of(ast.Assign)):
        if isinstance(target, ast.Attribute) and target.attr == "length":
            yield target, target.value, None


def _from_behind(module: Module, node: ast.Subscript) -> bool:
    """Whether a part leaves out what grows: the last of a list, or what `del` takes away."""
    if isinstance(node.ctx, ast.Del):
        return True
    lower = node.slice.lower if isinstance(node.slice, ast.Slice) else None
    if lower is None:
        return False
    value = module.value(lower)
    return not isinstance(value, int) or value < 0


def _left(module: Module, part: ast.Slice) -> int | None:
    value = module.value(part.lower)
    return -value if isinstance(value, int) and value < 0 and part.upper is None else None


def _measured(module: Module, compared: ast.Compare) -> Iterator[ast.expr]:
    """What is measured against more than a beginning: `len(history) > LIMIT`."""
    if len(compared.ops) != 1 or not isinstance(compared.ops[0], _ORDERED):
        return
    sides: Sequence[ast.expr] = (compared.left, compared.comparators[0])
    for one, other in (sides, sides[::-1]):
        match one:
            case (
                ast.Call(func=ast.Name(id="len"), args=[owner])
                | ast.Attribute(value=owner, attr="length")
            ):
                value = module.value(other)
                if not isinstance(value, int) or value > _FEW:
                    yield owner
            case _:
                pass
