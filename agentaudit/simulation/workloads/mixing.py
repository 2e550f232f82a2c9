"""
Which class of request comes next, in phases: arXiv:2511.00739v3, section 4.2.

The paper lets the mix of CPU-heavy and GPU-heavy requests go through two phases, on and off, which
change every 32 requests. It tells how likely a request is GPU-heavy on the whole (p_LLM), and not
within each phase. Here the two phases lie as far above and below the whole as they can within half
of the way to the nearer of 0 and 1: of p_LLM 0.25, it is 0.375 and 0.125.
"""

from collections.abc import Collection, Iterator, Sequence
from random import Random

from msgspec import Struct

from agentaudit.errors import UsageError
from agentaudit.model.workload import Heavy, WorkRequest
from agentaudit.simulation.workloads.resampling import pick

PHASE = 32
_SWING = 0.5


class Mix(Struct, frozen=True, kw_only=True):
    """How likely a request is GPU-heavy, and after how many requests the phase changes."""

    gpu_heavy: float
    phase: int = PHASE

    def __str__(self) -> str:
        return f"{self.gpu_heavy:.0%} GPU-heavy, phases of {self.phase}"

    @property
    def likely(self) -> tuple[float, float]:
        """How likely a request is GPU-heavy in each of the two phases."""
        swing = _SWING * min(self.gpu_heavy, 1 - self.gpu_heavy)
        return self.gpu_heavy + swing, self.gpu_heavy - swing


def mixed(
    requests: Sequence[WorkRequest], mix: Mix, count: int, draw: Random
) -> Iterator[WorkRequest]:
    """So many requests, each drawn whole from those of its class. UsageError for a missing one."""
    classes = {heavy: [one for one in requests if one.heavy is heavy] for heavy in Heavy}
    check_mix([heavy for heavy, members in classes.items() if members], mix)
    for place in range(count):
        likely = mix.likely[place // mix.phase % 2]
        yield pick(classes[Heavy.GPU if draw.random() < likely else Heavy.CPU], draw)


def check_mix(there: Collection[Heavy], mix: Mix) -> None:
    """UsageError where the mix asks for a class that no request is of."""
    for heavy, wanted in ((Heavy.GPU, mix.gpu_heavy), (Heavy.CPU, 1 - mix.gpu_heavy)):
        if wanted and heavy not in there:
            raise UsageError(
                f"--arrivals …,mix: none of the requests is {heavy.value.upper()}-heavy, so no mix"
                " with them can be drawn"
            )


def mix_sentence(mix: Mix) -> str:
    """What is assumed of the phases."""
    more, fewer = mix.likely
    return (
        f"Requests are GPU-heavy with a probability of {mix.gpu_heavy:.0%}, in phases of"
        f" {mix.phase} requests with {more:.1%} and {fewer:.1%} in turn: the paper says that phases"
        " change so, and not how far apart they are."
    )
