"""
What Terraform's provider `azapi` deploys: any resource of Azure, in the words of its templates.

Attributes are those of `azapi_resource` and `azapi_update_resource`: `type` with a version behind
`@`, and `body`, the properties as values or, before version 2, as a text of JSON
(https://registry.terraform.io/providers/Azure/azapi/latest/docs).
"""

from collections.abc import Iterator, Sequence

from agentaudit.errors import Problem
from agentaudit.extract.azure.deployed import Deployed
from agentaudit.extract.azure.runtimes import asks_before
from agentaudit.extract.azure.translation import add_resources
from agentaudit.extract.collector import Collector
from agentaudit.extract.stacks import Stack
from agentaudit.extract.terraform.azure import act_assigned
from agentaudit.extract.terraform.azure_identities import AZAPI, referred_identity
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.model.facts.fact import Fact, FactId
from agentaudit.readers.azure.templates import type_of_interest
from agentaudit.readers.document import Node, NodeKind

_UPDATES = "azapi_update_resource"
_BESIDE_BODY = ("name", "location", "identity", "parent")


def add_azapi(module: Module, collector: Collector) -> None:
    """What a module deploys so, with what it runs acting as the identities that it is assigned."""
    declared = {each.key: each for each in module.resources(AZAPI)}
    asked = any(asks_before(_type(each)) for each in declared.values())
    resources = [_deployed(each, asked=asked) for each in declared.values()]

    def identity_of(_owner: Declared, principal: Node) -> FactId:
        return referred_identity(module, principal, collector)

    def give(resource: Deployed, runtimes: Sequence[Fact]) -> None:
        act_assigned(declared[resource.key], runtimes, collector)

    stack = Stack(folder=module.folder, bodies=[], identity_of=identity_of)
    add_resources(stack, resources, give, collector)
    for update in module.resources(_UPDATES):
        if type_of_interest(_type(update)):
            _leave_open(update, collector)


def _type(declared: Declared) -> str:
    """The type of a resource without its version; empty where nobody knows it."""
    node = declared.body.get("type")
    return ((node.text if node is not None else "") or "").partition("@")[0].lower()


def _deployed(declared: Declared, *, asked: bool) -> Deployed:
    return Deployed(
        type=_type(declared),
        node=declared.body.changed(entries=tuple(_members(declared.body))),
        document=declared.document,
        header=declared.body.get("type") or declared.header,
        level="",
        symbol=declared.name,
        key=declared.key,
        name=declared.title,
        asked=asked,
    )


def _members(body: Node) -> Iterator[tuple[Node, Node]]:
    """What a template would have of it; a body that only an expression knows is its properties."""
    yield from (entry for entry in body.entries if entry[0].raw in _BESIDE_BODY)
    given = body.get("body")
    if given is not None and given.kind is NodeKind.MAPPING:
        yield from given.entries
    elif given is not None:
        yield given.changed(kind=NodeKind.STRING, raw="properties", entries=()), given


def _leave_open(update: Declared, collector: Collector) -> None:
    place = update.place()
    message = f"what {update.shown} changes of a resource of Azure is not applied"
    problem = Problem(file=place.file, message=message, line=place.line, column=place.column)
    collector.problems.append(problem)
