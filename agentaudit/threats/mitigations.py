"""
Mitigations: what would help, found by changing the graph and asking again.

Each operator alone, the most effective first; then a few of them together, each step the one that
helps most on top of the steps before. What speaks of nothing that changed has the same answer as
before, and is not asked twice.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.facts.tools import Tool, ToolServer
from agentaudit.model.finding import Severity
from agentaudit.model.threat import BlastRadius, MitigationOutcome, ThreatRules, sentence_case
from agentaudit.threats.blast_radius import blast_radius
from agentaudit.threats.operators import OPERATORS, Change
from agentaudit.threats.queries import Found, found
from agentaudit.threats.views import View

MOST_STEPS = 5
_LISTED = 4

TOGETHER = "together"
"""The name of the outcome that several operators have together."""


class State(Struct, frozen=True, kw_only=True):
    """A graph with its answers."""

    seen: View
    paths: tuple[Found, ...]
    radius: BlastRadius

    @property
    def badness(self) -> tuple[float, ...]:
        """What the search lowers, the gravest first; upper bounds, because unknown is not safe."""
        radius = self.radius
        return (
            self._count(Severity.CRITICAL),
            self._count(Severity.HIGH),
            radius.live_permissions_management.high,
            radius.live_irreversible.high,
            radius.live.high,
            radius.theft_action_hours.high,
            len(self.paths),
        )

    def _count(self, severity: Severity) -> int:
        return sum(path.severity is severity for path in self.paths)


def state(seen: View, rules: ThreatRules) -> State:
    """A graph, asked."""
    return State(seen=seen, paths=found(seen, rules), radius=blast_radius(seen))


def state_after(before: State, change: Change, rules: ThreatRules) -> State:
    """What a change leaves, asked as far as it can tell the difference."""
    kept = before.seen.notes.without(change.kinds)
    return state(replace(before.seen, graph=change.graph, notes=kept), rules)


def mitigations(before: State, rules: ThreatRules) -> tuple[MitigationOutcome, ...]:
    """What each operator would do that does anything, and what a few do together."""
    every = _tried(before, rules, OPERATORS)
    tried = {name: result for name, result in every if _helps(before, result[1])}
    ranked = sorted(tried, key=lambda name: (tried[name][1].badness, list(OPERATORS).index(name)))
    gateway = _gateway_slots(before.seen)
    alone = [_outcome(rules, name, gateway, before=before, tried=tried[name]) for name in ranked]
    plan = _together(before, rules, tried)
    return (*alone, *((plan,) if plan else ()))


def _tried(
    before: State, rules: ThreatRules, names: Iterable[str]
) -> Iterator[tuple[str, tuple[Change, State]]]:
    for name in names:
        change = OPERATORS[name](before.seen)
        if change is not None:
            yield name, (change, state_after(before, change, rules))


def _helps(before: State, after: State) -> bool:
    """Whether a path or a number is less than before, in the best or in the worst case."""
    return _gains(before, after) or any(
        one < other for one, other in zip(after.badness, before.badness, strict=True)
    )


def _known(asked: State) -> tuple[float, ...]:
    """What there is for certain: paths, and the lower bounds."""
    radius = asked.radius
    return (
        len(asked.paths),
        radius.live.low,
        radius.live_permissions_management.low,
        radius.live_irreversible.low,
        radius.theft_action_hours.low,
        radius.stealable_credentials.low,
    )


def _gains(before: State, after: State) -> bool:
    """Whether something certain becomes less: a sketch for what only may be is too much advice."""
    return any(one < other for one, other in zip(_known(after), _known(before), strict=True))


def _together(
    before: State, rules: ThreatRules, tried: Mapping[str, tuple[Change, State]]
) -> MitigationOutcome | None:
    """Greedily, at most a few steps, until nothing helps any more; None for a single step."""
    current, chosen = before, list[str]()
    while len(chosen) < MOST_STEPS:
        left_over = sorted(tried.keys() - {*chosen})
        further = dict(_tried(current, rules, left_over)) if chosen else tried
        steps = [
            (left.badness, list(OPERATORS).index(name), name, left)
            for name, (_, left) in further.items()
            if left.badness < current.badness
        ]
        if not steps:
            break
        _, _, name, current = min(steps, key=lambda step: step[:2])
        chosen.append(name)
    if len(chosen) < 2:  # noqa: PLR2004, one step alone is told above
        return None
    in_turn = ", then ".join(rules.mitigations[name].title for name in chosen)
    return MitigationOutcome(
        name=TOGETHER,
        title=f"{len(chosen)} of these together",
        description=f"{sentence_case(in_turn)}.",
        patch="",
        closes=_gone(before, current),
        opens=_gone(current, before),
        blast_radius=current.radius,
    )


def _outcome(
    rules: ThreatRules,
    name: str,
    gateway: Mapping[str, str],
    *,
    before: State,
    tried: tuple[Change, State],
) -> MitigationOutcome:
    change, after = tried
    text = rules.mitigations[name]
    slots = {"names": _listed(change.names), **gateway}
    return MitigationOutcome(
        name=name,
        title=text.title,
        description=text.description.format_map(slots),
        patch=text.patch.format_map(slots) if _gains(before, after) else "",
        closes=_gone(before, after),
        opens=_gone(after, before),
        blast_radius=after.radius,
    )


def _gone(before: State, after: State) -> tuple[str, ...]:
    """The paths of one state that another does not have."""
    left = {path.id for path in after.paths}
    return tuple(path.id for path in before.paths if path.id not in left)


def _listed(names: Sequence[str]) -> str:
    shown = [" ".join(name.split()) for name in names[:_LISTED]]
    more = len(names) - len(shown)
    return ", ".join([*shown, *([f"{more} more"] if more else [])])


def _gateway_slots(seen: View) -> Mapping[str, str]:
    """
    The targets of a gateway for the servers of this deployment, and the tools that only read.

    Names are written as JSON, which is YAML too: no name can become anything else.
    """
    tools = sorted(
        {
            tool.name.rpartition(".")[2]
            for tool in seen.graph.everyone(item for item in seen.facts(Tool) if _only_reads(item))
            if "." in tool.name
        }
    )
    more = len(tools) - _LISTED
    rule = f"mcp.tool.name in {json.dumps(tools[:_LISTED], ensure_ascii=False)}"
    return {
        "details": "\n".join(chain.from_iterable(map(_target, seen.facts(ToolServer)))) or "[]",
        "rule": json.dumps(rule, ensure_ascii=False),
        "more": f"# and {more} more that only read" if more > 0 else "# and nothing else",
    }


def _only_reads(tool: Tool) -> bool:
    return tool.effects_known and set(tool.effects) <= {"read"}


def _target(server: ToolServer) -> Iterator[str]:
    indent = " " * 20
    yield f"{indent}- name: {_scalar(server.name)}"
    if server.url:
        yield f"{indent}  mcp: {{host: {_scalar(server.url)}}}"
        return
    yield f"{indent}  stdio:"
    yield f"{indent}    cmd: {_scalar(server.command)}"
    yield f"{indent}    args: [{', '.join(map(_scalar, server.arguments))}]"


def _scalar(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
