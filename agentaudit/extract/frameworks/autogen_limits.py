"""
When a team of AutoGen stops: after so many turns, messages, tokens or seconds, or at a word.

A word of a model or a person stops a team only if it is said. Read in AutoGen 0.7.5: a team without
`max_turns` and without such a condition goes on; Magentic-One stops after 20 rounds unless it is
told otherwise; a graph may end by itself.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from agentaudit.extract.bounds import bound
from agentaudit.model.evidence import Known
from agentaudit.readers.document import Node

IN_TURN = "RoundRobinGroupChat"
"""The team in which everybody gets a word again and again."""
_MAGENTIC_TURNS = 20
_ENDS_BY_ITSELF = frozenset({"GraphFlow", "SocietyOfMindAgent"})
_SAID = frozenset(
    {
        *("TextMentionTermination", "StopMessageTermination", "HandoffTermination"),
        *("SourceMatchTermination", "TextMessageTermination", "FunctionCallTermination"),
        "ExternalTermination",
    }
)
"""Conditions that hold only if somebody says or does something."""


class Limits(Struct, frozen=True, kw_only=True):
    """What bounds the work of an agent."""

    iterations: Known = Known.UNKNOWN
    iterations_count: int | None = None
    timeout: Known = Known.UNKNOWN
    timeout_s: int | None = None
    budget: Known = Known.UNKNOWN
    paced_by_person: bool = False
    """A person takes a turn after so many of the others."""


One = tuple[str, Known, int | None]
"""What a team or a condition bounds (`iterations`, `timeout`, `budget` or `all`), and how far."""


def bounds_of(team: Node) -> tuple[One, ...]:
    """What a team bounds: for each kind, and how well it is known, the least."""
    least: dict[tuple[str, Known], int | None] = {}
    for kind, known, count in _of_team(team):
        counts = [each for each in (least.get((kind, known)), count) if each is not None]
        least[kind, known] = min(counts, default=None)
    return tuple((kind, known, count) for (kind, known), count in least.items())


def narrowed(found: Sequence[One]) -> Limits:
    """The narrowest of each kind of limit; what one kind ends, no other needs to."""
    iterations, count = _narrowest(found, "iterations")
    timeout, seconds = _narrowest(found, "timeout")
    budget, _ = _narrowest(found, "budget")
    known = {iterations, timeout, budget}
    if known == {Known.NONE}:
        return Limits(iterations=Known.NONE, timeout=Known.NONE, budget=Known.NONE)
    bounded = Known.SET in known
    return Limits(
        iterations=Known.UNKNOWN if bounded and iterations is Known.NONE else iterations,
        iterations_count=count,
        timeout=Known.UNKNOWN if timeout is Known.NONE else timeout,
        timeout_s=seconds,
        budget=Known.UNKNOWN if budget is Known.NONE else budget,
    )


def of_word(name: str) -> bool:
    """Whether a condition holds only if somebody says or does something."""
    return name in _SAID


def _narrowest(found: Sequence[One], kind: str) -> tuple[Known, int | None]:
    here = [(known, count) for name, known, count in found if name in {kind, "all"}]
    counts = [count for known, count in here if known is Known.SET and count is not None]
    if any(known is Known.SET for known, _ in here):
        return Known.SET, min(counts, default=None)
    unknown = any(known is Known.UNKNOWN for known, _ in here)
    return (Known.UNKNOWN if unknown else Known.NONE), None


def _of_team(team: Node) -> Iterator[One]:
    name = team.text_at("provider").rpartition(".")[2]
    config = team.child("config") or team
    default = _MAGENTIC_TURNS if name == "MagenticOneGroupChat" else None
    turns, count = bound(config.child("max_turns"), default)
    yield "iterations", turns, count
    if name in _ENDS_BY_ITSELF:
        yield "all", Known.UNKNOWN, None
    condition = config.child("termination_condition")
    if condition is not None and condition.entries:
        yield from _of_condition(condition)


def _of_condition(condition: Node) -> Iterator[One]:
    """What one condition bounds; of conditions that must all hold together, nobody knows."""
    name = condition.text_at("provider").rpartition(".")[2]
    config = condition.child("config") or condition
    listed = config.child("conditions")
    if name == "OrTerminationCondition":
        for inner in listed.elements if listed is not None else ():
            yield from _of_condition(inner)
    elif name == "MaxMessageTermination":
        yield ("iterations", *bound(config.child("max_messages")))
    elif name == "TimeoutTermination":
        yield ("timeout", *bound(config.child("timeout_seconds")))
    elif name == "TokenUsageTermination":
        names = ("max_total_token", "max_prompt_token", "max_completion_token")
        bounds = [bound(config.child(each)) for each in names]
        yield "budget", Known.SET if any(k is Known.SET for k, _ in bounds) else Known.NONE, None
    elif name not in _SAID:
        yield "all", Known.UNKNOWN, None
