"""JSON Web Tokens that stand in texts, and what they say of themselves (RFC 7519)."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.sizes import FOR_EVER_S

_JWT = regex(r"(?<![\w-])eyJ[\w-]{10,}\.(?P<claims>eyJ[\w-]+)\.(?P<signature>[\w-]{20,})")
"""With its signature, or most of it (RFC 7515, section 7.1)."""
_SHORTEST_SIGNATURE = 43
"""Of HMAC with SHA-256, in base 64: the shortest of RFC 7518, section 3.1."""
_SUBJECT_OF_DOCUMENTATION, _ISSUED_IN_DOCUMENTATION = "1234567890", 1516239022
"""Of John Doe: the claims of the token that jwt.io shows to everybody, whatever else is changed."""
_LONG_AGO = 1_609_459_200
"""The first second of 2021: what ended before opens nothing, and stands in documentation."""
_YEAR_S = 365 * 86_400
_SHORTEST_COUNT = 3
_ROLE_OF_EVERYBODY = "anon"
"""Of keys that Supabase means to stand in pages ("Understanding API keys")."""
_OF_TESTS = regex(
    r"(?:^|[^a-z])(?:tests?|testing|examples?|samples?|demo|mock|fake)(?:[^a-z]|$)", re.IGNORECASE
)


class SignedToken(Struct, frozen=True):
    """A token and what it claims; nothing where that does not decode."""

    value: str
    claims: Mapping[str, Any]
    whole: bool
    """Not cut off within its signature, as reports quote tokens; a part of one opens nothing."""

    @property
    def ttl_s(self) -> int | None:
        """Seconds between issue and expiry; None for a token that never expires."""
        claims = self.claims
        try:
            ttl_s = int(claims["exp"]) - int(claims.get("iat", claims.get("nbf", claims["exp"])))
        except (ValueError, KeyError, TypeError, OverflowError):
            return None
        return ttl_s if abs(ttl_s) < FOR_EVER_S else None

    @property
    def _counted(self) -> bool:
        """Whether it is about `1234567890`, or the beginning of that."""
        subject = str(self.claims.get("sub", ""))
        return len(subject) >= _SHORTEST_COUNT and _SUBJECT_OF_DOCUMENTATION.startswith(subject)

    @property
    def issued_for_tests(self) -> bool:
        """Whether it says that a test or an example issued it."""
        return _OF_TESTS.search(str(self.claims.get("iss", ""))) is not None

    @property
    def opens_nothing(self) -> bool:
        """Whether it is of a documentation, made to stand in pages, or a part of one."""
        return (
            not self.whole
            or self._counted
            or self.claims.get("iat") == _ISSUED_IN_DOCUMENTATION
            or self.claims.get("role") == _ROLE_OF_EVERYBODY
            or self._ended_long_ago
        )

    @property
    def _ended_long_ago(self) -> bool:
        ends = self.claims.get("exp")
        return isinstance(ends, int) and not isinstance(ends, bool) and 0 < ends < _LONG_AGO


def may_hold_signed_token(text: str) -> bool:
    """Whether it is worth a search."""
    return "eyJ" in text


def signed_token(text: str) -> SignedToken | None:
    """The first token within a text that opens something, or else the first of all."""
    found = map(_token, _JWT.finditer(text)) if may_hold_signed_token(text) else iter(())
    first = next(found, None)
    if first is None or not first.opens_nothing:
        return first
    return next((token for token in found if not token.opens_nothing), first)


def lasting_tokens(text: str) -> Iterator[tuple[int, str]]:
    """
    Tokens that are good for a year or more, by their place in a text for people.

    Others are shown there as examples: they end soon, say nothing of an end, or are a test's.
    """
    for found in _JWT.finditer(text) if may_hold_signed_token(text) else ():
        token = _token(found)
        lasts = token.ttl_s is not None and token.ttl_s >= _YEAR_S
        tried = token.issued_for_tests or _OF_TESTS.search(str(token.claims.get("sub", "")))
        if lasts and not (token.opens_nothing or tried):
            yield found.start(), token.value


def _token(found: re.Match[str]) -> SignedToken:
    whole = len(found["signature"]) >= _SHORTEST_SIGNATURE
    return SignedToken(found[0], _claims(found["claims"]), whole)


def _claims(encoded: str) -> Mapping[str, Any]:
    try:
        padded = encoded + "=" * (-len(encoded) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
