"""The top-level blocks of a module, looked up by kind, by type, and by labels."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from msgspec import Struct

from agentaudit.extract.terraform.names import ALIASES
from agentaudit.readers.document import Document
from agentaudit.readers.hcl.syntax import Attribute, Block, Body


class Member(Struct, frozen=True):
    """A block and the file it stands in."""

    document: Document
    block: Block

    @property
    def type(self) -> str:
        """The type of a resource, one name for what two providers call differently."""
        return ALIASES.get(self.block.labels[0], self.block.labels[0])


class Blocks:
    """The blocks of one kind, in order of files."""

    def __init__(self, kind: str, bodies: Iterable[tuple[Document, Body]]) -> None:
        self.all = tuple(
            Member(document, block) for document, body in bodies for block in body.of(kind)
        )

    def labelled(self, *labels: str) -> Sequence[Member]:
        """Those with exactly these labels."""
        return self._by_labels.get(labels, ())

    def of_types(self, types: Iterable[str]) -> Sequence[Member]:
        """Resources of some types, in order of files."""
        found = [pair for type_ in set(types) for pair in self._by_type.get(type_, ())]
        return [member for _, member in sorted(found, key=lambda pair: pair[0])]

    @property
    def types(self) -> Iterable[str]:
        """Of the resources, each once."""
        return self._by_type.keys()

    def attribute(self, name: str) -> tuple[Document, Attribute] | None:
        """The first attribute of a name in any of the blocks."""
        return self._attributes.get(name)

    @cached_property
    def _by_labels(self) -> dict[tuple[str, ...], list[Member]]:
        found: dict[tuple[str, ...], list[Member]] = {}
        for member in self.all:
            found.setdefault(member.block.labels, []).append(member)
        return found

    @cached_property
    def _by_type(self) -> dict[str, list[tuple[int, Member]]]:
        found: dict[str, list[tuple[int, Member]]] = {}
        for number, member in enumerate(self.all):
            if len(member.block.labels) == 2:  # noqa: PLR2004 - a type and a name
                found.setdefault(member.type, []).append((number, member))
        return found

    @cached_property
    def _attributes(self) -> dict[str, tuple[Document, Attribute]]:
        found: dict[str, tuple[Document, Attribute]] = {}
        for member in self.all:
            for attribute in member.block.body.attributes:
                found.setdefault(attribute.name, (member.document, attribute))
        return found
