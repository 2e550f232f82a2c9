"""
Times of arrivals by a law: Poisson, Gamma gaps, and a rate that goes on and off.

Only `Random.random` is drawn from: its sequence is the same in every version of Python, and those
of the distributions that `Random` offers are not.
"""

from collections.abc import Iterator
from math import sqrt
from random import Random

from agentaudit.simulation.exact import cosine, exponent, logarithm

_SECOND_NS = 1_000_000_000


def poisson(rate_per_s: float, count: int, draw: Random) -> Iterator[int]:
    """Exponential gaps: a request comes at any moment as likely as at any other."""
    at_s = 0.0
    for _ in range(count):
        at_s += _exponential(draw) / rate_per_s
        yield round(at_s * _SECOND_NS)


def gamma_gaps(rate_per_s: float, variation: float, count: int, draw: Random) -> Iterator[int]:
    """
    Independent Gamma gaps with this coefficient of variation: above 1 they come in bursts.

    1 is Poisson, and near 0 requests come at even distances.
    """
    shape = variation**-2
    at_s = 0.0
    for _ in range(count):
        at_s += _gamma(shape, draw) / shape / rate_per_s
        yield round(at_s * _SECOND_NS)


def on_off(
    rates_per_s: tuple[float, float], means_ns: tuple[int, int], count: int, draw: Random
) -> Iterator[int]:
    """
    A Poisson process modulated by two phases, on and off, each of exponential length (MMPP).

    Heffes and Lucantoni, "A Markov modulated characterization of packetized voice and data
    traffic", IEEE JSAC 4, 1986. The first phase is on or off as often as any later instant is.
    """
    off = draw.random() * sum(means_ns) >= means_ns[0]
    at_s, phase_ends_s = 0.0, _exponential(draw) * means_ns[off] / _SECOND_NS
    left = count
    while left:
        rate = rates_per_s[off]
        next_s = at_s + _exponential(draw) / rate if rate else phase_ends_s
        if next_s < phase_ends_s:
            at_s = next_s
            left -= 1
            yield round(at_s * _SECOND_NS)
            continue
        # Without memory: what is left of a gap at the end of a phase is drawn anew.
        at_s, off = phase_ends_s, not off
        phase_ends_s += _exponential(draw) * means_ns[off] / _SECOND_NS


def _exponential(draw: Random) -> float:
    return -logarithm(1.0 - draw.random())


def _gamma(shape: float, draw: Random) -> float:
    """
    Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26, 2000.

    Below a shape of 1, one of a shape larger by 1 times a power of a uniform number.
    """
    if shape < 1:
        return _gamma(shape + 1, draw) * exponent(logarithm(1.0 - draw.random()) / shape)
    d = shape - 1 / 3
    c = 1 / sqrt(9 * d)
    while True:
        normal = sqrt(-2 * logarithm(1.0 - draw.random())) * cosine(draw.random())
        v = (1 + c * normal) ** 3
        if v > 0 and logarithm(1.0 - draw.random()) < normal**2 / 2 + d * (1 - v + logarithm(v)):
            return d * v
