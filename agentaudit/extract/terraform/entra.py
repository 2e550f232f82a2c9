"""Applications of Microsoft Entra in Terraform, and what they may do for a whole tenant."""

from collections.abc import Iterator, Mapping

from agentaudit.expressions import regex
from agentaudit.extract.azure.application_permissions import Application, add_role, graph_role
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.sizes import compound_seconds_of
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.state import key_in_state
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.facts.fact import NOBODY
from agentaudit.model.facts.permissions import Identity
from agentaudit.readers.document import Node

_NAMED = regex(r"""app_role_ids\s*\[\s*["']([\w.]{1,80})["']\s*\]""")
_APPLICATIONS = ("azuread_application", "azuread_application_registration")
_GIVEN = (
    ("azuread_application_api_access", "application_id", "role_ids"),
    ("azuread_app_role_assignment", "principal_object_id", "app_role_id"),
)
_Owners = Mapping[str, Application]
"""Applications by their addresses."""
_PASSWORDS = ("azuread_application_password", "azuread_service_principal_password")
_LATER = regex(r"""timeadd\([^"]{0,80}"(?P<time>[\w.]{1,20})"\s{0,4}\)""")
"""An end that is said as so long after now."""
_TWO_YEARS_S = 2 * 365 * 86_400


def add_entra(module: Module, collector: Collector) -> None:
    """The applications of a module, with the permissions that they ask for or are given."""
    owners = {each.address: _application(each, collector) for each in _applications(module)}
    for owner, role in (*_asked(module, owners), *_given(module, owners)):
        named = _NAMED.search(role.raw)
        add_role(collector, owner, role, named[1] if named is not None else graph_role(role.raw))
    for declared in module.resources(*_PASSWORDS):
        _add_password(declared, owners, collector)


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
            for role in declared.body.list_at(roles):
                yield _holder(declared, declared.body.get(attribute), owners), role


def _applications(module: Module) -> tuple[Declared, ...]:
    return module.resources(*_APPLICATIONS)


def _owner(module: Module, text: str, owners: _Owners) -> Application | None:
    """The application that a value refers to."""
    found = module.references(*_APPLICATIONS).referred(text)
    return owners[found.address] if found is not None else None


def _application(declared: Declared, collector: Collector) -> Application:
    identity = collector.add(
        Identity(
            id=fact_id("identity", declared.title, declared.key),
            name=declared.title,
            evidence=(declared.place(),),
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
    for api in declared.body.list_at("required_resource_access"):
        yield from api.list_at("resource_access")


def _holder(declared: Declared, node: Node | None, owners: _Owners) -> Application:
    """The application behind a reference, by way of its service principal; or who is named."""
    text = node.raw if node is not None else ""
    principal = declared.module.references("azuread_service_principal").referred(text)
    if principal is not None:
        named = principal.body.get("client_id") or principal.body.get("application_id")
        text = named.raw if named is not None else text
    return _owner(declared.module, text, owners) or Application(
        provider="azure",
        name=plain(text) or declared.shown,
        key=declared.key,
        document=declared.document,
    )


def _add_password(declared: Declared, owners: _Owners, collector: Collector) -> None:
    """A client secret, and the application that it proves; two years where nobody says less."""
    body = declared.body
    limit_s = _limit_s(body.get("end_date_relative"), body.get("end_date"))
    credential = collector.add(key_in_state(declared, "azure", "client_secret", ttl_s=limit_s))
    named = ("application_id", "application_object_id", "service_principal_id")
    node = next((found for name in named if (found := body.get(name))), None)
    owner = _holder(declared, node, owners).identity if node is not None else NOBODY
    if node is not None and owner:
        place = evidence(declared.document, node)
        collector.link(EdgeKind.AUTHENTICATES_AS, credential.id, owner, place)


def _limit_s(relative: Node | None, end: Node | None) -> int | None:
    """How long a client secret is good; None where its end is a day."""
    if relative is not None:
        return compound_seconds_of(relative.raw)
    if end is None:
        return _TWO_YEARS_S
    later = _LATER.search(end.raw)
    return compound_seconds_of(later["time"]) if later is not None else None
