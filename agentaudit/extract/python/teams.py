"""
Teams of agents in Python, and what bounds the work of all their members.

AutoGen (0.7.5): see `frameworks.autogen_limits`. Conditions are joined by `|`, where one is enough,
and by `&`, where all must hold together, of which nobody knows when. LlamaIndex's
`AgentWorkflow` (0.14) has no time limit of its own unless it is given one; AutoGen 0.2 ends a group
chat after ten rounds.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.frameworks.autogen_limits import IN_TURN, Limits, One, narrowed, of_word
from agentaudit.extract.programs.code import UNFOLDED, Call, Module
from agentaudit.extract.programs.syntax import argument, keyword
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.flow import pairs
from agentaudit.extract.python.graphs import leads_back
from agentaudit.extract.python.limits import bounded, count
from agentaudit.model.evidence import Known

_TEAMS = "autogen_agentchat.teams"
_PERSON = "autogen_agentchat.agents.UserProxyAgent"
_FLOW, _GRAPH = f"{_TEAMS}.GraphFlow", f"{_TEAMS}.DiGraphBuilder"
"""What a `GraphFlow` gets its participants from, each added as a node."""
_ENDS = 2
_POSITIONAL = frozenset({"RoundRobinGroupChat", "Swarm"})
"""Up to AutoGen 0.4 their condition could stand second, without its name."""


class Team(Struct, frozen=True, kw_only=True):
    """One way to put agents together: its framework, and what ends it."""

    framework: str
    turns: tuple[str, ...] = ()
    turns_default: int | None = None
    ends_by_itself: bool = False
    conditions: bool = False
    """Whether it has AutoGen's termination conditions."""


TEAMS: Mapping[str, Team] = {
    **{
        f"{_TEAMS}.{name}": Team(framework="autogen", turns=("max_turns",), conditions=True)
        for name in ("RoundRobinGroupChat", "SelectorGroupChat", "Swarm")
    },
    f"{_TEAMS}.MagenticOneGroupChat": Team(
        framework="autogen", turns=("max_turns",), turns_default=20, conditions=True
    ),
    _FLOW: Team(framework="autogen", turns=("max_turns",), conditions=True, ends_by_itself=True),
    "autogen.GroupChat": Team(framework="autogen", turns=("max_round",), turns_default=10),
}


def limits_of_teams(
    building: Building, agents: Sequence[Call]
) -> tuple[Mapping[int, Limits], Sequence[tuple[Call, Limits]]]:
    """
    What bounds agents as members of teams, by their numbers; and teams of members from elsewhere.

    Who is in several teams goes on for as long as the one that goes on longest.
    """
    teams = [call for call in building.calls if call.name in TEAMS]
    limits = [_limits(building, team) for team in teams]
    graphs = [call for call in building.calls if call.name == _GRAPH]
    together = [*teams, *graphs]
    flows = {number: limits[number] for number, team in enumerate(teams) if team.name == _FLOW}
    of_graph = _loosest(tuple(flows.values())) if flows else Limits()
    of_each = [*limits, *(of_graph for _ in graphs)]
    found: dict[int, list[Limits]] = {}
    known = set[int]()
    for agent, team in sorted(
        pairs(building.module, building.calls, agents, together) if together else ()
    ):
        found.setdefault(agent, []).append(of_each[team])
        known.update((team,) if team < len(teams) else flows)
    strangers = [
        pair for number, pair in enumerate(zip(teams, limits, strict=True)) if number not in known
    ]
    return {agent: _loosest(each) for agent, each in found.items()}, strangers


def _loosest(found: Sequence[Limits]) -> Limits:
    counts = [each.iterations_count for each in found]
    seconds = [each.timeout_s for each in found]
    return Limits(
        iterations=_weakest([each.iterations for each in found]),
        iterations_count=None if None in counts else max(filter(None, counts)),
        timeout=_weakest([each.timeout for each in found]),
        timeout_s=None if None in seconds else max(filter(None, seconds)),
        budget=_weakest([each.budget for each in found]),
        paced_by_person=all(each.paced_by_person for each in found),
    )


def _weakest(found: Sequence[Known]) -> Known:
    return next((known for known in (Known.NONE, Known.UNKNOWN) if known in found), Known.SET)


def _limits(building: Building, call: Call) -> Limits:
    found = narrowed(list(_of_team(building, call)))
    return replace(found, paced_by_person=call.last == IN_TURN and _has_person(building, call))


def _has_person(building: Building, call: Call) -> bool:
    """Whether a person is among the participants, who is asked in turn with the others."""
    members = building.elements(argument(call.node, 0, "participants")) or ()
    made = (building.made_by(member) for member in members)
    return any(building.module.dotted(each.func) == _PERSON for each in made if each is not None)


def _of_team(building: Building, call: Call) -> Iterator[One]:
    team = TEAMS[call.name]
    turns = bounded(building.module, call.node, team.turns, team.turns_default)
    yield ("iterations", *turns)
    if team.ends_by_itself and not building.module.once(_has_circle):
        yield "all", Known.UNKNOWN, None
    given = keyword(call.node, "termination_condition")
    if given is None and call.last in _POSITIONAL:
        given = next(iter(call.node.args[1:2]), None)
    if team.conditions and given is not None:
        yield from _of_condition(building, given)


def _has_circle(module: Module) -> bool:
    """Whether edges that are added to graphs make a circle, which a condition may keep up."""
    ways: dict[str, set[str]] = {}
    for call in module.of(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_edge":
            ends = [module.dotted(each) or module.text(each) for each in call.args[:_ENDS]]
            if all(ends) and len(ends) == _ENDS:
                ways.setdefault(ends[0], set()).add(ends[1])
    return leads_back(ways)


def _of_condition(building: Building, top: ast.expr) -> Iterator[One]:
    """What one condition bounds, through names and `|`; what does not fold may bound anything."""
    waiting, seen = [top], set()
    while waiting:
        node = building.module.meant(waiting.pop())
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            waiting += (node.right, node.left)
        elif isinstance(node, ast.Call):
            yield from _of_call(building, node, building.module.dotted(node).rpartition(".")[2])
        elif building.module.value(node) is UNFOLDED:
            yield "all", Known.UNKNOWN, None


def _of_call(building: Building, call: ast.Call, name: str) -> Iterator[One]:
    first = call.args[0] if call.args else None
    if name == "MaxMessageTermination":
        yield ("iterations", *count(building.module, first or keyword(call, "max_messages")))
    elif name == "TimeoutTermination":
        yield ("timeout", *count(building.module, first or keyword(call, "timeout_seconds")))
    elif name == "TokenUsageTermination":
        yield "budget", Known.SET if call.args or call.keywords else Known.NONE, None
    elif not of_word(name):
        yield "all", Known.UNKNOWN, None
