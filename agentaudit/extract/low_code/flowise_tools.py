"""
Tools that somebody wrote in Flowise: a schema, and code that is called with what the model says.

Read in Flowise 3, summer 2026 (`nodes/tools/CustomTool`): an export of one tool is its record, an
export of everything has the records of all, and a node names its record by the id. The code is
JavaScript, which is not read: what such a tool does is open.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from agentaudit.extract.documents import Documents
from agentaudit.extract.embedded import embedded
from agentaudit.extract.schemas import Taken, taken_of
from agentaudit.readers.document import Document, Node

CUSTOM = "customTool"


class CustomTool(Struct, frozen=True, kw_only=True):
    """The record of one tool."""

    name: str
    document: Document
    node: Node
    taken: Taken | None
    """What it takes; None where its schema cannot be read."""

    @property
    def key(self) -> str:
        """What makes it itself."""
        return f"{self.document.file}#Tool.{self.name}"


def custom_tools(documents: Documents) -> Mapping[str, CustomTool]:
    """Every record among the files, by its id, or by its name where an export leaves that out."""
    found: dict[str, CustomTool] = {}
    for document in documents.of("json"):
        for record in _records(document.root):
            name = record.text_at("name")
            tool = CustomTool(
                name=name,
                document=document,
                node=record.child("name") or record,
                taken=_taken(record, document, documents),
            )
            found.setdefault(record.text_at("id") or name, tool)
    return found


def _records(root: Node) -> Iterator[Node]:
    listed = root.child("Tool")
    for record in (root, *(listed.elements if listed is not None else ())):
        if all(record.child(key) is not None for key in ("name", "schema", "func")):
            yield record


def _taken(record: Node, document: Document, documents: Documents) -> Taken | None:
    """Properties as a text of JSON: each with its name and its type."""
    schema = record.get("schema")
    listed = embedded(schema, document, documents) if schema is not None else None
    if listed is None:
        return None
    return taken_of(
        (each.text_at("property"), each.child("type") or each.changed(entries=()))
        for each in listed.elements
        if each.child("property") is not None
    )
