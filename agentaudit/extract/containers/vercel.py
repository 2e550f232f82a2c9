"""
Projects of Vercel: what runs there is ended after `maxDuration`, which is 300 s unless it is said.

Source: Vercel, "Configuring Maximum Duration for Vercel Functions" and "Project Configuration":
`functions` has patterns of files, older projects `builds`; files below `api/` are functions by
themselves. What a function imports runs in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

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
_BUILDERS = {"@vercel/python": "python", "@vercel/node": "javascript", "@vercel/next": "javascript"}


class _Functions(Struct, frozen=True):
    """The functions of one project in one language: patterns, how long each lasts, and where."""

    durations: Sequence[tuple[str, int, Node]]
    undeclared: bool
    """Whether there are some of which nothing is said."""

    def duration(self, file: str) -> tuple[int, Node] | None:
        """How long what a file does may last: as its own pattern says, else the longest."""
        own = [each for each in self.durations if fnmatchcase(file, each[0])]
        listed = [(seconds, node) for _, seconds, node in own or self.durations]
        if not listed:
            return None
        seconds, node = max(listed, key=lambda each: each[0])
        return (seconds, node) if own or not self.undeclared else (max(seconds, _DEFAULT_S), node)


def extract_vercel(documents: Documents, collector: Collector) -> None:
    """Agents that run in functions are ended with them."""
    for document in documents.of("json"):
        if document.file.rpartition("/")[2] == FILE:
            _bound(documents, document, collector)


def _bound(documents: Documents, document: Document, collector: Collector) -> None:
    folder = folder_of(document.file)
    above = f"{folder}/" if folder else ""
    by_language = {
        language: _functions(documents, document, (above, language)) for language in _LANGUAGES
    }
    known: dict[str, tuple[int, Node]] = {}
    for agent in collector.of(Agent):
        file = agent.evidence[0].file
        language = _language(file)
        functions = by_language.get(language)
        if functions is None or not file.startswith(above) or agent.timeout is not Known.NONE:
            continue
        if file not in known:
            lasts = functions.duration(file.removeprefix(above))
            known[file] = lasts or (_DEFAULT_S, document.root)
        seconds, node = known[file]
        places = with_place(agent, evidence(document, node, "maxDuration"))
        collector.update(replace(agent, timeout=Known.SET, timeout_s=seconds, evidence=places))


def _language(file: str) -> str:
    ending = file.rpartition(".")[2]
    return next((name for name, endings in _LANGUAGES.items() if ending in endings), "")


def _functions(
    documents: Documents, document: Document, where: tuple[str, str]
) -> _Functions | None:
    """The functions of a project in a language; None where it deploys none."""
    above, language = where
    declared = [each for each in _declared(document.root) if _language(each[0]) == language]
    built = [
        build
        for build in document.root.list_at("builds")
        for name, of in _BUILDERS.items()
        if build.text_at("use").startswith(name) and of == language
    ]
    by_folder = any(
        each.file.startswith((f"{above}api/", f"{above}app/api/", f"{above}src/app/api/"))
        for each in documents.of(language)
    )
    if not (declared or built or by_folder):
        return None
    return _Functions(declared, undeclared=not declared or bool(built) or by_folder)


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
