"""
How long the tokens live that a server of Vault or OpenBao lets anybody ask for.

Its configuration is a file in HCL or JSON, a text in a ConfigMap or in values of its chart, or in
`VAULT_LOCAL_CONFIG`. A lease that no mount shortens lives for `max_lease_ttl`, 32 days unless set.
Sources: Vault documentation, "Vault configuration", "Tokens"; the image's page (`docker-vault`);
vault-helm `values.yaml` (`server.standalone.config`, `server.ha.config`, `server.ha.raft.config`).
"""

from collections.abc import Iterator

from msgspec import Struct

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.recognition import lifetime_of
from agentaudit.extract.documents import Documents
from agentaudit.extract.embedded import embedded, embedded_text
from agentaudit.extract.kubernetes.objects import kubernetes_objects
from agentaudit.extract.platform_files import OTHER_HCL
from agentaudit.extract.sizes import compound_seconds_of
from agentaudit.model.facts.credentials import Credential, CredentialForm
from agentaudit.readers.document import Document, Node

_LIMIT = "max_lease_ttl"
_SERVES = ("listener", "storage", "backend", "default_lease_ttl")
_VARIABLES = frozenset({"VAULT_LOCAL_CONFIG", "BAO_LOCAL_CONFIG"})
_VALUES = tuple(
    (*chart, "server", *mode, "config")
    for chart in ((), ("vault",), ("openbao",))  # its own values, or those of a chart around it
    for mode in (("standalone",), ("ha",), ("ha", "raft"))
)


class _Server(Struct, frozen=True):
    """One configuration, and by what it is told apart from others of its file."""

    document: Document
    root: Node
    key: str


def extract_vault(documents: Documents, collector: Collector) -> None:
    """The longest lease of every server."""
    for server in _servers(documents, collector):
        node = server.root.child(_LIMIT)
        if node is None or not any(server.root.child(name) for name in _SERVES):
            continue
        seconds = node.integer if node.integer is not None else compound_seconds_of(node.text or "")
        place = evidence(server.document, node, f"{_LIMIT}={node.text}" if seconds else "")
        if seconds is None:
            collector.leave_open(place, f"{_LIMIT} of Vault", "how long its tokens are good")
        elif seconds > 0:  # 0 leaves it at what Vault has
            collector.add(
                Credential(
                    id=fact_id("credential", _LIMIT, f"{server.document.file}#{server.key}"),
                    name=f"{_LIMIT} of Vault",
                    evidence=(place,),
                    provider="vault",
                    kind="issued_token",
                    form=CredentialForm.OAUTH,
                    lifetime=lifetime_of(seconds),
                    ttl_s=seconds,
                    variable=_LIMIT,
                )
            )


def _servers(documents: Documents, collector: Collector) -> Iterator[_Server]:
    for document in documents.of("hcl", "json"):
        if _LIMIT in document.text and OTHER_HCL.search(document.file) is None:
            yield _Server(document, document.root, "")
    for document, node, key in _texts(documents, collector):
        if _LIMIT not in node.raw:
            continue
        root = embedded(node, document, documents) or embedded_text(
            node, document, documents, "hcl"
        )
        if root is not None:
            yield _Server(document, root, key)


def _texts(documents: Documents, collector: Collector) -> Iterator[tuple[Document, Node, str]]:
    """Configurations that stand in other files, each with what tells it apart."""
    for workload in collector.workloads:
        for setting in workload.settings:
            if setting.key in _VARIABLES:
                yield setting.document, setting.value, f"{setting.route}.{setting.key}"
    for item in kubernetes_objects(documents):
        data = item.node.child("data") if item.kind == "ConfigMap" else None
        for name, text in data.items() if data is not None else ():
            yield item.document, text, f"ConfigMap/{item.namespace}/{item.name}.{name}"
    for document in documents.of("yaml"):
        for route in _VALUES if _LIMIT in document.text else ():
            found = document.root.get(*route)
            yield from () if found is None else ((document, found, ".".join(route)),)
