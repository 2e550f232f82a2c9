"""
Draws that are the same bytes on every machine, thread and version of Python and numpy.

The numbers come from SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) over a counter: draw i of a
stream is a function of its key and of i alone, so that any part of a stream can be made without
what is before it. Logarithms and the like differ in their last bit between libraries and
processors; here they are made of operations that IEEE 754 fixes to the bit. Small workloads, which
are lists of objects, keep drawing from `random.Random`: their numbers are not these.
"""

from hashlib import sha256
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""Of fdlibm: the first has 32 bits, so that its products with small integers are exact."""
_LN2 = 0.6931471805599453
_ROOT_HALF = 0.7071067811865476


def stream(seed: int, name: str) -> int:
    """The key of a stream of draws; streams of different names have nothing in common."""
    return int.from_bytes(sha256(f"{seed} {name}".encode()).digest()[:8], "little")


def uniform(key: int, counters: NDArray[np.uint64]) -> Floats:
    """Between 0 and 1, neither of them ever: the middles of 2 ** 52 equal parts."""
    word = np.uint64(key) + (counters + np.uint64(1)) * _GOLDEN
    word = (word ^ (word >> np.uint64(30))) * _MIX[0]
    word = (word ^ (word >> np.uint64(27))) * _MIX[1]
    word ^= word >> np.uint64(31)
    return ((word >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def exponential(draws: Floats) -> Floats:
    """Mean 1, from uniform draws."""
    return -logarithm(draws)


def lognormal(draws: Floats, spread: float) -> Floats:
    """Mean 1 and a standard deviation of `spread`, from uniform draws."""
    variance = float(logarithm(np.array([1.0 + spread * spread]))[0])
    return exponent(np.sqrt(variance) * normal(draws) - variance / 2)


def normal(draws: Floats) -> Floats:
    """Mean 0 and deviation 1: algorithm AS 241 (Wichura, 1988), right to 16 digits."""
    middle = draws - 0.5
    tail = np.sqrt(-logarithm(np.minimum(draws, 1.0 - draws)))
    inner = 0.180625 - middle * middle
    far = np.where(
        tail <= 5.0,  # noqa: PLR2004, of the algorithm, as the rest of its numbers
        _ratio(tail - 1.6, _TAIL),
        _ratio(tail - 5.0, _FAR_TAIL),
    )
    return np.where(
        np.abs(middle) <= 0.425,  # noqa: PLR2004
        middle * _ratio(inner, _MIDDLE),
        np.copysign(far, middle),
    )


def logarithm(values: Floats) -> Floats:
    """The natural logarithm of what is above 0, by the series of the area tangent."""
    part, power = np.frexp(values)
    low = part < _ROOT_HALF
    part = np.where(low, 2.0 * part, part)
    power = (power - low).astype(np.float64)
    ratio = (part - 1.0) / (part + 1.0)
    square = ratio * ratio
    series = np.zeros_like(ratio)
    for odd in range(21, 1, -2):
        series = (series + 1.0 / odd) * square
    return power * _LN2_HIGH + (2.0 * ratio * series + (power * _LN2_LOW + 2.0 * ratio))


def exponent(values: Floats) -> Floats:
    """The exponential of what is neither huge nor tiny, by Taylor's series."""
    power = np.rint(values / _LN2)
    rest = (values - power * _LN2_HIGH) - power * _LN2_LOW
    series = np.ones_like(rest)
    for number in range(14, 0, -1):
        series = 1.0 + series * rest / number
    return np.ldexp(series, power.astype(np.int32))


def _ratio(values: Floats, rows: tuple[tuple[float, ...], tuple[float, ...]]) -> Floats:
    """One polynomial over another, their highest powers first."""
    above, below = np.zeros_like(values), np.zeros_like(values)
    for upper, lower in zip(*rows, strict=True):
        above, below = above * values + upper, below * values + lower
    return above / below


_MIDDLE = (
    (
        2509.0809287301227,
        33430.57558358813,
        67265.7709270087,
        45921.95393154987,
        13731.69376550946,
        1971.5909503065513,
        133.14166789178438,
        3.3871328727963665,
    ),
    (
        5226.495278852854,
        28729.085735721943,
        39307.89580009271,
        21213.794301586597,
        5394.196021424751,
        687.1870074920579,
        42.31333070160091,
        1.0,
    ),
)
_TAIL = (
    (
        0.0007745450142783414,
        0.022723844989269184,
        0.2417807251774506,
        1.2704582524523684,
        3.6478483247632045,
        5.769497221460691,
        4.630337846156546,
        1.4234371107496835,
    ),
    (
        1.0507500716444169e-09,
        0.0005475938084995345,
        0.015198666563616457,
        0.14810397642748008,
        0.6897673349851,
        1.6763848301838038,
        2.053191626637759,
        1.0,
    ),
)
_FAR_TAIL = (
    (
        2.0103343992922881e-07,
        2.7115555687434876e-05,
        0.0012426609473880784,
        0.026532189526576124,
        0.29656057182850487,
        1.7848265399172913,
        5.463784911164114,
        6.657904643501103,
    ),
    (
        2.0442631033899397e-15,
        1.421511758316446e-07,
        1.8463183175100548e-05,
        0.0007868691311456133,
        0.014875361290850615,
        0.1369298809227358,
        0.599832206555888,
        1.0,
    ),
)
