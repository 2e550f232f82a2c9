"""
kagent: agents, their models and their tool servers as objects of a cluster.

Keys by the types of https://github.com/kagent-dev/kagent, `go/api/v1alpha2`.
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.addresses import is_service_of, stays_inside, tls_of
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.holdings import Holding, add_credentials, settings_of
from agentaudit.extract.credentials.redaction import arguments, bare_url, plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.kubernetes.kagent_tools import add_agent_tools, headers_of, server_id
from agentaudit.extract.kubernetes.kagent_workloads import add_agent_runtime
from agentaudit.extract.kubernetes.objects import Cluster, KubernetesObject, kubernetes_objects
from agentaudit.extract.mcp.launchers import image_launch, launch_of
from agentaudit.extract.mcp.tools import add_tools
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent, Model
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Node

_API = "kagent.dev/"
_DAY_S = 86_400
_DEFAULT_DAYS = 15
"""Of memories without `ttlDays`, by the comment on `MemorySpec`."""
_AGENTS = ("Agent", "SandboxAgent")
_SERVERS = ("RemoteMCPServer", "ToolServer", "MCPServer")


def extract_kagent(documents: Documents, collector: Collector) -> None:
    """Tool servers and models first, since agents name them."""
    objects = tuple(
        item
        for item in kubernetes_objects(documents)
        if item.node.text_at("apiVersion").startswith(_API)
    )
    cluster = Cluster(kubernetes_objects(documents) if objects else ())
    for item in objects:
        if item.kind in _SERVERS:
            _add_server(item, collector)
        elif item.kind == "ModelConfig":
            _add_model(item, collector)
    for item in objects:
        if item.kind in _AGENTS:
            _Agent(item, cluster, collector).add()


def _verification_off(item: KubernetesObject) -> bool:
    node = item.node.get("spec", "tls", "disableVerify")
    return node is not None and node.boolean is True


def _add_server(item: KubernetesObject, collector: Collector) -> None:
    spec = item.node.child("spec") or item.node
    deployment = spec.child("deployment") or spec.get("config", "stdio") or spec
    url = spec.text_at("url") or spec.text_at("config", "streamableHttp", "url")
    command = deployment.text_at("cmd") or deployment.text_at("command")
    words = deployment.texts_at("args")
    image = deployment.text_at("image")
    launch = launch_of(command, words) if command else image_launch(image)
    remote = bool(url) and ".svc" not in url and "://" in url and "." in url
    headers = tuple(headers_of(item, spec.child("headersFrom"), "spec.headersFrom"))
    server = collector.add(
        ToolServer(
            id=server_id(item.namespace, item.name),
            name=item.name,
            evidence=(evidence(item.document, item.place, item.name),),
            transport="sse" if spec.text_at("protocol") == "SSE" else "http" if url else "stdio",
            command=plain(command),
            arguments=arguments(words, command),
            url=bare_url(url),
            package=launch.package,
            pinned=Truth.UNKNOWN if url else launch.pinned,
            tls=tls_of(url),
            authenticated=Truth.YES if headers else Truth.NO if url else Truth.UNKNOWN,
            remote=remote,
            stays_inside=stays_inside(url) or is_service_of(url, item.namespace),
            tls_verification_off=_verification_off(item),
        )
    )
    add_tools(collector, server, url)
    holding = Holding(
        holder="tool_server", exposure="header", holder_id=server.id, seen_by=(server.id,)
    )
    add_credentials(collector, headers, holding)
    environment = settings_of(item.document, deployment.child("env"), "spec.deployment.env")
    add_credentials(collector, environment, replace(holding, exposure="env"))


def _add_model(item: KubernetesObject, collector: Collector) -> None:
    spec = item.node.child("spec") or item.node
    urls = (value.text_at("baseUrl") for _, value in spec.items())
    url = next((text for text in urls if text), "")
    model = collector.add(
        Model(
            id=_model_id(item.namespace, item.name),
            name=item.name,
            evidence=(evidence(item.document, item.place, item.name),),
            provider=spec.text_at("provider").lower(),
            url=bare_url(url),
            tls_verification_off=_verification_off(item),
        )
    )
    headers = settings_of(item.document, spec.child("defaultHeaders"), "spec.defaultHeaders")
    holding = Holding(holder="container", exposure="header", holder_id=model.id)
    add_credentials(collector, headers, holding)


def _address(model: KubernetesObject) -> Iterator[Setting]:
    """Where a model of OpenAI's kind is asked, as the variable that a client has for it."""
    node = model.node.get("spec", "openAI", "baseUrl")
    if node is not None:
        route = f"ModelConfig/{model.namespace}/{model.name}"
        yield Setting(key="OPENAI_BASE_URL", value=node, document=model.document, route=route)


def _model_id(namespace: str, name: str) -> FactId:
    return fact_id("model", name, f"ModelConfig/{namespace}/{name}")


class _Agent(Struct, frozen=True):
    """One agent while its object is read."""

    item: KubernetesObject
    cluster: Cluster
    collector: Collector

    @property
    def spec(self) -> Node:
        return self.item.node.child("spec") or self.item.node

    @property
    def declarative(self) -> Node | None:
        return self.spec.child("declarative")

    def add(self) -> None:
        item = self.item
        passing = self._passing()
        agent = self.collector.add(
            Agent(
                id=fact_id("agent", item.name, f"Agent/{item.namespace}/{item.name}"),
                name=item.name,
                evidence=(
                    evidence(item.document, item.place, item.name),
                    *(evidence(item.document, node) for node in passing),
                ),
                framework="kagent",
                token_passthrough=bool(passing),
            )
        )
        keyed = False
        if self.declarative is not None:
            self._add_memory(agent, self.declarative)
            keyed = add_agent_tools(self.collector, item, agent, self.declarative)
            keyed = self._add_model_key(agent, self.declarative) or keyed
        add_agent_runtime(self.collector, item, agent, self.cluster, keyed=keyed)

    def _passing(self) -> list[Node]:
        """Where the caller's token is passed on: to a tool, or to the model as its key."""
        tools = self.declarative.child("tools") if self.declarative is not None else None
        found = [
            header
            for tool in (tools.list() if tools is not None else ())
            for header in (tool.get("mcpServer", "allowedHeaders") or tool).list()
            if (header.text or "").lower() == "authorization"
        ]
        model = self._model()
        node = model.node.get("spec", "apiKeyPassthrough") if model is not None else None
        if node is not None and node.boolean is True and model is not None:
            found.append(node.changed(file=model.document.file))
        return found

    def _model(self) -> KubernetesObject | None:
        name = self.declarative.text_at("modelConfig") if self.declarative is not None else ""
        return self.cluster.at("ModelConfig", self.item.namespace, name or "default-model-config")

    def _add_model_key(self, agent: Agent, declarative: Node) -> bool:
        """The model's key, which the controller puts into the agent's environment, if any."""
        model = self._model()
        if model is None:
            name = declarative.text_at("modelConfig") or "default-model-config"
            self.collector.leave_open(
                agent.evidence[0],
                f"the ModelConfig {plain(name)} is not among the files",
                "whose key the agent holds is open",
            )
            return False
        secret = model.node.get("spec", "apiKeySecret")
        if secret is None or not secret.text:
            return False
        key = model.node.text_at("spec", "apiKeySecretKey")
        name = key or f"{model.node.text_at('spec', 'provider')}_API_KEY".upper()
        setting = Setting(
            key=name,
            value=secret,
            document=model.document,
            route=f"ModelConfig/{model.namespace}/{model.name}",
            form=CredentialForm.SECRET_REF,
        )
        holding = Holding(holder="agent", exposure="env", holder_id=agent.id, seen_by=(agent.id,))
        settings = (setting, *_address(model))
        return bool(add_credentials(self.collector, settings, holding))

    def _add_memory(self, agent: Agent, declarative: Node) -> None:
        """Long-term memory with its days, and the session's events, which compaction bounds."""
        memory = declarative.child("memory")
        if memory is not None:
            days = memory.child("ttlDays")
            count = _DEFAULT_DAYS if days is None else days.integer
            node = days or declarative.key_of("memory") or memory
            store = self.collector.add(
                MemoryStore(
                    id=fact_id("memory_store", "memory", f"{agent.id}/memory"),
                    name=f"memory of {agent.name}",
                    evidence=(evidence(self.item.document, node, "memory"),),
                    kind="managed",
                    backend="kagent",
                    ttl=Known.UNKNOWN if count is None else Known.SET,
                    ttl_s=None if count is None else (count or _DEFAULT_DAYS) * _DAY_S,
                    persistent=Truth.YES,
                    agent_writable=Truth.YES,
                )
            )
            self.collector.remember(agent.id, store)
        compaction = declarative.get("context", "compaction")
        bound = Known.NONE if compaction is None else Known.UNKNOWN
        node = compaction or self.item.place
        store = self.collector.add(
            MemoryStore(
                id=fact_id("memory_store", "session", f"{agent.id}/session"),
                name=f"session of {agent.name}",
                evidence=(evidence(self.item.document, node),),
                kind="history",
                backend="kagent",
                scope="session",
                max_turns=bound,
                max_tokens=bound,
                compaction=Known.NONE if compaction is None else Known.SET,
                persistent=Truth.YES,
            )
        )
        self.collector.remember(agent.id, store)
