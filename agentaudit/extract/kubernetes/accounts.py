"""Service accounts, their static tokens, and the cloud identities that annotations give them."""

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.objects import KubernetesObject, kubernetes_objects
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Identity
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Node

_ANNOTATIONS = (
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
)
_NAMED = ("serviceAccountName", "serviceAccount")
"""The second is the older name of the first, and counts (Kubernetes API, `PodSpec`)."""
_TOKEN_TYPE = "kubernetes.io/service-account-token"  # noqa: S105, the name of a type
_TOKEN_OWNER = "kubernetes.io/service-account.name"  # noqa: S105, the name of an annotation


def extract_accounts(documents: Documents, collector: Collector) -> None:
    """Service accounts that are declared, and the tokens of theirs that never expire."""
    for item in kubernetes_objects(documents):
        add_account_of(collector, item)


def add_account_of(collector: Collector, item: KubernetesObject) -> None:
    """The account that an object is, or a token of one that it keeps for ever; of others none."""
    if item.kind == "ServiceAccount":
        _add_declared_account(collector, item)
    elif item.kind == "Secret" and item.node.text_at("type") == _TOKEN_TYPE:
        _add_static_token(collector, item)


def service_account_id(namespace: str, name: str) -> FactId:
    """The id of a service account, declared here or not."""
    return fact_id("identity", name, f"ServiceAccount/{namespace}/{name}")


def account_named(spec: Node) -> str:
    """The account that a pod asks for; who asks for none gets the namespace's own."""
    return next(filter(None, map(spec.text_at, _NAMED)), "default")


def add_account(
    collector: Collector, owner: KubernetesObject, spec: Node, runtime: Runtime
) -> Identity:
    """The account a pod runs under, which exists even when no file declares it."""
    node = next(filter(None, map(spec.child, _NAMED)), spec)
    name = runtime.service_account
    namespace = owner.account_namespace or owner.namespace
    return collector.add(
        Identity(
            id=service_account_id(namespace, name),
            name=name,
            evidence=(evidence(owner.document, node, name),),
            provider="kubernetes",
            kind="service_account",
            automount_token=runtime.automount_token,
            default_account=name == "default",
        )
    )


def _add_declared_account(collector: Collector, item: KubernetesObject) -> None:
    """A service account as it is declared, with the identity of a cloud that it stands for."""
    mount = item.node.child("automountServiceAccountToken")
    automount = Truth.UNKNOWN
    if mount is not None and mount.boolean is not None:
        automount = Truth.YES if mount.boolean else Truth.NO
    account = collector.add(
        Identity(
            id=service_account_id(item.namespace, item.name),
            name=item.name,
            evidence=(evidence(item.document, item.place, item.name),),
            provider="kubernetes",
            kind="service_account",
            automount_token=automount,
            default_account=item.name == "default",
        )
    )
    if automount is not Truth.UNKNOWN and account.automount_token is Truth.UNKNOWN:
        collector.update(replace(account, automount_token=automount))
    for annotation in _ANNOTATIONS:
        node = item.node.get("metadata", "annotations", annotation)
        if node is not None and node.text:
            place = evidence(item.document, node, annotation)
            collector.refer(
                EdgeKind.ASSUMES, account.id, Identity, node.text.rpartition("/")[2], place
            )


def _add_static_token(collector: Collector, item: KubernetesObject) -> None:
    place = evidence(item.document, item.node.child("type") or item.place, _TOKEN_TYPE)
    name = item.node.text_at("metadata", "annotations", _TOKEN_OWNER) or "default"
    token = collector.add(
        Credential(
            id=fact_id("credential", item.name, f"Secret/{item.namespace}/{item.name}/token"),
            name=item.name,
            evidence=(place,),
            provider="kubernetes",
            kind="service_account_token",
            form=CredentialForm.SECRET_REF,
            lifetime=Lifetime.STATIC,
            holder="container",
            exposure="file",
            short_alternative="projected token with expirationSeconds",
        )
    )
    account = collector.add(
        Identity(
            id=service_account_id(item.namespace, name),
            name=name,
            evidence=(place,),
            provider="kubernetes",
            kind="service_account",
            default_account=name == "default",
        )
    )
    collector.link(EdgeKind.AUTHENTICATES_AS, token.id, account.id, place)
