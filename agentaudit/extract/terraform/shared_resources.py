"""
Permissions that let others use an event bus or a layer of AWS, each a resource of its own.

Sources: AWS, "PutPermission" and "AWS::Events::EventBusPolicy"; "AddLayerVersionPermission".
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.documents import Documents
from agentaudit.extract.iam.open_policies import open_grant, opening
from agentaudit.extract.iam.policies import Condition, PolicySource, Statement, statements
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.readers.document import Node, NodeKind

_ORGANISATION = "aws:principalorgid"


class _Shared(Struct, frozen=True):
    """What a permission allows where it does not say, and which attributes name what is shared."""

    action: str
    named: tuple[str, ...]


_SHARED: Mapping[str, _Shared] = MappingProxyType(
    {
        "aws_cloudwatch_event_permission": _Shared("events:putevents", ("event_bus_name",)),
        "aws_lambda_layer_version_permission": _Shared(
            "lambda:getlayerversion", ("layer_name", "layer_version_arn")
        ),
    }
)


def add_shared_resources(module: Module, documents: Documents, collector: Collector) -> None:
    """What each permission of a module allows everybody in the world."""
    for declared in module.resources(*_SHARED):
        found = tuple(_statements(declared, documents, collector))
        for statement in opening(collector, declared.shown, found):
            grant = open_grant(statement, key=declared.key, name=declared.shown)
            collector.add(grant)


def _statements(
    declared: Declared, documents: Documents, collector: Collector
) -> Iterator[Statement]:
    body, shared = declared.body, _SHARED[declared.type]
    whole, principal = body.get("statement"), body.get("principal")
    if whole is not None:
        key = whole.changed(kind=NodeKind.STRING, raw="Statement", entries=(), elements=())
        policy = whole.changed(kind=NodeKind.MAPPING, raw="", entries=((key, whole),), elements=())
        owner = f"{declared.shown}.statement"
        source = PolicySource(node=policy, document=declared.document, owner=owner)
        yield from statements(source, documents, collector)
    if principal is None:
        return
    if principal.unknown:
        place = evidence(declared.document, principal)
        collector.leave_open(
            place, f"who may use what {declared.shown} shares", "it may be anybody"
        )
        return
    action, named = body.text_at("action"), next(filter(None, map(body.raw_at, shared.named)), "*")
    yield Statement(
        key=declared.key,
        name=declared.shown,
        place=declared.place(),
        allows=True,
        actions=((action or shared.action).lower(),),
        resources=(named,),
        principals=(principal.raw,),
        conditions=tuple(_conditions(body)),
    )


def _conditions(body: Node) -> Iterator[Condition]:
    """What it asks: an organisation, also where a variable holds its id."""
    organisation = body.get("organization_id")
    if organisation is not None and organisation.kind is not NodeKind.NULL and organisation.raw:
        yield Condition(operator="stringequals", key=_ORGANISATION, values=(organisation.raw,))
    for block in body.list_at("condition"):
        key, operator, value = (
            block.get(name) or block.get(name.title()) for name in ("key", "type", "value")
        )
        if value is not None:
            yield Condition(
                operator=(operator.raw if operator is not None else "stringequals").lower(),
                key=(key.raw if key is not None else _ORGANISATION).lower(),
                values=(value.raw,),
            )
