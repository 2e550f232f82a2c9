"""
The draws of `random.Random`, many at once, and what is made of them: to the bit the same.

The generator is the Mersenne Twister (Matsumoto and Nishimura, ACM TOMACS 8, 1998) in both, and
numpy keeps the stream of `RandomState` as it is for good. The functions are those of `exact`.
"""

from random import Random
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from agentaudit.simulation.exact import FULL_TURN, LN2, LN2_HIGH, LN2_LOW, ROOT_HALF

Floats: TypeAlias = NDArray[np.float64]


class Stream:
    """What `Random(seed)` would draw next, in arrays."""

    __slots__ = ("_state",)

    def __init__(self, seed: str) -> None:
        _, state, _ = Random(seed).getstate()  # noqa: S311, a simulation keeps no secret
        self._state = np.random.RandomState()
        words = np.array(state[:-1], dtype=np.uint32)
        self._state.set_state(("MT19937", words, state[-1], 0, 0.0))

    def uniform(self, count: int) -> Floats:
        """The next `count` of `Random.random`."""
        drawn: Floats = self._state.random_sample(count)
        return drawn


def exponential(draws: Floats) -> Floats:
    """Mean 1, from uniform draws."""
    return -logarithm(1.0 - draws)


def lognormal(lengths: Floats, turns: Floats, spread: float) -> Floats:
    """Mean 1 and a standard deviation of `spread`, from two uniform draws each."""
    variance = float(logarithm(np.array([1.0 + spread * spread]))[0])
    normal = np.sqrt(-2.0 * logarithm(1.0 - lengths)) * cosine(turns)
    return exponent(np.sqrt(variance) * normal - variance / 2)


def logarithm(values: Floats) -> Floats:
    """The natural logarithm of what is above 0."""
    part, power = np.frexp(values)
    low = part < ROOT_HALF
    part = np.where(low, 2.0 * part, part)
    power = (power - low).astype(np.float64)
    ratio = (part - 1.0) / (part + 1.0)
    square = ratio * ratio
    series = np.zeros_like(ratio)
    for odd in range(21, 1, -2):
        series = (series + 1.0 / odd) * square
    return power * LN2_HIGH + (2.0 * ratio * series + (power * LN2_LOW + 2.0 * ratio))


def exponent(values: Floats) -> Floats:
    """The exponential of what is neither huge nor tiny."""
    power = np.rint(values / LN2)
    rest = (values - power * LN2_HIGH) - power * LN2_LOW
    series = np.ones_like(rest)
    for number in range(14, 0, -1):
        series = 1.0 + series * rest / number
    return np.ldexp(series, power.astype(np.int32))


def cosine(turns: Floats) -> Floats:
    """The cosine of parts of a full turn, 0 to 1."""
    folded = 0.5 - np.abs(turns - 0.5)
    near = np.minimum(folded, 0.5 - folded)
    inner = near > 0.125  # noqa: PLR2004, an eighth of a turn
    angle = FULL_TURN * np.where(inner, 0.25 - near, near)
    square, series = angle * angle, np.ones_like(angle)
    beside = np.where(inner, 1, -1)
    for number in range(16, 0, -2):
        series = 1.0 - series * square / (number * (number + beside))
    value = np.where(inner, angle * series, series)
    return np.where(folded > 0.25, -value, value)  # noqa: PLR2004, beyond a quarter
