"""What the values of a chart leave out: blocks that their own `enabled: false` switches off."""

from collections.abc import Iterator, Sequence

from agentaudit.expressions import regex
from agentaudit.readers.document import MAPPING, Document, Node

_VALUES = regex(r"(?:^|/)(?:values[\w.-]{0,60}|[\w.-]{1,60}[.-]values)\.ya?ml$")
_SWITCH = "enabled"
_Path = tuple[str, ...]


def is_switched_off(document: Document, line: int, others: Sequence[Document]) -> bool:
    """
    Whether what stands on a line of values is in a block that is off, and that nobody switches on.

    Other values may switch it on and bring their own; where they do not, what stands here counts.
    """
    if _VALUES.search(document.file) is None:
        return False
    path, last = _way_to(document.root, line)
    return any(
        _switch(document.root, block) is False
        and not any(_takes(other.root, block, (*path, last)) for other in others)
        for block in _above(path)
    )


def values_among(documents: Sequence[Document]) -> Sequence[Document]:
    """The files of values of charts."""
    return tuple(each for each in documents if _VALUES.search(each.file) is not None)


def _way_to(root: Node, line: int) -> tuple[_Path, str]:
    """The keys of the mappings around a line, and the key on it; readers limit how many."""
    path: list[str] = []
    node, last = root, ""
    while node.kind is MAPPING:
        around = next(
            (each for each in node.items() if each[1].line <= line <= each[1].end_line), None
        )
        if around is None:
            break
        last, node = around
        path.append(last)
    return tuple(path[:-1]), last


def _above(path: _Path) -> Iterator[_Path]:
    """The blocks that a way leads through."""
    return (path[:length] for length in range(1, len(path) + 1))


def _switch(root: Node, block: _Path) -> bool | None:
    node = root.get(*block, _SWITCH)
    return node.boolean if node is not None else None


def _takes(root: Node, block: _Path, secret: _Path) -> bool:
    """Whether values switch a block on, and take what others say in it."""
    return _switch(root, block) is True and root.get(*secret) is None
