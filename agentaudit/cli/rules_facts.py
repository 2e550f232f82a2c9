"""`agentaudit rules facts`: what the conditions of one's own rules may ask."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from agentaudit.errors import UsageError, named
from agentaudit.lists import meant

if TYPE_CHECKING:
    from agentaudit.cli.terminal import Terminal

_INDENT = "    "


def list_facts(kind: str | None, said: "Terminal") -> None:
    """All kinds with a sentence each, or the fields of one."""
    from agentaudit.rules.askable import kinds

    known = kinds()
    if kind is not None and kind not in known:
        near = meant(kind, known, f"; known: {', '.join(known)}")
        raise UsageError(f"no kind of fact is called {named(kind)}{near}")
    lines = _kinds(known, said.out.width) if kind is None else _fields(kind, said.out.width)
    for line in lines:
        said.out.print(line, soft_wrap=True)


def _kinds(known: Mapping[str, str], width: int) -> Iterator[str]:
    for kind, means in known.items():
        yield kind
        yield from _wrapped(means, width)


def _fields(kind: str, width: int) -> Iterator[str]:
    from agentaudit.rules.askable import asked_of

    for field in asked_of(kind):
        yield from textwrap.wrap(
            f"{kind}.{field.name}  {field.holds}", width, subsequent_indent=_INDENT
        )
        yield from _wrapped(field.means, width)


def _wrapped(text: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(
        text, width, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False
    )
