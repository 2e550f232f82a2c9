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
LARGEST_NUMBER = 2**63 - 1
_BEYOND_MEASURE = "times, counters and numbers of processes are 0 to 2⁶³"


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

    Raises ValueError as `width_of` does.
    """
    least, width = column.least, width_of(column, count, signed=signed)
    if not width:
        return array("q", (least,)) * count
    numbers = _unsigned(column.beyond, width)
    return [least + number for number in numbers] if least else numbers.tolist()


def ends_of(starts: Sequence[int], lengths: Column) -> list[int]:
    """Where stretches end; ValueError when that is below 0 or above 2⁶³ - 1."""
    ends = [
        start + length
        for start, length in zip(
            starts, from_column(lengths, len(starts), signed=True), strict=True
        )
    ]
    if ends and (min(ends) < 0 or max(ends) > LARGEST_NUMBER):
        raise ValueError(_BEYOND_MEASURE)
    return ends


def width_of(column: Column, count: int, *, signed: bool = False) -> int:
    """
    Bytes of each number of a column, 0 where all are equal.

    Raises ValueError when it holds another count of numbers, or one that nobody measured: below 0,
    unless they are `signed`, or above 2⁶³ - 1.
    """
    least, beyond = column.least, column.beyond
    width, rest = divmod(len(beyond), count or 1)
    if beyond and (rest or width not in _CODES):
        raise ValueError(f"a column of {len(beyond)} bytes holds no {count} numbers")
    lowest = -LARGEST_NUMBER if signed else 0
    if least < lowest or largest_possible(column, width) > LARGEST_NUMBER:
        largest = least + max(_unsigned(beyond, width)) if width else least
        if not (lowest <= least and largest <= LARGEST_NUMBER):
            raise ValueError(_BEYOND_MEASURE)
    return width


def largest_possible(column: Column, width: int) -> int:
    """What no number of a column of that width is above."""
    return column.least + (1 << 8 * width) - 1


def _unsigned(beyond: bytes, width: int) -> "array[int]":
    numbers = array(_CODES[width], beyond)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
