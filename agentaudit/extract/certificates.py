"""
How long certificates are good: those in files and in Secrets, and those of cert-manager.

What `ca.crt` or `acme_root.pem` holds is whom others are held against, and lives long by design; so
does what cert-manager issues to an authority. Sources: Kubernetes, "TLS Secrets"; cert-manager,
"Certificate resource": `spec.duration`, 90 days unless set, and `spec.isCA`.
"""

import re
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.objects import (
    KubernetesObject,
    kubernetes_objects,
    settings_of_object,
)
from agentaudit.extract.sizes import compound_seconds_of
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.readers.document import Document
from agentaudit.readers.lines import Lines
from agentaudit.readers.x509 import lifetimes_s

_ISSUED_S = 90 * 86_400
_OTHER_NAMES = ("ipAddresses", "uris", "emailAddresses", "otherNames")
_SUFFIX = re.compile(r"(?:svc(?:\.(?:[\w-]+\.)+local)?)?")
"""Of a Service's name: clusters may call themselves otherwise than `cluster.local`."""
_SEALING = "sealedsecrets.bitnami.com/sealed-secrets-key"
"""The label of the key to which secrets are sealed: nobody proves who he is by that."""
_OWN_AUTHORITY = "ca.crt"
"""The authority of what lies beside it in a Secret."""
_AUTHORITY = re.compile(
    r"(?:^(?:[^.]*\.)?|[_-])(?:(?:root)?ca(?:[._-](?!central-|west-)|cert|$)|root(?:[._-]|$))",
    re.IGNORECASE,
)
"""In names of hosts it is a country, `desk.acme.ca.crt`, and in those of regions: `ca-west-1`."""


_TRUSTED = regex(
    r"(?<![\w.-])(?P<name>[\w-][\w.-]{0,99})[\"']?(?:[\t ,:]{1,20})[\"']?"
    r"/(?:usr/local/share/ca-certificates|etc/pki/ca-trust/source/anchors)/"
)
"""Where an image or a mount puts a file among those whom the machine trusts."""


def extract_certificates(documents: Documents, collector: Collector) -> None:
    """Every certificate, with its time."""
    trusted = _trusted(documents)
    for document in documents.of("pem"):
        name = document.file.rpartition("/")[2]
        if name not in trusted and not _AUTHORITY.search(name):
            _add_certificates(document, collector)
    for item in kubernetes_objects(documents):
        if item.kind == "Secret":
            _add_kept(item, collector)
            continue
        if not _issued(item):
            continue
        node = item.node.get("spec", "duration")
        ttl_s = compound_seconds_of(node.text or "") if node is not None else _ISSUED_S
        place = evidence(item.document, node or item.place, f"Certificate {item.name}")
        if ttl_s is None:
            collector.leave_open(place, f"the duration of {item.name}", "how long it is good")
            continue
        key = f"Certificate/{item.namespace}/{item.name}"
        found = _certificate(place, (item.name, key), ttl_s, CredentialForm.SECRET_REF)
        collector.add(replace(found, cluster_only=_stays_in_cluster(item)))


def _trusted(documents: Documents) -> frozenset[str]:
    """The names of files that images or containers get to hold others against."""
    return frozenset(
        found["name"]
        for kind in ("dockerfile", "yaml")
        for document in documents.of(kind)
        if holds_word(document.text, ("/ca-certificates/", "/anchors/"))
        for found in _TRUSTED.finditer(document.text)
    )


def _issued(item: KubernetesObject) -> bool:
    """Whether cert-manager issues it, to a server or a client: not to an authority."""
    version = item.node.text_at("apiVersion")
    authority = item.node.get("spec", "isCA")
    return (
        item.kind == "Certificate"
        and version.startswith("cert-manager.io/")
        and not (authority is not None and authority.boolean)
    )


def _stays_in_cluster(item: KubernetesObject) -> bool:
    """
    Whether it is issued to services of the cluster alone, by their names in its DNS.

    So is one for a client that names no host: `commonName: orders-db`.
    """
    if any(item.node.get("spec", kind) is not None for kind in _OTHER_NAMES):
        return False
    told = [name.split(".") for name in item.node.texts_at("spec", "dnsNames")]
    if not told and item.node.get("spec", "dnsNames") is None:
        client = item.node.text_at("spec", "commonName")
        return client != "" and "." not in client and "@" not in client
    namespaces = {item.namespace, *(parts[1] for parts in told if parts[2:3] == ["svc"])}
    return bool(told) and all(_is_service(parts, namespaces) for parts in told)


def _is_service(parts: Sequence[str], namespaces: Collection[str]) -> bool:
    """`name`, `name.namespace`, `name.namespace.svc` and `name.namespace.svc.cluster.local`."""
    name, *rest = parts
    named = bool(name) and "*" not in name and (not rest or rest[0] in namespaces)
    return named and _SUFFIX.fullmatch(".".join(rest[1:])) is not None


def _add_kept(item: KubernetesObject, collector: Collector) -> None:
    """The certificates in a Secret, which stands in the files as base64 or as text."""
    if item.node.get("metadata", "labels", _SEALING) is not None:
        return
    # What lies beside its own authority is held against that: no browser knows it.
    own = any(item.node.text_at(field, _OWN_AUTHORITY) for field in ("data", "stringData"))
    for setting in settings_of_object(item):
        if _AUTHORITY.search(setting.key) or "CERTIFICATE-----" not in setting.content:
            continue
        place = evidence(item.document, setting.value, setting.key)
        name = f"{setting.key} of {item.name}"
        for number, (_, ttl_s) in enumerate(lifetimes_s(setting.content)):
            if ttl_s is None:
                collector.leave_open(place, f"a certificate in {name}", "how long it is good")
                continue
            key = f"{setting.route}.{setting.key}#{number}"
            found = _certificate(place, (name, key), ttl_s, CredentialForm.FILE)
            collector.add(replace(found, cluster_only=own))


def _add_certificates(document: Document, collector: Collector) -> None:
    lines = Lines(document.text)
    name = document.file.rpartition("/")[2]
    for number, (offset, ttl_s) in enumerate(lifetimes_s(document.text)):
        line, column = lines.place(offset)
        place = Evidence(
            file=document.file, line=line, column=column, end_line=line, end_column=column
        )
        if ttl_s is None:
            collector.leave_open(place, f"a certificate in {name}", "how long it is good")
            continue
        key = f"{document.file}#{number}"
        collector.add(_certificate(place, (name, key), ttl_s, CredentialForm.FILE))


def _certificate(
    place: Evidence, names: tuple[str, str], ttl_s: int, form: CredentialForm
) -> Credential:
    name, key = names
    return Credential(
        id=fact_id("credential", name, key),
        name=name,
        evidence=(place,),
        kind="certificate",
        form=form,
        lifetime=Lifetime.STATIC,
        ttl_s=ttl_s,
    )
