"""How the recorded processes came by the cores of their host."""

from msgspec import Struct


class Contention(Struct, frozen=True, kw_only=True):
    """How threads of the whole tree came by the cores over a stretch, from kernel counters."""

    start_ns: int
    end_ns: int
    cpu_ns: int
    queue_ns: int
    """Ready, and without a core."""
    share: float
    """Of a core, what a thread got that wanted one for long; 1 where none had to wait."""
    others: float
    """
    Threads of other programs beside them: so many explain the waits, were cores shared evenly. With
    a higher priority one of them counts as several.
    """
