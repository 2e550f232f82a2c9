"""Instructions of Dockerfiles: those of a name, those of the last stage, what the image starts."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.documents import Documents
from agentaudit.readers.document import Document, Node

LAST = ""
"""Under which the last stage is kept."""
_NAMED = 2
"""`FROM image AS name`: where the name stands."""
_EXEC_FORM = regex(r"[\[\]\"',]+")
_Layer = tuple["_Layer | None", tuple[str, Node]]
"""What an instruction adds to, and that instruction: many stages may be of one."""


def instructions(document: Document, *names: str) -> Iterator[tuple[str, Node]]:
    """Instructions with any of these names, in order."""
    for element in document.root.elements:
        for key, value in element.items():
            if key in names:
                yield key, value


def later(document: Document, *names: str) -> Iterator[tuple[str, Node]]:
    """Those that wait for an image that begins with this one (`ONBUILD COPY . .`)."""
    for _, node in instructions(document, "ONBUILD"):
        yield from ((key, value) for key, value in node.items() if key in names)


def every(document: Document, *names: str) -> Iterator[tuple[str, Node]]:
    """Those of the image and of its stages, and then those that wait."""
    yield from instructions(document, *names)
    yield from later(document, *names)


def words_of(node: Node) -> tuple[str, ...]:
    """The words of a command, in the form of a list or of a line."""
    return exec_words(node.text or "")


def exec_words(text: str) -> tuple[str, ...]:
    """The same of a text."""
    return tuple(_EXEC_FORM.sub(" ", text).split())


class Base(Struct, frozen=True):
    """What a stage of an image is made of, and who runs what is in it."""

    place: Node
    image: str
    stage: bool
    """Whether it is a stage before it, and no image from elsewhere."""
    user: Node | None
    """The last `USER` of the stage, or of those that it is of."""


def every_stage(documents: Documents) -> Mapping[str, Mapping[str, Base]]:
    """By Dockerfile the stages of each: many services may be built from one."""
    return {document.file: stages_of(document) for document in documents.of("dockerfile")}


def stages_of(document: Document) -> Mapping[str, Base]:
    """
    The bases of an image by its stages: `FROM [--platform=…] image [AS stage]`.

    The last stands under no name as well; there is none where there is no `FROM`. Large letters
    and small ones are the same in their names, which stand in small ones here.
    """
    found: dict[str, Base] = {}
    names = [LAST]
    for instruction, node in instructions(document, "FROM", "USER"):
        words = _words_of_base(node)
        if instruction == "FROM" and words:
            before = found.get(words[0].lower())
            user = before.user if before is not None else None
            image = words[0] if before is None else words[0].lower()
            base = Base(node, image, stage=before is not None, user=user)
            names = [LAST, *_names_of(words)]
        elif instruction == "USER" and LAST in found:
            base = replace(found[LAST], user=node)
        else:
            continue
        found.update(dict.fromkeys(names, base))
    return found


def last_stage(document: Document, *names: str) -> Sequence[tuple[str, Node]]:
    """Instructions of these names that are the image's own, and not of a stage before it."""
    found: list[tuple[str, Node]] = []
    for name, node in instructions(document, "FROM", *names):
        if name == "FROM":
            found.clear()
        else:
            found.append((name, node))
    return found


def layers(document: Document, *names: str) -> Sequence[tuple[str, Node]]:
    """Instructions of these names that make the image: of its stage, and of those that it is of."""
    last: _Layer | None = None
    found: dict[str, _Layer | None] = {}
    called: list[str] = []
    for name, node in instructions(document, "FROM", *names):
        if name == "FROM":
            words = _words_of_base(node)
            last = found.get(words[0].lower()) if words else None
            called = _names_of(words)
        else:
            last = (last, (name, node))
        found.update(dict.fromkeys(called, last))
    made: list[tuple[str, Node]] = []
    while last is not None:
        last, own = last
        made.append(own)
    return made[::-1]


def _words_of_base(node: Node) -> list[str]:
    """Those of `FROM`, without its switches."""
    return [word for word in (node.text or "").split() if not word.startswith("--")]


def _names_of(words: Sequence[str]) -> list[str]:
    return [word.lower() for word in words[_NAMED : _NAMED + 1]]


def started(document: Document) -> tuple[Node, tuple[str, ...]] | None:
    """What an image starts, with the words of its entry point and of its command."""
    nodes = [node for node in _begun(document) if node is not None]
    return (nodes[0], tuple(word for node in nodes for word in words_of(node))) if nodes else None


def started_by(document: Document) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of an image's entry point, and those of its command."""
    entry, command = (words_of(node) if node is not None else () for node in _begun(document))
    return entry, command


def _begun(document: Document) -> tuple[Node | None, Node | None]:
    """The entry point of an image, and its command, which a new entry point takes from a base."""
    made = dict(layers(document, "ENTRYPOINT", "CMD"))
    own = dict(last_stage(document, "ENTRYPOINT", "CMD"))
    command = own if "ENTRYPOINT" in own else made
    return made.get("ENTRYPOINT"), command.get("CMD")
