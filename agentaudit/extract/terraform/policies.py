"""`aws_iam_policy_document` and its like, as the JSON that they stand for."""

from collections.abc import Iterable

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam.policies import PolicySource, Statement, statements
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.readers.document import Node, NodeKind
from agentaudit.readers.places import node_at

_KEYS = {
    "sid": "Sid",
    "effect": "Effect",
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_INHERITED = ("source_policy_documents", "override_policy_documents")
_INHERITED_JSON = ("source_json", "override_json")


def statements_at(
    declared: Declared, attribute: str, documents: Documents, collector: Collector
) -> tuple[Statement, ...]:
    """The statements of a policy that is an attribute of a resource; none where it has none."""
    policy = declared.body.get(attribute)
    if policy is None:
        return ()
    owner = f"{declared.shown}.{attribute}"
    source = PolicySource(node=policy, document=declared.document, owner=owner)
    return statements(source, documents, collector)


def policy_document(_module: Module, declared: Declared) -> Node:
    """The policy that an `aws_iam_policy_document` makes."""
    body = declared.body
    blocks = body.get("statement")
    elements = [_statement(block) for block in (blocks.list() if blocks else ())]
    for name in _INHERITED:
        listed = body.get(name)
        for inherited in listed.list() if listed else ():
            elements.extend(_statements_of(inherited))
    for name in _INHERITED_JSON:
        inherited_json = body.get(name)
        elements.extend(_statements_of(inherited_json) if inherited_json else ())
    place = declared.header
    listing = place.changed(kind=NodeKind.SEQUENCE, raw="", elements=tuple(elements))
    return _mapping(place, [("Statement", listing)])


def managed_policy(_module: Module, declared: Declared) -> Node:
    """The ARN that the data source `aws_iam_policy` looks up: by ARN, or by an AWS name."""
    arn, name = declared.body.get("arn"), declared.body.get("name")
    if arn is not None and arn.text:
        return arn
    if name is not None and name.text:
        return name.changed(raw=f"arn:aws:iam::aws:policy/{name.text}")
    return declared.header.changed(kind=NodeKind.UNKNOWN, raw=f"data.{declared.address}.arn")


def _statements_of(policy: Node) -> tuple[Node, ...]:
    """The statements of another policy; what is unknown stays as one unknown statement."""
    found = policy.get("Statement")
    return found.list() if found is not None else (policy,)


def _statement(block: Node) -> Node:
    entries = [
        (_KEYS[name], value)
        for name, value in block.items()
        if name in _KEYS and value.kind is not NodeKind.NULL
    ]
    principals = _grouped(block, "principals", "type", "identifiers")
    if principals is not None:
        entries.append(("Principal", principals))
    conditions = _conditions(block)
    if conditions is not None:
        entries.append(("Condition", conditions))
    return _mapping(block, entries)


def _grouped(block: Node, name: str, key: str, value: str) -> Node | None:
    """Blocks as one mapping from one of their attributes to another."""
    listed = block.get(name)
    if listed is None:
        return None
    pairs = []
    for inner in listed.list():
        label, values = inner.get(key), inner.get(value)
        if label is not None and values is not None:
            pairs.append((label.raw, values))
    return _mapping(listed, pairs)


def _conditions(block: Node) -> Node | None:
    """Conditions by operator; several of one operator are kept apart by their blocks' places."""
    listed = block.get("condition")
    if listed is None:
        return None
    operators: dict[str, list[tuple[str, Node]]] = {}
    for inner in listed.list():
        test, variable, values = inner.get("test"), inner.get("variable"), inner.get("values")
        if test is not None and variable is not None and values is not None:
            operators.setdefault(test.raw, []).append((variable.raw, values))
    return _mapping(listed, [(test, _mapping(listed, keys)) for test, keys in operators.items()])


def _mapping(place: Node, pairs: Iterable[tuple[str, Node]]) -> Node:
    entries = tuple(
        (node_at(place, NodeKind.STRING, place.file, raw=key), value) for key, value in pairs
    )
    return node_at(place, NodeKind.MAPPING, place.file, entries=entries)
