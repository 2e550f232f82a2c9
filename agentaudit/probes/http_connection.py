"""One HTTP connection to where an address says, and to nowhere else."""

from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import SplitResult


def connection_to(address: SplitResult, *, timeout_s: float) -> HTTPConnection:
    """A connection that is not open yet. It follows no redirect, and asks no proxy."""
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    return kind(address.hostname or "", address.port, timeout=timeout_s)
