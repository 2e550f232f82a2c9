"""To whom agents in Python hand work: agents below them, and agents that are their tools."""

import ast
from collections.abc import Iterator, Mapping, Sequence

from agentaudit.extract.programs.code import Call, Module
from agentaudit.extract.programs.imports import module_defining
from agentaudit.extract.programs.syntax import argument, keyword
from agentaudit.extract.python.building import AS_TOOLS, Building
from agentaudit.extract.python.built_agents import built_agents, named_agent
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.fact import FactId

_BELOW = ("sub_agents", "managed_agents", "handoffs")
_HANDED = (*_BELOW, "tools", "plugins")
_WRAPPING = frozenset({"AgentTool", "handoff", "realtime_handoff"})
"""What makes a tool, or a way to hand work over, of the agent it is given."""
_PASSING = frozenset({"SequentialAgent", "ParallelAgent"})
"""Agents of ADK that ask no model: those below them work in a fixed order, or all at once."""
_ADDING = frozenset({"append", "extend"})
_MOST = 100
"""What one element leads to: names of names, functions that give what others give, and so on."""
_ANY_AGENT = ast.Name | ast.Attribute | ast.Call
_Given = tuple[str, Building, ast.expr]
"""Under which name an agent is given another, and where that stands."""


def hand_over(building: Building, agents: Sequence[tuple[Agent, Call]]) -> None:
    """The agents that each agent of a module hands work to, wherever they are built."""
    known = {call.variable: agent.id for agent, call in agents if call.variable}
    later = _given_later(building)
    for agent, call in agents:
        for name, there, element in (*_given(building, call), *later.get(call.variable, ())):
            own = known.get(building.agent_in(element) or "") if there is building else None
            others = [own] if own is not None else [*agents_meant(there, element)]
            place = there.module.place(element, name)
            for other in others:
                building.collector.link(EdgeKind.DELEGATES_TO, agent.id, other, place)
            if not others and name in _BELOW and isinstance(element, _ANY_AGENT):
                what = f"an agent among the {name} of {agent.name} is not known"
                building.collector.leave_open(place, what, "to whom work is handed")


def _given(building: Building, call: Call) -> Iterator[_Given]:
    """What the call that builds an agent gives it."""
    for name in _HANDED:
        yield from _listed(building, name, keyword(call.node, name))


def _given_later(building: Building) -> Mapping[str, Sequence[_Given]]:
    """What agents are given once they are built: `agent.handoffs = […]`, `.append(…)`."""
    found: dict[str, list[_Given]] = {}
    for assignment in building.module.of(ast.Assign):
        for target in assignment.targets:
            match target:
                case ast.Attribute(value=ast.Name(id=owner), attr=name) if name in _BELOW:
                    found.setdefault(owner, []).extend(_listed(building, name, assignment.value))
                case _:
                    pass
    for call in building.calls:
        owner, _, rest = call.name.partition(".")
        name, _, adds = rest.partition(".")
        if name in _BELOW and adds in _ADDING and call.node.args:
            added = call.node.args[0]
            several = _listed(building, name, added)
            single = ((name, building, added),) if adds == "append" else several
            found.setdefault(owner, []).extend(single)
    return found


def _listed(building: Building, name: str, given: ast.expr | None) -> Iterator[_Given]:
    """The elements of a list, here or in the module of the repository that has it."""
    there = building
    if given is not None and building.elements(given) is None:
        there, given = building.elsewhere(given) or (building, given)
    yield from ((name, there, element) for element in there.elements(given) or ())


def agents_meant(building: Building, element: ast.expr) -> Iterator[FactId]:
    """The agents that an element stands for, in this module or in others."""
    yield from _meant(building, element, set())


def _meant(building: Building, element: ast.expr, seen: set[int]) -> Iterator[FactId]:
    """The same of what was not looked at yet."""
    given, module = _handed(building, element), building.module
    if id(given) in seen or len(seen) > _MOST:
        return
    seen.add(id(given))
    if isinstance(given, ast.Call) and module.dotted(given).rpartition(".")[2] in _PASSING:
        for _, other, inner in _listed(building, "", keyword(given, "sub_agents")):
            yield from _meant(other, inner, seen)
    elif isinstance(given, ast.Call):
        found = built_agents(module).by_node.get(id(given))
        yield from _told(module, found, seen, None if found else building.returned(given))
    elif isinstance(given, ast.Name | ast.Attribute):
        module, name = module_defining(building.documents, module, module.dotted(given))
        found = built_agents(module).by_variable.get(name)
        function = name in module.functions_by_name
        there = None if found or function else building.elsewhere(given)
        yield from _told(module, found, seen, there)


def _told(
    module: Module, found: Call | None, seen: set[int], there: tuple[Building, ast.expr] | None
) -> Iterator[FactId]:
    """The agent that was found, or else what another expression stands for."""
    if found is not None:
        yield named_agent(module, found)[1]
    elif there is not None:
        yield from _meant(*there, seen)


def _handed(building: Building, element: ast.expr) -> ast.expr:
    """What a call wraps that makes a tool of an agent, or hands work over to it."""
    made = building.module.meant(element)
    if not isinstance(made, ast.Call):
        return made
    last = building.module.dotted(made).rpartition(".")[2]
    if last in _WRAPPING:
        return argument(made, 0, "agent") or element
    if last in AS_TOOLS and isinstance(made.func, ast.Attribute):
        return made.func.value
    return made
