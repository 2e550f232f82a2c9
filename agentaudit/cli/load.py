"""The load that a recording puts on an agent, from the words of a command line."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from agentaudit.errors import InputError, Problem, UsageError

if TYPE_CHECKING:
    from agentaudit.probes.load.driver import Plan

MOST_USERS = 1024
_LARGEST_FILE = 64 * 1024 * 1024
_HEADER = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""As HTTP has them (RFC 9110)."""


class LoadOptions(Struct, frozen=True, kw_only=True):
    """What the user said of the load. `url` is empty where runs of a command are the load."""

    url: str = ""
    body: str = ""
    """The text of every request, or `@FILE` with one body a line."""
    headers: tuple[str, ...] = ()
    """`Name: value`, or `@FILE` with one of them a line."""
    users: int = 4
    rate_hz: float = 0.0
    requests: int = 0
    timeout_s: float = 120.0


def plan_of(options: LoadOptions, command: Sequence[str] = ()) -> "Plan":
    """
    The plan of requests to an address, or of runs of a command.

    Raises UsageError for what cannot be asked, and InputError for files that cannot be read.
    """
    from agentaudit.probes.load.driver import Plan

    if options.url:
        _check_address(options.url)
    bodies = tuple(_bodies(options.body))
    headers = dict(headers_of(options.headers, "--load-header"))
    if bodies and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json" if _all_json(bodies) else "text/plain"
    return Plan(
        url=options.url,
        method="POST" if bodies else "GET",
        headers=headers,
        bodies=bodies,
        command=tuple(command),
        users=options.users,
        rate_hz=options.rate_hz,
        requests=options.requests,
        timeout_s=options.timeout_s,
    )


def _check_address(url: str) -> None:
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise UsageError("--load takes no password in its address: use --load-header @FILE")
    if not url.isascii() or any(letter <= " " for letter in url):
        raise UsageError("--load takes an address without blanks and accents: write them as %20")
    from agentaudit.probes.http_connection import http_address

    if http_address(url) is None:
        raise UsageError(f"--load {url!r} is no address: say http://127.0.0.1:8080/run")


def _bodies(text: str) -> Iterator[str]:
    if not text.startswith("@"):
        yield from [text] if text else []
        return
    found = [line for _, line in _lines(Path(text[1:])) if line]
    if not found:
        raise InputError(Problem(file=text[1:], message="holds no request body: one a line"))
    yield from found


def headers_of(texts: Sequence[str], option: str) -> Iterator[tuple[str, str]]:
    """
    Names and values of headers, each `Name: value` or `@FILE` with one of them a line.

    A message about one never shows its value, which may be a secret.
    """
    for text in texts:
        if not text.startswith("@"):
            header = _header(text)
            if header is None:
                raise UsageError(f"{option} is `Name: value`, or @FILE with one of them a line")
            yield header
            continue
        file = Path(text[1:])
        for number, line in _lines(file):
            header = _header(line) if line else None
            if header is not None:
                yield header
            elif line:
                message = "is no header: `Name: value`"
                raise InputError(Problem(file=str(file), line=number, message=message))


def _header(text: str) -> tuple[str, str] | None:
    name, colon, value = text.partition(":")
    wrong = not colon or not _HEADER_NAME.fullmatch(name.strip()) or not _HEADER.fullmatch(text)
    return None if wrong else (name.strip(), value.strip())


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise InputError(Problem(file=str(file), message="is larger than 64 MiB"))
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            Problem(file=str(file), message=f"cannot be read: {error.strerror}")
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(Problem(file=str(file), message="is no UTF-8 text")) from error
    for number, line in enumerate(text.splitlines(), start=1):
        yield number, line.strip()


def _all_json(bodies: Sequence[str]) -> bool:
    return all(_is_json(body) for body in bodies)


def _is_json(body: str) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True
