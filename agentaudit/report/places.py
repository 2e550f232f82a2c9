"""Places as they are seen from where the user stands, so that they can be opened from there."""

import posixpath
from functools import lru_cache
from operator import is_
from typing import TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.autofix import Change
from agentaudit.model.deployment import FileCoverage
from agentaudit.model.evidence import Evidence

ValueT = TypeVar("ValueT")


def from_here(value: ValueT, root: str) -> ValueT:
    """
    The value with every place in it relative to the working directory.

    Files are named relative to the root of the audit. Terminals, editors and code hosts open them
    from where the command ran, which is another folder when `root` is `deploy/`. A root outside
    the working directory changes nothing: there the names say more than the way to them.
    """
    prefix = posixpath.normpath(root)
    if prefix == "." or prefix.startswith(("..", "/")):
        return value
    return cast("ValueT", _moved(value, prefix))


_PLACED = (Evidence, FileCoverage, Change)


def _moved(value: object, prefix: str) -> object:
    """The value itself where no place is in it."""
    if isinstance(value, _PLACED):
        return replace(value, file=_below(prefix, value.file))
    if isinstance(value, tuple):
        moved = tuple([_moved(item, prefix) for item in value])
        return value if all(map(is_, moved, value)) else moved
    if isinstance(value, Struct):
        items = ((name, getattr(value, name)) for name in value.__struct_fields__)
        after = [(name, item, _moved(item, prefix)) for name, item in items]
        changed = {name: moved for name, item, moved in after if moved is not item}
        return replace(value, **changed) if changed else value
    return value


@lru_cache(maxsize=1024)
def _below(prefix: str, file: str) -> str:
    return posixpath.normpath(posixpath.join(prefix, file))
