"""What the values of a chart leave out: blocks that their own `enabled: false` switches off."""

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from operator import attrgetter

from msgspec import Struct, field

from agentaudit.expressions import regex
from agentaudit.model.evidence import Evidence
from agentaudit.readers.document import MAPPING, Document, Node

_VALUES = regex(r"(?:^|/)(?:values[\w.-]{0,60}|[\w.-]{1,60}[.-]values)\.ya?ml$")
_SWITCH = "enabled"
_Path = tuple[str, ...]
_PLACE = attrgetter("line", "column")
_OF_PART = attrgetter("node.line", "node.column")


class _Part(Struct, frozen=True):
    """A mapping of values, or what is in one: the keys around it, and the blocks that are off."""

    path: _Path
    node: Node
    off: tuple[_Path, ...] = ()


class Switches(Struct, dict=True, eq=False):
    """What all values among some documents switch on and off, read when it is first asked."""

    documents: Sequence[Document]
    _taken: dict[tuple[_Path, _Path], bool] = field(default_factory=dict)

    def leave_out(self, place: Evidence) -> bool:
        """
        Whether what stands there in values is in a block that is off, and that nobody switches on.

        Other values may switch it on and bring their own; where they do not, what stands here
        counts.
        """
        if _VALUES.search(place.file) is None:
            return False
        parts = self._values.get(place.file, ())
        at = bisect(parts, _PLACE(place), key=_OF_PART) - 1
        if at < 0 or place.line > parts[at].node.end_line:
            return False
        path = parts[at].path
        return any(not self._is_taken(block, path) for block in parts[at].off)

    @cached_property
    def _values(self) -> Mapping[str, Sequence[_Part]]:
        """By file what is in its mappings, in the order of the text."""
        return {
            each.file: sorted(
                (part for part in _parts(each.root) if part.node.kind is not MAPPING), key=_OF_PART
            )
            for each in self.documents
            if _VALUES.search(each.file) is not None
        }

    @cached_property
    def _on(self) -> Mapping[_Path, Sequence[Node]]:
        """The values, by the blocks that they switch on."""
        found: dict[_Path, list[Node]] = {}
        for each in self.documents:
            for part in self._values.get(each.file, ()):
                if part.path[-1:] == (_SWITCH,) and part.node.boolean is True:
                    found.setdefault(part.path[:-1], []).append(each.root)
        return found

    def _is_taken(self, block: _Path, path: _Path) -> bool:
        """Whether values switch a block on, and take what others say in it."""
        if (block, path) not in self._taken:
            own = (root.get(*path) is not None for root in self._on.get(block, ()))
            self._taken[block, path] = not all(own)
        return self._taken[block, path]


def _parts(root: Node) -> Iterator[_Part]:
    """What is in the mappings of values, each once; readers limit how many."""
    waiting, seen = [_Part((), root)], {id(root)}
    while waiting:
        part = waiting.pop()
        yield part
        if part.node.kind is not MAPPING:
            continue
        switch, off = part.node.child(_SWITCH), part.off
        if part.path and switch is not None and switch.boolean is False:
            off = (*off, part.path)
        for key, node in part.node.items():
            if id(node) not in seen:  # two names may stand for one
                seen.add(id(node))
                waiting.append(_Part((*part.path, key), node, off))
