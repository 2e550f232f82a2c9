"""
One page over HTTP, from the host that the user named and from no other.

Redirects are refused, proxies of the environment are not asked, and size and time are bounded.
"""

import http.client
import math
import socket
import ssl
import time
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

LARGEST_BYTES = 4 * 1024 * 1024
"""vLLM's page, with all its histograms, has a few hundred kilobytes."""
LONGEST_S = 2.0
_CHUNK_BYTES = 64 * 1024


class ScrapeError(Exception):
    """Why there is no page, in words for the user."""


class Address(Struct, frozen=True, kw_only=True):
    """Where a page is. `name` is what is shown and kept of it: a query may hold a key."""

    encrypted: bool
    host: str
    port: int
    path: str
    query: str = ""

    @property
    def place(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def name(self) -> str:
        return f"{'https' if self.encrypted else 'http'}://{self.place}{self.path}"


def address_of(text: str) -> Address:
    """
    The address that a user means: `http://host:port/metrics`, or only as much as tells it.

    Raises ValueError when it is none.
    """
    parts = urlsplit(text if "://" in text else f"http://{text}")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("give http://host:port/metrics")
    if parts.username is not None or parts.password is not None:
        raise ValueError("names and passwords in an address are not sent")
    if any(character <= " " or character == "\x7f" for character in text):
        raise ValueError("an address holds no blanks and no control characters")
    return Address(
        encrypted=parts.scheme == "https",
        host=parts.hostname,
        port=parts.port or (443 if parts.scheme == "https" else 80),
        path=_path(parts),
        query=parts.query,
    )


def _path(parts: SplitResult) -> str:
    """The usual path where a server's own address is given, or that of its API."""
    path = parts.path.rstrip("/")
    return "/metrics" if path in {"", "/v1"} else parts.path


class Scraper:
    """Fetches one page again and again; `stop`, from another thread, cuts a fetch short."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._connection: http.client.HTTPConnection | None = None
        self._until_s = math.inf

    def fetch(self) -> str:
        """The page. Raises ScrapeError when there is none."""
        until_s = self._until_s = time.monotonic() + LONGEST_S
        connection = self._connection = self._connected()
        try:
            target = self.address.path + (f"?{self.address.query}" if self.address.query else "")
            connection.request("GET", target, headers={"Accept": "text/plain"})
            with connection.getresponse() as response:
                _check(response)
                return _body(response, until_s).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ScrapeError(_words(error)) from error
        finally:
            self._until_s = math.inf
            connection.close()

    def stop_when_late(self) -> None:
        """For servers that say a little now and then, and never come to the page."""
        if time.monotonic() > self._until_s + LONGEST_S:
            self.stop()

    def stop(self) -> None:
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):  # closed meanwhile
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _connected(self) -> http.client.HTTPConnection:
        address = self.address
        if address.encrypted:
            return http.client.HTTPSConnection(
                address.host,
                address.port,
                timeout=LONGEST_S,
                context=ssl.create_default_context(),
            )
        return http.client.HTTPConnection(address.host, address.port, timeout=LONGEST_S)


def _check(response: http.client.HTTPResponse) -> None:
    if 300 <= response.status < 400:  # noqa: PLR2004 -- as HTTP numbers its answers
        raise ScrapeError("it answers with a redirect, which is not followed")
    if response.status != http.HTTPStatus.OK:
        raise ScrapeError(f"it answers with HTTP status {response.status}")
    if response.getheader("Content-Encoding", "identity") != "identity":
        raise ScrapeError("it answers in an encoding that was not asked for")


def _body(response: http.client.HTTPResponse, until_s: float) -> bytes:
    body = bytearray()
    while chunk := response.read1(_CHUNK_BYTES):
        body += chunk
        if len(body) > LARGEST_BYTES:
            raise ScrapeError(f"it answers with more than {LARGEST_BYTES // 2**20} MiB")
        if time.monotonic() > until_s:
            raise ScrapeError(f"its answer takes longer than {LONGEST_S:.0f} s")
    return bytes(body)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"it does not answer within {LONGEST_S:.0f} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, OSError):
        return f"it cannot be reached: {error.strerror or error}"
    return f"it does not speak HTTP: {type(error).__name__}"
