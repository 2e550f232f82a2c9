"""
The search for caps: every family of policies over its own numbers, by steps that become smaller.

A search looks at each number in turn, doubles and halves it while that helps, then takes smaller
steps. A cap that is so large that nobody meets it is halved until somebody does. It finds a good
neighbourhood and promises no optimum.
"""

from collections.abc import Callable, Mapping, Sequence
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.simulation.policies.caps import Caps
from agentaudit.simulation.policies.catalogue import SHIPPED
from agentaudit.simulation.policy import Policy

NUMBERS: Mapping[str, tuple[str, ...]] = {
    "sequential": (),
    "multi-processing": (),
    "fcfs": ("total",),
    "micro-batching": ("group",),
    "micro-batching-rolling": ("group",),
    "comb-closed": ("group", "offset_ns"),
    "comb-open": ("slots",),
    "cgam-overlap": ("group",),
    "mas": ("cpu", "gpu", "shared"),
    "maws-cgam": ("group",),
    "sjf": ("slots",),
    "las": ("quantum_ns",),
    "continuum": ("pin_ns",),
}
"""The caps that each policy is made with; one that is not here is tried as it is."""
_STEPS = (2.0, 1.4, 1.15)
_MOST_TRIES = 40
"""For each family."""
_LARGEST_CAP = 10**6

Score = Callable[[Policy], float]
"""Of a policy; the lowest is the best."""


class Searched(Struct, frozen=True, kw_only=True):
    """The best policy that was found, and how many were tried."""

    policy: Policy
    score: float
    tried: int
    behind: tuple["Searched", ...] = ()
    """The best of each other family, the best of them first."""


def best_caps(families: Sequence[str], start: Caps, score: Score) -> Searched:
    """The best of all families; of equal ones the first, and the one tried first."""
    found = [_best_of(family, start, score) for family in families]
    best, *behind = sorted(found, key=lambda one: one.score)
    return replace(best, tried=sum(one.tried for one in found), behind=tuple(behind))


def _best_of(family: str, start: Caps, score: Score) -> Searched:
    names = NUMBERS.get(family, ())
    known: dict[tuple[int, ...], float] = {}

    def scored(caps: Caps) -> float:
        numbers = tuple(getattr(caps, name) for name in names)
        if numbers not in known and len(known) < _MOST_TRIES:
            known[numbers] = score(SHIPPED[family].make(caps))
        return known.get(numbers, inf)

    caps = start
    for step in _STEPS:
        caps = _climbed(caps, names, step, scored)
    return Searched(policy=SHIPPED[family].make(caps), score=scored(caps), tried=len(known))


def _climbed(
    caps: Caps, names: Sequence[str], step: float, scored: Callable[[Caps], float]
) -> Caps:
    """Each number in turn, up and down by the step, for as long as that helps."""
    for name in names:
        for factor in (step, 1 / step):
            caps = _followed(caps, name, factor, scored)
    return caps


def _followed(caps: Caps, name: str, factor: float, scored: Callable[[Caps], float]) -> Caps:
    """The best on the way, which goes on while it helps, and downwards past caps nobody meets."""
    at, best = caps, scored(caps)
    while (tried := _changed(at, name, factor)) != at:
        found = scored(tried)
        if found < best:
            caps, best = tried, found
        elif found > best or factor > 1 / _STEPS[0] or name.endswith("_ns"):
            break
        at = tried
    return caps


def _changed(caps: Caps, name: str, factor: float) -> Caps:
    """A whole number times the factor, another one at least; none below what is allowed."""
    number = getattr(caps, name)
    least = 0 if name in ("shared", "offset_ns", "pin_ns") else 1
    changed = round(number * factor)
    if changed == number:
        changed += 1 if factor > 1 else -1
    limit = _LARGEST_CAP * 10**9 if name.endswith("_ns") else _LARGEST_CAP
    return replace(caps, **{name: min(max(changed, least), limit)})
