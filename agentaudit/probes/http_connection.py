"""One HTTP connection to where an address says, and to nowhere else."""

from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import SplitResult, urlsplit


def http_address(url: str) -> SplitResult | None:
    """The parts of an address of HTTP or HTTPS; None where it is none."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if known else None


def connection_to(address: SplitResult, *, timeout_s: float) -> HTTPConnection:
    """A connection that is not open yet. It follows no redirect, and asks no proxy."""
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    return kind(address.hostname or "", address.port, timeout=timeout_s)
