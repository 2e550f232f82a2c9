"""Pieces: stretches of one label on one thread, while their time is being added up."""

from collections.abc import Sequence
from math import ceil

from msgspec import Struct

from agentaudit.model.trace import HOST_KINDS, StepKind
from agentaudit.profiling.evidence import Claim, Story
from agentaudit.profiling.labels import Label

BUSY_SHARE = 0.1
"""A thread that wants a core for less of a reading is not at work, but for what its stack says."""
_HARDLY = 0.1
"""A part of a thread that is none, but the grain of the readings."""
Reading = tuple[int, int, int, int]
"""Two instants of a thread, and its CPU time and run-queue wait between them."""


class Piece(Struct):
    """A stretch of one label on one thread, while its time is being added up."""

    start_ns: int
    end_ns: int
    label: Label
    kind: StepKind
    cpu_ns: int = 0
    queue_ns: int = 0
    read_ns: int = 0
    """How much of it lies in readings that hold nothing else: its CPU time there is exact."""
    children_ns: int = 0
    """CPU time off its own thread: of children, and of threads that a library keeps."""
    children_queue_ns: int = 0
    gpu_ns: int = 0
    gpu_source: str = ""
    request_id: int | None = None
    claim: Claim | None = None
    """What told of this call in particular, beside the stacks."""
    story: Story | None = None
    """The request that it is known to be of."""

    def part(self, start_ns: int, end_ns: int) -> "Piece":
        """A part of it that has no time of its own yet."""
        return Piece(
            start_ns=start_ns,
            end_ns=end_ns,
            label=self.label,
            kind=self.kind,
            claim=self.claim,
            story=self.story,
        )

    def read(self, cpu_ns: int, queue_ns: int, read_ns: int) -> None:
        """What readings counted that hold nothing but this piece, in so much of its time."""
        self.cpu_ns += cpu_ns
        self.queue_ns += queue_ns
        self.read_ns += read_ns

    @property
    def wall_ns(self) -> int:
        return self.end_ns - self.start_ns

    @property
    def abreast(self) -> int:
        """How many threads worked for it at once: as many as wanted a core, on average."""
        own_ns = min(self.cpu_ns + self.queue_ns, self.wall_ns)
        wanted_ns = own_ns + self.children_ns + self.children_queue_ns
        return max(ceil(wanted_ns / max(self.wall_ns, 1) - _HARDLY), 1)


def heavy(pieces: Sequence[Piece]) -> str:
    """
    `cpu` or `gpu`: whether the host's own work or the model takes more of a request's time.

    Work that queues for a core counts as work: on a busy host its CPU time alone would say that the
    model dominates (arXiv:2511.00739, section 4.2: "tool time dominates").
    """
    work_ns = sum(
        max(piece.wall_ns, piece.cpu_ns + piece.children_ns)
        for piece in pieces
        if piece.kind in HOST_KINDS
    )
    model_ns = sum(piece.wall_ns for piece in pieces if piece.kind is StepKind.LLM_INFERENCE)
    return "gpu" if model_ns > work_ns else "cpu"
