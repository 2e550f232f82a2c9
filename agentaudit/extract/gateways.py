"""Gateways by their own configuration: LiteLLM's config.yaml and agentgateway's."""

from collections.abc import Iterator
from dataclasses import replace

from agentaudit.extract.collector import Collector, Setting, evidence, fact_id
from agentaudit.extract.credentials import Holding, add_credentials
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.redaction import bare_url
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Model
from agentaudit.model.facts.controls import AuditLog, Gateway
from agentaudit.readers.document import Document, Node, NodeKind

_AUTHORIZERS = ("jwtAuth", "apiKey", "basicAuth", "extAuthz", "mcpAuthentication")
_POLICIES = ("mcpAuthorization", "authorization", "extAuthz")


def extract_gateways(documents: Documents, collector: Collector) -> None:
    """Every gateway configuration; the container that runs one becomes the same gateway."""
    for document in documents.of("yaml", "json"):
        root = document.root
        if root.child("model_list") is not None:
            _add_litellm(document, collector)
        elif root.child("binds") is not None:
            _add_agentgateway(document, collector)


def _gateway(document: Document, collector: Collector, product: str, key: str) -> Gateway:
    """The gateway that a container in the same folder runs, or one known by its file alone."""
    place = evidence(document, document.root.key_of(key) or document.root, key)
    for gateway in collector.of(Gateway):
        same = folder_of(gateway.evidence[0].file) == folder_of(document.file)
        if gateway.product == product and same:
            places = tuple(dict.fromkeys((*gateway.evidence, place)))
            return replace(gateway, evidence=places)
    return Gateway(
        id=fact_id("gateway", product, f"{document.file}#gateway"),
        name=product,
        evidence=(place,),
        product=product,
    )


def _add_litellm(document: Document, collector: Collector) -> None:
    root = document.root
    callbacks = [
        node
        for name in ("success_callback", "callbacks", "failure_callback")
        if (node := root.get("litellm_settings", name)) is not None
    ]
    gateway = _gateway(document, collector, "litellm", "model_list")
    master = root.get("general_settings", "master_key")
    gateway = replace(
        gateway,
        authorizer=Known.SET if master is not None else gateway.authorizer,
        logged=Truth.YES if callbacks else Truth.NO,
        brokers_credentials=Truth.YES,
        fronts_tools=Truth.YES if root.child("mcp_servers") is not None else Truth.NO,
    )
    collector.update(gateway)
    _add_models(document, collector)
    holding = Holding(
        holder="gateway", exposure="file", holder_id=gateway.id, seen_by=(gateway.id,)
    )
    add_credentials(collector, _litellm_settings(document), holding)
    place = evidence(document, callbacks[0]) if callbacks else gateway.evidence[0]
    collector.add(
        AuditLog(
            id=fact_id("audit_log", "gateway", f"{gateway.id}/log"),
            name=f"calls through {gateway.name}",
            evidence=(place,),
            kind="gateway",
            enabled=gateway.logged,
        )
    )


def _litellm_settings(document: Document) -> Iterator[Setting]:
    models = document.root.child("model_list")
    for index, model in enumerate(models.list() if models is not None else ()):
        parameters = model.child("litellm_params")
        for key, value in parameters.items() if parameters is not None else ():
            if value.kind is NodeKind.STRING:
                route = f"model_list.{index}.litellm_params"
                yield Setting(key=key, value=value, document=document, route=route)
    for block in ("general_settings", "litellm_settings"):
        node = document.root.child(block)
        for key, value in node.items() if node is not None else ():
            if value.kind is NodeKind.STRING:
                yield Setting(key=key, value=value, document=document, route=block)


def _add_models(document: Document, collector: Collector) -> None:
    models = document.root.child("model_list")
    for model in models.list() if models is not None else ():
        name = model.text_at("model_name") or model.text_at("litellm_params", "model")
        url = model.text_at("litellm_params", "api_base")
        node = model.child("model_name") or model
        if name:
            collector.add(
                Model(
                    id=fact_id("model", name, f"{document.file}#model_list.{name}"),
                    name=name,
                    evidence=(evidence(document, node, name),),
                    provider=model.text_at("litellm_params", "model").partition("/")[0],
                    url=bare_url(url),
                )
            )


def _add_agentgateway(document: Document, collector: Collector) -> None:
    names = set(_keys(document.root))
    gateway = _gateway(document, collector, "agentgateway", "binds")
    guarded = bool(names & set(_AUTHORIZERS))
    collector.update(
        replace(
            gateway,
            authorizer=Known.SET if guarded else Known.NONE,
            policy_enforced=Truth.YES if names & set(_POLICIES) else Truth.NO,
            token_passthrough="backendAuth" in names and "passthrough" in names,
            brokers_credentials=Truth.YES
            if "backendAuth" in names
            else gateway.brokers_credentials,
            logged=Truth.YES if names & {"logging", "tracing"} else gateway.logged,
        )
    )


def _keys(root: Node) -> Iterator[str]:
    for node in root.walk():
        for key, _ in node.entries:
            yield key.raw
