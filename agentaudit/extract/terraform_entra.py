"""Applications of Microsoft Entra in Terraform, and what they may do for a whole tenant."""

import re
from collections.abc import Iterator, Mapping

from agentaudit.extract.application_permissions import Application, add_permission, graph_role
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.terraform_modules import Declared, Module
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.permissions import Identity
from agentaudit.readers.document import Node

_NAMED = re.compile(r"""app_role_ids\s*\[\s*["']([\w.]{1,80})["']\s*\]""")
_APPLICATION = "azuread_application"
_GIVEN = (
    ("azuread_application_api_access", "application_id", "role_ids"),
    ("azuread_app_role_assignment", "principal_object_id", "app_role_id"),
)
_Owners = Mapping[str, Application]
"""Applications by their addresses."""
_UNKNOWN = "an application permission that its id does not tell"


def add_entra(module: Module, collector: Collector) -> None:
    """The applications of a module, with the permissions that they ask for or are given."""
    owners = {each.address: _application(each, collector) for each in _applications(module)}
    for owner, role in (*_asked(module, owners), *_given(module, owners)):
        _add(owner, role, collector)
    for declared in module.resources("azuread_application_password"):
        _link_password(declared, owners, collector)


def _asked(module: Module, owners: _Owners) -> Iterator[tuple[Application, Node]]:
    """App roles that applications ask an administrator for."""
    for declared in _applications(module):
        for access in _accesses(declared):
            kind, role = access.get("type"), access.get("id")
            if kind is not None and kind.raw == "Role" and role is not None:
                yield owners[declared.address], role


def _given(module: Module, owners: _Owners) -> Iterator[tuple[Application, Node]]:
    """App roles in resources of their own."""
    for type_, attribute, roles in _GIVEN:
        for declared in module.resources(type_):
            listed = declared.body.get(roles)
            for role in listed.list() if listed is not None else ():
                yield _holder(declared, attribute, owners), role


def _applications(module: Module) -> Iterator[Declared]:
    yield from module.resources(_APPLICATION, f"{_APPLICATION}_registration")


def _application(declared: Declared, collector: Collector) -> Application:
    identity = collector.add(
        Identity(
            id=fact_id("identity", declared.title, declared.key),
            name=declared.title,
            evidence=(evidence(declared.document, declared.header, declared.shown),),
            provider="azure",
            kind="application",
        )
    )
    return Application(
        provider="azure",
        name=declared.title,
        key=declared.key,
        document=declared.document,
        identity=identity.id,
    )


def _accesses(declared: Declared) -> Iterator[Node]:
    listed = declared.body.get("required_resource_access")
    for api in listed.list() if listed is not None else ():
        each = api.get("resource_access")
        yield from each.list() if each is not None else ()


def _holder(declared: Declared, attribute: str, owners: _Owners) -> Application:
    """The application behind a reference, by way of its service principal; or who is named."""
    node = declared.body.get(attribute)
    text = node.raw if node is not None else ""
    for principal in declared.module.resources("azuread_service_principal"):
        if f"{principal.address}." in text:
            named = principal.body.get("client_id") or principal.body.get("application_id")
            text = named.raw if named is not None else text
    found = next((owner for address, owner in owners.items() if f"{address}." in text), None)
    return found or Application(
        provider="azure",
        name=text[:80] or declared.shown,
        key=declared.key,
        document=declared.document,
    )


def _add(owner: Application, role: Node, collector: Collector) -> None:
    named = _NAMED.search(role.raw)
    name = named[1] if named is not None else graph_role(role.raw)
    if name:
        add_permission(collector, owner, role, name)
    else:
        place = evidence(owner.document, role)
        collector.leave_open(place, _UNKNOWN, f"what {owner.name} may do is open")


def _link_password(declared: Declared, owners: _Owners, collector: Collector) -> None:
    """Whom the secret of an application proves."""
    node = declared.body.get("application_id") or declared.body.get("application_object_id")
    credential = fact_id("credential", declared.name, declared.key)
    for address, owner in owners.items():
        if node is not None and f"{address}." in node.raw and credential in collector.facts:
            place = evidence(declared.document, node)
            collector.link(EdgeKind.AUTHENTICATES_AS, credential, owner.identity, place)
