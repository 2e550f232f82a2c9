"""Where agents run on Google Cloud, in Terraform: Cloud Run, machines, and Agent Engine."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.container import (
    Container,
    command_of,
    place_of,
    runtime_id,
    with_instances,
)
from agentaudit.extract.containers.facts import add_container
from agentaudit.extract.documents import Documents
from agentaudit.extract.google.platforms import (
    DEFAULT_INSTANCES,
    DEFAULT_TASK_TIMEOUT_S,
    DEFAULT_TIMEOUT_S,
    GOOGLE_ROLES,
    SERVICE_AGENT,
    add_account_elsewhere,
    add_default_account,
    google_runtime,
    is_default_account,
)
from agentaudit.extract.settings import Setting
from agentaudit.extract.sizes import seconds_of
from agentaudit.extract.terraform.agents import known
from agentaudit.extract.terraform.google_accounts import google_account_of
from agentaudit.extract.terraform.google_public import open_to_all, opened_by_bindings
from agentaudit.extract.terraform.modules import Declared, Module
from agentaudit.extract.terraform.settings import led_by
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Node

_COMPUTE = "default compute service account"
_CHANNELS = {"google_vertex_ai_reasoning_engine": "`secret_env` of the deployment"}


class _Shape(Struct, frozen=True):
    """Where a type of Cloud Run keeps what is asked of it, as routes from its body."""

    containers: tuple[str, ...]
    account: tuple[str, ...]
    timeout: tuple[str, ...]
    instances: tuple[str, ...] = ()
    default_timeout_s: int = DEFAULT_TIMEOUT_S


_SHAPES: Mapping[str, _Shape] = MappingProxyType(
    {
        "google_cloud_run_v2_service": _Shape(
            ("template", "containers"),
            ("template", "service_account"),
            ("template", "timeout"),
            ("template", "scaling", "max_instance_count"),
        ),
        "google_cloud_run_service": _Shape(
            ("template", "spec", "containers"),
            ("template", "spec", "service_account_name"),
            ("template", "spec", "timeout_seconds"),
            ("template", "metadata", "annotations", "autoscaling.knative.dev/maxScale"),
        ),
        "google_cloud_run_v2_job": _Shape(
            ("template", "template", "containers"),
            ("template", "template", "service_account"),
            ("template", "template", "timeout"),
            default_timeout_s=DEFAULT_TASK_TIMEOUT_S,
        ),
    }
)


def add_google(module: Module, documents: Documents, collector: Collector) -> None:
    """Every runtime of Google in a module, with the account that it acts as."""
    opened = {type_: opened_by_bindings(module, documents, collector, type_) for type_ in _SHAPES}
    for declared in module.resources(*_SHAPES):
        account = declared.body.get(*_SHAPES[declared.type].account)
        for container in _containers(declared, opened[declared.type]):
            runtime = add_container(collector, container)
            act_as(declared, runtime, account, collector, default=_COMPUTE)
    for declared in module.resources("google_vertex_ai_reasoning_engine"):
        _add_engine(declared, collector)
    for declared in module.resources("google_compute_instance"):
        _add_machine(declared, collector)


def act_as(
    declared: Declared, runtime: Runtime, named: Node | None, collector: Collector, *, default: str
) -> None:
    """The account that a runtime names, or the one that it gets because it names none."""
    if named is None:
        add_default_account(collector, runtime, declared.module.folder, default)
        return
    place, owner = evidence(declared.document, named), google_account_of(declared.module, named)
    if is_default_account(named.raw):
        add_default_account(collector, runtime, declared.module.folder, default)
    elif owner:
        collector.link(EdgeKind.AUTHENTICATES_AS, runtime.id, owner, place)
    else:
        effect = "what it may do is not known"
        collector.leave_open(place, f"the account of {declared.shown}", effect)
        add_account_elsewhere(collector, runtime, named, place)


def _containers(declared: Declared, opened: Mapping[str, Evidence]) -> Iterator[Container]:
    """The containers of a service or job; the first is the one that requests come to."""
    shape, body = _SHAPES[declared.type], declared.body
    timeout = body.get(*shape.timeout)
    for number, node in enumerate(body.list_at(*shape.containers)):
        image, name, key = node.get("image"), _called(declared, node), _key(declared, number)
        place = place_of(declared.document, declared.header, declared.shown)
        runtime = google_runtime(name, key, "cloud_run", place)
        if shape.instances:
            most = body.get(*shape.instances)
            runtime = with_instances(runtime, most, DEFAULT_INSTANCES)
        yield Container(
            document=declared.document,
            place=declared.header,
            key=key,
            runtime=replace(runtime, image=(image.text or "") if image else ""),
            names=(name, declared.title, declared.name),
            words=command_of(node),
            settings=tuple(_environment(declared, node, "env")),
            short_alternative=GOOGLE_ROLES,
            timeout_s=seconds_of(timeout.text or "") if timeout else shape.default_timeout_s,
            open_to_all=open_to_all(declared, opened) if number == 0 else None,
        )


def served_container(declared: Declared) -> FactId:
    """The container of a service that requests come to."""
    listed = declared.body.list_at(*_SHAPES[declared.type].containers)
    return runtime_id(_called(declared, listed[0]), _key(declared, 0)) if listed else NOBODY


def _called(declared: Declared, container: Node) -> str:
    return container.text_at("name") or declared.title


def _key(declared: Declared, number: int) -> str:
    return f"{declared.key}.{number}"


def _environment(declared: Declared, block: Node, name: str) -> Iterator[Setting]:
    """Variables, each with a value or with the secret that the platform puts there."""
    for pair in block.list_at(name):
        key, value = pair.get("name"), pair.get("value")
        stored = (
            pair.get("value_source", "secret_key_ref")
            or pair.get("value_from", "secret_key_ref")
            or pair.get("secret_ref")
        )
        if key is None or not key.text or (value is None and stored is None):
            continue
        yield Setting(
            key=key.text,
            value=value or key,
            document=declared.document,
            route=f"{declared.shown}.{name}.{key.text}",
            via=led_by(declared, value) if value is not None else (),
            text=value.raw if value is not None and value.unknown else None,
            form=CredentialForm.SECRET_REF if value is None else None,
            channel="" if value is None else _CHANNELS.get(declared.type, "`secret_key_ref`"),
        )


def _add_engine(declared: Declared, collector: Collector) -> None:
    """An agent of Agent Engine: its runtime, its account, and its memory bank where it has one."""
    body = declared.body
    spec = body.get("spec") or body
    place = declared.place()
    agent = collector.add(
        Agent(
            id=fact_id("agent", declared.title, declared.key),
            name=declared.title,
            evidence=(place,),
            framework="agent-engine",
            authenticated=Truth.YES,
        )
    )
    deployed = spec.get("deployment_spec") or spec
    runtime = google_runtime(declared.title, declared.key, "agent_engine", (place,))
    runtime = add_container(
        collector,
        Container(
            document=declared.document,
            place=declared.header,
            key=declared.key,
            runtime=with_instances(runtime, deployed.get("max_instances"), DEFAULT_INSTANCES),
            names=(declared.title, "agent"),
            settings=(
                *_environment(declared, deployed, "env"),
                *_environment(declared, deployed, "secret_env"),
            ),
            short_alternative=GOOGLE_ROLES,
            agent_id=agent.id,
        ),
    )
    kind = spec.get("identity_type")
    if kind is None or kind.raw != "AGENT_IDENTITY":
        account = spec.get("service_account")
        act_as(declared, runtime, account, collector, default=SERVICE_AGENT)
    bank = body.get("context_spec", "memory_bank_config") or spec.get(
        "context_spec", "memory_bank_config"
    )
    if bank is not None:
        collector.remember(agent.id, collector.add(_memory_bank(declared, bank)))


def _memory_bank(declared: Declared, bank: Node) -> MemoryStore:
    """
    Memories that Vertex AI extracts from sessions, and keeps for each user until they expire.

    https://cloud.google.com/vertex-ai/generative-ai/docs/agent-engine/memory-bank/set-up
    """
    block = bank.get("ttl_config")
    ttl = _longest_ttl(block) if block is not None else None
    return MemoryStore(
        id=fact_id("memory_store", declared.title, f"{declared.key}.memory_bank"),
        name=f"memory bank of {declared.title}",
        evidence=(evidence(declared.document, ttl or block or bank),),
        kind="managed",
        backend="vertex",
        scope="user",
        ttl=known(ttl) if ttl is not None or block is None else Known.SET,
        ttl_s=seconds_of(ttl.text or "") if ttl is not None else None,
        compaction=Known.SET,
        persistent=Truth.YES,
        agent_writable=Truth.YES,
        managed_service=True,
        sweep=Known.SET,
    )


def _longest_ttl(block: Node) -> Node | None:
    """The one age of all memories, or of those for each way to make one the longest."""
    granular = block.child("granular_ttl_config")
    ages = [value for _, value in granular.items()] if granular is not None else []
    return block.child("default_ttl") or max(
        ages, key=lambda age: seconds_of(age.text or "") or 0, default=None
    )


def _add_machine(declared: Declared, collector: Collector) -> None:
    """
    A machine with an account; without a block for one it acts as nobody.

    The default account counts where the scope is the whole platform. With narrower scopes it may do
    little, and an account of its own should have the wide scope: its rights are what limits it.
    https://cloud.google.com/compute/docs/access/service-accounts#scopes_best_practice
    """
    account = declared.body.get("service_account")
    if account is None:
        return
    place = place_of(declared.document, declared.header, declared.shown)
    runtime = google_runtime(declared.title, declared.key, "vm", place)
    runtime = add_container(
        collector,
        Container(
            document=declared.document,
            place=declared.header,
            key=declared.key,
            runtime=replace(runtime, cpu_limit=Known.UNKNOWN, memory_limit=Known.UNKNOWN),
            names=(declared.title, declared.name),
            short_alternative=GOOGLE_ROLES,
        ),
    )
    email, scopes = account.get("email"), account.get("scopes")
    wide = any(scope.raw.endswith("cloud-platform") for scope in (scopes.list() if scopes else ()))
    if email is not None or wide:
        act_as(declared, runtime, email, collector, default=_COMPUTE)
