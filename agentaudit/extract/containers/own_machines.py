"""
What runs in a machine or a container that is made for it.

A runtime of AgentCore gives each session a machine of its own, code beside the Dockerfile of a
folder that is called a sandbox is what that sandbox holds, and settings that lie beside a
development container are those of an agent in it. None of them keeps from a model what stands there
with it: its keys and the network.
"""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.frameworks.agentcore_folders import may_run_on_agentcore
from agentaudit.extract.stages import stage_named
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.tools import Tool

_SANDBOX = regex(r"(?:^|/)sandbox(?:es)?(?:/|$)")
_DEVELOPED = regex(r"^(?:.*/)?\.devcontainer/")
_DESCRIBED = "devcontainer.json"
_LEFT = regex(
    r"docker\.sock|docker-(?:outside-of|from|in)-docker|--privileged|\bprivileged\"?\s{0,9}:\s{0,9}true"
    r"|\b(?:network|net|network_mode|pid|ipc)[\"'\s:=,]{1,9}host\b|SYS_ADMIN"
    r"|\$\{(?:localEnv:)?(?:HOME|USERPROFILE)\}[\"',:]"
)
"""By which what is in a container acts on the machine that it runs on, or has its user's files."""


def extract_own_machines(documents: Documents, collector: Collector) -> None:
    """Marks the tools that run what a model writes there, and the agents that are kept there."""
    for tool in tuple(collector.of(Tool)):
        file = tool.evidence[0].file
        kept = _is_packed(file, documents) or _is_developed(file, documents)
        if "execute" in tool.effects and (kept or may_run_on_agentcore(file, documents)):
            collector.update(replace(tool, own_machine=True))
    for agent in tuple(collector.of(Agent)):
        file = agent.evidence[0].file
        if _is_packed(file, documents) or _is_developed(file, documents):
            collector.update(replace(agent, own_machine=True))


def _is_packed(file: str, documents: Documents) -> bool:
    """Whether a file lies beside the Dockerfile of a sandbox."""
    return folder_of(file) in documents.once(_sandboxes)


def _is_developed(file: str, documents: Documents) -> bool:
    """Whether a file lies beside a development container that keeps what runs in it."""
    found = _DEVELOPED.match(file)
    return found is not None and found[0] in documents.once(_containers)


def _containers(documents: Documents) -> frozenset[str]:
    """Folders of development containers, less those in which a file that is read opens one."""
    folders: set[str] = set()
    opened: set[str] = set()
    for document in documents:
        found = _DEVELOPED.match(document.file)
        if found is None:
            continue
        if document.file.endswith(_DESCRIBED):
            folders.add(found[0])
        if _LEFT.search(document.text):
            opened.add(found[0])
    return frozenset(folders - opened)


def _sandboxes(documents: Documents) -> frozenset[str]:
    """Folders of sandboxes; not so of the stage of that name, which stands beside other stages."""
    folders = {folder_of(document.file) for document in documents.of("dockerfile")}
    parents = {
        folder: folder[: named.start()] for folder in folders if (named := _SANDBOX.search(folder))
    }
    if not parents:
        return frozenset()
    staged = frozenset(_parents_of_stages(document.file for document in documents))
    return frozenset(folder for folder, parent in parents.items() if parent not in staged)


def _parents_of_stages(files: Iterable[str]) -> Iterator[str]:
    """The folders of folders that are called after stages of a deployment."""
    for file in files:
        *folders, _ = file.split("/")
        for depth, name in enumerate(folders):
            if stage_named(name) not in {"", "test"}:
                yield "/".join(folders[:depth])
