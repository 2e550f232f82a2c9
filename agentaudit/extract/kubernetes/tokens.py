"""Tokens of service accounts that pods are given as files."""

from collections.abc import Iterable, Iterator

from agentaudit.extract.budgets import Budget
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.kubernetes.accounts import service_account_id
from agentaudit.extract.kubernetes.environment import Pod
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node

_TOKENS = Budget("shared tokens", 20_000, free=4, whole=True)
"""Of pods, each as often as there are containers."""
_DEFAULT_S = 3600


def add_projected_tokens(pod: Pod, collector: Collector, runtime: Runtime) -> None:
    """What a container may act with as its account, and for how long."""
    if not pod.tokens:
        return
    document: Document = pod.owner.document
    end = (runtime.evidence[0], f"the tokens of {runtime.name}", "how long they live is open")
    if not collector.affords(_TOKENS, len(pod.tokens), end):
        return
    for token in pod.tokens:
        node = token.child("expirationSeconds")
        seconds = node.integer if node is not None else _DEFAULT_S
        place = evidence(document, node or token, f"expirationSeconds: {seconds or 'unknown'}")
        credential = collector.add(
            Credential(
                id=fact_id("credential", "service account token", f"{place}"),
                name="service account token",
                evidence=(place,),
                provider="kubernetes",
                kind="service_account_token",
                form=CredentialForm.WORKLOAD_IDENTITY,
                lifetime=Lifetime.SHORT if seconds is not None else Lifetime.UNKNOWN,
                ttl_s=seconds,
                holder="container",
                holder_id=runtime.id,
                exposure="file",
                variable=token.text_at("path"),
                rotated=Truth.YES,
            )
        )
        account = service_account_id(pod.owner.namespace, runtime.service_account)
        collector.link(EdgeKind.VISIBLE_TO, credential.id, runtime.id, place)
        collector.link(EdgeKind.AUTHENTICATES_AS, credential.id, account, place)


def tokens_of(volumes: Iterable[Node]) -> Iterator[Node]:
    """The tokens of service accounts among the volumes of a pod."""
    for volume in volumes:
        for source in volume.list_at("projected", "sources"):
            token = source.child("serviceAccountToken")
            if token is not None:
                yield token


def longest(tokens: Iterable[Node]) -> int | None:
    """How many seconds the longest of them lives, as far as that is said."""
    seconds = (token.child("expirationSeconds") for token in tokens)
    known = [node.integer for node in seconds if node is not None and node.integer is not None]
    return max(known, default=None)
