"""
Conversations in Python that end with the function that makes them.

What a function keeps to itself is gone when it returns. Where it asks a fixed number of questions
until then, its conversation is as long as the program says. All that a value comes to must be seen
for that: what is returned, kept in an object or handed to a stranger may be asked for ever.
"""

import ast
from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.programs.code import Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants, parameters_of
from agentaudit.extract.python.builders import RUN_METHODS

_ASKING = RUN_METHODS | {"on_messages", "on_messages_stream", "get_response", "invoke_stream"}
_HOLDING = regex(
    r"^autogen_(?:agentchat|core)\.|^agent_framework\.[A-Z]|^agents\.(?:Runner|extensions\.memory)\."
)
"""What of the frameworks takes an agent or a store, serves nobody, and gives what holds it."""
_BEGINNING = frozenset({"create_session", "get_new_thread"})
"""Methods that give what holds the conversation from then on."""
_QUIET = frozenset(
    {
        *("close", "reset", "on_reset", "save_state", "load_state"),
        *("get_items", "add_items", "pop_item", "clear_session"),
    }
)
"""Methods that ask nothing."""
_HELD = frozenset({"session", "thread"})
"""Arguments with the conversation in which a question is asked."""
_LOOKING = frozenset({"print", "len", "str", "repr", "isinstance", "type"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DEEPEST = 3
"""Functions of the module that hand on what they are given."""


def ends_with_call(module: Module, made: ast.Call) -> bool:
    """Whether what is made is asked a fixed number of times, and ends with the call around it."""
    function = module.function_around(made)
    if function is None or not module.may_be_read(function):
        return False
    return _Within(module, _scope(module, function), made).keeps(made)


class _Scope(Struct, eq=False, dict=True):
    """One function: what stands around what in it, and where its names are read."""

    nodes: Sequence[ast.AST]

    @cached_property
    def parents(self) -> Mapping[int, ast.AST]:
        """What each node stands in."""
        return {id(child): node for node in self.nodes for child in ast.iter_child_nodes(node)}

    @cached_property
    def reads(self) -> Mapping[str, Sequence[ast.Name]]:
        """Where each name is read."""
        found: dict[str, list[ast.Name]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.setdefault(node.id, []).append(node)
        return found

    @cached_property
    def shared(self) -> frozenset[str]:
        """Names that others may read: those of the module, and of functions within this one."""
        inner: set[int] = set()
        found: set[str] = set()
        for node in self.nodes[1:]:  # from the top down: what is within one is known with it
            if isinstance(node, _FUNCTIONS) and id(node) not in inner:
                inner.update(map(id, descendants(node)))
            elif isinstance(node, ast.Global | ast.Nonlocal):
                found.update(node.names)
        names = (node for node in self.nodes if isinstance(node, ast.Name) and id(node) in inner)
        return frozenset(found | {name.id for name in names})


def _scope(module: Module, function: FunctionDef) -> _Scope:
    """A function, gone through once for all that is made in it."""
    scopes = module.once(_scopes)
    if id(function) not in scopes:
        scopes[id(function)] = _Scope(descendants(function))
    return scopes[id(function)]


def _scopes(_module: Module) -> dict[int, _Scope]:
    return {}


class _Within(Struct, eq=False):
    """One conversation as it is followed in a function."""

    module: Module
    scope: _Scope
    made: ast.Call | None
    """What begins the conversation; None where it is given."""
    depth: int = 0

    def keeps(self, *values: ast.AST) -> bool:
        """Whether all that values come to stays here and is asked a fixed number of times."""
        waiting, seen = list(values), set[int]()
        while waiting:
            value = waiting.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            reached = self._reached(value) if self.module.affords(1) else None
            if reached is None:
                return False
            waiting += reached
        return True

    def reads(self, name: str) -> Sequence[ast.AST] | None:
        """Where a name is read; None where others may read it, too."""
        return None if name in self.scope.shared else self.scope.reads.get(name, ())

    def _reached(self, value: ast.AST) -> Sequence[ast.AST] | None:
        """What a value becomes next; None where it gets away, or is asked again and again."""
        parent = self.scope.parents.get(id(value))
        match parent:
            case ast.Await() | ast.List() | ast.Tuple() | ast.keyword():
                return (parent,)
            case (
                ast.Expr() | ast.Compare() | ast.FormattedValue() | ast.withitem(optional_vars=None)
            ):
                return ()
            case (
                ast.Assign(targets=[ast.Name(id=name)])
                | ast.AnnAssign(target=ast.Name(id=name))
                | ast.withitem(optional_vars=ast.Name(id=name))
            ):
                return self.reads(name)
            case ast.Attribute():
                return self._attribute(parent)
            case ast.Call():
                return self._handed(parent, value)
            case _:
                return None

    def _attribute(self, attribute: ast.Attribute) -> Sequence[ast.AST] | None:
        call = self.scope.parents.get(id(attribute))
        if not isinstance(call, ast.Call) or call.func is not attribute:
            return None if attribute.attr in _ASKING else ()
        if attribute.attr in _ASKING:
            return None if self._repeats(call) else ()
        if attribute.attr in _QUIET:
            return ()
        begins = attribute.attr in _BEGINNING or _HOLDING.search(self.module.dotted(call))
        return (call,) if begins else None

    def _handed(self, call: ast.Call, value: ast.AST) -> Sequence[ast.AST] | None:
        name = self.module.dotted(call.func)
        if name in _LOOKING:
            return ()
        holds = _HOLDING.search(name) is not None
        held = holds or (isinstance(value, ast.keyword) and value.arg in _HELD)
        if held and name.rpartition(".")[2] in _ASKING:
            return None if self._repeats(call) else ()
        if holds:
            return (call,)
        return () if self._asked_by(name, call, value) and not self._repeats(call) else None

    def _asked_by(self, name: str, call: ast.Call, value: ast.AST) -> bool:
        """Whether a function of the module asks a fixed number of times what it is handed."""
        function = self.module.functions_by_name.get(name)
        given = _parameter(function, call, value) if function is not None else ""
        if function is None or not given or self.depth == _DEEPEST:
            return False
        within = _Within(self.module, _scope(self.module, function), None, self.depth + 1)
        read = within.reads(given)
        return read is not None and within.keeps(*read)

    def _repeats(self, node: ast.AST) -> bool:
        """Whether something stands in a loop of open length that does not begin it anew."""
        parent = self.scope.parents.get(id(node))
        while parent is not None:
            if self._loops(parent, node):
                return True
            node, parent = parent, self.scope.parents.get(id(parent))
        return False

    def _loops(self, loop: ast.AST, within: ast.AST) -> bool:
        match loop:
            case ast.For(iter=items) | ast.AsyncFor(iter=items):
                if within is items or self._written_out(items):
                    return False
            case ast.While():
                pass
            case _:
                return isinstance(loop, _COMPREHENSIONS)
        last = loop.end_lineno or loop.lineno
        return self.made is None or not loop.lineno <= self.made.lineno <= last

    def _written_out(self, items: ast.expr) -> bool:
        """Whether what a loop goes through is written in the program."""
        if isinstance(items, ast.Name) and items.id in self.module.constants.grown:
            return False
        items = self.module.meant(items)
        match items:
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return not any(isinstance(element, ast.Starred) for element in elements)
            case ast.Call(func=ast.Name(id="enumerate"), args=[counted, *_]):
                return self._written_out(counted)
            case ast.Call(func=ast.Name(id="range"), args=bounds):
                return all(isinstance(self.module.value(bound), int) for bound in bounds)
            case _:
                return False


def _parameter(function: FunctionDef, call: ast.Call, value: ast.AST) -> str:
    """The parameter by which a function gets a value; empty where that cannot be said."""
    if isinstance(value, ast.keyword):
        return value.arg or ""
    given = [each for each, item in zip(parameters_of(function), call.args) if item is value]  # noqa: B905, a call may give fewer
    return given[0].arg if given else ""
