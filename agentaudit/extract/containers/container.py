"""
Containers, whatever starts them, as Compose, Kubernetes and the rest describe them.

What facts each becomes is in `facts`.
"""

from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import evidence, fact_id
from agentaudit.extract.containers.names import names_itself
from agentaudit.extract.containers.resemblance import resembles_agent
from agentaudit.extract.containers.roles import role_of
from agentaudit.extract.containers.workloads import WorkloadSpec
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Evidence, Known, Truth
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.readers.document import Document, Node

_DEFAULT = regex(r"\$\{\w+:?-([^}:]*)")
"""How `${UID:-1000}:${GID:-1000}` begins."""


class Environment(Struct, frozen=True):
    """What a container finds in its environment, each value where it really stands."""

    settings: tuple[Setting, ...]
    whole: bool
    """Whether all that it is taken from was read."""


class Container(WorkloadSpec, frozen=True, kw_only=True):
    """A container as its platform describes it, and the runtime that is known of it."""

    place: Node
    """The node that names it."""
    key: str
    """Natural key: file and route, or kind, namespace and name."""
    runtime: Runtime
    """Without what is computed here."""
    settings_whole: bool = True
    project: str = ""
    """What all containers of the file belong to."""
    beginning: str = ""
    """What the names of all containers of the file begin with: no word on what this one runs."""
    hostname: str = ""
    """What it calls itself in its network, where that is said."""
    only_serves: bool = False
    """Whether it is built from an image that serves pages or a model, and does nothing else."""
    short_alternative: dict[str, str] = field(default_factory=dict)
    egress: str = "any"
    """What the platform lets it reach, before policies: any or none."""
    calls_model: bool = False
    """Whether the platform itself says that it is handed a model to call."""
    fronts_models: bool = False
    """Whether others of its file ask it as they ask a proxy for models."""
    preparing: bool = False
    """It ends before the others of its pod start, and serves nobody, whatever its image is."""
    on_every_node: bool = False
    """Whether each machine of a cluster runs one of it."""

    @property
    def product(self) -> str:
        """The image that tells what it runs: of what its own is made of, or its own."""
        return self.made_of or self.runtime.image

    @property
    def role(self) -> str:
        """What it runs: agent, gateway, model, store, tool_server or empty."""
        if self.preparing or (self.only_serves and not self.made_of):
            return ""
        told = role_of(self.product, self._own_names, self.words, self._telling)
        if self.fronts_models and told in {"", "agent"}:
            return "gateway"
        return told or ("agent" if self.calls_model else "")

    @property
    def resembles_agent(self) -> bool:
        """Whether nothing but a word within a name says that it runs an agent."""
        if self.runtime.kind == "agentcore" or self.calls_model:
            return False
        return resembles_agent(
            self.product,
            self._own_names,
            self.words,
            self._telling,
            whole=self.settings_whole,
            everywhere=self.on_every_node,
        )

    @property
    def _telling(self) -> Sequence[Setting]:
        """What it is told of anything but how it is called itself."""
        names = (*self.names, self.hostname)
        return [setting for setting in self.settings if not names_itself(setting, names)]

    @property
    def _own_names(self) -> tuple[str, ...]:
        return tuple(name.removeprefix(self.beginning) for name in self.names)


def runtime_id(name: str, key: str) -> FactId:
    """The id of the runtime with a natural key."""
    return fact_id("runtime", name, key)


def hosted_runtime(document: Document, place: Node, title: str, key: str) -> Runtime:
    """A container of a platform for apps, which bounds the memory and the processors of each."""
    return Runtime(
        id=runtime_id(title, key),
        name=title,
        evidence=place_of(document, place, title),
        kind="container",
        memory_limit=Known.SET,
        cpu_limit=Known.SET,
    )


def place_of(document: Document, node: Node, snippet: str) -> tuple[Evidence, ...]:
    """One place, as the evidence of a fact."""
    return (evidence(document, node, plain(snippet)),)


def command_of(container: Node, *fields: str) -> tuple[str, ...]:
    """The words that a container starts with, in the order of the fields that hold them."""
    return tuple(
        word for field in fields or ("command", "args") for word in container.texts_at(field)
    )


def is_root(user: str) -> Truth:
    """Whether the user that a container is given is the one who may do everything."""
    default = _DEFAULT.match(user)
    name = default[1] if default is not None else user.partition(":")[0]
    if not name or "$" in name:
        return Truth.UNKNOWN
    return Truth.YES if name in {"0", "root"} else Truth.NO


def with_instances(runtime: Runtime, given: Node | None, default: int | None) -> Runtime:
    """How many may run at once: what the file says, or what the platform has as default, if any."""
    count = default if given is None else given.integer
    known = Known.UNKNOWN if count is None else Known.SET
    return replace(runtime, instances=known, instances_count=count)
