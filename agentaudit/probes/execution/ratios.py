"""Ratios of two measurements, as far as they are beyond their own noise."""

from collections.abc import Sequence
from math import exp, log, sqrt
from statistics import fmean, stdev


def beyond_noise(ratios: Sequence[float]) -> float:
    """
    The geometric mean of at least two rounds' ratios, drawn to 1 by how uncertain it is.

    A core's speed wavers by a tenth from second to second. Were each ratio taken as it was found,
    all kinds of work would seem to swell or shrink, and a simulation with many of them would be off
    by as much. The logarithm is multiplied by 1 less its squared error over its square, and is 0
    where the error is larger (W. James and C. Stein, "Estimation with quadratic loss", 1961, in its
    positive part).
    """
    logarithms = [log(ratio) for ratio in ratios]
    mean = fmean(logarithms)
    error = stdev(logarithms) / sqrt(len(logarithms))
    return exp(mean * max(1 - (error / mean) ** 2, 0.0)) if mean else 1.0
