"""
Settings of Spring, Quarkus and MicroProfile under their whole names, from lines or from sections.

`spring.ai.openai.api-key` in properties and four levels of YAML are one setting. Names are told in
small letters with hyphens, as Spring's relaxed binding takes them; what Quarkus writes before a
name (`%dev.`) and Spring within a document (`spring.config.activate.on-profile`) is the profile in
which it holds. Properties have several documents, too, between lines `#---`. Sources: Spring Boot,
"Externalized Configuration"; Quarkus, "Configuration Reference Guide".
"""

from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.collector import Collector, evidence
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.embedded import embedded_roots
from agentaudit.extract.kubernetes.objects import kubernetes_objects
from agentaudit.extract.platform_files import JAVA_WORDS
from agentaudit.readers.cdk import TESTS
from agentaudit.readers.document import Document, Node, NodeKind, entries_of

_FILE = regex(
    r"(?:^|/)(?:(?:application|bootstrap)(?:-(?P<profile>[\w-]+))?\.(?:ya?ml|properties)"
    r"|microprofile-config\.properties)$"
)
_PROFILE = regex(r"^%(?P<profile>[\w,-]+)\.")
_ON_PROFILE = ("spring", "config", "activate", "on-profile")
_PROFILES = ("spring", "profiles")
"""The same before Spring Boot 2.4, unless it is a mapping."""
_PART = frozenset({"#---", "!---"})
"""Lines that begin another document of properties."""
_TRIED = frozenset({"test", "local", "dev", "development", "it"})
_OR, _AND = regex(r"[,|]"), regex(r"[&() ]+")
_HUMP = regex(r"(?<=[a-z0-9])(?=[A-Z])")
_TOLD = (
    *("spring.ai.", "spring.application.", "langchain4j."),
    *("quarkus.langchain4j.", "quarkus.application.", "quarkus.mcp."),
)
"""How names begin of settings of agents, and of what they are called."""
_LONGEST = 500
"""Characters of a name; no setting of a program has one that long."""


class JavaSetting(Struct, frozen=True, kw_only=True):
    """One setting. A list that stands in one line is told as it is written."""

    name: str
    key: Node
    value: Node
    profile: str = ""
    """As it is written: alternatives in Spring and Quarkus, and expressions in Spring."""
    written: str = ""
    """Its name with the letters that it has in the file, behind any profile."""

    @property
    def tried(self) -> bool:
        """Whether it only holds where people look at what their own models are asked."""
        others = _OR.split(self.profile)
        denied = "!(" in self.profile.replace(" ", "")
        return not denied and all(not _TRIED.isdisjoint(_AND.split(each)) for each in others)


class JavaFile(Struct, frozen=True):
    """The settings of one file: of its own, or of one that a ConfigMap holds."""

    document: Document
    settings: Sequence[JavaSetting]
    home: str
    """Where it stands, with the others of its application: a folder, or a ConfigMap."""
    mapped: bool = False
    """Whether a ConfigMap holds it; there no other name says what a value is."""


def java_files(documents: Documents, collector: Collector) -> Iterator[JavaFile]:
    """Every file with settings of agents; of tests it deploys nothing."""
    for document in documents.of("properties", "yaml"):
        named = _FILE.search(document.file)
        if not holds_word(document.text, JAVA_WORDS) or TESTS.search(document.file):
            continue
        if named is not None:
            found = _settings(_parts(document), named["profile"] or "", _TOLD)
            yield JavaFile(document, tuple(found), folder_of(document.file))
        elif "ConfigMap" in document.text:
            yield from _mapped(document, documents, collector)


def _mapped(document: Document, documents: Documents, collector: Collector) -> Iterator[JavaFile]:
    ends = _ends(document.text)
    for item in kubernetes_objects(Documents({document.file: document})):
        data = item.node.child("data") if item.kind == "ConfigMap" else None
        for key, value in data.items() if data is not None else ():
            named = _FILE.search(key)
            if named is None or not holds_word(value.raw, JAVA_WORDS):
                continue
            syntax = "properties" if key.endswith(".properties") else "yaml"
            roots = embedded_roots(value, document, documents, syntax)
            if roots is None:
                place = evidence(document, value)
                collector.leave_open(place, f"the settings in {key}", "what they say is open")
            else:
                parts = roots if syntax == "yaml" else _parts_between(ends, roots)
                settings = _settings(parts, named["profile"] or "", ("",))
                home = f"{document.file}#{item.namespace}/{item.name}"
                yield JavaFile(document, tuple(settings), home, mapped=True)


def _parts(document: Document) -> Iterable[Node]:
    if document.syntax == "yaml":
        return document.roots
    return _parts_between(_ends(document.text), document.roots)


def _ends(text: str) -> Sequence[int]:
    lines = enumerate(text.split("\n"), start=1)
    return [number for number, line in lines if line.strip() in _PART]


def _parts_between(ends: Sequence[int], roots: Iterable[Node]) -> Iterator[Node]:
    """The documents of properties, which end at some lines."""
    for root in roots:
        parts: dict[int, list[tuple[Node, Node]]] = {}
        for key, value in root.entries:
            parts.setdefault(bisect(ends, key.line), []).append((key, value))
        yield from (root.changed(entries=entries_of(tuple(each))) for each in parts.values())


def _settings(roots: Iterable[Node], of_file: str, told: tuple[str, ...]) -> Iterator[JavaSetting]:
    for root in roots:
        profile = next(_profiles(root), of_file)
        for setting in _within(root, "", None, profile):
            if setting.name.startswith(told):
                yield setting


def _profiles(root: Node, above: tuple[str, ...] = ()) -> Iterator[str]:
    """The profile in which a document of YAML holds, in however many sections that is told."""
    for key, value in root.entries:
        path = (*above, *key.raw.split(".", len(_ON_PROFILE)))
        old = path == _PROFILES and value.kind is not NodeKind.MAPPING
        if old or path == _ON_PROFILE:
            yield ",".join(value.texts())
        elif path in (_ON_PROFILE[: len(path)], _PROFILES[: len(path)]):
            yield from _profiles(value, path)


def _within(node: Node, above: str, key: Node | None, profile: str) -> Iterator[JavaSetting]:
    for name, value in node.entries:
        path = f"{above}.{name.raw}" if above else name.raw
        if len(path) <= _LONGEST:
            yield from _within(value, path, name, profile)
    if key is None or node.kind is NodeKind.MAPPING:
        return
    own = _PROFILE.match(above)
    written = above[own.end() :] if own is not None else above
    yield JavaSetting(
        name=_HUMP.sub("-", written).lower(),
        written=written,
        key=key,
        value=node,
        profile=own["profile"] if own is not None else profile,
    )
