"""
What runs, as templates of Azure declare it: web apps, functions and container apps.

Sources: Microsoft Learn, "Microsoft.Web sites", "Microsoft.Web sites/config 'appsettings'",
"Microsoft.App containerApps" and "Microsoft.ContainerInstance containerGroups"; "Use Key Vault
references as app settings".
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from msgspec.structs import replace

from agentaudit.extract.azure.deployed import Deployed
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.container import (
    Container,
    command_of,
    place_of,
    runtime_id,
    with_instances,
)
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.plaintext import served_in_plaintext
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Evidence, Known
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.azure.nodes import open_part
from agentaudit.readers.document import Document, Node

_MEMORY = (("memory",), ("requests", "memoryInGB"), ("limits", "memoryInGB"))
MANAGED = {"azure": "a managed identity"}
_APP = "microsoft.app/containerapps"
DEFAULT_REPLICAS = 10
"""Of a container app that says nothing of it."""
_ASKS_BEFORE = "containerapps/authconfigs"
"""A resource by which the platform asks who calls, before it passes a call on."""


Runtimes = tuple[Runtime, ...]


def _add_site(deployed: Deployed, collector: Collector) -> Runtimes:
    """A web app or a function app, with the settings that its own resource has."""
    listed = deployed.property_at("siteConfig", "appSettings")
    _leave_open(deployed.document, listed, collector)
    settings = tuple(
        _setting(deployed, name.text, value)
        for pair in (listed.list() if listed is not None else ())
        if (name := pair.get("name")) is not None
        and name.text
        and (value := pair.get("value")) is not None
    )
    strings = deployed.property_at("siteConfig", "connectionStrings")
    more = tuple(
        _setting(deployed, f"{pair.text_at('name')}ConnectionString", value)
        for pair in (strings.list() if strings is not None else ())
        if (value := pair.get("connectionString")) is not None
    )
    site, only = _add(deployed, (*settings, *more), collector), deployed.property_at("httpsOnly")
    if only is None or only.boolean is not False:
        return (site,)
    place = evidence(deployed.document, only, "httpsOnly: false")
    return (served_in_plaintext(collector, site, place),)


def _add_settings(deployed: Deployed, collector: Collector) -> Runtimes:
    """The settings of a site in a resource of their own, `agent/appsettings`."""
    name = deployed.node.get("name")
    if name is None or not name.raw.rstrip("')}").endswith("appsettings"):
        return ()
    values = deployed.property_at()
    _leave_open(deployed.document, values, collector)
    entries = values.entries if values is not None else ()
    settings = tuple(
        _setting(deployed, key.raw, value) for key, value in entries if not key.unknown
    )
    return (_add(deployed, settings, collector),)


def _add_group(deployed: Deployed, collector: Collector) -> Runtimes:
    """A group of containers; what is given as `secureValue` is not shown again."""
    listed = deployed.property_at("containers")
    found = []
    _leave_open(deployed.document, listed, collector)
    for container in listed.list() if listed is not None else ():
        properties = container.get("properties") or container
        variables = properties.get("environmentVariables")
        _leave_open(deployed.document, variables, collector)
        settings = tuple(_variables(deployed, variables))
        named = _named(properties, container)
        found.append(_add(deployed, settings, collector, container=named))
    return tuple(found)


def _variables(deployed: Deployed, listed: Node | None) -> Iterator[Setting]:
    for pair in listed.list() if listed is not None else ():
        name, shown, hidden = pair.text_at("name"), pair.get("value"), pair.get("secureValue")
        if name and shown is not None:
            yield replace(_setting(deployed, name, shown), channel="`secureValue`")
        elif name and hidden is not None:
            yield _setting(deployed, name, hidden)


def _named(properties: Node, container: Node) -> Node:
    """A container's properties with its name among them."""
    names = tuple(entry for entry in container.entries if entry[0].raw == "name")
    return properties.changed(entries=(*names, *properties.entries))


def _add_container_app(deployed: Deployed, collector: Collector) -> Runtimes:
    """The containers of an app; `secretRef` leads to the app's secrets, and to its vault."""
    secrets = deployed.property_at("configuration", "secrets")
    containers = deployed.property_at("template", "containers")
    for listed in (secrets, containers):
        _leave_open(deployed.document, listed, collector)
    kept = {
        secret.text_at("name"): secret for secret in (secrets.list() if secrets is not None else ())
    }
    found, plain, reached = [], _insecure(deployed), _reached(deployed, containers)
    for container in containers.list() if containers is not None else ():
        listed = container.get("env")
        _leave_open(deployed.document, listed, collector)
        settings = tuple(_environment(deployed, listed, kept))
        app = _add(deployed, settings, collector, container=container, reached=reached)
        app = _bounded(deployed, app, collector)
        found.append(app if plain is None else served_in_plaintext(collector, app, plain))
    return tuple(found)


def _bounded(deployed: Deployed, app: Runtime, collector: Collector) -> Runtime:
    """How many of an app may run at once; of a job as many as are started."""
    if deployed.type != _APP:
        return app
    most = deployed.property_at("template", "scale", "maxReplicas")
    bounded = with_instances(app, most, DEFAULT_REPLICAS)
    collector.update(bounded)
    return bounded


def _reached(deployed: Deployed, containers: Node | None) -> Evidence | None:
    """Where the one container of an app is open to the outside, to all addresses and to anybody."""
    ingress = deployed.property_at("configuration", "ingress")
    outside = ingress.get("external") if ingress is not None else None
    if outside is None or not outside.boolean or containers is None or len(containers.list()) != 1:
        return None
    limited = ingress is not None and ingress.get("ipSecurityRestrictions") is not None
    asked = deployed.asked or asks_before(deployed.document.text)
    return None if limited or asked else evidence(deployed.document, outside, "external: true")


@lru_cache(maxsize=2)
def asks_before(text: str) -> bool:
    """Whether a file has the platform ask who calls; asked once for all apps of it."""
    return _ASKS_BEFORE in text.lower()


def _insecure(deployed: Deployed) -> Evidence | None:
    """Where an app that the outside reaches answers over HTTP as well, and does not redirect."""
    outside = deployed.property_at("configuration", "ingress", "external")
    insecure = deployed.property_at("configuration", "ingress", "allowInsecure")
    if outside is None or insecure is None or not (outside.boolean and insecure.boolean):
        return None
    return evidence(deployed.document, insecure, "allowInsecure: true")


def _environment(
    deployed: Deployed, listed: Node | None, kept: Mapping[str, Node]
) -> Iterator[Setting]:
    for pair in listed.list() if listed is not None else ():
        name, value, reference = pair.get("name"), pair.get("value"), pair.get("secretRef")
        if name is None or not name.text:
            continue
        if value is not None:
            plain = _setting(deployed, name.text, value)
            yield replace(plain, channel="`secretRef` of the container app")
        elif reference is not None:
            secret = kept.get(reference.text or "")
            literal = secret.get("value") if secret is not None else None
            if literal is not None:
                yield _setting(deployed, name.text, literal)
            else:
                yield _setting(deployed, name.text, reference, stored=True)


def _setting(deployed: Deployed, name: str, value: Node, *, stored: bool = False) -> Setting:
    """One setting; what only a deployment knows is kept somewhere else than here."""
    return replace(
        deployed.setting(name, value),
        text="" if value.text is None else None,
        form=CredentialForm.SECRET_REF if stored or value.unknown else None,
    )


def _leave_open(document: Document, listed: Node | None, collector: Collector) -> None:
    """A list or a mapping of which something is not known."""
    unknown = open_part(listed) if listed is not None else None
    if unknown is not None:
        place = evidence(document, unknown)
        collector.leave_open(place, "a list in an expression", "what a runtime holds is not known")


def _add(
    deployed: Deployed,
    settings: tuple[Setting, ...],
    collector: Collector,
    *,
    container: Node | None = None,
    reached: Evidence | None = None,
) -> Runtime:
    place = container or deployed.node
    name = _name_of(deployed, container)
    key = deployed.key if container is None else f"{deployed.key}.{name}"
    limited = container is None or any(
        container.get("resources", *route) is not None for route in _MEMORY
    )
    return add_container(
        collector,
        Container(
            document=deployed.document,
            place=place,
            key=key,
            runtime=Runtime(
                id=runtime_id(name, key),
                name=name,
                evidence=place_of(deployed.document, place.get("name") or place, name),
                kind="container",
                image=container.text_at("image") if container is not None else "",
                memory_limit=Known.SET if limited else Known.UNKNOWN,
            ),
            names=(name, deployed.name),
            words=() if container is None else command_of(container),
            settings=settings,
            short_alternative=MANAGED,
            passed_on=reached,
        ),
    )


def _name_of(deployed: Deployed, container: Node | None) -> str:
    """A container's own name where it is known, else that of what it belongs to."""
    own = container.get("name") if container is not None else None
    return own.text if own is not None and own.text else deployed.name


RUNTIMES: Mapping[str, Callable[[Deployed, Collector], Runtimes]] = MappingProxyType(
    {
        "microsoft.web/sites": _add_site,
        "microsoft.web/sites/config": _add_settings,
        "microsoft.web/sites/slots": _add_site,
        "microsoft.web/sites/slots/config": _add_settings,
        _APP: _add_container_app,
        "microsoft.app/jobs": _add_container_app,
        "microsoft.containerinstance/containergroups": _add_group,
    }
)
