"""A server of MCP whose tools are known, as `catalogue` has many."""

import re

from msgspec import Struct

from agentaudit.expressions import regex

_EFFECTS = {"r": "read", "w": "write", "d": "delete", "x": "execute", "s": "send"}


class KnownTool(Struct, frozen=True, kw_only=True):
    """One tool of a known server."""

    name: str
    effects: tuple[str, ...]
    untrusted: bool
    """Its results hold what strangers may have written."""
    private: bool
    """Its results hold what is nobody else's business."""
    egress: bool
    """Its arguments can carry data out."""
    in_page: bool
    """Code that it runs has what a page of a browser has: no files, and no secrets of the agent."""


class KnownServer(Struct, frozen=True, kw_only=True):
    """A server whose tools are known, and how to recognise it."""

    name: str
    pattern: re.Pattern[str]
    """Matches its package, image or URL."""
    source: str
    """What strangers can write that it reads; empty when they can write nothing."""
    resource: str
    """What it works on."""
    tools: tuple[KnownTool, ...]


def server(name: str, pattern: str, source: str, resource: str, *, tools: str) -> KnownServer:
    """
    A server from its tools, written as `name:flags`.

    Small letters are effects (r, w, d, x, s); U reads untrusted content, P private, E sends out,
    B runs within a page of a browser.
    """
    return KnownServer(
        name=name,
        pattern=regex(pattern, re.IGNORECASE),
        source=source,
        resource=resource,
        tools=tuple(_tool(*entry.split(":")) for entry in tools.split()),
    )


def _tool(name: str, flags: str) -> KnownTool:
    return KnownTool(
        name=name,
        effects=tuple(_EFFECTS[flag] for flag in flags if flag in _EFFECTS),
        untrusted="U" in flags,
        private="P" in flags,
        egress="E" in flags,
        in_page="B" in flags,
    )
