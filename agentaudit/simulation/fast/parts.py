"""The arrays of one run on the kernel, by name; `fast.execution` makes them."""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int32]
Codes: TypeAlias = NDArray[np.int8]
Keys: TypeAlias = Ints | Floats

NEVER = 1 << 62
TICKET_BITS = 20
THREADS = (1 << TICKET_BITS) - 1
HALF_BITS = 30
BELOW_HALF = (1 << HALF_BITS) - 1
CARRY_BITS = 2 * HALF_BITS
BELOW_CARRY = (1 << CARRY_BITS) - 1

# Rows of stations, and the stages of steps; rows of timers.
CPU, GPU, WAIT = 0, 1, 2
WAITS, THINKING = 0, 1
# Columns of `Stations.now`: integers that change, and the slots. Busy time counts in units of 1 and
# of 2 ** 60 slot-nanoseconds.
LAST_NS, DUE_NS, ACTIVE, JOBS, BUSY, BUSY_CARRIED, CHANGED, SLOTS = range(8)
# Columns of `Stations.flow`. `FLAT` is the total speed past the end of the table of rates.
VIRTUAL, SPEED, FLAT = 0, 1, 2

# Places in `Line.now`: integers of the policy and of the run that change.
HEAD, HEAD_GPU, TAIL, TAIL_GPU, RUNNING, PEAK, LAUNCH_NS, TURN, ARRIVED, BEGINNING = range(10)
CAME, WORK_NS = 10, 11
"""`WORK_NS` is the first of three: what was asked for so far of CPU and GPU, and waiting."""
COUNTERS = 14


class Stations(NamedTuple):
    """Cores, and a GPU: jobs that share a capacity. A row for each, as in all that follows."""

    now: Ints
    flow: Floats
    keys: Floats
    tickets: Ints
    rates: Floats
    """Speed of one thread when so many are active."""


class Timers(NamedTuple):
    """Jobs that each have a clock of their own: those that wait, and those that users think of."""

    sizes: Ints
    keys: Ints
    jobs: Ints


class Work(NamedTuple):
    """What is asked for. Steps of request r are those from `begin[r]` up to `begin[r + 1]`."""

    arrival_ns: Ints
    arriving: Places
    """Requests that follow no other, in order of arrival."""
    heavy: Codes
    begin: Places
    kind: Places
    """Which kind of step each is: `stage` and `threads` say what that means."""
    demand_ns: Ints
    stage: Places
    threads: Places
    follower: Places
    """The first request that follows each, -1 for none; empty when nobody follows."""
    next_follower: Places
    """Another that follows the same, -1 for none."""
    think_ns: Ints
    dispatch_ns: int


class Line(NamedTuple):
    """The policy: its numbers, and who waits."""

    rule: int
    size: int
    offset_ns: int
    free: Ints
    """Free slots: of the cap or of CPU-heavy requests, of GPU-heavy ones, of the reserve."""
    waiting: Places
    waiting_gpu: Places
    held: Codes
    """Which slot each request holds, under MAS."""
    rank: Ints
    """Of each request, where the smallest starts first; empty under other rules."""
    turn: Places
    """How many waited before each, which settles equal ranks."""
    now: Ints


class Outcome(NamedTuple):
    """
    What became of each request, and what is under way.

    `at` is the next step of each; the rest lists whose step ends in an instant, and whose begins.
    """

    came_ns: Ints
    start_ns: Ints
    finish_ns: Ints
    at: Places
    ended: Places
    beginning: Places


class Parts(NamedTuple):
    """All of one run."""

    work: Work
    stations: Stations
    timers: Timers
    line: Line
    out: Outcome
