"""
Workloads whose image is built for them and starts code of the repository that builds agents.

Neither a name nor a setting need speak of an agent: `api` runs what `uvicorn app.main:app` serves.
The file that is started builds agents, or imports one that does. Where what is between them was
not read, as it speaks of no agent, the folder tells: agents lie in that of the file, and of one
manifest nothing else is started from there.
"""

import posixpath
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from types import MappingProxyType

from msgspec import Struct

from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.commands import runs_another
from agentaudit.extract.containers.dockerfile_instructions import started, started_by
from agentaudit.extract.containers.started_code import entries, reaches
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.fact import FactId

_SCRIPT = ".sh"
_RUNNERS = frozenset({"npm", "yarn", "pnpm", "bun"})
_FEW = 4
"""Words in which a runner is told what to run: `npm run start`."""
_SERVERS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = MappingProxyType(
    {
        "adk": (frozenset({"api_server", "web"}), frozenset({"google-adk"})),
        "langgraph": (
            frozenset({"dev", "up"}),
            frozenset({"langgraph", "langchain", "deepagents"}),
        ),
    }
)
"""
Programs of frameworks that serve the agents of a folder, by their commands. Neither asks who calls
unless the project brings code for that (LangGraph, "Authentication"; ADK, "Use the API Server").
"""
_Place = tuple[str, str]
"""A manifest, and a folder that one of its workloads starts a file of."""


class _Begun(Struct, frozen=True):
    """What a workload starts."""

    workload: Workload
    words: Sequence[str]
    place: Evidence
    folder: str
    """That of its Dockerfile, or what else it is built from."""
    files: frozenset[str]
    """The files of the repository that its command names."""

    @property
    def places(self) -> frozenset[_Place]:
        """A script of a shell, which few of are read, may start whatever lies around it."""
        folders = {folder_of(file) for file in self.files}
        if not folders and self.words and self.words[0].endswith(_SCRIPT):
            folders = {self.folder}
        return frozenset((self.workload.document.file, folder) for folder in folders)


class Started(Struct, frozen=True):
    """Where it is said that something starts agents."""

    place: Evidence
    asks_nobody: bool
    """Whether by a framework's own server, which leaves it to others to ask who calls."""


def started_agents(
    documents: Documents, collector: Collector, agents: Collection[Agent]
) -> Mapping[FactId, Started]:
    """By runtime what is started, of those that so start agents."""
    known = collector.imported_files.keys() | documents.passed_by
    begun = [
        _begun(documents, collector, workload, known)
        for workload in collector.workloads
        if workload.build is not None and not is_rehearsal(workload.document.file)
    ]
    if not begun:
        return {}
    around, files = by_folder(agents), {agent.evidence[0].file for agent in agents}
    starting = Counter(place for each in begun for place in each.places)
    builds = {folder_of(image.file) for image in documents.of("dockerfile")}
    builds |= {each.folder for each in begun}

    @cache
    def held(folder: str) -> bool:
        """Whether agents lie in a folder, and in no folder below it that an image is built from."""
        return any(_nearest(agent, builds, folder) == folder for agent in around.get(folder, ()))

    def starts(each: _Begun) -> bool:
        return reaches(each.files, files, collector.imported_files) or any(
            starting[place] == 1 and held(place[1]) for place in each.places
        )

    found: dict[FactId, Started] = {}
    for each in begun:
        serves = _serves(each.words, around.get(each.folder, ()))
        if serves or (starts(each) and not runs_another(each.words)):
            found[each.workload.runtime_id] = Started(each.place, serves)
    return found


def _begun(
    documents: Documents, collector: Collector, workload: Workload, known: Collection[str]
) -> _Begun:
    build = workload.build or ""
    image = documents.at(workload.dockerfile or posixpath.join(build, "Dockerfile"))
    folder = folder_of(image.file) if image is not None else build
    own = started(image) if image is not None and not workload.own_entry else None
    place, words = collector.facts[workload.runtime_id].evidence[0], workload.words
    if image is not None and own is not None:
        entry, command = started_by(image)
        words = (*entry, *(workload.words or command))
        place = evidence(image, own[0], plain(own[0].text or ""))
    words = (*words, *_scripted(documents, words, (folder, build)))
    found = frozenset(entries(words, folder, known)) or frozenset(entries(words, build, known))
    return _Begun(workload, words, place, folder, found)


def _scripted(documents: Documents, words: Sequence[str], folders: Sequence[str]) -> Iterator[str]:
    """The words of what `npm start` and its like run, as the project's manifest says."""
    for at, word in enumerate(words):
        if word in _RUNNERS:
            name = next((each for each in words[at + 1 : at + _FEW] if each != "run"), "")
            texts = (documents.packages.script(folder, name) for folder in folders)
            yield from next(filter(None, texts), "").split()
            return


def _nearest(agent: Agent, builds: Collection[str], folder: str) -> str:
    """The nearest folder around an agent that an image is built from, or else the one given."""
    place = folder_of(agent.evidence[0].file)
    while len(place) > len(folder) and place not in builds:
        place = folder_of(place)
    return place


def _serves(words: Sequence[str], agents: Collection[Agent]) -> bool:
    """Whether a framework's own server is started, which serves the agents of a folder."""
    started = {program for program, command in pairwise(words) if command in _commands(program)}
    served = {name for program in started for name in _SERVERS[program][1]}
    return bool(served) and any(agent.framework in served for agent in agents)


def _commands(program: str) -> frozenset[str]:
    return _SERVERS[program][0] if program in _SERVERS else frozenset()
