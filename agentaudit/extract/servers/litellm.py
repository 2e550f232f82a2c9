"""
LiteLLM's proxy: whom it asks, what its callers may spend, what it keeps and what it writes down.

Its configuration is a file of its own, a text in a ConfigMap, or `proxy_config` of its chart.
https://docs.litellm.ai/docs/proxy/config_settings, and the code of autumn 2026 where the page does
not say what holds without a setting.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id, with_place
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.redaction import bare_url
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.embedded import embedded_yaml
from agentaudit.extract.kubernetes.objects import kubernetes_objects
from agentaudit.extract.servers.gateways import Gateways
from agentaudit.extract.servers.litellm_charts import charted_database
from agentaudit.extract.servers.litellm_guardrails import add_guardrails, failing_open
from agentaudit.extract.servers.litellm_limits import add_virtual_keys, limit_spending
from agentaudit.extract.servers.litellm_memory import add_cache
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Model
from agentaudit.model.facts.controls import AuditLog, Gateway
from agentaudit.readers.document import Document, Node, NodeKind

_SETTINGS = ("litellm_settings", "general_settings", "router_settings")
_CALLBACKS = ("success_callback", "callbacks", "failure_callback")
_ASKERS = ("master_key", "enable_jwt_auth", "custom_auth", "enable_oauth2_auth")
_DATABASE = "DATABASE_URL"
_KEY = "LITELLM_MASTER_KEY"


def extract_litellm(documents: Documents, collector: Collector) -> None:
    """Every configuration of the proxy; the container that runs it becomes the same gateway."""
    proxies = [
        workload
        for workload in collector.workloads
        if workload.role == "gateway" and _runs_litellm(workload)
    ]
    settings = [item for workload in proxies for item in workload.settings]
    told = next((item.value for item in settings if item.key == _DATABASE), None)
    around = _Around(
        database=told or charted_database(documents),
        run=bool(proxies),
        whole=all(workload.settings_whole for workload in proxies),
        keyed=_keyed(proxies),
        gateways=Gateways(collector),
    )
    for document in _configurations(documents, collector):
        _extract(documents, document, collector, around)


def _runs_litellm(workload: Workload) -> bool:
    """
    By its image; or by its name and its settings, where only its owner knows which image that is.

    All containers of a pod are called after it, also one that stands before the proxy.
    """
    named = any("litellm" in name.lower() for name in workload.names)
    told = any(item.key.startswith("LITELLM_") for item in workload.settings)
    return "litellm" in workload.product or (named and told)


class _Around(Struct, frozen=True):
    """What the containers say that run the proxy."""

    database: Node | None
    """What connects them with a database, or says that their chart does."""
    run: bool
    """Whether there are any."""
    whole: bool
    """Whether none of them gets settings that no file here holds."""
    keyed: Mapping[str, bool]
    """Whether all that are handed a file have a master key; under the empty name, all there are."""
    gateways: Gateways

    def asks(self, file: str) -> bool:
        """Whether all that are handed a file have a master key, by which a proxy asks who calls."""
        return self.keyed.get(file, self.keyed[""])


def _keyed(proxies: Sequence[Workload]) -> Mapping[str, bool]:
    found = {"": bool(proxies)}
    for proxy in proxies:
        key = any(item.key == _KEY and not item.empty for item in proxy.settings)
        for file in ("", *(path for path, _ in proxy.mounts)):
            found[file] = found.get(file, True) and key
    return found


def _configurations(documents: Documents, collector: Collector) -> Iterator[Document]:
    """Documents whose root is a configuration, with the places of the file it stands in."""
    for document in documents.of("yaml", "json"):
        for root in (document.root, document.root.child("proxy_config")):
            if root is not None and _is_litellm(root):
                yield replace(document, roots=(root,))
    for item in kubernetes_objects(documents):
        data = item.node.child("data") if item.kind == "ConfigMap" else None
        for _, value in data.items() if data is not None else ():
            if "litellm_params" in value.raw or "litellm_settings" in value.raw:
                yield from _mapped(documents, item.document, value, collector)


def _mapped(
    documents: Documents, document: Document, value: Node, collector: Collector
) -> Iterator[Document]:
    root = embedded_yaml(value, document, documents)
    if root is None:
        place = evidence(document, value)
        collector.leave_open(place, "a configuration of LiteLLM", "what it allows")
    elif _is_litellm(root):
        yield replace(document, roots=(root,))


def _is_litellm(root: Node) -> bool:
    """Whether a mapping is a proxy's configuration: other servers have a `model_list` too."""
    models = root.child("model_list")
    listed = models.elements if models is not None else ()
    return root.child("litellm_settings") is not None or any(
        model.child("litellm_params") is not None for model in listed
    )


def _extract(
    documents: Documents, document: Document, collector: Collector, around: _Around
) -> None:
    root = document.root
    key = next(
        (found for name in ("model_list", *_SETTINGS) if (found := root.key_of(name)) is not None),
        root,
    )
    gateway = around.gateways.of(document, "litellm", key)
    database = _database(documents, document, around)
    callbacks = [node for name in _CALLBACKS if (node := _called(root, name)) is not None]
    spent = database is not None and root.text_at("general_settings", "disable_spend_logs") != (
        "true"
    )
    asked = _asked(documents, document)
    guardrails = add_guardrails(document, collector, database)
    failures = failing_open(document)
    gateway = replace(
        gateway,
        evidence=with_place(gateway, *failures.values()),
        fails_open=tuple(failures),
        authorizer=Known.SET if asked or around.asks(document.file) else _unasked(gateway, around),
        logged=Truth.YES if callbacks or spent else Truth.NO,
        policy_enforced=Truth.YES if guardrails else gateway.policy_enforced,
        brokers_credentials=Truth.YES,
        fronts_tools=Truth.YES if root.child("mcp_servers") is not None else Truth.NO,
    )
    if gateway.authorizer is Known.UNKNOWN:
        what = f"whether {gateway.name} asks who calls"
        effect = f"it lets everybody in unless {_KEY} is set"
        collector.leave_open(gateway.evidence[0], what, effect)
    if database is None and not around.whole:
        place = gateway.evidence[0]
        what = f"a part of the environment of {gateway.name} is not among the files"
        collector.leave_open(place, what, "whether its database limits what its callers spend")
    else:
        gateway = limit_spending(document, collector, gateway, database)
    collector.update(gateway)
    _add_models(document, collector)
    holding = Holding(
        holder="gateway", exposure="file", holder_id=gateway.id, seen_by=(gateway.id,)
    )
    add_credentials(collector, _settings(document), holding)
    add_virtual_keys(document, collector, gateway, database)
    add_cache(document, collector)
    _add_log(document, collector, gateway, callbacks)


def _asked(documents: Documents, document: Document) -> bool:
    """Whether the configuration, or a file of its environment beside it, has callers identified."""
    root = document.root
    paths = (*(("general_settings", name) for name in _ASKERS), ("environment_variables", _KEY))
    told = any(root.get(*path) is not None for path in paths)
    return told or _beside(documents, document, _KEY) is not None


def _unasked(gateway: Gateway, around: _Around) -> Known:
    """What else may have callers identified: the environment, where all of it is known."""
    if gateway.authorizer is Known.SET:
        return Known.SET
    return Known.NONE if around.whole and around.run else Known.UNKNOWN


def _called(root: Node, name: str) -> Node | None:
    """A list of callbacks that names at least one."""
    node = root.get("litellm_settings", name)
    return node if node is not None and any(node.texts()) else None


def _database(documents: Documents, document: Document, around: _Around) -> Node | None:
    """
    What connects the proxy with its database: its own setting, or one of its environment.

    That is the environment of containers that run the proxy, or stands in a file beside it.
    """
    root = document.root
    own = (("general_settings", "database_url"), ("general_settings", "store_model_in_db"))
    for path in (*own, ("environment_variables", _DATABASE)):
        node = root.get(*path)
        if node is not None and node.text and node.boolean is not False:
            return node
    return around.database or _beside(documents, document, _DATABASE)


def _beside(documents: Documents, document: Document, name: str) -> Node | None:
    """What a file of an environment beside a configuration holds under a name."""
    environments = documents.once(_environments).get(folder_of(document.file), ())
    found = (environment.root.child(name) for environment in environments)
    return next((node for node in found if node is not None), None)


def _environments(documents: Documents) -> Mapping[str, Sequence[Document]]:
    """Files of environments by their folders."""
    found: dict[str, list[Document]] = {}
    for document in documents.of("dotenv"):
        found.setdefault(folder_of(document.file), []).append(document)
    return found


def _settings(document: Document) -> Iterator[Setting]:
    """Every text below the blocks that hold settings; what is a credential is told by its name."""
    for block, node in document.root.items():
        if block not in {"mcp_servers", "model_list"}:
            yield from _below(document, node, block)
    models = document.root.child("model_list")
    for index, model in enumerate(models.elements if models is not None else ()):
        parameters = model.child("litellm_params")
        if parameters is not None:
            yield from _below(document, parameters, f"model_list.{index}.litellm_params")


def _below(document: Document, block: Node, route: str) -> Iterator[Setting]:
    waiting = [(route, block)]
    while waiting:
        path, node = waiting.pop()
        for key, value in node.items():
            if value.kind is NodeKind.STRING:
                yield Setting(key=key, value=value, document=document, route=path)
            else:
                waiting.append((f"{path}.{key}", value))
        waiting.extend((f"{path}.{index}", each) for index, each in enumerate(node.elements))


def _add_models(document: Document, collector: Collector) -> None:
    of_all = document.root.get("litellm_settings", "ssl_verify")
    for model in document.root.list_at("model_list"):
        name = model.text_at("model_name") or model.text_at("litellm_params", "model")
        node = model.child("model_name") or model
        checked = model.get("litellm_params", "ssl_verify") or of_all
        if name:
            collector.add(
                Model(
                    id=fact_id("model", name, f"{document.file}#model_list.{name}"),
                    name=name,
                    evidence=(evidence(document, node, name),),
                    provider=model.text_at("litellm_params", "model").partition("/")[0],
                    url=bare_url(model.text_at("litellm_params", "api_base")),
                    tls_verification_off=checked is not None and checked.boolean is False,
                )
            )


def _retention(root: Node, *, spent: bool) -> Known:
    """Whether the table of calls is emptied; it is not unless a period says so."""
    kept = root.get("general_settings", "maximum_spend_logs_retention_period")
    if kept is not None and kept.text:
        return Known.SET
    return Known.NONE if spent and kept is None else Known.UNKNOWN


def _add_log(
    document: Document, collector: Collector, gateway: Gateway, callbacks: list[Node]
) -> None:
    """What is written of calls; with words of users where a switch says that they go with it."""
    root = document.root
    stored = root.get("general_settings", "store_prompts_in_spend_logs")
    switches = (stored, root.get("litellm_settings", "set_verbose"))
    shown = next((node for node in switches if node is not None and node.boolean is True), None)
    first = shown or next(iter(callbacks), None)
    collector.add(
        AuditLog(
            id=fact_id("audit_log", "gateway", f"{gateway.id}/log"),
            name=f"log of calls through {gateway.name}",
            evidence=(evidence(document, first) if first is not None else gateway.evidence[0],),
            kind="gateway",
            enabled=gateway.logged,
            retention=_retention(root, spent=shown is not None and shown is stored),
            content_logged=shown is not None,
        )
    )
