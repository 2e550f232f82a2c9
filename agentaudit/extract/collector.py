"""What extractors write into: facts with stable ids, evidence, edges, and what stayed open."""

import os
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import lru_cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.digests import digest_of, keyed_digest
from agentaudit.errors import Problem
from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget, Spent
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.redaction import cleaned
from agentaudit.extract.credentials.search_bound import SearchBound
from agentaudit.extract.shown_facts import shown
from agentaudit.model.deployment import Derivation, Edge, EdgeKind, Unresolved
from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.readers.document import Document, Node

if TYPE_CHECKING:
    from agentaudit.extract.kubernetes.objects import KubernetesObject

_SLUG_LENGTH = 40
_BETWEEN_WORDS = regex(r"[\W_]")
_MOST_PLACES = 1_000
"""
At which one fact stands, the first of them.

Nothing is lost that is asked for: what a fact says does not depend on how often it is said, a
finding stands at the first place, and twenty others are shown with it.
"""
HIDDEN = "so much suspicious text that the rest is hidden, and not looked at"
"""None of its words calls for a search, for which there is no room any more."""
FactT = TypeVar("FactT", bound=Fact)


def fact_id(kind: str, name: str, natural_key: str) -> FactId:
    """
    `<kind>:<slug>-<8 hex digits>`; the digits are of the natural key.

    The natural key says what makes the fact itself: `file#route.of.keys`, an ARN, `Role/ns/name`.
    A name that is itself a secret leaves only its prefix in the slug.
    """
    digits = digest_of(natural_key)[:8]
    return FactId(f"{kind}:{_slug(cleaned(name))}-{digits}")


@lru_cache(maxsize=1024)
def _slug(name: str) -> str:
    return _BETWEEN_WORDS.sub("-", name.lower()).strip("-")[:_SLUG_LENGTH] or "unnamed"


def evidence(document: Document, node: Node, snippet: str = "") -> Evidence:
    """The place of a node. A snippet must be redacted already; names in it are cleaned here."""
    return Evidence(
        file=node.file or document.file,
        line=node.line,
        column=node.column,
        end_line=node.end_line,
        end_column=node.end_column,
        snippet=cleaned(snippet),
    )


def with_place(fact: Fact, *places: Evidence) -> tuple[Evidence, ...]:
    """The places of a fact with some more, each once, as long as anybody looks at them."""
    if len(fact.evidence) >= _MOST_PLACES:
        return fact.evidence
    return tuple(dict.fromkeys((*fact.evidence, *places)))[:_MOST_PLACES]


class Reference(Struct, frozen=True, kw_only=True):
    """An edge whose destination is known by name alone until every file was read."""

    kind: EdgeKind
    src: FactId
    target: type[Fact]
    name: str
    at: tuple[Evidence, ...]


class Collector(Struct):
    """
    Facts and edges while they are gathered; it lives for one extraction.

    A fact that is added again under the same id gains evidence and keeps its first values.
    """

    facts: dict[FactId, Fact] = field(default_factory=dict)
    edges: dict[tuple[EdgeKind, FactId, FactId], Edge] = field(default_factory=dict)
    open_ends: dict[tuple[Evidence, str], set[Unresolved]] = field(default_factory=dict)
    """By their place and what is open there; what that leaves undecided may be several things."""
    references: list[Reference] = field(default_factory=list)
    workloads: list[Workload] = field(default_factory=list)
    cluster_objects: "list[KubernetesObject]" = field(default_factory=list)
    """Objects of a cluster that no manifest declares, but another format."""
    image_folders: set[str] = field(default_factory=set)
    """Folders of which images are built: each with a program of its own."""
    spoken_to: set[FactId] = field(default_factory=set)
    """Runtimes whose image says how a server of tools in it is spoken to."""
    imported_files: dict[str, frozenset[str]] = field(default_factory=dict)
    """By file of code those of the repository that it imports, where something starts files."""
    page_origins: dict[str, str] = field(default_factory=dict)
    """By file of code the variable that says pages of which origins it lets in with cookies."""
    deciding: dict[FactId, str] = field(default_factory=dict)
    """Of agents the variable by which their programs say how often they may loop."""
    config_maps: dict[FactId, tuple[str, str]] = field(default_factory=dict)
    """Of agents whose configuration is in a ConfigMap, the folder of its file and its name."""
    told: set[tuple[str, int, int]] = field(default_factory=set)
    """Where something stands, in a file of its own, that was told of with what takes it."""
    problems: list[Problem] = field(default_factory=list)
    """What makes a file only partly read although its syntax is whole."""
    remarks: dict[str, str] = field(default_factory=dict)
    """What the coverage says of a file that was read whole."""
    no_memory: Evidence | None = None
    """Where it is declared that nothing of a conversation outlives its request."""
    today: date = date.max
    """The day on which it is asked what has expired; unless it is given, everything has."""
    searched: SearchBound = field(default_factory=SearchBound)
    """What may still be searched for secrets before it is shown."""
    key: bytes = b""
    """A team's own, by which equal values are known again in its other runs."""
    _spent: Spent = field(default_factory=Spent)
    _hidden_in: set[str] = field(default_factory=set)
    _by_kind: defaultdict[type[Fact], dict[FactId, Fact]] = field(
        default_factory=partial(defaultdict, dict)
    )
    _begun: dict[FactId, dict[tuple[EdgeKind, FactId, FactId], None]] = field(default_factory=dict)
    """The keys of the edges that begin at a fact, in the order in which they came."""
    _ended: dict[FactId, dict[tuple[EdgeKind, FactId, FactId], None]] = field(default_factory=dict)
    """Of those that end there: a fact that very many point at begins few."""
    _seen: dict[FactId, tuple[tuple[Evidence, ...], set[Evidence]]] = field(default_factory=dict)
    """The places of facts that were added again, as they were then."""
    _key: bytes = field(default_factory=lambda: os.urandom(32))

    def add(self, fact: FactT) -> FactT:
        """The fact as it stands now, merged with what was known under its id."""
        fact = shown(fact)
        if self.searched.hidden:
            self._tell_hidden(fact.evidence[0])
        known = self.facts.get(fact.id)
        if known is None or type(known) is not type(fact):
            self._keep(fact)
            return fact
        merged = replace(known, evidence=self._joined(known, fact))
        self._keep(merged)
        return merged

    def _tell_hidden(self, place: Evidence) -> None:
        """Once for each file that something of what is said of it was hidden."""
        self.searched.hidden = 0
        if place.file not in self._hidden_in:
            self._hidden_in.add(place.file)
            self.leave_unread(place, HIDDEN, "rules see nothing of what is hidden")

    def _joined(self, known: Fact, again: Fact) -> tuple[Evidence, ...]:
        """The first places, each once; they are not read anew for each further one."""
        if len(known.evidence) >= _MOST_PLACES:
            return known.evidence
        places, seen = self._seen.get(known.id, ((), set()))
        if places is not known.evidence:
            seen = set(known.evidence)
        new = [place for place in dict.fromkeys(again.evidence) if place not in seen]
        seen.update(new)
        places = (*known.evidence, *new)
        self._seen[known.id] = places, seen
        return places

    def update(self, fact: Fact) -> None:
        """The fact with changed fields, in place of the one with its id."""
        self._keep(shown(fact, self.facts.get(fact.id)))

    def _keep(self, fact: Fact) -> None:
        known, kind = self.facts.get(fact.id), type(fact)
        if known is not None and type(known) is not kind:
            self.forget(fact.id)
        self.facts[fact.id] = fact
        self._by_kind[kind][fact.id] = fact

    def of(self, kind: type[FactT]) -> tuple[FactT, ...]:
        """The facts of one kind, sorted by id."""
        found = self._by_kind[kind].values()
        return tuple(sorted(found, key=attrgetter("id")))  # type: ignore[arg-type]  # all of it

    def link(
        self,
        kind: EdgeKind,
        src: FactId,
        dst: FactId,
        *places: Evidence,
        confidence: Confidence = Confidence.CERTAIN,
        derivation: Derivation = Derivation.STATIC,
    ) -> None:
        """An edge, once, with at least one place."""
        edge = Edge(
            kind=kind,
            src=src,
            dst=dst,
            evidence=places,
            confidence=confidence,
            derivation=derivation,
        )
        key = (kind, src, dst)
        if self.edges.setdefault(key, edge) is edge:
            self._begun.setdefault(src, {})[key] = None
            self._ended.setdefault(dst, {})[key] = None

    def unlink(self, kind: EdgeKind, src: FactId, dst: FactId) -> None:
        """An edge goes, if it was there."""
        if self.edges.pop((kind, src, dst), None) is not None:
            del self._begun[src][kind, src, dst]
            del self._ended[dst][kind, src, dst]

    def from_fact(self, src: FactId, *kinds: EdgeKind) -> tuple[Edge, ...]:
        """The edges of some kinds that begin at a fact, in the order in which they came."""
        return tuple(
            self.edges[key] for key in self._begun.get(src, ()) if not kinds or key[0] in kinds
        )

    def edges_of(self, *kinds: EdgeKind) -> Sequence[Edge]:
        """The edges of some kinds, in the order in which they came."""
        return [edge for edge in self.edges.values() if edge.kind in kinds]

    def remember(
        self, agent: FactId, store: Fact, *, confidence: Confidence = Confidence.CERTAIN
    ) -> None:
        """An agent keeps something in a store, and reads from it."""
        for kind in (EdgeKind.PERSISTS_TO, EdgeKind.RECALLS_FROM):
            self.link(kind, agent, store.id, store.evidence[0], confidence=confidence)

    def refer(
        self, kind: EdgeKind, src: FactId, target: type[Fact], name: str, *places: Evidence
    ) -> None:
        """
        An edge to a fact that another file declares, known here by its kind and name only.

        All are resolved at the end; one that finds nothing becomes an unresolved record.
        """
        self.references.append(Reference(kind=kind, src=src, target=target, name=name, at=places))

    def leave_open(self, place: Evidence, what: str, effect: str) -> None:
        """Something that could not be resolved, and what that leaves undecided."""
        end = Unresolved(evidence=place, what=cleaned(what), effect=cleaned(effect))
        self.open_ends.setdefault((place, end.what), set()).add(end)

    def leave_unread(self, place: Evidence, what: str, effect: str) -> None:
        """The same of what is more than is read: its file counts as read in part, once."""
        if (place, cleaned(what)) in self.open_ends:
            return
        self.leave_open(place, what, effect)
        message = f"more than is read or followed: {cleaned(what)}"
        self.problems.append(
            Problem(file=place.file, message=message, line=place.line, column=place.column)
        )

    def settle(self, place: Evidence, what: str) -> None:
        """What was left open with these words at this place is open no more."""
        self.open_ends.pop((place, cleaned(what)), None)

    def affords(
        self, budget: Budget, more: int, end: tuple[Evidence, str, str], *, key: object = None
    ) -> bool:
        """
        Whether there is room for more of what takes long to look at; if so, it is counted.

        If not, that is left open, and the file counts as read in part: `end` is a place, what is
        open there, and what that leaves undecided. What has a key counts once.
        """
        place, what, effect = end
        if self._spent.on(budget, more, file=place.file, key=key):
            return True
        self.leave_unread(place, what, effect)
        return False

    def forget(self, identifier: FactId) -> None:
        """A fact goes, without a look at its edges."""
        if (known := self.facts.pop(identifier, None)) is not None:
            del self._by_kind[type(known)][identifier]

    def remove(self, identifier: FactId) -> None:
        """A fact that stood for something unknown goes, and its edges with it."""
        self.forget(identifier)
        for key in (*self._begun.get(identifier, ()), *self._ended.get(identifier, ())):
            self.unlink(*key)

    def digest(self, value: str) -> str:
        """
        A keyed digest of a secret value: equal for equal values in this run.

        In another run only where the team gives a key. No key leaves this object, so that no
        output lets a reader test guesses.
        """
        return keyed_digest(self.key or self._key, value)
