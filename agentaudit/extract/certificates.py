"""
How long certificates are good: those that lie in the files, and those that cert-manager issues.

Source: cert-manager, "Certificate resource", `spec.duration`, 90 days unless set.
"""

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes_objects import kubernetes_objects
from agentaudit.extract.sizes import compound_seconds_of
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.readers.document import Document
from agentaudit.readers.lines import Lines
from agentaudit.readers.x509 import lifetimes_s

_ISSUED_S = 90 * 86_400


def extract_certificates(documents: Documents, collector: Collector) -> None:
    """Every certificate, with its time."""
    for document in documents.of("pem"):
        _add_certificates(document, collector)
    for item in kubernetes_objects(documents):
        version = item.node.text_at("apiVersion")
        if item.kind != "Certificate" or not version.startswith("cert-manager.io/"):
            continue
        node = item.node.get("spec", "duration")
        ttl_s = compound_seconds_of(node.text or "") if node is not None else _ISSUED_S
        place = evidence(item.document, node or item.place, f"Certificate {item.name}")
        if ttl_s is None:
            collector.leave_open(place, f"the duration of {item.name}", "how long it is good")
            continue
        key = f"Certificate/{item.namespace}/{item.name}"
        collector.add(_certificate(place, (item.name, key), ttl_s, CredentialForm.SECRET_REF))


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
