"""
Containers, whatever starts them, as Compose, Kubernetes and the rest describe them.

What facts each becomes is in `facts`.
"""

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.extract.collector import evidence, fact_id
from agentaudit.extract.containers.roles import resembles_agent, role_of
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Evidence, Known
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.model.facts.runtimes import Runtime
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
    own_entry: bool = False
    """Whether the first of them stands for the entry point of its image."""
    settings: tuple[Setting, ...] = ()
    build: str | None = None
    dockerfile: str = ""
    stage: str = ""
    only_serves: bool = False
    """Whether it is built from an image that serves pages or a model, and does nothing else."""
    mounts: tuple[tuple[str, str], ...] = ()
    configurations: tuple[tuple[Document, Node], ...] = ()
    config_maps: tuple[str, ...] = ()
    """Names of the ConfigMaps among the volumes of its pod."""
    own_kernel: Evidence | None = None
    """Where it says that another kernel than that of its machine runs it."""
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
    fronts_models: bool = False
    """Whether others of its file ask it as they ask a proxy for models."""
    preparing: bool = False
    """It ends before the others of its pod start, and serves nobody, whatever its image is."""
    agent_id: FactId = NOBODY
    """The agent that the platform itself says it serves."""
    timeout_s: int | None = None
    """When the platform ends a request or a task, where it does."""
    open_to_all: Evidence | None = None
    """Where it says that the platform lets anybody call."""
    code: tuple[str, ...] = ()
    """Of a function, whose platform packs it: the file that answers its calls, and its folder."""
    passed_on: Evidence | None = None
    """Where an API or an ingress passes the calls of anybody on to it; it may ask them itself."""

    @property
    def role(self) -> str:
        """What it runs: agent, gateway, model, store, tool_server or empty."""
        if self.preparing or self.only_serves:
            return ""
        told = role_of(self.runtime.image, self._own_names, self.words, self.settings)
        if self.fronts_models and told in {"", "agent"}:
            return "gateway"
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
