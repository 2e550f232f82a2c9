"""
What cluster roles gather from others: from those that an aggregation rule selects by their labels.

The control plane writes the rules of such a role, over any that stand in it, and so do the built-in
roles get theirs: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.kubernetes.objects import KubernetesObject, labels_of
from agentaudit.model.evidence import Evidence
from agentaudit.readers.document import Node

_RULE = "aggregationRule"
_GIVES = "rbac.authorization.k8s.io/aggregate-to-"
_LADDER = ("view", "edit", "admin")
"""Built-in roles; each has what is given to those before it."""
_SHIPPED = {"kubernetes.io/bootstrapping": "rbac-defaults"}
_BUILT_IN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        **{name: {**_SHIPPED, f"{_GIVES}{name}": "true"} for name in _LADDER},
        "cluster-admin": _SHIPPED,
    }
)
"""The labels of what Kubernetes itself brings, by the built-in role that has the same rules."""
_OPERATORS = frozenset({"In", "NotIn", "Exists", "DoesNotExist"})
_LOOKED_AT = Budget("roles looked at", 200_000, whole=True)
"""For all selectors together, each as often as it has requirements, and as it is passed through."""

Labels = Mapping[str, str]
_Labelled = tuple[KubernetesObject, Labels]


class Part(Struct, frozen=True, kw_only=True):
    """One of the roles that another gets its rules from, and where it says so."""

    role: KubernetesObject | None = None
    """None where it is one that Kubernetes brings."""
    built_in: str = ""
    via: Evidence


class _Requirement(Struct, frozen=True):
    """What a selector asks of one label."""

    key: str
    operator: str
    values: frozenset[str]

    def met_by(self, labels: Labels) -> bool:
        value = labels.get(self.key)
        if self.operator in {"Exists", "DoesNotExist"}:
            return (value is not None) == (self.operator == "Exists")
        return (value in self.values) == (self.operator == "In")


class Aggregation:
    """Cluster roles by their labels, and what each gathers; asked once for each."""

    def __init__(self, roles: Iterable[KubernetesObject], collector: Collector) -> None:
        self._collector = collector
        self._roles: list[_Labelled] = [
            (role, dict(labels_of(role.node.get("metadata", "labels")))) for role in roles
        ]
        self._by_label: dict[tuple[str, str], list[_Labelled]] = {}
        for labelled in self._roles:
            for label in labelled[1].items():
                self._by_label.setdefault(label, []).append(labelled)
        self._selected: dict[str, tuple[Part, ...]] = {}

    def parts(self, role: KubernetesObject) -> Iterator[Part]:
        """The roles whose rules an aggregated one has, each once, however far away."""
        return self._followed(role.name, self._selected_by(role))

    def added(self, name: str) -> Iterator[Part]:
        """What roles of the files add to a built-in role by their labels."""
        first = (
            Part(role=role, via=_label_place(role))
            for group in self._given(name)
            for role, _ in group
        )
        return self._followed(name, tuple(first))

    def _followed(self, own: str, first: Sequence[Part]) -> Iterator[Part]:
        """Parts that gather themselves are passed through; the first selector says why."""
        seen, waiting = {(own, "")}, list(reversed(first))
        while waiting:
            part = waiting.pop()
            key = (part.role.name if part.role is not None else "", part.built_in)
            if key in seen:
                continue
            seen.add(key)
            if part.role is None or not gathers(part.role):
                yield part
                continue
            inner = self._selected_by(part.role)
            end = (part.via, f"some of the roles that {own} gathers", "its rights are open")
            if not self._collector.affords(_LOOKED_AT, 1 + len(inner), end):
                return
            waiting.extend(replace(each, via=part.via) for each in reversed(inner))

    def _selected_by(self, role: KubernetesObject) -> tuple[Part, ...]:
        if role.name not in self._selected:
            self._selected[role.name] = tuple(self._select(role))
        return self._selected[role.name]

    def _select(self, role: KubernetesObject) -> Iterator[Part]:
        for selector in role.node.list_at(_RULE, "clusterRoleSelectors"):
            place = evidence(role.document, selector, f"{_RULE} of {role.name}")
            found = tuple(self._matching(selector, place))
            yield from found
            if not found:
                what = f"the roles that the ClusterRole {role.name} gathers are not among the files"
                self._collector.leave_open(place, what, "its rights are open")

    def _matching(self, selector: Node, place: Evidence) -> Iterator[Part]:
        asked = _requirements(selector)
        if asked is None:
            return
        built_in = [name for name, labels in _BUILT_IN.items() if _meets(labels, asked)]
        yield from (Part(built_in=name, via=place) for name in built_in)
        near = self._near(asked)
        given = [group for name in built_in for group in self._given(name)]
        effort = sum(map(len, near)) * max(len(asked), 1) + sum(map(len, given))
        end = (place, "which roles this selector means", "the rights of who gathers them are open")
        if not self._collector.affords(_LOOKED_AT, effort, end):
            return
        meant = (role for role, labels in chain(*near) if _meets(labels, asked))
        yield from (Part(role=role, via=place) for role in meant)
        yield from (Part(role=role, via=place) for role, _ in chain(*given))

    def _near(self, asked: Sequence[_Requirement]) -> Sequence[Sequence[_Labelled]]:
        """Those with one of the labels that are asked for, and all where none is."""
        for each in asked:
            if each.operator == "In":
                return [self._by_label.get((each.key, value), ()) for value in sorted(each.values)]
        return [self._roles]

    def _given(self, name: str) -> Sequence[Sequence[_Labelled]]:
        """The roles that are labelled for a built-in role, or for one that it has itself."""
        rungs = _LADDER[: _LADDER.index(name) + 1] if name in _LADDER else ()
        return [self._by_label.get((_GIVES + rung, "true"), ()) for rung in rungs]


def gathers(role: KubernetesObject) -> bool:
    """Whether a role gets its rules from others."""
    rule = role.node.child(_RULE)
    return role.kind == "ClusterRole" and rule is not None and bool(rule.entries)


def _label_place(role: KubernetesObject) -> Evidence:
    labels = role.node.get("metadata", "labels") or role.place
    names = (labels.key_of(f"{_GIVES}{rung}") for rung in _LADDER)
    name = next((name for name in names if name is not None), labels)
    return evidence(role.document, name, name.raw or role.name)


def _requirements(selector: Node) -> Sequence[_Requirement] | None:
    """What a selector asks of labels; None where that cannot be told."""
    expressions = selector.child("matchExpressions")
    asked = [
        _Requirement(key, "In", frozenset({value}))
        for key, value in labels_of(selector.child("matchLabels"))
    ]
    asked += [
        _Requirement(
            each.text_at("key"), each.text_at("operator"), frozenset(each.texts_at("values"))
        )
        for each in (expressions.list() if expressions is not None else ())
    ]
    return asked if all(each.operator in _OPERATORS for each in asked) else None


def _meets(labels: Labels, asked: Iterable[_Requirement]) -> bool:
    return all(each.met_by(labels) for each in asked)
