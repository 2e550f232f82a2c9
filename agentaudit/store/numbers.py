"""
Columns of whole numbers as bytes.

A column is its least number, or 0, and for each what it has beyond that, in as many bytes as the
greatest of them needs: none where all are equal. Instants of one second so take four bytes each,
and columns are read at the speed of copying.
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
    least, largest = min(numbers), max(numbers)
    if least == largest:
        return Column(least, b"")
    width = _width(largest - least)
    if least > 0 and _width(largest) == width:
        least = 0  # as short, and read without adding anything up
    beyond = array(_CODES[width], [number - least for number in numbers])
    if sys.byteorder == "big":
        beyond.byteswap()
    return Column(least, beyond.tobytes())


def _width(number: int) -> int:
    return next(width for width in _CODES if number < 1 << 8 * width)


def from_column(column: Column, count: int, *, signed: bool = False) -> Sequence[int]:
    """
    So many numbers, none of them below 0 unless they are `signed`.

    Raises ValueError when the column holds another count of them, or none that were measured.
    """
    least, beyond = column.least, column.beyond
    width, rest = divmod(len(beyond), count or 1)
    if beyond and (rest or width not in _CODES):
        raise ValueError(f"a column of {len(beyond)} bytes holds no {count} numbers")
    if least < (-_LARGEST if signed else 0) or least + 256**width - 1 > _LARGEST:
        return _far_numbers(column, count, signed=signed)
    if not beyond:
        return array("q", (least,)) * count
    numbers = _unsigned(beyond, width)
    return [least + number for number in numbers] if least else numbers.tolist()


def _unsigned(beyond: bytes, width: int) -> "array[int]":
    numbers = array(_CODES[width], beyond)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _far_numbers(column: Column, count: int, *, signed: bool) -> Sequence[int]:
    """Numbers that may be beyond all measure, looked at one by one."""
    width = len(column.beyond) // (count or 1)
    beyond = _unsigned(column.beyond, width) if width else (0,) * count
    numbers = [column.least + number for number in beyond]
    least = -_LARGEST if signed else 0
    if numbers and not (least <= min(numbers) and max(numbers) <= _LARGEST):
        raise ValueError("times, counters and numbers of processes are 0 to 2⁶³")
    return numbers
