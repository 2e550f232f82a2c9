"""Variables that a command of a job asks for, in which its options may stand: `claude $FLAGS`."""

from collections.abc import Iterable

from agentaudit.expressions import regex
from agentaudit.readers.document import Node

_ASKED = regex(
    r"\$(?:\{|[eE]nv:)?(?P<shell>[A-Za-z_]\w{0,99})|\benv\.(?P<inserted>[A-Za-z_]\w{0,99})"
)
"""By a shell of Unix or PowerShell, or by an expression of GitHub."""


def with_asked(text: str, blocks: Iterable[Node | None]) -> str:
    """A text, and the values of those variables of some blocks that it asks for, the last first."""
    given = {
        name: (value.get("value") or value).text or ""
        for block in blocks
        if block is not None
        for name, value in block.items()
    }
    if not given:
        return text
    asked = {found["shell"] or found["inserted"] for found in _ASKED.finditer(text)}
    return "\n".join((text, *(given[name] for name in sorted(asked & given.keys()))))
