"""Graphs in Python, those of LangGraph above all: their nodes, and the ways between them."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from msgspec import Struct, field

from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.names import FunctionDef
from agentaudit.extract.programs.syntax import argument, ends_of
from agentaudit.model.evidence import Truth

GRAPH = "langgraph.graph.StateGraph"
_START = "__start__"
_ENDS = {"langgraph.graph.START": _START, "langgraph.graph.END": "__end__"}
_SHAPING = frozenset(
    {"compile", "set_finish_point", "set_entry_point", "set_conditional_entry_point"}
)
"""Methods that add no nodes, and no ways that any of them comes again by."""
_SEND = "Send"


class Graph(Struct):
    """What one graph is made of, as far as its module says."""

    nodes: dict[str, ast.expr] = field(default_factory=dict)
    ways: dict[str, set[str]] = field(default_factory=dict)
    open: bool = False
    """Whether more may be added to it that is not seen."""
    asks: Truth | None = None
    """Whether a node asks a model, once somebody wanted to know."""


def leads_back(ways: Mapping[str, set[str]]) -> bool:
    """Whether by the ways from each node to others some node comes again after itself."""
    try:
        TopologicalSorter(ways).prepare()
    except CycleError:
        return True
    return False


_Place = tuple[str, int]
"""A variable, and the line of the function around it; 0 for the module."""


def graphs_in(module: Module, calls: Sequence[Call]) -> Mapping[int, Graph]:
    """
    The graphs of a module, by the identities of the calls that begin them.

    One without a variable is open, as is one that something else gets before it is compiled.
    """
    found = {id(call.node): Graph() for call in calls if call.name == GRAPH}
    by_place = {
        _place(module, call.variable, call.node): found[id(call.node)]
        for call in calls
        if call.name == GRAPH and call.variable
    }
    for call in calls if by_place else ():
        for name in _handed(call.node):
            graph = by_place.get(_place(module, name, call.node))
            if graph is not None:
                graph.open = True
        owner, _, method = call.name.rpartition(".")
        graph = by_place.get(_place(module, owner, call.node))
        if graph is not None:
            _add(module, graph, method, call.node)
    for graph in found.values():
        graph.open = graph.open or not graph.nodes
    return found


def _place(module: Module, name: str, node: ast.AST) -> _Place:
    around = module.function_around(node)
    return name, around.lineno if around is not None else 0


def _handed(call: ast.Call) -> Iterator[str]:
    given = (*call.args, *(item.value for item in call.keywords))
    yield from (each.id for each in given if isinstance(each, ast.Name))


def _add(module: Module, graph: Graph, method: str, call: ast.Call) -> None:
    """What one call adds; what does not fold may add anything."""
    match method, call.args:
        case "add_node", [ast.Name() | ast.Attribute() as only] if not module.text(only):
            graph.nodes[module.dotted(only).rpartition(".")[2]] = only
        case "add_node", [name, *_]:
            action = argument(call, 1, "action")
            graph.open = graph.open or action is None or not module.text(name)
            if action is not None:
                graph.nodes[module.text(name)] = action
        case "add_edge", [first, then]:
            _lead(graph, _names(module, first), _names(module, then))
        case "add_conditional_edges", [first, *_]:
            before = _names(module, first)
            if list(before) != [_START]:  # nothing leads back to where all begins
                _lead(graph, before, _choices(module, call))
        case _:
            graph.open = graph.open or method not in _SHAPING


def _lead(graph: Graph, befores: Sequence[str], afters: Sequence[str]) -> None:
    graph.open = graph.open or not befores or not afters
    for before in befores:
        graph.ways.setdefault(before, set()).update(afters)


def _names(module: Module, node: ast.expr) -> Sequence[str]:
    """The nodes that an expression names; none where one does not fold."""
    written = module.meant(node)
    listed = written.elts if isinstance(written, ast.List | ast.Tuple) else [node]
    names = [_ENDS.get(module.dotted(each), "") or module.text(each) for each in listed]
    return names if all(names) else ()


def _choices(module: Module, call: ast.Call) -> Sequence[str]:
    """Where a choice may lead: as its map says, or what its function says that it returns."""
    given = module.meant(argument(call, 2, "path_map"))
    if isinstance(given, ast.Dict):
        names = [_names(module, value) for value in given.values]
        return [name for each in names for name in each] if all(names) else ()
    if given is not None:
        return _names(module, given)
    chosen = argument(call, 1, "path")
    function = module.functions_by_name.get(module.dotted(chosen)) if chosen is not None else None
    if function is None:
        return ()
    match function.returns:
        case ast.Subscript(value=type_, slice=listed) if module.dotted(type_).endswith("Literal"):
            return _names(module, listed)
        case _:
            return _returned(module, function)


def _returned(module: Module, function: FunctionDef) -> Sequence[str]:
    """
    The nodes that a function names where it returns.

    None where one of them does not fold, or the module has too many to go through them again.
    """
    found: list[str] = []
    ends = ends_of(function) if module.affords_within(function) else ()
    waiting = [each.value for each in ends]
    while waiting:
        value = waiting.pop()
        match value:
            case ast.IfExp(body=one, orelse=other):
                waiting += (one, other)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                waiting += elements
            case ast.ListComp(elt=element):
                waiting.append(element)
            case ast.Call(args=[name, *_]) if module.dotted(value).rpartition(".")[2] == _SEND:
                waiting.append(name)
            case ast.expr() if names := _names(module, value):
                found += names
            case _:
                return ()
    return found
