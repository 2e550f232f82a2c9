"""
What the steps of a graph do (LangGraph): whether one asks a model, or takes another one again.

A graph is a program of its own: one that sorts mail into threads spends nothing, and one without a
way back takes each of its steps once. Both are said only where every step is a function that was
read; where one is handed in from elsewhere, nobody knows what it does.
"""

import ast
from collections.abc import Iterable, Sequence

from agentaudit.extract.programs.asking import speaks_of_asking
from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.imports import file_of, module_defining
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import descendants
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.graphs import Graph, leads_back
from agentaudit.model.evidence import Truth

_JUMPS = frozenset({"Command", "Send"})
"""What a node or a choice gives to go anywhere."""
_PARTIAL = "functools.partial"
_MOST = 200
"""Functions that the nodes of one graph lead to."""


_Place = tuple[Module, FunctionDef]


def asks_model(building: Building, call: Call) -> Truth:
    """Whether a node of a graph asks a model: no where each was read, and none is seen to."""
    graph = building.graph_of(call)
    if graph.asks is None:
        graph.asks = _asked(building, graph)
    return graph.asks


def _asked(building: Building, graph: Graph) -> Truth:
    places = _functions(building, graph.nodes.values())
    if graph.open or places is None:
        return Truth.UNKNOWN
    return Truth.YES if asks(building, places) else Truth.NO


def is_handed_in(building: Building, call: Call) -> bool:
    """Whether everything that a graph does was made elsewhere, and given to what builds it."""
    nodes = building.graph_of(call).nodes.values()
    return bool(nodes) and all(_is_given(building.module, node) for node in nodes)


def _is_given(module: Module, node: ast.expr) -> bool:
    """Whether a node is no function that this module defines or imports, also in a wrapper."""
    if isinstance(node, ast.Call):
        fields = any(module.dotted(each).startswith("self.") for each in node.args)
        return fields and not any(_is_known(module, each) for each in node.args)
    if module.dotted(node).startswith("self."):
        return module.dotted(node).count(".") > 1
    return not _is_known(module, node)


def _is_known(module: Module, node: ast.expr) -> bool:
    """Whether a name, or that of what has an attribute, is one of the module or its imports."""
    while isinstance(node, ast.Attribute):
        node = node.value
    known = (module.defined, module.imports, module.functions_by_name)
    return isinstance(node, ast.Name) and any(node.id in names for names in known)


def ends_by_itself(building: Building, call: Call) -> bool:
    """
    Whether a graph takes each of its steps once at most.

    To jump, a function needs a class of LangGraph, and a file that names it is read. What an
    installed package has may be another graph.
    """
    graph = building.graph_of(call)
    if graph.open or leads_back(graph.ways):
        return False
    nodes = (_wrapped(building.module, node) for node in graph.nodes.values())
    read = (node for node in nodes if not _is_unread(building, node))
    places = _functions(building, read)
    return places is not None and not any(_jumps(building, place) for place in places)


def _wrapped(module: Module, node: ast.expr) -> ast.expr:
    """The function that a node is, also where it is given some of its arguments before."""
    match node:
        case ast.Call(func=called, args=[function, *_]) if module.dotted(called) == _PARTIAL:
            return function
        case _:
            return node


def _is_unread(building: Building, node: ast.expr) -> bool:
    """Whether a node is a function that a file without a word of agents defines."""
    module = building.module
    path = module.imports.get(node.id, "") if isinstance(node, ast.Name) else ""
    if not path or path.startswith("."):
        return False
    defining = path.rpartition(".")[0]
    return file_of(building.documents.passed_by, module.document.file, 0, defining) is not None


def _functions(building: Building, nodes: Iterable[ast.expr]) -> Sequence[_Place] | None:
    """The functions that the nodes are; None where one is none that was read."""
    found = [_function(building, node) for node in nodes]
    known = {id(place[1]): place for place in found if place is not None}
    return None if None in found else list(known.values())


def _function(building: Building, node: ast.expr) -> _Place | None:
    """The function of the repository that a name means, or one of the object's own."""
    node = _wrapped(building.module, node)
    if not isinstance(node, ast.Name | ast.Attribute):
        return None
    return _named(building, building.module, building.module.dotted(node))


def _named(building: Building, module: Module, name: str) -> _Place | None:
    if name.startswith("."):
        module, name = module_defining(building.documents, module, name)
    owner, _, last = name.rpartition(".")
    function = module.functions_by_name.get(last) if owner in {"", "self"} else None
    return (module, function) if function is not None else None


def asks(building: Building, places: Sequence[_Place]) -> bool:
    """Whether a function, or one that these call, says a word by which models are asked."""
    waiting, seen = list(places), set[int]()
    while waiting:
        module, function = waiting.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        nodes = descendants(function)
        if len(seen) > _MOST or not building.module.affords(len(nodes)):
            return True
        if speaks_of_asking(nodes):
            return True
        names = {module.dotted(node.func) for node in nodes if isinstance(node, ast.Call)}
        waiting += filter(None, (_named(building, module, name) for name in sorted(names)))
    return False


def leads_to_model(building: Building, call: ast.Call) -> bool:
    """Whether a call asks a model, as its name says, or is of a function that does."""
    place = _function(building, call.func)
    if place is not None:
        return asks(building, [place])
    return speaks_of_asking(descendants(call.func))


def _jumps(building: Building, place: _Place) -> bool:
    """Whether a node says itself where to go on, or is too much to read."""
    module, function = place
    nodes = descendants(function)
    if not building.module.affords(len(nodes)):
        return True
    calls = (node for node in nodes if isinstance(node, ast.Call))
    return any(module.dotted(call.func).rpartition(".")[2] in _JUMPS for call in calls)
