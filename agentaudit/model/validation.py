"""The Validation: what the simulator predicted of runs on real processes, and what was measured."""

from msgspec import Struct

from agentaudit.model.workload import Machine


class Outcome(Struct, frozen=True, kw_only=True):
    """What one run comes to, measured or predicted: latencies, arrival to finish."""

    p50_ns: int
    p90_ns: int
    mean_ns: int
    makespan_ns: int


class ValidatedRun(Struct, frozen=True, kw_only=True):
    """One run on real processes beside two simulations of it."""

    policy: str
    parameters: str
    repeat: int
    measured: Outcome
    foreknown: Outcome
    """Simulated with the CPU time that the same steps took before, one after the other."""
    own: Outcome
    """Simulated with the CPU time that they took in this run: scheduling alone is judged."""
    foreign_cores: float
    """Used by other programs during the run; so many cores were not there."""
    stolen_cores: float
    speed: float
    """Of the machine during the run, over its speed when demands were recorded."""


class Errors(Struct, frozen=True, kw_only=True):
    """Mean absolute errors of one kind of prediction, relative to what was measured."""

    p50: float
    p90: float
    mean: float
    makespan: float


class Accuracy(Struct, frozen=True, kw_only=True):
    """How one kind of prediction did, over some runs."""

    runs: int
    errors: Errors
    bias: float
    """Mean error of P50 with its sign: above 0 where predictions are too long."""


class Comparisons(Struct, frozen=True, kw_only=True):
    """How well a kind of prediction tells policies apart: each two, by their mean over repeats."""

    pairs: int
    ratio_error: float
    """Mean absolute error of the speed-up ratio, that of mean latencies."""
    clear_pairs: int
    """Pairs whose measured mean latencies differ by more than a tenth."""
    clear_right: int
    """Of these, how many had the better one named."""
    right: int
    """Of all pairs."""


class PolicyAccuracy(Struct, frozen=True, kw_only=True):
    """Both kinds of prediction of one policy, or of all (`policy` is `all`)."""

    policy: str
    foreknown: Accuracy
    own: Accuracy


class Validation(Struct, frozen=True, kw_only=True):
    """The artifact `validation.json`."""

    workload_source: str
    arrivals: str
    requests: int
    seed: int
    machine: Machine
    """As it was measured here; its server is played by a process that sleeps."""
    runs: tuple[ValidatedRun, ...]
    accuracy: tuple[PolicyAccuracy, ...]
    """`all` first, then policies in the order in which they ran."""
    foreknown_comparisons: Comparisons
    own_comparisons: Comparisons
    warnings: tuple[str, ...]
    assumptions: tuple[str, ...]
    tool_version: str
