"""What a sweep asks and answers: a cell is one run, a row what came of it."""

from msgspec import Struct

from agentaudit.model.measures import Percentiles


class Cell(Struct, frozen=True, kw_only=True, order=True):
    """One run of a sweep, as it was asked for: equal cells give equal rows, wherever they run."""

    arrivals: str
    """As a user writes them; `recorded` of a recording."""
    machine: str = ""
    """As a user writes it, where several are swept; "" is the only one."""
    cores: int
    policy: str
    caps: str
    """What the user gave, as in `N_cap=8`; all others follow from the machine."""
    seed: int


class SweepRow(Struct, frozen=True, kw_only=True):
    """What one run answers; times are in nanoseconds."""

    cell: Cell
    parameters: str
    latency: Percentiles
    waiting: Percentiles
    service: Percentiles
    throughput_per_s: float
    cpu_utilisation: float | None
    """None where nobody measured the CPU time of the requests."""
    gpu_utilisation: float
    running_peak: int
    overloaded: bool


class Sweep(Struct, frozen=True, kw_only=True):
    """The artifact `sweep.json`: all cells of a sweep in their order."""

    workload_source: str
    requests: int
    machine: str
    fingerprint: str
    """Of the workload, the machine and this release: only rows of one of them belong together."""
    rows: tuple[SweepRow, ...]
    assumptions: tuple[str, ...]
    tool_version: str
