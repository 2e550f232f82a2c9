"""
The actions of AWS: which a pattern stands for, what access each gives, which accept no resource.

The table is read on first use (some milliseconds); a service is split up when it is asked for.
`benchmarks/generate_iam_actions.py` makes it.
"""

import gzip
import re
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

import msgspec

from agentaudit.extract.iam.globs import glob

READING_VERBS = ("get", "list", "describe", "batchget", "search", "query", "scan", "view", "read")


class Level(StrEnum):
    """What an action lets its caller do, in the words of AWS."""

    LIST = "list"
    READ = "read"
    WRITE = "write"
    TAGGING = "tagging"
    PERMISSIONS = "permissions"


_CHANGING = (Level.WRITE, Level.PERMISSIONS)


class Access(msgspec.Struct, frozen=True):
    """What is known of one action."""

    level: Level
    scopable: bool
    """Whether a policy can name the resources it is for."""

    @property
    def changes(self) -> bool:
        """Whether the action changes data or permissions."""
        return self.level in _CHANGING


class TableNote(msgspec.Struct, frozen=True):
    """Where the table comes from."""

    source: str
    version: str
    date: str
    licence: str


_WILD = re.compile(r"[*?]")
_LETTERS = {level.value[0]: level for level in Level}


@lru_cache(maxsize=8192)
def expanded(pattern: str) -> frozenset[str]:
    """
    The actions a pattern stands for, as `service:action` in lower case.

    A name without wildcards that the table does not know stands for itself: the table is of one
    day, and AWS adds actions every week.
    """
    wanted = pattern.lower()
    if wanted in ("*", "*:*"):
        return all_actions()
    service, colon, action = wanted.partition(":")
    if not colon:
        return frozenset()
    found = {f"{name}:{each}" for name in _services(service) for each in _names(name, action)}
    if not found and "*" not in wanted and "?" not in wanted:
        return frozenset({wanted})
    return frozenset(found)


def width(pattern: str) -> int:
    """How many actions of the table a pattern is held against, and may stand for."""
    service, _, action = pattern.partition(":")
    if _WILD.search(service):
        return len(all_actions())
    return len(_actions(service)) if _WILD.search(action) else 1


@cache
def all_actions() -> frozenset[str]:
    """Every action of the table."""
    return frozenset(f"{name}:{action}" for name in _table() for action in _actions(name))


@lru_cache(maxsize=65536)
def access(action: str) -> Access:
    """
    What an action gives.

    One that the table does not know is judged by its verb, and taken as one that no policy can
    narrow, so that it is never held against a policy.
    """
    service, _, name = action.partition(":")
    letter = _actions(service).get(name, "")
    if letter:
        return Access(level=_LETTERS[letter.lower()], scopable=letter.islower())
    reads = name.startswith(READING_VERBS)
    return Access(level=Level.READ if reads else Level.WRITE, scopable=False)


def table_note() -> TableNote:
    """Where the table comes from, for reports."""
    return _loaded()[1]


def _services(pattern: str) -> tuple[str, ...]:
    if "*" not in pattern and "?" not in pattern:
        return (pattern,)
    compiled = glob(pattern)
    return tuple(name for name in _table() if compiled.matches(name))


def _names(service: str, pattern: str) -> tuple[str, ...]:
    actions = _actions(service)
    if pattern == "*":
        return tuple(actions)
    if "*" not in pattern and "?" not in pattern:
        return (pattern,) if pattern in actions else ()
    if pattern.count("*") == 1 and pattern.endswith("*") and "?" not in pattern:
        return tuple(name for name in actions if name.startswith(pattern[:-1]))
    compiled = glob(pattern)
    return tuple(name for name in actions if compiled.matches(name))


_TABLE = Path(__file__).parent / "data" / "iam_actions.json.gz"


@cache
def _loaded() -> tuple[dict[str, str], TableNote]:
    table = msgspec.json.decode(gzip.decompress(_TABLE.read_bytes()))
    services = table.pop("services")
    return services, TableNote(**table)


def _table() -> dict[str, str]:
    return _loaded()[0]


@cache
def _actions_of_known(service: str) -> dict[str, str]:
    pairs = (word.rpartition(":") for word in _table()[service].split())
    return {name: letter for name, _, letter in pairs}


def _actions(service: str) -> dict[str, str]:
    """The letters of a service's actions; empty for a service that the table does not know."""
    return _actions_of_known(service) if service in _table() else {}
