"""
Views: a threat graph in one world, with what was found of it already.

Queries and numbers ask the same of a graph, over and over: who stands at a stage, what can be
walked to from where. A view answers from its notes whatever they still say.
"""

from collections.abc import Hashable, Mapping
from collections.abc import Set as AbstractSet
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.model.facts.permissions import Grant
from agentaudit.model.threat import ActionClasses, Entry, GraphEdge, Impact
from agentaudit.threats.actions import actions_of, impact_of
from agentaudit.threats.graph import Steps, ThreatGraph, World
from agentaudit.threats.notes import Notes
from agentaudit.threats.routes import Homeward, Route, Walk, arriving, starters, walk
from agentaudit.threats.stages import entry, kind_at, members

FactT = TypeVar("FactT", bound=Fact)

Nodes = frozenset[str]
Along = frozenset[str]
"""Kinds of edges."""

_EDGES = frozenset(EdgeKind)


class View(Struct, frozen=True, kw_only=True):
    """A graph in one world; all counts that may be, until another is asked for."""

    graph: ThreatGraph
    classes: ActionClasses
    world: World = World.POSSIBLE
    notes: Notes = field(default_factory=Notes)

    def within(self, world: World) -> "View":
        """The same graph in another world, with the same notes."""
        return replace(self, world=world)

    def fact(self, name: str) -> Fact:
        return self.graph.facts[FactId(name)]

    def facts(self, kind: type[FactT]) -> tuple[FactT, ...]:
        """The facts of a type that stand in the graph, sorted by id."""
        every = self.graph.facts.values()
        return self.notes.known(
            ("facts", kind),
            frozenset({kind}),
            lambda: tuple(fact for fact in every if isinstance(fact, kind)),
        )

    def single(self, nodes: Nodes) -> bool:
        """Whether they are one node, which stands for itself alone."""
        return len(nodes) == 1 and self.graph.alike.keys().isdisjoint(nodes)

    def stage(self, name: str) -> Nodes:
        """The nodes of a stage; where all counts that may be, those of which nobody can say too."""
        doubtful = self.world is World.POSSIBLE
        return self.notes.known(
            ("stage", self.world, name),
            frozenset({kind_at(name)}),
            lambda: self._same(members(name, self.facts(kind_at(name)), doubtful=doubtful)),
        )

    def entries(self, stage: str) -> Mapping[Entry, Nodes]:
        """The nodes of a stage by who can start a path there, the most trusted first."""
        return self.notes.known(
            ("entries", self.world, stage),
            frozenset({kind_at(stage)}),
            lambda: self._entries(stage),
        )

    def _entries(self, stage: str) -> Mapping[Entry, Nodes]:
        found: dict[Entry, set[str]] = {}
        for name in self.stage(stage):
            found.setdefault(entry(self.fact(name)), set()).add(name)
        return {who: self._same(frozenset(found[who])) for who in Entry if who in found}

    def _same(self, names: Nodes) -> Nodes:
        """The one set of these names: questions about equal ones are compared name by name."""
        return self.notes.known(("nodes", names), frozenset(), lambda: names)

    def impact(self, grant: Grant) -> Impact:
        """The gravest thing that a grant allows."""
        return self.notes.known(
            ("impact", *actions_of(grant), grant.admin, bool(grant.escalations), grant.write_count),
            frozenset({Grant}),
            lambda: impact_of(grant, self.classes),
        )

    def steps(self) -> Steps:
        """The edges that can be walked, by where they start."""
        return self.notes.known(("steps", self.world), _EDGES, lambda: self.graph.steps(self.world))

    def only_step(self, along: Along, name: str) -> GraphEdge | None:
        """The step that leads on from a node, where it is the only one."""
        steps = [step for step in self.steps().get(name, ()) if step.kind in along]
        return steps[0] if len(steps) == 1 else None

    def walk(self, along: Along, starts: Nodes, *between: Nodes) -> Walk:
        """Everywhere from a stage, past others."""
        return self.notes.known(
            self._walked(along, starts, *between),
            along,
            lambda: walk(self.steps(), along, starts, between),
        )

    def _walked(self, along: Along, starts: Nodes, *between: Nodes) -> Hashable:
        return "walk", self.world, along, starts, between

    def route(self, along: Along, *stages: Nodes) -> Route | None:
        """
        The shortest way through stages.

        Ways from many to single nodes are found in one walk, as are those from one node where that
        was walked from already.
        """
        *before, last = stages
        alone = len(before[0]) == 1 and not self.notes.answers(self._walked(along, *before))
        if len(last) > 1 or alone:
            return self.nearest(along, *stages)
        found = (self.walk(along, *before).route(end) for end in last)
        return self.notes.known(
            ("route", self.world, along, stages), along, lambda: next(found, None)
        )

    def nearest(self, along: Along, *stages: Nodes) -> Route | None:
        """The shortest way through stages, to whichever node of the last is nearest."""
        first, *between, last = stages
        return self.notes.known(
            ("route", self.world, along, stages),
            along,
            lambda: self.homeward(along, tuple(between), (last,)).route(first),
        )

    def leading(self, along: Along, ends: Nodes) -> AbstractSet[str]:
        """Every node from which there is a way to one of the ends, those themselves among them."""
        return self.homeward(along, (), (ends,)).starts()

    def homeward(
        self, along: Along, between: tuple[Nodes, ...], ends: tuple[Nodes, ...]
    ) -> Homeward:
        """The ways to the best of some ends, past the stages between, whoever starts."""
        return self.notes.known(
            ("homeward", self.world, along, between, ends),
            along,
            lambda: Homeward(
                steps=self.steps(),
                arriving=self._arriving(),
                along=along,
                between=between,
                ends=iter(ends),
            ),
        )

    def pairs(self, along: Along, *stages: Nodes) -> int:
        """How many pairs of a node of the first stage and one of the last a way joins."""
        first, *_, last = stages
        if self.single(first) and self.single(last):
            return 0 if self.route(along, *stages) is None else 1
        if self.single(first):
            return self._starters(along, tuple(reversed(stages)), back=True).get(min(first), 0)
        return self.notes.known(
            ("pairs", self.world, along, stages), along, lambda: self._pairs(along, stages)
        )

    def _pairs(self, along: Along, stages: tuple[Nodes, ...]) -> int:
        found = self._starters(along, stages, back=False)
        return sum(found.get(name, 0) * self.graph.size(name) for name in stages[-1])

    def _starters(
        self, along: Along, stages: tuple[Nodes, ...], *, back: bool
    ) -> Mapping[str, int]:
        """From how many nodes of the first stage each node is reached, or reaches them."""
        first, *between, _ = stages
        return self.notes.known(
            ("starters", self.world, along, first, tuple(between), back),
            along,
            lambda: starters(
                self._arriving() if back else self.steps(),
                along,
                {name: self.graph.size(name) for name in first},
                between,
                back=back,
            ),
        )

    def _arriving(self) -> Steps:
        return self.notes.known(("arriving", self.world), _EDGES, lambda: arriving(self.steps()))
