"""
Realms of Keycloak: the secrets by which it knows its clients, which these have as well.

Keycloak, "Server Administration Guide", "Confidential client credentials": `clients[].secret` of an
export is what the client itself is told.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.joins.credentials import ISSUER
from agentaudit.model.facts.credentials import Credential
from agentaudit.readers.document import Node


def extract_keycloak(documents: Documents, collector: Collector) -> None:
    """Credentials that stand where a realm lists its clients are those of its issuer."""
    known = {
        (document.file, secret.line, secret.column)
        for document in documents.of("json")
        if document.root.child("realm") is not None
        for secret in _secrets(document.root)
    }
    for credential in collector.of(Credential) if known else ():
        place = credential.evidence[0]
        if (place.file, place.line, place.column) in known:
            collector.update(replace(credential, holder=ISSUER))


def _secrets(realm: Node) -> Iterator[Node]:
    for client in realm.list_at("clients"):
        secret = client.child("secret")
        if secret is not None and client.text_at("clientId"):
            yield secret
