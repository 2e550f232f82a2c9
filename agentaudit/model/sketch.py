"""
Quantiles of many durations without keeping them: counts in buckets, which add up in any order.

A bucket holds durations whose first seven binary digits are the same, so a quantile is off by less
than 1 in 128 either way. Whole numbers alone decide: two machines fill the same buckets.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import ceil

from msgspec import Struct, field

RELATIVE_ERROR = 1 / 128
_DIGITS = 7
_HALF = 1 << (_DIGITS - 1)


class Sketch(Struct, frozen=True, kw_only=True):
    """Durations in nanoseconds by bucket."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(self.counts.values())

    def quantile_ns(self, share: float) -> int:
        """The middle of the bucket that the quantile lies in; 0 of nothing."""
        needed = max(ceil(share * self.size), 1)
        passed = 0
        for bucket in sorted(self.counts):
            passed += self.counts[bucket]
            if passed >= needed:
                return _middle(bucket)
        return 0


def sketch_of(durations_ns: Iterable[int]) -> Sketch:
    return Sketch(counts=Counter(bucket_of(duration_ns) for duration_ns in durations_ns))


def added(one: Sketch, other: Sketch) -> Sketch:
    """Both together; it does not matter which was first."""
    return Sketch(counts=Counter(one.counts) + Counter(other.counts))


def bucket_of(duration_ns: int) -> int:
    """Its first seven binary digits, and how many follow."""
    shift = max(duration_ns.bit_length() - _DIGITS, 0)
    return duration_ns if shift == 0 else shift * _HALF + (duration_ns >> shift)


def _middle(bucket: int) -> int:
    if bucket < 2 * _HALF:
        return bucket
    shift = bucket // _HALF - 1
    low = (bucket - shift * _HALF) << shift
    return low + ((1 << shift) - 1) // 2
