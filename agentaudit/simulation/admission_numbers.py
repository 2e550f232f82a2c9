"""A policy as numbers: what the compiled kernel needs to admit requests as the policy would."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Protocol, runtime_checkable

from msgspec import Struct

from agentaudit.model.workload import Heavy


class Rule(IntEnum):
    """The ways of admitting that the kernel knows. The numbers are part of the compiled code."""

    CAPPED = 0
    """In order of arrival, while fewer than `size` run."""
    BARRIER = 1
    """Groups of up to `size`; the next starts when the last of a group has ended."""
    OFFSET = 2
    """A group of up to `size` starts every `offset_ns`."""
    CLASSES = 3
    """Algorithm 1 of MAS: `size` slots for CPU-heavy requests, `gpu_size`, and `shared` ones."""
    SHORTEST = 4
    """While fewer than `size` run, the request that is expected to need least."""
    OVERLAP = 5
    """Groups of up to `size`; the next starts when no CPU step of the last is left."""
    APART = 6
    """GPU-heavy requests as they come, CPU-heavy ones in order, while fewer than `size` run."""
    WINDOW = 7
    """In order of arrival, within a window that grows and shrinks as `window` says."""
    ASKED = 8
    """As a policy in Python says, which is asked at every instant."""


class WindowNumbers(Struct, frozen=True, kw_only=True):
    """A window of running requests, and the tool threads between which it changes."""

    start: int
    least: int
    shrink: float
    interval_ns: int
    """How long after one look at the threads the next comes."""
    few: int
    """With at most so many threads a full window grows by one."""
    many: int
    """With more it shrinks to `shrink` of itself."""


class AdmissionNumbers(Struct, frozen=True, kw_only=True):
    """One policy; numbers that its rule does not name are 0."""

    rule: Rule
    size: int
    gpu_size: int = 0
    shared: int = 0
    offset_ns: int = 0
    expected_ns: Mapping[str, int] | None = None
    """What each type is expected to need, NEVER where nothing is; None for what each will need."""
    window: WindowNumbers | None = None
    threaded: frozenset[Heavy] = frozenset()
    """The classes that run as threads of one interpreter, which starts no process for them."""


@runtime_checkable
class Numbered(Protocol):
    """
    A policy that also gives its numbers.

    Whoever changes `admission` in a class made of such a policy must change `numbers` with it, or
    let it give None: then the readable engine asks `admission`.
    """

    def numbers(self) -> AdmissionNumbers | None:
        """What makes the kernel admit exactly as `admission` does; None where nothing would."""
