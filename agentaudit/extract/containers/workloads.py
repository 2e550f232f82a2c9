"""What runs: a container, a function or a service as one platform declares it."""

from collections.abc import Iterable

from msgspec import Struct

from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.fact import NOBODY, FactId
from agentaudit.readers.document import Document, Node


class WorkloadSpec(Struct, frozen=True, kw_only=True):
    """What a platform declares of something that it runs."""

    document: Document
    names: tuple[str, ...]
    """By which others reach it, and by which an agent may be named after it."""
    build: str | None = None
    """Folder its image is built from, from the root; None when it is not built here."""
    dockerfile: str = ""
    """What builds the image in that folder, where that is said; any file there may."""
    copied: tuple[str, ...] | None = None
    """The files and folders of the repository in its image, where all of them are known."""
    made_of: str = ""
    """The image of a known product that its own image is made of, and starts."""
    stage: str = ""
    """Which stage of it is built, where that is said; else the last."""
    words: tuple[str, ...] = ()
    """Entry point, command and arguments."""
    own_entry: bool = False
    """Whether the first of them stands for the entry point of its image."""
    settings: tuple[Setting, ...] = ()
    settings_whole: bool = False
    """Whether all that its environment is taken from is among the files."""
    mounts: tuple[tuple[str, str], ...] = ()
    """Files and folders of the repository, and where they are mounted."""
    configurations: tuple[tuple[Document, Node], ...] = ()
    """Texts of configuration files that stand within another file: in a ConfigMap, in values."""
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
    agent_id: FactId = NOBODY
    """The agent that its platform says it serves."""
    agents: tuple[FactId, ...] = ()
    """Those whose own programs read its environment."""
    timeout_s: int | None = None
    """When the platform ends a request or a task, where it does."""
    open_to_all: Evidence | None = None
    """Where it says that the platform lets anybody call."""
    served: frozenset[str] = frozenset()
    """Frameworks whose own server it is, which answers for their agents and for no others."""
    code: tuple[str, ...] = ()
    """Of a function, whose platform packs it: the file that answers its calls, and its folder."""
    passed_on: Evidence | None = None
    """Where an API or an ingress passes the calls of anybody on to it; it may ask them itself."""


class Workload(WorkloadSpec, frozen=True, kw_only=True):
    """What a runtime was read from, kept until all are known: who runs what is joined then."""

    runtime_id: FactId
    role: str
    """agent, gateway, model, store, tool_server or empty."""
    image: str = ""
    told_in: frozenset[str] = frozenset()
    """The files that its environment stands in, those included of which another overrules all."""

    @property
    def product(self) -> str:
        """The image that tells what it runs: of what its own is made of, or its own."""
        return self.made_of or self.image

    @classmethod
    def of(cls, spec: WorkloadSpec, *, runtime_id: FactId, role: str, image: str) -> "Workload":
        """What a runtime was read from, with all that its platform declares."""
        declared = {name: getattr(spec, name) for name in WorkloadSpec.__struct_fields__}
        declared["settings"] = last_of_each(spec.settings)
        told_in = frozenset(setting.document.file for setting in spec.settings)
        return cls(**declared, runtime_id=runtime_id, role=role, image=image, told_in=told_in)


def last_of_each(settings: Iterable[Setting]) -> tuple[Setting, ...]:
    """What a process sees of variables that are set again: of each the value that came last."""
    return tuple({setting.key: setting for setting in settings}.values())
