"""
What runs, as ARM templates declare it: web apps, functions and container apps.

Sources: Microsoft Learn, "Microsoft.Web sites", "Microsoft.Web sites/config 'appsettings'" and
"Microsoft.App containerApps"; "Use Key Vault references as app settings".
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from agentaudit.extract.arm_values import property_of
from agentaudit.extract.collector import Collector, Setting, evidence
from agentaudit.extract.containers import Container, add_container, place_of, runtime_id
from agentaudit.model.evidence import Known
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node

_MANAGED = {"azure": "a managed identity"}


def _add_site(document: Document, resource: Node, collector: Collector) -> None:
    """A web app or a function app, with the settings that its own resource has."""
    listed = property_of(resource, "siteConfig", "appSettings")
    _leave_open(document, listed, collector)
    pairs = listed.list() if listed is not None and not listed.unknown else ()
    settings = tuple(
        _setting(document, name.text, value, resource)
        for pair in pairs
        if (name := pair.get("name")) is not None
        and name.text
        and (value := pair.get("value")) is not None
    )
    _add(document, resource, settings, collector)


def _add_settings(document: Document, resource: Node, collector: Collector) -> None:
    """The settings of a site in a resource of their own, `agent/appsettings`."""
    if not _name(resource).rstrip("')").endswith("appsettings"):
        return
    values = property_of(resource)
    _leave_open(document, values, collector)
    items = values.items() if values is not None else ()
    settings = tuple(_setting(document, name, value, resource) for name, value in items)
    _add(document, resource, settings, collector)


def _add_container_app(document: Document, resource: Node, collector: Collector) -> None:
    """The containers of an app; `secretRef` leads to the app's secrets, and to its vault."""
    secrets = property_of(resource, "configuration", "secrets")
    containers = property_of(resource, "template", "containers")
    for listed in (secrets, containers):
        _leave_open(document, listed, collector)
    kept = {
        secret.text_at("name"): secret for secret in (secrets.list() if secrets is not None else ())
    }
    for container in containers.list() if containers is not None else ():
        listed = container.get("env")
        _leave_open(document, listed, collector)
        settings = tuple(_environment(document, container, kept))
        _add(document, resource, settings, collector, container=container)


def _environment(
    document: Document, container: Node, kept: Mapping[str, Node]
) -> Iterator[Setting]:
    listed = container.get("env")
    for pair in listed.list() if listed is not None else ():
        name, value, reference = pair.get("name"), pair.get("value"), pair.get("secretRef")
        if name is None or not name.text:
            continue
        if value is not None:
            yield _setting(document, name.text, value, container)
        elif reference is not None:
            secret = kept.get(reference.text or "")
            literal = secret.get("value") if secret is not None else None
            if literal is not None:
                yield _setting(document, name.text, literal, container)
            else:
                yield _setting(document, name.text, reference, container, stored=True)


def _setting(
    document: Document, name: str, value: Node, owner: Node, *, stored: bool = False
) -> Setting:
    """One setting; what only a deployment knows is kept somewhere else than here."""
    return Setting(
        key=name,
        value=value,
        document=document,
        route=f"{_name(owner)}.{owner.line}",
        via=tuple(evidence(document, origin) for origin in value.origin),
        text="" if value.text is None else None,
        form=CredentialForm.SECRET_REF if stored or value.unknown else None,
    )


def _leave_open(document: Document, listed: Node | None, collector: Collector) -> None:
    if listed is not None and listed.unknown:
        place = evidence(document, listed)
        collector.leave_open(place, "a list in an expression", "what a runtime holds is not known")


def _add(
    document: Document,
    resource: Node,
    settings: tuple[Setting, ...],
    collector: Collector,
    *,
    container: Node | None = None,
) -> None:
    place = container or resource
    name = _name(container) if container is not None else _name(resource)
    key = f"{document.file}#{_name(resource)}.{place.line}.{place.column}"
    limited = container is None or container.get("resources", "memory") is not None
    add_container(
        collector,
        Container(
            document=document,
            place=place,
            key=key,
            runtime=Runtime(
                id=runtime_id(name, key),
                name=name,
                evidence=place_of(document, place.get("name") or place, name),
                kind="container",
                image=container.text_at("image") if container is not None else "",
                memory_limit=Known.SET if limited else Known.UNKNOWN,
            ),
            names=(name, _name(resource)),
            settings=settings,
            short_alternative=_MANAGED,
        ),
    )


def _name(resource: Node) -> str:
    node = resource.get("name")
    return node.raw if node is not None and node.raw else "unnamed"


RUNTIMES: Mapping[str, Callable[[Document, Node, Collector], None]] = MappingProxyType(
    {
        "microsoft.web/sites": _add_site,
        "microsoft.web/sites/config": _add_settings,
        "microsoft.app/containerapps": _add_container_app,
    }
)
