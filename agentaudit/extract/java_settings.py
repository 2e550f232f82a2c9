"""
Settings of Spring, Quarkus and MicroProfile under their whole names, from lines or from sections.

`spring.ai.openai.api-key` in properties and four levels of YAML are one setting. Names are told in
small letters with hyphens, as Spring's relaxed binding takes them; what Quarkus writes before a
name (`%dev.`) and Spring within a document (`spring.config.activate.on-profile`) is the profile in
which it holds. Sources: Spring Boot, "Externalized Configuration"; Quarkus, "Configuration
Reference Guide".
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.documents import Documents
from agentaudit.readers.cdk import TESTS
from agentaudit.readers.document import Document, Node, NodeKind

WORDS = ("langchain4j", "spring.ai", "spring:")
"""One of which stands in every file with settings of agents."""
_FILE = regex(r"(?:^|/)(?:application|bootstrap)(?:-(?P<profile>[\w-]+))?\.(?:ya?ml|properties)$")
_OTHERS = regex(r"(?:^|/)microprofile-config(?:-(?P<profile>[\w-]+))?\.properties$")
_PROFILE = regex(r"^%(?P<profile>[\w,-]+)\.")
_ON_PROFILE = ("spring", "config", "activate", "on-profile")
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


def is_java_settings(document: Document) -> bool:
    """Whether a document may hold settings of agents in Java; of tests it deploys nothing."""
    named = _FILE.search(document.file) or _OTHERS.search(document.file)
    return (
        named is not None
        and holds_word(document.text, WORDS)
        and TESTS.search(document.file) is None
    )


def java_settings(documents: Documents) -> Iterator[tuple[Document, Sequence[JavaSetting]]]:
    """The documents with such settings, and all settings of each in their order."""
    for document in documents.of("properties", "yaml"):
        if is_java_settings(document):
            yield document, tuple(_settings(document))


def _settings(document: Document) -> Iterator[JavaSetting]:
    found = _FILE.search(document.file) or _OTHERS.search(document.file)
    of_file = (found["profile"] or "") if found is not None else ""
    for root in document.roots:
        profile = next(_profiles(root), of_file)
        yield from _within(root, "", None, profile)


def _profiles(root: Node, above: tuple[str, ...] = ()) -> Iterator[str]:
    """The profile in which a document of YAML holds, in however many sections that is told."""
    for key, value in root.entries:
        path = (*above, *key.raw.split(".", len(_ON_PROFILE)))
        if path == _ON_PROFILE:
            yield value.raw
        elif path == _ON_PROFILE[: len(path)]:
            yield from _profiles(value, path)


def _within(node: Node, above: str, key: Node | None, profile: str) -> Iterator[JavaSetting]:
    for name, value in node.entries:
        path = f"{above}.{name.raw}" if above else name.raw
        if len(path) <= _LONGEST:
            yield from _within(value, path, name, profile)
    if key is None or node.kind is NodeKind.MAPPING:
        return
    own = _PROFILE.match(above)
    told = above[own.end() :] if own is not None else above
    if told.startswith(_TOLD):
        yield JavaSetting(
            name=_HUMP.sub("-", told).lower(),
            key=key,
            value=node,
            profile=own["profile"] if own is not None else profile,
        )
