"""
Columns of whole numbers as bytes.

A column is its least number, and for each what it has beyond that, in as many bytes as the greatest
of them needs: none where all are equal. Instants of one second so take four bytes each, and columns
are read at the speed of copying.
"""

import sys
from array import array
from collections.abc import Sequence

import msgspec

_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_LARGEST = 2**63 - 1


class Column(msgspec.Struct, array_like=True, frozen=True):
    """Numbers on the wire."""

    least: int
    beyond: bytes


def to_column(numbers: Sequence[int]) -> Column:
    """The numbers as bytes."""
    if not numbers:
        return Column(0, b"")
    least = min(numbers)
    widest = max(numbers) - least
    if widest == 0:
        return Column(least, b"")
    width = next(width for width in _CODES if widest < 1 << 8 * width)
    beyond = array(_CODES[width], [number - least for number in numbers])
    if sys.byteorder == "big":
        beyond.byteswap()
    return Column(least, beyond.tobytes())


def from_column(column: Column, count: int) -> Sequence[int]:
    """
    So many numbers.

    Raises ValueError when the column holds another count of them.
    """
    least = column.least
    if not column.beyond:
        return array("q", (least,)) * count if abs(least) <= _LARGEST else _refused()
    width, rest = divmod(len(column.beyond), count or 1)
    if rest or width not in _CODES:
        raise ValueError(f"a column of {len(column.beyond)} bytes holds no {count} numbers")
    beyond = array(_CODES[width], column.beyond)
    if sys.byteorder == "big":
        beyond.byteswap()
    return [least + number for number in beyond] if least else beyond


def _refused() -> Sequence[int]:
    raise ValueError("a number beyond all measure")
