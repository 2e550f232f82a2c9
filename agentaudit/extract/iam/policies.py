"""
IAM policy documents to statements.

A policy is JSON in a file or in a text, or the structure that `jsonencode` or CloudFormation holds.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.credentials.redaction import lowered, plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.embedded import embedded, unresolved
from agentaudit.lists import first_of
from agentaudit.model.evidence import Confidence, Evidence
from agentaudit.readers.document import Document, Node, NodeKind

_MOST_STATEMENTS = 500


class Condition(Struct, frozen=True, kw_only=True):
    """One condition: `StringEquals`, `iam:passedtoservice`, its values."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def optional(self) -> bool:
        """Whether it holds for calls which lack the key as well."""
        return self.operator.startswith("forallvalues:") or self.operator.endswith("ifexists")

    @property
    def demands(self) -> bool:
        """Whether it holds for no call but those whose key has one of its values."""
        negates = "not" in self.operator or self.operator.startswith("null")
        return not (negates or self.optional)


class Statement(Struct, frozen=True, kw_only=True):
    """One statement of a policy, as written; actions and condition keys in lower case."""

    key: str
    """What makes it itself: file, owner and position."""
    name: str
    place: Evidence
    allows: bool
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    """Who is trusted, in a trust policy: account, service or provider; `*` for everyone."""
    conditions: tuple[Condition, ...] = ()
    managed_policy: str = ""
    confidence: Confidence = Confidence.CERTAIN

    @property
    def condition_keys(self) -> tuple[str, ...]:
        return tuple(sorted({condition.key for condition in self.conditions}))


class PolicySource(Struct, frozen=True, kw_only=True):
    """A policy where it stands: its node, the document around it, and the name of its owner."""

    node: Node
    document: Document
    owner: str
    """`aws_iam_role_policy.agent`, `Resources.AgentRole.Policies[0]`, …"""


def statements(
    source: PolicySource, documents: Documents, collector: Collector
) -> tuple[Statement, ...]:
    """The statements of a policy; what cannot be read is left open."""
    policy = embedded(source.node, source.document, documents)
    listed = policy.get("Statement") if policy is not None else None
    if policy is None or listed is None:
        place = evidence(source.document, source.node)
        effect = "what it allows is not known, and may be anything"
        collector.leave_open(place, f"the policy of {source.owner}", effect)
        return ()
    if listed.file not in {"", source.document.file}:
        collector.told.add((listed.file, listed.line, listed.column))
    reading = _Reading(source, collector)
    members = policy.list_at("Statement")
    if len(members) > _MOST_STATEMENTS:
        place = evidence(source.document, members[_MOST_STATEMENTS])
        beyond = f"the statements beyond {_MOST_STATEMENTS:,} in {source.owner}"
        collector.leave_unread(place, beyond, "they may allow anything")
        members = members[:_MOST_STATEMENTS]
    found = (reading.statement(member, number) for number, member in enumerate(members))
    return tuple(statement for statement in found if statement is not None)


class _Reading(Struct, frozen=True):
    """The statements of one policy while they are read."""

    source: PolicySource
    collector: Collector

    def statement(self, node: Node, number: int) -> Statement | None:
        if node.kind is not NodeKind.MAPPING:
            self.leave_open(node, "a statement", "it may allow anything")
            return None
        said = _by_name(node)
        effect, sid = said.get("effect"), said.get("sid")
        if effect is not None and unresolved(effect):
            self.leave_open(effect, "the effect of a statement", "taken as Allow")
        actions = self.texts(said.get("action"), "actions", "it may allow any action")
        not_actions = self.texts(said.get("notaction"), "actions", "it may allow any action")
        return Statement(
            key=f"{self.source.document.file}#{self.source.owner}.{number}",
            name=(sid.text if sid else None) or f"{self.source.owner} #{number + 1}",
            place=evidence(self.source.document, node, _snippet(actions, not_actions)),
            allows=effect is None or (effect.text or "").lower() != "deny",
            actions=tuple(map(lowered, actions)),
            not_actions=tuple(map(lowered, not_actions)),
            resources=self.resources(said.get("resource")),
            not_resources=self.resources(said.get("notresource")),
            principals=tuple(_principals(said.get("principal"))) or _all_others(said),
            conditions=tuple(_conditions(said.get("condition"))),
        )

    def texts(self, node: Node | None, what: str, effect: str) -> tuple[str, ...]:
        found = []
        for element in node.list() if node else ():
            if unresolved(element):
                self.leave_open(element, f"the {what} of a statement ({_short(element)})", effect)
            elif element.text:
                found.append(element.text)
        return tuple(found)

    def resources(self, node: Node | None) -> tuple[str, ...]:
        """The resources; one that is wholly unresolved could be `*`, and is left open."""
        found = []
        for element in node.list() if node else ():
            raw = element.text if element.text is not None else element.raw
            if not raw:
                continue
            if element.unknown and "${" not in raw:
                raw = f"${{{raw}}}"
            if unresolved(element) and not _names_one_thing(raw):
                effect = "it may stand for every resource"
                self.leave_open(element, f"a resource of a statement ({_short(element)})", effect)
            found.append(raw)
        return tuple(found)

    def leave_open(self, node: Node, what: str, effect: str) -> None:
        place = evidence(self.source.document, node)
        self.collector.leave_open(place, f"{what} in {self.source.owner}", effect)


def _names_one_thing(raw: str) -> bool:
    """Whether an unresolved resource is at least known to be the ARN of something declared."""
    return raw.startswith("arn:") or re.search(r"\.(?:arn|id|execution_arn)\}|/", raw) is not None


def _by_name(node: Node) -> Mapping[str, Node]:
    """The values of a statement by their keys, which IAM takes in any case, the first of each."""
    return {key.lower(): value for key, value in reversed(tuple(node.items()))}


def _short(node: Node) -> str:
    return plain(node.raw)


def _snippet(actions: tuple[str, ...], not_actions: tuple[str, ...]) -> str:
    word, named = ("Action", actions) if actions else ("NotAction", not_actions)
    return f"{word}: {first_of(named, 4)}"[:160] if named else ""


def _all_others(said: Mapping[str, Node]) -> tuple[str, ...]:
    """Whom a statement is for that names whom it is not for."""
    return ("*",) if said.get("notprincipal") is not None else ()


def _principals(node: Node | None) -> Iterator[str]:
    if node is None:
        return
    for value in (inner for _, inner in node.items()) if node.entries else (node,):
        for element in value.list():
            text = element.text if element.text is not None else f"${{{element.raw}}}"
            yield text


def _conditions(node: Node | None) -> Iterator[Condition]:
    for operator, keys in node.items() if node else ():
        for key, value in keys.items():
            texts = (element.text for element in value.list())
            values = tuple("${unknown}" if text is None else text for text in texts)
            yield Condition(operator=operator.lower(), key=lowered(key), values=values)
