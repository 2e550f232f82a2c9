"""
What an Ingress, or a Route of OpenShift, opens to the outside without TLS.

An Ingress without `tls` answers over HTTP. It may still be encrypted where its controller has a
certificate by an annotation, or its class ends TLS elsewhere: those are left out, and so is a host
for which another Ingress has a certificate.
"""

from collections.abc import Iterator

from agentaudit.expressions import regex
from agentaudit.extract.addresses import is_of_own_network
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.exposure import backends, runtimes_behind, served
from agentaudit.extract.kubernetes.objects import KubernetesObject, cluster_objects, labels_of
from agentaudit.extract.kubernetes.policies import Pods
from agentaudit.extract.plaintext import served_in_plaintext
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Node

_ENCRYPTED = regex(
    r"cert|router\.tls|ssl-redirect=true|tls-acme|HTTPS|allow-http=false|internal|tailscale|cloudflare|ngrok"
)
"""Of annotations and classes: a certificate, a redirect, or a network of one's own."""
_INTERNET_FACING = "alb.ingress.kubernetes.io/scheme=internet-facing"
_ALB = "alb"
"""The class of AWS, which stays inside unless an annotation says otherwise."""
_TRIED = (".nip.io", ".sslip.io", ".test")
"""Hosts for trying things: called after their address, or below a domain that nobody has."""


def extract_plaintext(documents: Documents, collector: Collector) -> None:
    """Marks the containers to which plain HTTP leads from the outside."""
    objects = cluster_objects(documents, collector)
    leading = dict(_leading(objects))
    services = [
        item
        for item in objects
        if item.kind == "Service" and (item.namespace, item.name) in leading
    ]
    if not services:
        return
    found = runtimes_behind(services, Pods(collector.workloads), collector)
    for identifier, (first, *_) in found.items():
        runtime = collector.facts[identifier]
        if isinstance(runtime, Runtime):
            served_in_plaintext(collector, runtime, leading[first.namespace, first.name])


def _leading(
    objects: tuple[KubernetesObject, ...],
) -> Iterator[tuple[tuple[str, str], Evidence]]:
    """Services by their namespace and name, and what opens them to the outside in plain text."""
    encrypted = frozenset(_with_certificates(objects))
    for item in objects:
        if item.kind == "Ingress" and _is_plain(item, encrypted):
            names = backends(item.node)
        elif item.kind == "Route" and _is_plain_route(item):
            names = served(item.node)
        else:
            continue
        place = evidence(item.document, item.place, f"{item.kind} {item.name}, without tls")
        for name in names:
            yield (item.namespace, name), place


def _with_certificates(objects: tuple[KubernetesObject, ...]) -> Iterator[str]:
    """Hosts that some Ingress has a certificate for, and names of each that has any."""
    for item in objects:
        listed = item.node.list_at("spec", "tls") if item.kind == "Ingress" else ()
        if listed:
            yield item.name
        for entry in listed:
            yield from entry.texts_at("hosts")


def _is_plain(item: KubernetesObject, encrypted: frozenset[str]) -> bool:
    spec = item.node.child("spec")
    if spec is None or spec.child("tls") is not None or item.name in encrypted:
        return False
    told = tuple(_told(item.node))
    if any(map(_ENCRYPTED.search, told)):
        return False
    if any(word.endswith(f"={_ALB}") for word in told) and _INTERNET_FACING not in told:
        return False
    hosts = [rule.text_at("host") for rule in item.node.list_at("spec", "rules")]
    return not any(host in encrypted or _is_own(host) for host in hosts)


def _told(node: Node) -> Iterator[str]:
    """The annotations of an Ingress, and its class."""
    yield f"class={node.text_at('spec', 'ingressClassName')}"
    for key, value in labels_of(node.get("metadata", "annotations")):
        yield f"{key}={value}"


def _is_plain_route(item: KubernetesObject) -> bool:
    """A Route of OpenShift without `tls` answers over HTTP alone."""
    of_openshift = item.node.text_at("apiVersion").startswith("route.openshift.io/")
    spec = item.node.child("spec")
    host = item.node.text_at("spec", "host")
    return of_openshift and spec is not None and spec.child("tls") is None and not _is_own(host)


def _is_own(host: str) -> bool:
    """Whether only a network of one's own knows a host, or a machine for trying things."""
    return is_of_own_network(host) or host.endswith(_TRIED)
