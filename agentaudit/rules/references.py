"""References of rules: what stands in `rules/taxonomies.yaml`, and nothing else."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msgspec import Struct

from agentaudit.readers.document import Node
from agentaudit.readers.yaml import parse_yaml
from agentaudit.store.shipped import shipped


class Reference(Struct, frozen=True, kw_only=True):
    """An entry of a taxonomy that a rule names."""

    reference: str
    """As a rule writes it: `cwe:CWE-798`, `owasp-nhi:NHI7:2025`."""
    taxonomy: str
    id: str
    title: str
    url: str

    @property
    def label(self) -> str:
        """`CWE-798 Use of Hard-coded Credentials`."""
        return f"{self.id} {self.title}"


@cache
def references() -> Mapping[str, Reference]:
    """Every entry that a rule may name, by the way it names it."""
    path = shipped("rules") / "taxonomies.yaml"
    return parse_references(path)


def parse_references(path: Path) -> Mapping[str, Reference]:
    """The entries of one file of taxonomies."""
    root = parse_yaml(str(path), path.read_text(encoding="utf-8")).root
    found = (
        _reference(word, taxonomy, entry, title.raw)
        for word, taxonomy in root.items()
        for entry, title in _entries(taxonomy)
    )
    return {item.reference: item for item in found}


def reference_problem(text: str) -> str:
    """What is wrong with a reference; empty when it stands in the taxonomies."""
    if text in references():
        return ""
    taxonomies = sorted({name.partition(":")[0] for name in references()})
    word = text.partition(":")[0]
    if word not in taxonomies:
        return f"'{text}' is of no known taxonomy; known: {', '.join(taxonomies)}"
    example = next(name for name in references() if name.startswith(f"{word}:"))
    return f"'{text}' does not stand in the taxonomies; references there look like {example}"


def _reference(word: str, taxonomy: Node, entry: str, title: str) -> Reference:
    edition = taxonomy.child("edition")
    url = taxonomy.child("url")
    name = f"{word}:{entry}:{edition.raw}" if edition and edition.raw else f"{word}:{entry}"
    address = url.raw if url else ""
    return Reference(
        reference=name,
        taxonomy=word,
        id=entry,
        title=title,
        url=address.replace("{id}", entry).replace("{number}", entry.rpartition("-")[2]),
    )


def _entries(taxonomy: Node) -> tuple[tuple[str, Node], ...]:
    entries = taxonomy.child("entries")
    return tuple(entries.items()) if entries else ()
