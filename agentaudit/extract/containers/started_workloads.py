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
from functools import cache, partial
from itertools import islice, pairwise
from types import MappingProxyType

from msgspec import Struct

from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.containers.commands import opened_scripts, runs_another
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
_MOST = 100
"""Words of a command that are looked at, of each that an image is started with."""
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


class _Command(Struct, frozen=True):
    """What an image starts with some words; many workloads may be of one image."""

    words: Sequence[str]
    place: Evidence | None
    """Where the image says it, if not the workload."""
    folder: str
    """That of its Dockerfile within what it is built from, or that whole."""
    files: frozenset[str]
    """The files of the repository that it names."""
    served: frozenset[str]
    """Frameworks whose own server it is, which serves the agents of the folder."""

    @property
    def folders(self) -> frozenset[str]:
        """A script of a shell, which few of are read, may start whatever lies around it."""
        found = frozenset(map(folder_of, self.files))
        script = not found and self.words and self.words[0].endswith(_SCRIPT)
        return frozenset({self.folder}) if script else found


class _Own(Struct, frozen=True):
    """What an image starts by itself."""

    entry: Sequence[str]
    command: Sequence[str]
    place: Evidence


class Started(Struct, frozen=True):
    """Where it is said that something starts agents."""

    place: Evidence
    served: frozenset[str]
    """The frameworks by whose own server, which leaves it to others to ask who calls."""


def started_agents(
    documents: Documents, collector: Collector, agents: Collection[Agent]
) -> Mapping[FactId, Started]:
    """By runtime what is started, of those that so start agents."""
    known = collector.imported_files.keys() | documents.passed_by
    command = cache(partial(_command, documents, known))
    begun = [
        (each, command((each.dockerfile, each.build), each.words, own_entry=each.own_entry))
        for each in collector.workloads
        if each.build is not None and not is_rehearsal(each.document.file)
    ]
    if not begun:
        return {}
    around, files = by_folder(agents), {agent.evidence[0].file for agent in agents}
    starting = Counter(place for each in begun for place in _places(*each))
    builds = {folder_of(image.file) for image in documents.of("dockerfile")}
    builds |= {each.folder for _, each in begun}
    another = cache(runs_another)

    @cache
    def held(folder: str) -> bool:
        """Whether agents lie in a folder, and in no folder below it that an image is built from."""
        return any(_nearest(agent, builds, folder) == folder for agent in around.get(folder, ()))

    @cache
    def reached(begins: frozenset[str]) -> bool:
        return reaches(begins, files, collector.imported_files)

    @cache
    def serves(folder: str, frameworks: frozenset[str]) -> bool:
        return any(agent.framework in frameworks for agent in around.get(folder, ()))

    found: dict[FactId, Started] = {}
    for workload, each in begun:
        alone = any(starting[place] == 1 and held(place[1]) for place in _places(workload, each))
        serving = each.served if serves(each.folder, each.served) else frozenset[str]()
        if serving or ((reached(each.files) or alone) and not another(each.words)):
            place = each.place or collector.facts[workload.runtime_id].evidence[0]
            found[workload.runtime_id] = Started(place, serving)
    return found


def _places(workload: Workload, command: _Command) -> Iterator[_Place]:
    return ((workload.document.file, folder) for folder in command.folders)


def _command(
    documents: Documents,
    known: Collection[str],
    built: tuple[str, str],
    words: tuple[str, ...],
    *,
    own_entry: bool,
) -> _Command:
    dockerfile, build = built
    image = documents.at(dockerfile or posixpath.join(build, "Dockerfile"))
    folder = _copied_from(image.file, build) if image is not None else build
    own = None if own_entry else documents.once(_begins).get(image.file if image else "")
    if own is not None:
        words = (*own.entry, *(words or own.command))
    words = tuple(islice(opened_scripts(words), _MOST))
    folders = tuple(dict.fromkeys((folder, build)))
    words = (*words, *_scripted(documents, words, folders))[:_MOST]
    inside = f"{build}/".lstrip("/")
    held = (entries(words, each, known) for each in folders)
    named = (frozenset(file for file in each if file.startswith(inside)) for each in held)
    files = next(filter(None, named), frozenset[str]())
    return _Command(words, own.place if own is not None else None, folder, files, _served(words))


def _begins(documents: Documents) -> Mapping[str, _Own]:
    """That of every Dockerfile which says so."""
    found: dict[str, _Own] = {}
    for image in documents.of("dockerfile"):
        own = started(image)
        if own is not None:
            entry, command = (words[:_MOST] for words in started_by(image))
            place = evidence(image, own[0], plain(own[0].text or ""))
            found[image.file] = _Own(entry, command, place)
    return found


def _copied_from(image: str, build: str) -> str:
    """The folder of a Dockerfile, unless it lies outside what it is built from and can copy."""
    folder = folder_of(image)
    return folder if f"{folder}/".startswith(f"{build}/".lstrip("/")) else build


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


def _served(words: Sequence[str]) -> frozenset[str]:
    """Frameworks whose own server is started."""
    started = {program for program, command in pairwise(words) if command in _commands(program)}
    return frozenset(name for program in started for name in _SERVERS[program][1])


def _commands(program: str) -> frozenset[str]:
    return _SERVERS[program][0] if program in _SERVERS else frozenset()
