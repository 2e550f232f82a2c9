"""
Which agent gets which store, by the variables that are passed.

Followed are names within their functions, attributes, arguments, and what functions of the module
return. An agent that stands in another's arguments keeps its stores to itself.
"""

import ast
from collections.abc import Sequence

from msgspec import Struct, field

from agentaudit.extract.python_bindings import bindings
from agentaudit.extract.python_code import Call, Module, descendants

_DEEPEST = 40
"""Names of names; where a longer chain leads is not known."""
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
    for call in calls:
        reached = flow.reached(call.node) | {id(call.node)}
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

    def reached(self, top: ast.AST, depth: int = 0) -> frozenset[int]:
        """The calls from which values in an expression come."""
        found: set[int] = set()
        waiting = [top]
        while waiting:
            node = waiting.pop()
            if node is not top and id(node) in self.ends:
                found.add(id(node))
                if id(node) in self.agents:
                    continue
            if isinstance(node, ast.Name):
                found |= self._named((self.scopes.get(id(node), 0), node.id), depth)
            elif isinstance(node, ast.Attribute):
                found |= self._named((0, f".{node.attr}"), depth)
            waiting.extend(ast.iter_child_nodes(node))
        return frozenset(found)

    def _named(self, key: _Key, depth: int) -> frozenset[int]:
        if key not in self.bound:
            key = (0, key[1])
        values = self.bound.get(key, ())
        if key in self.known or not values or depth > _DEEPEST:
            return self.known.get(key, _NOTHING)
        self.known[key] = _NOTHING  # what leads back here adds nothing
        ends = frozenset(id(value) for value in values) & self.ends
        others = (value for value in values if id(value) not in self.agents)
        self.known[key] = ends.union(*(self.reached(value, depth + 1) for value in others))
        return self.known[key]


def _flow(module: Module, agents: Sequence[Call], stores: Sequence[Call]) -> _Flow:
    scopes: dict[int, int] = {}
    for function in module.functions:  # from the top down: the innermost is the last to say so
        scopes.update((id(node), id(function)) for node in descendants(function))
        scopes[id(function)] = 0
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
