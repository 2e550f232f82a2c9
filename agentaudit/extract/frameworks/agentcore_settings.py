"""What a project of AgentCore says beside its resources: roles, tokens, providers, tracing."""

from collections.abc import Iterator

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.frameworks.agentcore_lists import ProjectEntry
from agentaudit.extract.iam.holders import principal_name
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.controls import AuditLog
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.permissions import Identity
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node

_TOOLKIT_ROLE = "AmazonBedrockAgentCoreSDKRuntime-"
"""How the names of the roles that the starter toolkit makes begin."""
_DEFAULT_SECONDS = 300
_KINDS = {
    "ApiKeyCredentialProvider": "api_key",
    "OAuthCredentialProvider": "oauth_client",
    "PaymentCredentialProvider": "payment_key",
}


def add_settings(
    document: Document, entry: ProjectEntry, runtime: Runtime, collector: Collector
) -> None:
    """The role of a runtime, and what is switched on or off for it."""
    _add_role(document, entry, runtime, collector)
    _add_observability(document, entry.node, runtime, collector)
    _add_federation(document, entry.node, runtime, collector)
    _add_toolkit_providers(document, entry.node, runtime, collector)


def add_providers(document: Document, listed: Node | None, collector: Collector) -> None:
    """Providers of credentials that AgentCore keeps: the secret itself is in its vault."""
    for each in listed.list() if listed is not None else ():
        name = each.child("name")
        kind = _KINDS.get(each.text_at("authorizerType") or each.text_at("type"), "secret")
        if name is not None and name.text:
            collector.add(_provider(document, name, kind))


def _add_role(
    document: Document, entry: ProjectEntry, runtime: Runtime, collector: Collector
) -> None:
    """The role that is named, or the one that the starter toolkit makes when it deploys."""
    made = entry.node.get("aws", "execution_role_auto_create")
    named = entry.node.get("aws", "execution_role") or entry.node.child("executionRoleArn")
    if named is not None and named.text:
        place, name = evidence(document, named), principal_name(named.text) or named.text
        if not name.startswith(_TOOLKIT_ROLE):
            collector.refer(EdgeKind.AUTHENTICATES_AS, runtime.id, Identity, name, place)
            return
    elif made is not None and made.boolean is True:
        place, name = evidence(document, made, f"{made.raw}"), f"{_TOOLKIT_ROLE}{runtime.name}"
    else:
        _leave_role_open(entry, runtime, collector)
        return
    role = collector.add(
        Identity(
            id=fact_id("identity", name, f"{runtime.id}/toolkit_role"),
            name=name,
            evidence=(place,),
            provider="aws",
            kind="toolkit_role",
        )
    )
    collector.link(EdgeKind.AUTHENTICATES_AS, runtime.id, role.id, place)


def _leave_role_open(entry: ProjectEntry, runtime: Runtime, collector: Collector) -> None:
    """The CLI has CDK make a role, with what the project's other resources need."""
    effect = "what it may do is decided when it is deployed"
    collector.leave_open(runtime.evidence[0], f"the role of {entry.place.raw}", effect)


def _add_observability(
    document: Document, node: Node, runtime: Runtime, collector: Collector
) -> None:
    """Switched on unless a file says otherwise, for both command lines."""
    for route in (("aws", "observability", "enabled"), ("instrumentation", "enableOtel")):
        given = node.get(*route)
        if given is None or given.boolean is None:
            continue
        collector.add(
            AuditLog(
                id=fact_id("audit_log", "otel", f"{runtime.id}/otel"),
                name=f"observability of {runtime.name}",
                evidence=(evidence(document, given, f"{route[-1]}: {given.raw}"),),
                kind="otel",
                enabled=Truth.YES if given.boolean else Truth.NO,
            )
        )


def _add_federation(document: Document, node: Node, runtime: Runtime, collector: Collector) -> None:
    """Tokens of AWS that the agent shows to others in place of a secret."""
    block = node.child("aws_jwt")
    enabled = block.child("enabled") if block is not None else None
    if block is None or enabled is None or enabled.boolean is not True:
        return
    given = block.child("duration_seconds")
    place = evidence(document, given or enabled)
    credential = collector.add(
        Credential(
            id=fact_id("credential", "aws_jwt", f"{runtime.id}/aws_jwt"),
            name=f"aws_jwt of {runtime.name}",
            evidence=(place,),
            provider="aws",
            kind="issued_token",
            form=CredentialForm.WORKLOAD_IDENTITY,
            lifetime=Lifetime.SHORT if given is None or given.integer else Lifetime.UNKNOWN,
            ttl_s=_DEFAULT_SECONDS if given is None else given.integer,
            holder="agent",
            variable="aws_jwt",
        )
    )
    collector.link(EdgeKind.VISIBLE_TO, credential.id, runtime.id, place)


def _add_toolkit_providers(
    document: Document, node: Node, runtime: Runtime, collector: Collector
) -> None:
    """The providers that an agent of the starter toolkit asks, of which each has a name."""
    for kind, name in _toolkit_providers(node):
        credential = collector.add(_provider(document, name, kind))
        collector.link(EdgeKind.RESOLVES, runtime.id, credential.id, credential.evidence[0])


def _toolkit_providers(node: Node) -> Iterator[tuple[str, Node]]:
    key = node.child("api_key_credential_provider_name")
    if key is not None and key.text:
        yield "api_key", key
    for each in node.list_at("identity", "credential_providers"):
        name = each.child("name")
        if name is not None and name.text:
            yield "oauth_client", name


def _provider(document: Document, name: Node, kind: str) -> Credential:
    """A secret in the vault of AgentCore; how long it lives, its owner knows."""
    return Credential(
        id=fact_id("credential", name.raw, f"{document.file}#credentials.{name.raw}"),
        name=plain(name.raw),
        evidence=(evidence(document, name),),
        kind=kind,
        form=CredentialForm.OAUTH if kind == "oauth_client" else CredentialForm.SECRET_REF,
        lifetime=Lifetime.UNKNOWN,
        holder="gateway",
        variable=plain(name.raw),
    )
