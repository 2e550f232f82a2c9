"""Addresses and lists of settings that connect a program to a store, with a password in them."""

import re

from msgspec import Struct

from agentaudit.expressions import holds_word, regex

_URL = regex(
    r"(?<![a-z0-9+.-])(?P<scheme>[a-z][a-z0-9+.-]{0,40})://"
    r"(?P<user>(?:\$\{[^}\s]{1,100}\}|\$(?!\{)|[^\s:/@(\[$\"|…]){0,200}):(?P<password>[^\s@]{1,500})@(?P<host>[^\s/:,?]{1,300})",
    re.IGNORECASE,
)
"""
Every part is bounded, so that a long line of almost-URLs takes linear time. The user may be a
reference, and that may hold a colon: `${NAME:-default}`.
"""
_ASKED = regex(
    r"(?<![a-z0-9+.-])(?:jdbc:)?(?P<scheme>[a-z][a-z0-9+.-]{0,40})://"
    r"(?P<host>[^\s/:,?;\"'@]{1,300}+)[^\s\"'@]{0,300}?[?&;]"
    r"(?:password|pwd)=(?P<password>[^\s&;\"']{1,500})",
    re.IGNORECASE,
)
"""A password behind the address, as JDBC has it: `jdbc:postgresql://db/app?user=app&password=…`."""
_LISTED = regex(
    r"(?:^|;)\s{0,9}(?:server|data source|host|addr(?:ess)?)\s{0,9}=\s{0,9}"
    r"(?:tcp:)?(?P<host>[^;,\s]{1,300}+)[^;]{0,100};(?:[^;]{0,200};){0,20}?"
    r"\s{0,9}(?:password|pwd)\s{0,9}=\s{0,9}(?P<password>[^;\s\"']{1,500})",
    re.IGNORECASE,
)
"""As ADO.NET has it: `Server=db;User Id=app;Password=…`."""
_LONGEST_REFERENCE = 300
_PATH = regex(r"/|\d{1,5}(?=[/?#])")
"""
Behind `host:`, perhaps with a port: what stands before the next `@` is no password. Addresses of
databases have no path with one in it, and passwords that begin so.
"""
_DATABASES = frozenset(
    {
        *("redis", "rediss", "valkey", "postgres", "postgresql", "mysql", "mariadb", "mongodb"),
        *("sqlserver", "oracle", "nats"),
        *("amqp", "amqps", "neo4j", "bolt", "clickhouse", "mssql", "cockroachdb", "cassandra"),
    }
)


class Connection(Struct, frozen=True):
    """Where a password is handed over, and whether a database or broker is there."""

    host: str
    password: str
    to_database: bool


def may_hold_password(text: str) -> bool:
    """Whether a text may be such an address or list: a cheap no for most texts."""
    return ("://" in text and "@" in text) or _names_password(text)


def connection_in(text: str) -> Connection | None:
    """The first of them in a text."""
    found = _URL.search(text) if "://" in text and "@" in text else None
    while found is not None and _reaches_on(found):
        found = _URL.search(text, found.start("password"))  # an address before, with a port
    if found is not None:
        return Connection(found["host"], found["password"], _is_database(found["scheme"]))
    if not _names_password(text):
        return None
    found = _ASKED.search(text) if "://" in text else None
    if found is not None and _is_database(found["scheme"]):
        return Connection(found["host"], found["password"], to_database=True)
    found = _LISTED.search(text) if ";" in text else None
    return Connection(found["host"], _whole(text, found), to_database=True) if found else None


def _whole(text: str, found: re.Match[str]) -> str:
    """A password, or all of the reference that it is: `${DB_PASSWORD:?is required}` has spaces."""
    start, end = found.span("password")
    if text.startswith("${", start) and "}" not in found["password"]:
        closing = text.find("}", end, end + _LONGEST_REFERENCE)
        end = closing + 1 if closing >= 0 else end
    return text[start:end]


def _reaches_on(found: re.Match[str]) -> bool:
    """Whether what seems a password is the rest of an address, and begins another one."""
    if "://" in found["password"]:
        return True
    return not _is_database(found["scheme"]) and _PATH.match(found["password"]) is not None


def _names_password(text: str) -> bool:
    return "=" in text and holds_word(text.lower(), ("password", "pwd"))


def _is_database(scheme: str) -> bool:
    return scheme.lower().partition("+")[0] in _DATABASES
