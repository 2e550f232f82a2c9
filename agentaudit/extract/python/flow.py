"""
Which agent gets which store, by the variables that are passed.

Followed are names within their functions, attributes, arguments, and what functions of the module
return. An agent that stands in another's arguments keeps its stores to itself.
"""

import ast
from collections.abc import Sequence

from msgspec import Struct, field

from agentaudit.extract.programs.bindings import bindings
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.names import FunctionDef

_DEEPEST = 40
"""Names of names; where a longer chain leads is not known."""
_MOST = 50
"""Agents and stores that come together in one expression, or under one name."""
_Key = tuple[int, str]
"""A function, or 0 for the module, and a name in it."""
_NOTHING: frozenset[int] = frozenset()


def pairs(
    module: Module, calls: Sequence[Call], agents: Sequence[Call], stores: Sequence[Call]
) -> frozenset[tuple[int, int]]:
    """Numbers of agents and of stores that come together: in the agent's call, or in another."""
    flow = _flow(module, agents, stores)
    numbers = {id(call.node): number for number, call in enumerate(agents)}
    kept = {id(call.node): number for number, call in enumerate(stores)}
    found: set[tuple[int, int]] = set()
    for call in reversed(calls):  # those within others first, which then know what is in them
        flow.calls[id(call.node)] = flow.reached(call.node)
        reached = flow.calls[id(call.node)] | {id(call.node)}
        with_store = [kept[each] for each in reached if each in kept]
        if id(call.node) in numbers:
            found.update((numbers[id(call.node)], store) for store in with_store)
        elif with_store:
            together = [numbers[each] for each in reached if each in numbers]
            found.update((agent, store) for agent in together for store in with_store)
    return frozenset(found)


class _Flow(Struct):
    ends: frozenset[int]
    """Calls at which following ends: those that make agents and stores."""
    agents: frozenset[int]
    scopes: dict[int, int]
    bound: dict[_Key, list[ast.AST]]
    known: dict[_Key, frozenset[int]] = field(default_factory=dict)
    calls: dict[int, frozenset[int]] = field(default_factory=dict)
    """What other calls were seen to reach."""

    def reached(self, top: ast.AST, depth: int = 0) -> frozenset[int]:
        """The calls from which values in an expression come; none where they are too many."""
        found: set[int] = set()
        waiting = [top]
        while waiting:
            node = waiting.pop()
            if node is not top and id(node) in self.ends:
                found.add(id(node))
                if id(node) in self.agents:
                    continue
            if id(node) in self.calls:
                found |= self.calls[id(node)]
                continue
            if isinstance(node, ast.Name):
                found |= self._named((self.scopes.get(id(node), 0), node.id), depth)
            elif isinstance(node, ast.Attribute):
                found |= self._named((0, f".{node.attr}"), depth)
            waiting.extend(ast.iter_child_nodes(node))
        return frozenset(found) if len(found) <= _MOST else _NOTHING

    def _named(self, key: _Key, depth: int) -> frozenset[int]:
        if key not in self.bound:
            key = (0, key[1])
        values = self.bound.get(key, ())
        if key in self.known or not values or depth > _DEEPEST:
            return self.known.get(key, _NOTHING)
        self.known[key] = _NOTHING  # what leads back here adds nothing
        ends = frozenset(id(value) for value in values) & self.ends
        others = (value for value in values if id(value) not in self.agents)
        found = ends.union(*(self.reached(value, depth + 1) for value in others))
        self.known[key] = found if len(found) <= _MOST else _NOTHING
        return self.known[key]


def _flow(module: Module, agents: Sequence[Call], stores: Sequence[Call]) -> _Flow:
    scopes = _scopes(module)
    flow = _Flow(
        ends=frozenset(id(call.node) for call in (*agents, *stores)),
        agents=frozenset(id(call.node) for call in agents),
        scopes=scopes,
        bound={},
    )
    given = (*module.of(ast.Assign), *module.of(ast.AnnAssign), *module.of(ast.withitem))
    for target, value in bindings(given):
        if isinstance(target, ast.Name):
            key = (scopes.get(id(target), 0), target.id)
            flow.bound.setdefault(key, []).append(value)
        elif isinstance(target, ast.Attribute):
            flow.bound.setdefault((0, f".{target.attr}"), []).append(value)
    names = {id(function): function.name for function in module.functions}
    for node in module.of(ast.Return):
        if node.value is not None and scopes.get(id(node), 0) in names:
            flow.bound.setdefault((0, names[scopes[id(node)]]), []).append(node.value)
    return flow


def _scopes(module: Module) -> dict[int, int]:
    """The innermost function around each node, by their identities; none for the module's own."""
    scopes: dict[int, int] = {}
    waiting: list[tuple[ast.AST, int]] = [(module.tree, 0)]
    while waiting:
        node, scope = waiting.pop()
        within = id(node) if isinstance(node, FunctionDef) else scope
        for child in ast.iter_child_nodes(node):
            if within:
                scopes[id(child)] = within
            waiting.append((child, within))
    return scopes
