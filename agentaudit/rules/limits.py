"""Limits: the numbers that rules compare with; a team may set its own."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.errors import UsageError, named

_HOUR = 3600
_DAY = 24 * _HOUR
_MOST_DIGITS = 15
"""Of a number that conditions can compare with."""


class Limits(Struct, frozen=True, kw_only=True):
    """What a condition may ask of `limits`. Times are in seconds."""

    credential_lifetime_warn_s: int = _HOUR
    """The default session of an AWS role and of a projected Kubernetes token."""
    credential_lifetime_error_s: int = 12 * _HOUR
    """The longest session an AWS role allows."""
    certificate_lifetime_warn_s: int = 90 * _DAY
    certificate_lifetime_error_s: int = 398 * _DAY
    session_ttl_s: int = _DAY
    memory_retention_warn_s: int = 30 * _DAY
    memory_retention_error_s: int = 90 * _DAY
    session_idle_s: int = _HOUR
    session_lifetime_s: int = 8 * _HOUR
    """What AgentCore takes for `maxLifetime` where nobody says (its API reference)."""
    window_messages: int = 200
    iterations: int = 100
    runtime_s: int = _HOUR
    instances: int = 100
    """What Cloud Run, Vertex AI and KEDA take where nobody says."""
    tool_servers: int = 10
    tools: int = 40


LIMIT_NAMES = Limits.__struct_fields__


def limits_with(settings: Iterable[str]) -> Limits:
    """The usual limits with some changed, each given as `name=whole number`."""
    changes: dict[str, int] = {}
    for setting in settings:
        name, _, number = setting.partition("=")
        if name not in LIMIT_NAMES:
            raise UsageError(f"no limit is called {named(name)}; known: {', '.join(LIMIT_NAMES)}")
        if not number.isascii() or not number.isdecimal() or len(number) > _MOST_DIGITS:
            raise UsageError(
                f"the limit {name} must be a whole number of at most {_MOST_DIGITS} digits,"
                f" not {named(number)}"
            )
        changes[name] = int(number)
    return replace(Limits(), **changes)
