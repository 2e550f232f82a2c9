"""The arrays of one run on the kernel, by name; `fast.execution` makes them."""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.uint32]
"""Without a sign: of others compiled code asks, each time, whether they count from the end."""
Codes: TypeAlias = NDArray[np.uint8]
Links: TypeAlias = NDArray[np.int32]
"""Places where there are any, and -1."""
Keys: TypeAlias = Ints | Floats

NEVER = 1 << 62
ONE = np.uint32(1)
"""To go on from a place without giving it a sign."""
TICKET_BITS = 20
THREADS = (1 << TICKET_BITS) - 1

# The stages of steps; rows of timers.
CPU, GPU, INTERPRETER, WAIT = 0, 1, 2, 3
WAITS, THINKING = 0, 1

# Places in `Line.now`: integers of the policy and of the run that change.
HEAD, HEAD_GPU, TAIL, TAIL_GPU, RUNNING, PEAK, LAUNCH_NS, TURN, ARRIVED, BEGINNING = range(10)
CAME, TOOLS, LOOK_NS, IDLE, WORK_NS = range(10, 15)
"""
`TOOLS` counts CPU steps that the last group has left, or threads of tools; `IDLE` instants in a row
in which nothing happened; `WORK_NS` is the first of four: what was asked for so far of each stage.
"""
COUNTERS = 18
# Places in `Asking.now`. Told: the last instant, how many arrived in it, how many have finished.
# Answered: how many start in it, and when to ask even if nothing happens. And how many wait.
INSTANT, ARRIVALS, FINISHED, STARTING, WAKE, WAITING = range(6)
# Places in `Line.window`, which is as wide as so many requests, and in `Line.bounds`.
WIDTH, LEAST, SHRINK = 0, 1, 2
INTERVAL_NS, FEW, MANY = 0, 1, 2


class Station(NamedTuple):
    """
    What changes of one station.

    Numbers and no array, so that compiled code keeps them in registers: a store into any array
    would make it read all of them again.
    """

    last_ns: int
    """When it was looked at last."""
    due_ns: int
    threads: int
    guests: int
    jobs: int
    virtual: float
    speed: float
    """Of a thread; 0 without a job."""
    pace: float


class Served(NamedTuple):
    """Of all stations; None where there is none."""

    cpu: Station | None
    gpu: Station | None
    interpreter: Station | None


class Shared(NamedTuple):
    """The arrays of one station: jobs that share a capacity."""

    counts: Ints
    """The integers of `Station`, while none of our code runs."""
    flows: Floats
    """The others."""
    keys: Floats
    tickets: Ints
    rates: Floats
    """Speed of one thread when so many are active, and of all together when more are."""
    active_ns: Ints
    """For how long so many threads were active; more than the last counts as the last."""


class Stations(NamedTuple):
    """Cores and a GPU, which any run has, and an interpreter; None where there is none."""

    cpu: Shared
    gpu: Shared
    interpreter: Shared | None


class Timers(NamedTuple):
    """Jobs that each have a clock of their own: those that wait, and those that users think of."""

    sizes: Ints
    keys: Ints
    jobs: Ints


class Work(NamedTuple):
    """What is asked for. Steps of request r are those from `begin[r]` up to `end[r]`."""

    arrival_ns: Ints
    arriving: Places | None
    """Requests that follow no other, in order of arrival; None where that is all, as they are."""
    heavy: Codes
    begin: Places
    end: Places
    """`begin` of the request after each."""
    kind: Places
    """Of each step."""
    demand_ns: Ints
    needs: Ints
    """Of each kind of step: its stage, and in the lowest bits its threads."""
    follower: Links
    """The first request that follows each, -1 for none; empty when nobody follows."""
    next_follower: Links
    """Another that follows the same, -1 for none."""
    think_ns: Ints
    dispatch_ns: Ints
    """CPU work to start the process of a request of each class; 0 for threads."""


class Line(NamedTuple):
    """The policy: its numbers, and who waits."""

    rule: int
    size: int
    offset_ns: int
    free: Ints
    """Free slots: of the cap or of CPU-heavy requests, of GPU-heavy ones, of the reserve."""
    window: Floats
    bounds: Ints
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


class Asking(NamedTuple):
    """
    What a policy in Python is told, and what it answers.

    Those who arrive stand in `Line.waiting`.
    """

    now: Ints
    finished: Places
    """Who has finished since it was told last, or has ended a step, in the order of ids."""
    starting: Places
    every: bool
    """Whether it is told of every step, and so at every instant."""
    memory: Ints
    """Where compiled code that is given an address finds all arrays of the run."""


class Parts(NamedTuple):
    """
    All of one run.

    What no request needs (an interpreter, timers, an order) is None: then nothing of it is
    compiled. Either all of these are there or none, which makes two kinds of machine code.
    """

    work: Work
    stations: Stations
    timers: Timers | None
    line: Line
    asking: Asking
    out: Outcome


def no_parts() -> Parts:
    """The arrays of no run, which have the types of any that needs all there is."""
    ints, floats = np.empty(0, dtype=np.int64), np.empty(0)
    places, codes = np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.uint8)
    links, rows = np.empty(0, dtype=np.int32), np.empty((0, 0), dtype=np.int64)
    shared = Shared(
        counts=ints, flows=floats, keys=floats, tickets=ints, rates=floats, active_ns=ints
    )
    return Parts(
        work=Work(
            arrival_ns=ints,
            arriving=places,
            heavy=codes,
            begin=places,
            end=places,
            kind=places,
            demand_ns=ints,
            needs=ints,
            follower=links,
            next_follower=links,
            think_ns=ints,
            dispatch_ns=ints,
        ),
        stations=Stations(cpu=shared, gpu=shared, interpreter=shared),
        timers=Timers(sizes=ints, keys=rows, jobs=rows),
        line=Line(
            rule=0,
            size=0,
            offset_ns=0,
            free=ints,
            window=floats,
            bounds=ints,
            waiting=places,
            waiting_gpu=places,
            held=codes,
            rank=ints,
            turn=places,
            now=ints,
        ),
        asking=Asking(
            now=ints,
            finished=places,
            starting=places,
            every=False,
            memory=ints,
        ),
        out=Outcome(
            came_ns=ints,
            start_ns=ints,
            finish_ns=ints,
            at=places,
            ended=places,
            beginning=places,
        ),
    )
