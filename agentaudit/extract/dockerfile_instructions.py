"""Instructions of Dockerfiles: those of a name, those of the last stage, what the image starts."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.readers.document import Document, Node

_NAMED = 2
"""`FROM image AS name`: where the name stands."""
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


class Base(Struct, frozen=True):
    """What the last stage of an image is made of."""

    place: Node
    image: str
    stage: bool
    """Whether it is a stage before it, and no image from elsewhere."""


def base_of(document: Document, stage: str = "") -> Base | None:
    """
    The base of an image: `FROM [--platform=…] image [AS stage]`; None where there is none.

    Of the stage that is asked for, and of the last where that is none of the file's.
    """
    found: Base | None = None
    stages: dict[str, Base] = {}
    for _, node in instructions(document, "FROM"):
        words = _words_of_base(node)
        if words:
            found = Base(node, words[0], words[0] in stages)
            stages.update((name, found) for name in words[_NAMED : _NAMED + 1])
    return stages.get(stage, found)


def last_stage(document: Document, *names: str) -> Sequence[tuple[str, Node]]:
    """Instructions of these names that are the image's own, and not of a stage before it."""
    found: list[tuple[str, Node]] = []
    for name, node in instructions(document, "FROM", *names):
        if name == "FROM":
            found.clear()
        else:
            found.append((name, node))
    return found


def layers(document: Document, *names: str, stage: str = "") -> Sequence[tuple[str, Node]]:
    """Instructions of these names that make the image: of its stage, and of those that it is of."""
    stages: list[tuple[int | None, list[tuple[str, Node]]]] = [(None, [])]
    named: dict[str, int] = {}
    for name, node in instructions(document, "FROM", *names):
        if name != "FROM":
            stages[-1][1].append((name, node))
            continue
        words = _words_of_base(node)
        before = named.get(words[0]) if words else None
        named.update((each, len(stages)) for each in words[_NAMED : _NAMED + 1])
        stages.append((before, []))
    at: int | None = named.get(stage, len(stages) - 1)
    parts: list[list[tuple[str, Node]]] = []
    while at is not None:
        at, own = stages[at]
        parts.append(own)
    return [each for own in reversed(parts) for each in own]


def _words_of_base(node: Node) -> list[str]:
    """Those of `FROM`, without its switches."""
    return [word for word in (node.text or "").split() if not word.startswith("--")]


def started(document: Document) -> tuple[Node, tuple[str, ...]] | None:
    """What an image starts, with the words of its entry point and of its command."""
    last = dict(last_stage(document, "ENTRYPOINT", "CMD"))
    nodes = [last[name] for name in ("ENTRYPOINT", "CMD") if name in last]
    return (nodes[0], tuple(word for node in nodes for word in words_of(node))) if nodes else None
