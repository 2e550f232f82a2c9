"""
The facts that a container becomes: a runtime with its credentials, and what it runs.

That is a gateway, a model or a tool server, where its role says so.
"""

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.containers.callers import asks, asks_always, binds_all, may_ask
from agentaudit.extract.containers.commands import watches_code
from agentaudit.extract.containers.container import Container
from agentaudit.extract.containers.registries import add_registry
from agentaudit.extract.containers.roles import role_started
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.redaction import arguments, plain
from agentaudit.extract.mcp.launchers import fetched_by, image_launch
from agentaudit.extract.mcp.tools import add_tools
from agentaudit.extract.stages import stage_named, stage_of_settings
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Known, Truth
from agentaudit.model.facts.agents import Model
from agentaudit.model.facts.controls import Gateway
from agentaudit.model.facts.credentials import Credential
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Egress, Runtime
from agentaudit.model.facts.tools import ToolServer

_ASKED_OF_CALLERS = ("MASTER_KEY", "JWT_PUBLIC_KEY_URL", "AUTH_TOKEN")
"""How settings end by which a gateway asks who calls."""
_PASSED_ON = regex(r"_(?:API_KEY|TOKEN|SECRET|ACCESS_KEY)(?:_FILE)?$")
"""What it holds for those behind it."""
_MOST_WORDS = 10_000
"""Of a command: all of them are asked what they name."""
_LONGEST_IMAGE = 600
"""Characters: a name has 255 at most with its registry, a tag 128, a digest 136 (distribution)."""


def _stage(container: Container) -> str:
    """The stage that its settings say, or its command."""
    told = stage_of_settings(container.settings)
    return told or ("development" if watches_code(container.words) else "")


def add_container(collector: Collector, container: Container) -> Runtime:
    """The runtime of a container, with all that follows from its role."""
    container = _bounded(collector, container)
    role = container.role
    launch = image_launch(container.runtime.image)
    named = container.runtime.environment
    runtime = collector.add(
        replace(
            container.runtime,
            environment=stage_named(named) or named or _stage(container),
            image=plain(container.runtime.image),
            image_pinned=launch.pinned if container.build is None else Truth.UNKNOWN,
            role=role or role_started(container.settings),
            runs_agent=role == "agent",
            resembles_agent=role == "agent" and container.resembles_agent,
            bind_all=container.runtime.bind_all or binds_all(container.words, container.settings),
        )
    )
    spec = replace(
        container,
        names=(*container.names, container.project),
        open_to_all=None if asks(container.settings) else container.open_to_all,
    )
    image = container.runtime.image
    collector.workloads.append(Workload.of(spec, runtime_id=runtime.id, role=role, image=image))
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
            fixed=True,
        ),
    )
    if not all(map(_is_guessed, credentials)):
        runtime = replace(runtime, holds_secrets=True)
        collector.update(runtime)
    if container.build is None:
        add_registry(collector, launch, runtime.evidence[0], runtime.id)
    add_egress(collector, runtime, container.egress)
    return runtime


def _is_guessed(credential: Credential) -> bool:
    """Whether nobody has to steal it: a word with which it opens its holder."""
    return credential.default_value and credential.confidence is Confidence.POSSIBLE


def _bounded(collector: Collector, container: Container) -> Container:
    """The container with as much of its command and its image as is read; the rest is told."""
    place, image = container.runtime.evidence[0], container.runtime.image
    if len(container.words) > _MOST_WORDS:
        what = f"the words of a command after {_MOST_WORDS:,}"
        collector.leave_unread(place, what, "what it starts may stand there")
        container = replace(container, words=container.words[:_MOST_WORDS])
    if len(image) > _LONGEST_IMAGE:
        what = f"an image by a name of more than {_LONGEST_IMAGE:,} characters"
        collector.leave_unread(place, what, "what it runs is open")
        runtime = replace(container.runtime, image=image[:_LONGEST_IMAGE])
        container = replace(container, runtime=runtime)
    return container


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
            if name in container.product.lower()
        ),
        container.names[0],
    )
    keys = {setting.key.upper() for setting in container.settings if not setting.empty}
    asked = {key for key in keys if key.endswith(_ASKED_OF_CALLERS)}
    brokers = any(map(_PASSED_ON.search, keys - asked))
    return Gateway(
        id=fact_id("gateway", container.names[0], f"{container.key}/gateway"),
        name=container.names[0],
        evidence=(place,),
        product=product,
        authorizer=Known.SET if asked else Known.UNKNOWN,
        brokers_credentials=Truth.YES if brokers else Truth.UNKNOWN,
        fronts_tools=Truth.NO if product == "litellm" or container.fronts_models else Truth.UNKNOWN,
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
    if asks_always(container.product, container.words) or asks(container.settings):
        return Truth.YES
    told = container.settings_whole and not may_ask(container.settings)
    return Truth.NO if told else Truth.UNKNOWN


def _model(container: Container, place: Evidence) -> Model:
    return Model(
        id=fact_id("model", container.names[0], f"{container.key}/model"),
        name=container.names[0],
        evidence=(place,),
        provider=image_launch(container.product).package.rpartition("/")[2],
        local=Truth.YES,
    )
