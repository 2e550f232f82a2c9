"""Which resources a grant may reach, of thousands, without a look at each."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from msgspec import Struct

from agentaudit.extract.iam.globs import Glob, literal_head, meets, open_glob
from agentaudit.model.facts.permissions import Grant, Resource

_DECLARED = re.compile(r"\$\{(aws_\w+\.[^{}]+)\}")
_LONG = 40
"""Characters; a longer pattern takes as much longer."""
_LAST = "\U0010ffff"


class _Place(Struct, frozen=True):
    """A resource, with what its ARN names and what is in it."""

    resource: Resource
    whole: Glob
    within: Glob


class Reachable:
    """
    Resources by what their ARNs begin with.

    A grant's pattern meets an ARN only where, up to the first sign that may stand for anything,
    one of them begins like the other: of thousands of resources, few are left to compare.
    """

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._all = resources
        self._known: dict[str, Sequence[Resource]] = {}
        self._by_head: dict[str, list[_Place]] = {}
        for resource in resources:
            arn = resource.pattern
            place = _Place(resource, pattern_of(arn), pattern_of(f"{arn}/*"))
            self._by_head.setdefault(literal_head(_fixed(arn)), []).append(place)
        self._heads = sorted(self._by_head)
        self._lengths = sorted({len(head) for head in self._heads})
        self._before = list(accumulate(map(self._size, self._heads), initial=0))

    def of(self, grant: Grant) -> Sequence[Resource]:
        """The resources that one of a grant's may be, or that are around it; each once."""
        if grant.not_resources:
            excluded = [pattern_of(each) for each in grant.not_resources]
            return [
                item
                for item in self._all
                if not any(meets(each, pattern_of(item.pattern)) for each in excluded)
            ]
        found = (item for pattern in grant.resources for item in self._reached(pattern))
        return list(dict.fromkeys(found))

    def _reached(self, pattern: str) -> Sequence[Resource]:
        """What one pattern reaches; many grants have the same."""
        if pattern not in self._known:
            asked, (first, last, around) = pattern_of(pattern), self._near(pattern)
            near = (*self._heads[first:last], *around)
            found = (place for head in near for place in self._by_head[head])
            if asked.literal:  # most are told apart by this look
                found = (place for place in found if place.whole.fixed in asked.text)
            self._known[pattern] = [
                place.resource
                for place in found
                if meets(asked, place.whole) or meets(asked, place.within)
            ]
        return self._known[pattern]

    def effort(self, grant: Grant) -> int:
        """How many resources a grant is held against, each more often if its patterns are long."""
        if grant.not_resources:
            return len(self._all) * length(grant.not_resources)
        return sum(
            len(self._known[pattern])
            if pattern in self._known
            else self._count(pattern) * length((pattern,))
            for pattern in grant.resources
        )

    def _count(self, pattern: str) -> int:
        first, last, around = self._near(pattern)
        return self._before[last] - self._before[first] + sum(map(self._size, around))

    def _size(self, head: str) -> int:
        return len(self._by_head[head])

    def _near(self, pattern: str) -> tuple[int, int, Sequence[str]]:
        """From which to which head they begin as the pattern does, and those it begins with."""
        head = literal_head(_fixed(pattern))
        first, last = bisect_left(self._heads, head), bisect_left(self._heads, f"{head}{_LAST}")
        lengths = (length for length in self._lengths if length < len(head))
        around = dict.fromkeys(head[:length] for length in lengths)
        return first, last, [each for each in around if each in self._by_head]


def length(patterns: Sequence[str]) -> int:
    """How much it takes to hold something against these: long ones count more than once."""
    return sum(1 + len(pattern) // _LONG for pattern in patterns)


def decides(grant: Grant, resource: Resource) -> bool:
    """Whether the edges from this grant say everything of what it may do with the resource."""
    return decided_by_actions(grant) and has_arn(resource)


def decided_by_actions(grant: Grant) -> bool:
    """Whether edges say everything of what a grant may do with what has an ARN."""
    return grant.source == "aws_iam" and bool(grant.expanded_count)


def has_arn(resource: Resource) -> bool:
    return resource.pattern.startswith("arn:")


def pattern_of(arn: str) -> Glob:
    """What an ARN may stand for."""
    return open_glob(_fixed(arn))


def _fixed(arn: str) -> str:
    """
    An ARN in which something declared, whose name nobody knows, counts as itself.

    It is then reached by what refers to it, and by patterns for all of its kind.
    """
    return _DECLARED.sub(r"<\1>", arn) if "${" in arn else arn
