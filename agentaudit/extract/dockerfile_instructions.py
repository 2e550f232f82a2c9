"""Instructions of Dockerfiles: those of a name, those of the last stage, what the image starts."""

from collections.abc import Iterator, Sequence

from agentaudit.expressions import regex
from agentaudit.readers.document import Document, Node

_EXEC_FORM = regex(r"[\[\]\"',]+")


def instructions(document: Document, *names: str) -> Iterator[tuple[str, Node]]:
    """Instructions with any of these names, in order."""
    for element in document.root.elements:
        for key, value in element.items():
            if key in names:
                yield key, value


def words_of(node: Node) -> tuple[str, ...]:
    """The words of a command, in the form of a list or of a line."""
    return tuple(_EXEC_FORM.sub(" ", node.text or "").split())


def last_stage(document: Document, *names: str) -> Sequence[tuple[str, Node]]:
    """Instructions of these names that are the image's own, and not of a stage before it."""
    found: list[tuple[str, Node]] = []
    for name, node in instructions(document, "FROM", *names):
        if name == "FROM":
            found.clear()
        else:
            found.append((name, node))
    return found


def started(document: Document) -> tuple[Node, tuple[str, ...]] | None:
    """What an image starts, with the words of its entry point and of its command."""
    last = dict(last_stage(document, "ENTRYPOINT", "CMD"))
    nodes = [last[name] for name in ("ENTRYPOINT", "CMD") if name in last]
    return (nodes[0], tuple(word for node in nodes for word in words_of(node))) if nodes else None
