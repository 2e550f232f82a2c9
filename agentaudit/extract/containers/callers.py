"""Who may call what a container runs, as far as its settings and its command tell."""

import re
from collections.abc import Iterable

from agentaudit.expressions import regex
from agentaudit.extract.addresses import EVERY_INTERFACE
from agentaudit.extract.credentials.literals import literal_of
from agentaudit.extract.settings import Setting

_INBOUND = regex(
    r"^(?:MCP|SERVER|PROXY|HTTP|INBOUND|INTERNAL|WEBHOOK|FASTMCP)_.*(?:AUTH|TOKEN|KEY|SECRET|JWT)"
    r"|(?:^|_)(?:AUTH|OAUTH2?|OIDC|JWT|JWKS)(?:_|$)",
    re.IGNORECASE,
)
"""Settings by which a server asks who calls; what it holds for others has other names."""
_OPENING = regex(
    r"UNAUTH|ANONYMOUS|(?:^|_)(?:NO|SKIP|DISABLED?|WITHOUT|OMIT|BYPASS|IGNORE)_\w{0,40}AUTH"
    r"|AUTH\w{0,40}_(?:DISABLED?|OPTIONAL|BYPASS|SKIP)$",
    re.IGNORECASE,
)
"""Settings by which it stops asking: `MCP_ALLOW_UNAUTHENTICATED`."""
_BARE = frozenset(
    {"API_KEY", "API_KEYS", "API_TOKEN", "BEARER_TOKEN", "ACCESS_TOKEN", "SHARED_SECRET"}
)
"""Settings that do not say whose they are: what callers show, or what it shows another."""
_PLACES = ("_URL", "_BASE_URL", "_HOST", "_ENDPOINT")
_TRANSPORT = regex(r"(?:^|_)TRANSPORT(?:_(?:TYPE|MODE))?$", re.IGNORECASE)
"""Settings by which a server of tools is told to listen, or not to: `MCP_TRANSPORT`."""
_LISTENING = frozenset({"http", "sse", "streamable-http", "streamable_http", "http-stream"})
"""How a server of tools is spoken to over a port."""
_ON = frozenset({"true", "1", "yes", "on"})
_OFF = frozenset({"false", "0", "no", "off", "none", "disabled"})
_ASKING = regex(r"(?:^|/)github-mcp-server(?:[:@]|$)")
"""GitHub's server calls GitHub with the token of its caller (its `docs/streamable-http.md`)."""


def asks_always(image: str, words: Iterable[str]) -> bool:
    """Whether a server of a known image serves nobody without proof of who calls."""
    return _ASKING.search(image) is not None and "http" in words


def asks(settings: Iterable[Setting]) -> bool:
    """Whether something among the settings says how callers prove who they are."""
    return any(_INBOUND.search(setting.key) and _keeps_closed(setting) for setting in settings)


def may_ask(settings: Iterable[Setting]) -> bool:
    """
    Whether a setting may be what callers prove themselves with.

    `API_KEY` beside `API_URL` is shown to what lies there.
    """
    given = {setting.key.upper() for setting in settings if not setting.empty}
    shown = {key.removesuffix(end) for key in given for end in _PLACES if key.endswith(end)}
    return any(key.partition("_")[0] not in shown for key in given & _BARE)


def _keeps_closed(setting: Setting) -> bool:
    off = _said(setting) in _OFF
    return off if _OPENING.search(setting.key) else not off


def _said(setting: Setting) -> str:
    """Its value, or the default of a reference."""
    return literal_of(setting.content).strip().lower()


def names_transport(settings: Iterable[Setting]) -> str:
    """The setting that says how a server of tools is spoken to; empty where none does."""
    return next((each.key for each in settings if _TRANSPORT.search(each.key)), "")


def told_to_listen(settings: Iterable[Setting]) -> bool:
    """Whether a setting has a server of tools listen at a port: `TRANSPORT=sse`."""
    return any(_TRANSPORT.search(each.key) and _said(each) in _LISTENING for each in settings)


def opens(setting: Setting) -> bool:
    """Whether a setting lets everybody call what would ask without it."""
    switch = _OPENING.search(setting.key) is not None
    return switch and _said(setting) in _ON


def binds_all(words: Iterable[str], settings: Iterable[Setting]) -> bool:
    """Whether a container is told to listen on every address."""
    told = any("0.0.0.0" in word or word == "[::]" for word in words)  # noqa: S104, searched for, not bound
    return told or any(
        setting.content in EVERY_INTERFACE
        for setting in settings
        if setting.key.upper().endswith(("HOST", "BIND", "ADDRESS"))
    )
