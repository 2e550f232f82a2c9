"""A file called `-`, which is standard output."""

import sys
from collections.abc import Iterable
from pathlib import Path

STANDARD_OUTPUT = Path("-")


def print_bytes(chunks: Iterable[bytes], *, out_taken: bool = False) -> int:
    """
    The chunks as they are, whatever the terminal's own encoding, and how many bytes they were.

    They go to standard output, or to standard error where that is taken by another result.
    """
    printed = sys.stderr if out_taken else sys.stdout
    printed.flush()
    size = sum(map(printed.buffer.write, chunks))
    printed.flush()
    return size
