"""What can be asked of a simulation: what if, what to use, and how much is enough."""

from enum import StrEnum

from msgspec import Struct

from agentaudit.model.measures import Difference, Interval, Percentiles


class Arm(Struct, frozen=True, kw_only=True):
    """One policy on one workload and machine."""

    policy: str
    parameters: str
    latency: Percentiles
    overloaded: bool
    difference: Difference | None
    """Of P90; None of the arm that the others are compared with."""


class WhatIf(Struct, frozen=True, kw_only=True):
    """A change under the baseline and the best policy, compared with the baseline as it is."""

    change: str
    """As it was asked: `cpu=+16`; empty for nothing changed."""
    arms: tuple[Arm, ...]


class Holds(StrEnum):
    """What becomes of a recommendation when an assumption turns out wrong."""

    HOLDS = "holds"
    NO_DIFFERENCE = "no difference"
    REVERSED = "reversed"
    SATURATED = "saturated"


class Sensitivity(Struct, frozen=True, kw_only=True):
    """The recommendation where an assumption is wrong."""

    assumption: str
    before: float
    after: float
    """In the unit of the recommendation."""
    difference: Difference
    holds: Holds


class Recommendation(Struct, frozen=True, kw_only=True):
    """
    The policy and the caps to use, chosen on some replications and judged on others.

    Numbers are those of replications that the search has not seen.
    """

    objective: str
    """`p90`, … of all requests, in nanoseconds; or `goodput`, in requests per second."""
    baseline: str
    baseline_parameters: str
    policy: str
    parameters: str
    """Equal to the baseline's where nothing should be changed."""
    best_found: str
    best_found_parameters: str
    """What the search came to; the policy above where it is worth a change."""
    change: bool
    """Whether to change anything."""
    before: float
    after: float
    """Of the baseline, and of the best that was found."""
    difference: Difference
    tried: int
    """How many policies and caps were tried."""
    searched_on: int
    judged_on: int
    """Replications."""
    sensitivity: tuple[Sensitivity, ...]
    sentences: tuple[str, ...]
    """The answer, what decides it, and what hurts."""


class Question(StrEnum):
    """What can be searched for."""

    MAX_RATE = "max-rate"
    CORES = "cores"
    GPUS = "gpus"
    USERS = "users"


class FoundWrong(Struct, frozen=True, kw_only=True):
    """What the answer to a search would be where an assumption is wrong."""

    assumption: str
    value: float | None


class Found(Struct, frozen=True, kw_only=True):
    """The answer to one search under one policy."""

    question: Question
    policy: str
    parameters: str
    value: float | None
    """
    Requests per second, or a number of cores, GPUs or users; None where none meets the objectives.
    """
    interval: Interval | None
    """Of a rate, over replications."""
    sentence: str
    wrong: tuple[FoundWrong, ...] = ()
    """The same searched with assumptions made wrong, one at a time."""
