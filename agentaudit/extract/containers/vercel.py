"""
Projects of Vercel: what runs there is ended after `maxDuration`, which is 300 s unless it is said.

Source: Vercel, "Configuring Maximum Duration for Vercel Functions" and "Project Configuration":
`functions` has patterns of files, older projects `builds`; files below `api/` are functions by
themselves, and a framework that answers on a server has functions of its own. What a function
imports runs in it, and ends with the longest of those that do; an agent that none is seen to
import is open.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.collector import Collector, evidence, with_place
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import Document, Node

FILE = "vercel.json"
_DEFAULT_S = 300
_LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "python": ("py",),
    "javascript": ("ts", "tsx", "js", "jsx", "mts", "mjs", "cts", "cjs"),
}
_FOLDERS = ("api/", "app/api/", "src/app/api/")
"""Files below these are functions by themselves."""
_PROJECT = regex(rf"(?:^|/)(?={'|'.join(_FOLDERS)})")
"""What ends before them."""
_ON_SERVERS = frozenset({"nextjs", "nuxtjs", "sveltekit", "sveltekit-1", "remix", "react-router"})
"""Frameworks whose routes become functions; others only build pages."""
_BUILDERS = {"@vercel/python": "python", "@vercel/node": "javascript", "@vercel/next": "javascript"}


_Lasting = tuple[int, Node | None]
"""After how many seconds something is ended, and where that is said."""


class _Functions(Struct, frozen=True):
    """The functions of one project in one language: patterns, how long each lasts, and where."""

    durations: Sequence[tuple[str, int, Node]]
    built: Sequence[str]
    """Patterns of files that are built as functions."""

    def duration(self, file: str) -> _Lasting | None:
        """How long a function lasts, and where that is said; None of what is no function itself."""
        own = [(s, node) for pattern, s, node in self.durations if fnmatchcase(file, pattern)]
        if own:
            return max(own, key=lambda each: each[0])
        built = any(fnmatchcase(file, pattern) for pattern in self.built)
        return (_DEFAULT_S, None) if built or file.startswith(_FOLDERS) else None


def extract_vercel(documents: Documents, collector: Collector) -> None:
    """Agents that run in functions are ended with them."""
    deploying, agents = frozenset(_deploying(documents)), by_folder(collector.of(Agent))
    code = _Code(collector.imported_files, sorted(collector.imported_files))
    for document in documents.of("json"):
        if document.file.rpartition("/")[2] == FILE:
            below = agents.get(folder_of(document.file), ())
            _bound(_Project(document, deploying, code), below, collector)


def _deploying(documents: Documents) -> Iterator[tuple[str, str]]:
    """What stands before folders of functions, with the language of what is in them."""
    for language in _LANGUAGES:
        for document in documents.of(language):
            for found in _PROJECT.finditer(document.file):
                yield document.file[: found.end()], language


class _Code(Struct, frozen=True):
    """What each file of code imports, and all of them in order."""

    imports: Mapping[str, frozenset[str]]
    files: Sequence[str]

    def below(self, above: str) -> Iterator[str]:
        """The files in a folder."""
        for number in range(bisect_left(self.files, above), len(self.files)):
            if not self.files[number].startswith(above):
                return
            yield self.files[number]


class _Project(Struct, dict=True, eq=False):
    """One project: its functions, and what these import."""

    document: Document
    deploying: Collection[tuple[str, str]]
    code: _Code

    @cached_property
    def above(self) -> str:
        """What stands before its own paths."""
        folder = folder_of(self.document.file)
        return f"{folder}/" if folder else ""

    @cached_property
    def by_language(self) -> Mapping[str, _Functions | None]:
        """Its functions in each language; None where it deploys none."""
        return {
            language: _functions(
                self.document, language, in_folders=(self.above, language) in self.deploying
            )
            for language in _LANGUAGES
        }

    def duration(self, file: str) -> _Lasting | None:
        """How long what is in a file may run, by itself or where functions import it."""
        return self._own(file) or self._imported.get(file)

    def _own(self, file: str) -> _Lasting | None:
        functions = self.by_language.get(_language(file))
        return functions.duration(file.removeprefix(self.above)) if functions is not None else None

    @cached_property
    def _imported(self) -> Mapping[str, _Lasting]:
        """What functions import, and what that imports, with the longest of those functions."""
        begun = [
            (lasts, file)
            for file in self.code.below(self.above)
            if (lasts := self._own(file)) is not None
        ]
        found: dict[str, _Lasting] = {}
        for lasts, begin in sorted(begun, key=lambda each: (-each[0][0], each[1])):
            waiting = [begin]
            while waiting:
                file = waiting.pop()
                if file not in found:
                    found[file] = lasts
                    waiting += self.code.imports.get(file, ())
        return found


def _bound(project: _Project, agents: Sequence[Agent], collector: Collector) -> None:
    """What a project says of the agents in its folder, unless another project said it."""
    document = project.document
    for each in agents:
        agent, file = collector.facts[each.id], each.evidence[0].file
        functions = project.by_language.get(_language(file))
        if functions is None or not isinstance(agent, Agent) or agent.timeout is not Known.NONE:
            continue
        lasts = project.duration(file)
        if lasts is None:
            what = f"whether a function of Vercel runs {agent.name}, and ends it"
            collector.leave_open(agent.evidence[0], what, "how long it may run is open")
            collector.update(replace(agent, timeout=Known.UNKNOWN))
            continue
        seconds, node = lasts
        places = with_place(agent, evidence(document, node or document.root, "maxDuration"))
        collector.update(replace(agent, timeout=Known.SET, timeout_s=seconds, evidence=places))


def _language(file: str) -> str:
    ending = file.rpartition(".")[2]
    return next((name for name, endings in _LANGUAGES.items() if ending in endings), "")


def _functions(document: Document, language: str, *, in_folders: bool) -> _Functions | None:
    """The functions of a project in a language; None where it deploys none."""
    declared = [each for each in _declared(document.root) if _language(each[0]) == language]
    built = [
        build
        for build in document.root.list_at("builds")
        for name, of in _BUILDERS.items()
        if build.text_at("use").startswith(name) and of == language
    ]
    framed = language == "javascript" and document.root.text_at("framework") in _ON_SERVERS
    if not (declared or built or in_folders or framed):
        return None
    return _Functions(declared, [build.text_at("src") for build in built])


def _declared(root: Node) -> Iterator[tuple[str, int, Node]]:
    """Patterns of files, and after how many seconds what they name is ended."""
    functions = root.child("functions")
    for pattern, said in functions.items() if functions is not None else ():
        lasts = said.child("maxDuration")
        if lasts is not None and lasts.integer is not None:
            yield pattern, lasts.integer, lasts
    for build in root.list_at("builds"):
        lasts = build.get("config", "maxDuration")
        if lasts is not None and lasts.integer is not None:
            yield build.text_at("src"), lasts.integer, lasts
