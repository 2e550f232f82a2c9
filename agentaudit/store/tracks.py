"""Tracks of a viewer, on each of which nothing overlaps."""

from collections.abc import Hashable

from msgspec import Struct, field


class Track(Struct, frozen=True, kw_only=True):
    """`number` counts all tracks from 1, `place` those of one owner from 0."""

    number: int
    place: int
    new: bool


class Tracks(Struct):
    """Gives each stretch a track of its owner that is free by then; they come by their starts."""

    _free_at: dict[Hashable, list[tuple[int, int]]] = field(default_factory=dict)
    """Of each owner's tracks: when it is free, and its number."""
    _count: int = 0

    def of(self, owner: Hashable, start_ns: int, end_ns: int) -> Track:
        tracks = self._free_at.setdefault(owner, [])
        for place, (free_ns, number) in enumerate(tracks):
            if free_ns <= start_ns:
                tracks[place] = (max(end_ns, start_ns), number)
                return Track(number=number, place=place, new=False)
        self._count += 1
        tracks.append((max(end_ns, start_ns), self._count))
        return Track(number=self._count, place=len(tracks) - 1, new=True)
