"""
Logarithm, exponential and cosine, the same bits on every machine.

Those of C libraries differ in their last bit between systems, and a simulated run is a function of
its seed alone. These are made of operations that IEEE 754 fixes to the bit, and are off by a unit
or two in the last place. `fast.draws` has the same for arrays, operation by operation.
"""

from math import frexp, ldexp, pi

LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""Of fdlibm: the first has 32 bits, so that its products with small integers are exact."""
LN2 = 0.6931471805599453
ROOT_HALF = 0.7071067811865476
FULL_TURN = 2 * pi


def logarithm(value: float) -> float:
    """The natural logarithm of what is above 0, by the series of the area tangent."""
    part, power = frexp(value)
    if part < ROOT_HALF:
        part, power = 2.0 * part, power - 1
    ratio = (part - 1.0) / (part + 1.0)
    square = ratio * ratio
    series = 0.0
    for odd in range(21, 1, -2):
        series = (series + 1.0 / odd) * square
    return power * LN2_HIGH + (2.0 * ratio * series + (power * LN2_LOW + 2.0 * ratio))


def exponent(value: float) -> float:
    """The exponential of what is neither huge nor tiny, by Taylor's series."""
    power = round(value / LN2)
    rest = (value - power * LN2_HIGH) - power * LN2_LOW
    series = 1.0
    for number in range(14, 0, -1):
        series = 1.0 + series * rest / number
    return ldexp(series, power)


def cosine(turns: float) -> float:
    """The cosine of a part of a full turn, 0 to 1, by Taylor's series within an eighth."""
    folded = 0.5 - abs(turns - 0.5)
    near = min(folded, 0.5 - folded)
    inner = near > 0.125  # noqa: PLR2004, an eighth of a turn
    value = _sine(FULL_TURN * (0.25 - near)) if inner else _cosine(FULL_TURN * near)
    return -value if folded > 0.25 else value  # noqa: PLR2004, beyond a quarter


def _sine(angle: float) -> float:
    square, series = angle * angle, 1.0
    for number in range(16, 0, -2):
        series = 1.0 - series * square / (number * (number + 1))
    return angle * series


def _cosine(angle: float) -> float:
    square, series = angle * angle, 1.0
    for number in range(16, 0, -2):
        series = 1.0 - series * square / (number * (number - 1))
    return series
