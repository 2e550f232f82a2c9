"""A file called `-`, which is standard output."""

import sys
from collections.abc import Iterable
from pathlib import Path

STANDARD_OUTPUT = Path("-")


def print_bytes(chunks: Iterable[bytes]) -> int:
    """The chunks on standard output, as they are, and how many bytes they were."""
    sys.stdout.flush()
    stream = sys.stdout.buffer
    size = sum(map(stream.write, chunks))
    stream.flush()
    return size
