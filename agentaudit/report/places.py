"""Places as they are seen from where the user stands, so that they can be opened from there."""

import posixpath
from typing import TypeVar, cast

from msgspec import Struct
from msgspec.structs import asdict, replace

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


def _moved(value: object, prefix: str) -> object:
    if isinstance(value, Evidence | FileCoverage | Change):
        return replace(value, file=posixpath.normpath(posixpath.join(prefix, value.file)))
    if isinstance(value, tuple):
        return tuple(_moved(item, prefix) for item in value)
    if isinstance(value, Struct):
        before = asdict(value)
        after = {name: _moved(item, prefix) for name, item in before.items()}
        changed = {name: item for name, item in after.items() if item != before[name]}
        return replace(value, **changed) if changed else value
    return value
