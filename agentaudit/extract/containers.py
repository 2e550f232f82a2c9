"""
Containers, whatever starts them: what role each plays, what it holds, what limits it.

Compose, Kubernetes and the rest describe a container; here it becomes a runtime with its
credentials, and a gateway, model or tool server where that is what it runs.
"""

import re

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.container_roles import (
    asks,
    asks_always,
    binds_all,
    resembles_agent,
    role_of,
    role_started,
)
from agentaudit.extract.credentials import Holding, add_credentials
from agentaudit.extract.launchers import fetched_by, image_launch
from agentaudit.extract.mcp_tools import add_tools
from agentaudit.extract.redaction import arguments, plain
from agentaudit.extract.registries import add_registry
from agentaudit.extract.settings import Setting
from agentaudit.extract.stages import stage_named, stage_of_settings
from agentaudit.extract.workloads import Workload
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.agents import Model
from agentaudit.model.facts.controls import Gateway
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.runtimes import Egress, Runtime
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.document import Document, Node


class Environment(Struct, frozen=True):
    """What a container finds in its environment, each value where it really stands."""

    settings: tuple[Setting, ...]
    whole: bool
    """Whether all that it is taken from was read."""


class Container(Struct, frozen=True, kw_only=True):
    """A container as its platform describes it, and the runtime that is known of it."""

    document: Document
    place: Node
    """The node that names it."""
    key: str
    """Natural key: file and route, or kind, namespace and name."""
    runtime: Runtime
    """Without what is computed here."""
    names: tuple[str, ...]
    project: str = ""
    """What all containers of the file belong to."""
    beginning: str = ""
    """What the names of all containers of the file begin with: no word on what this one runs."""
    words: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    build: str | None = None
    dockerfile: str = ""
    stage: str = ""
    page_server: bool = False
    """Whether it is built from an image that serves pages, and does nothing else."""
    mounts: tuple[tuple[str, str], ...] = ()
    configurations: tuple[tuple[Document, Node], ...] = ()
    given_files: bool = False
    """Whether it is given files that may say how what it runs behaves."""
    needs: tuple[str, ...] = ()
    """Services of its file that it waits for."""
    labels: tuple[tuple[str, str], ...] = ()
    namespace: str = ""
    ports: frozenset[str] = frozenset()
    """Numbers and names of the ports that it declares, in a pod."""
    ports_of_pod: frozenset[str] = frozenset()
    """Those of all containers of its pod."""
    short_alternative: dict[str, str] = field(default_factory=dict)
    egress: str = "any"
    """What the platform lets it reach, before policies: any or none."""
    settings_whole: bool = True
    """Whether every file that its environment is taken from is there."""
    calls_model: bool = False
    """Whether the platform itself says that it is handed a model to call."""
    preparing: bool = False
    """It ends before the others of its pod start, and serves nobody, whatever its image is."""
    agent_id: FactId = NOBODY
    """The agent that the platform itself says it serves."""
    timeout_s: int | None = None
    """When the platform ends a request or a task, where it does."""
    open_to_all: Evidence | None = None
    """Where it says that the platform lets anybody call."""

    @property
    def role(self) -> str:
        """What it runs: agent, gateway, model, store, tool_server or empty."""
        if self.preparing or self.page_server:
            return ""
        told = role_of(self.runtime.image, self._own_names, self.words, self.settings)
        return told or ("agent" if self.calls_model else "")

    @property
    def resembles_agent(self) -> bool:
        """Whether nothing but a word within a name says that it runs an agent."""
        if self.runtime.kind == "agentcore" or self.calls_model:
            return False
        return resembles_agent(self.runtime.image, self._own_names, self.words, self.settings)

    @property
    def _own_names(self) -> tuple[str, ...]:
        return tuple(name.removeprefix(self.beginning) for name in self.names)


def add_container(collector: Collector, container: Container) -> Runtime:
    """The runtime of a container, with all that follows from its role."""
    role = container.role
    launch = image_launch(container.runtime.image)
    named = container.runtime.environment
    runtime = collector.add(
        replace(
            container.runtime,
            environment=stage_named(named) or named or stage_of_settings(container.settings),
            image=plain(container.runtime.image),
            image_pinned=launch.pinned if container.build is None else Truth.UNKNOWN,
            role=role or role_started(container.settings),
            runs_agent=role == "agent",
            resembles_agent=role == "agent" and container.resembles_agent,
            bind_all=container.runtime.bind_all or binds_all(container.words, container.settings),
        )
    )
    collector.workloads.append(
        Workload(
            runtime_id=runtime.id,
            document=container.document,
            names=(*container.names, container.project),
            role=role,
            image=container.runtime.image,
            build=container.build,
            dockerfile=container.dockerfile,
            stage=container.stage,
            words=container.words,
            settings=container.settings,
            settings_whole=container.settings_whole,
            mounts=container.mounts,
            configurations=container.configurations,
            given_files=container.given_files,
            needs=container.needs,
            labels=container.labels,
            namespace=container.namespace,
            ports=container.ports,
            ports_of_pod=container.ports_of_pod,
            agent_id=container.agent_id,
            timeout_s=container.timeout_s,
            open_to_all=None if asks(container.settings) else container.open_to_all,
        )
    )
    holder, holder_id = _holder(collector, container, role, runtime)
    credentials = add_credentials(
        collector,
        container.settings,
        Holding(
            holder=holder,
            exposure="env",
            holder_id=holder_id,
            seen_by=tuple(dict.fromkeys((holder_id, runtime.id))),
            short_alternative=container.short_alternative,
            environment=runtime.environment,
        ),
    )
    if credentials:
        runtime = replace(runtime, holds_secrets=True)
        collector.update(runtime)
    if container.build is None:
        add_registry(collector, launch, runtime.evidence[0], runtime.id)
    add_egress(collector, runtime, container.egress)
    return runtime


def add_egress(collector: Collector, runtime: Runtime, policy: str) -> None:
    """What nothing forbids: a runtime without a policy reaches everything."""
    egress = collector.add(
        Egress(
            id=fact_id("egress", runtime.name, f"{runtime.id}/egress"),
            name=f"network of {runtime.name}",
            evidence=runtime.evidence[:1],
            policy=policy,
            runtime_ids=(runtime.id,),
        )
    )
    collector.link(EdgeKind.EGRESS_TO, runtime.id, egress.id, *runtime.evidence[:1])


def _holder(
    collector: Collector, container: Container, role: str, runtime: Runtime
) -> tuple[str, FactId]:
    """The fact that a container's credentials belong to, made here when its role asks for one."""
    place = runtime.evidence[0]
    if role == "gateway":
        fact = _gateway(container, place)
        collector.add(fact)
        collector.link(EdgeKind.RUNS_ON, fact.id, runtime.id, place)
        return "gateway", fact.id
    if role == "tool_server":
        server = collector.add(_tool_server(container, place))
        if server.exposed and server.authenticated is Truth.UNKNOWN:
            collector.leave_open(place, f"whether {server.name} asks who calls", "it may not")
        collector.link(EdgeKind.RUNS_ON, server.id, runtime.id, place)
        add_tools(collector, server)
        return "tool_server", server.id
    if role == "model":
        collector.add(_model(container, place))
    return "container", runtime.id


def _gateway(container: Container, place: Evidence) -> Gateway:
    product = next(
        (
            name
            for name in ("litellm", "agentgateway", "portkey", "kong", "envoy", "toolhive")
            if name in container.runtime.image.lower()
        ),
        container.names[0],
    )
    keys = {setting.key.upper() for setting in container.settings}
    guarded = any(key.endswith(("MASTER_KEY", "JWT_PUBLIC_KEY_URL", "AUTH_TOKEN")) for key in keys)
    brokers = any(
        re.search(r"_(?:API_KEY|TOKEN|SECRET|ACCESS_KEY)(?:_FILE)?$", key) for key in keys
    )
    return Gateway(
        id=fact_id("gateway", container.names[0], f"{container.key}/gateway"),
        name=container.names[0],
        evidence=(place,),
        product=product,
        authorizer=Known.SET if guarded else Known.UNKNOWN,
        brokers_credentials=Truth.YES if brokers else Truth.UNKNOWN,
        fronts_tools=Truth.NO if product == "litellm" else Truth.UNKNOWN,
    )


def tool_server_id(name: str, key: str) -> FactId:
    """The id of the server that a container with a natural key is."""
    return fact_id("tool_server", name, f"{key}/tool_server")


def _tool_server(container: Container, place: Evidence) -> ToolServer:
    fetched = fetched_by(container.words)
    launch = fetched or image_launch(container.runtime.image)
    own = container.build is not None and fetched is None
    return ToolServer(
        id=tool_server_id(container.names[0], container.key),
        name=container.names[0],
        evidence=(place,),
        transport="http",
        command="",
        arguments=arguments(container.words),
        package=launch.package,
        pinned=Truth.YES if own else launch.pinned,
        authenticated=_authenticated(container),
        exposed=container.runtime.published,
    )


def _authenticated(container: Container) -> Truth:
    """Whether a setting makes a server ask who calls; open where not all settings are there."""
    if asks_always(container.runtime.image, container.words) or asks(container.settings):
        return Truth.YES
    return Truth.NO if container.settings_whole else Truth.UNKNOWN


def _model(container: Container, place: Evidence) -> Model:
    return Model(
        id=fact_id("model", container.names[0], f"{container.key}/model"),
        name=container.names[0],
        evidence=(place,),
        provider=image_launch(container.runtime.image).package.rpartition("/")[2],
        local=Truth.YES,
    )


def runtime_id(name: str, key: str) -> FactId:
    """The id of the runtime with a natural key."""
    return fact_id("runtime", name, key)


def place_of(document: Document, node: Node, snippet: str) -> tuple[Evidence, ...]:
    """One place, as the evidence of a fact."""
    return (evidence(document, node, plain(snippet)),)


def with_instances(runtime: Runtime, given: Node | None, default: int) -> Runtime:
    """How many may run at once: what the file says, or what the platform has as default."""
    count = default if given is None else given.integer
    known = Known.UNKNOWN if count is None else Known.SET
    return replace(runtime, instances=known, instances_count=count)
