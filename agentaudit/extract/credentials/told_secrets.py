"""
Secrets that a text tells of: `password: …`, `the token is …`, `X-Api-Key: …`, `--key …`.

Most of what stands behind such words is a word of a sentence, a reference, or the name of
something, so only what looks like a secret is taken out.
"""

import re
from itertools import pairwise

from agentaudit.expressions import one_of, regex
from agentaudit.extract.credentials.drawn_words import is_drawn

_OF_KEYS = (
    *("api", "access", "account", "secret", "private", "auth", "subscription", "signing"),
    "encryption",
)
KEYS = one_of(
    *(f"{what}[_ -]?key" for what in _OF_KEYS), "key-data", "token", "secret", "signature"
)
PASSWORDS = one_of(
    *("password", "passwort", "passwd", "passphrase", "contraseña", "kennwort", "requirepass"),
    *("masterauth", "pwd"),
)
_QUOTED = r"(?:\\?\"[^\"\\\n]{1,300}|'[^'\n]{1,300}|`[^`\n]{1,300})"
_BARE = r"[^\s\"'`,;}<>|]{8,200}"
_MORE = r"(?:[ ](?=[^\s\d]{0,99}+\d)[^\s\"'`,;}<>|]{4,99}){0,9}"
"""Words behind a password that may belong to it, of which each has a digit."""
_SIGN = (
    r"(?:\\?[\"'`*)\]|]){0,4}[ \t]{0,3}(?:=>|:=|=|:(?=[\s*|\"'\\`])|(?<=[\"'`]):"
    r"|(?:\?\?|\|\||(?<=[ \t])or)(?=[ \t]{0,3}\\?[\"'`]))"
    r"[ \t]{0,3}[*|]{0,3}[ \t]{0,3}"
)
"""A colon alone parts the parts of an ARN: `secret:agent-a1b2c3`."""
_SPACE = r"(?:\\?[\"'`*)\]|]){0,4}[ \t]{1,3}[|]?[ \t]{0,3}(?:(?:is|are|ist|was)[ \t]{1,3})?"
_PASSWORD_TOLD = (
    regex(
        rf"(?P<name>(?<!\d){PASSWORDS}(?:{_SIGN}|{_SPACE}))(?P<value>{_QUOTED}|{_BARE}{_MORE})",
        re.IGNORECASE,
    ),
    regex(
        r"(?P<name>(?:(?:with password|identified by|(?:log|sign) in as \S{1,40} ?/)[ \t]{1,3}"
        rf"|(?<![a-z])pass{_SIGN}|<[\w:.-]{{0,40}}(?:password|passwd)>"
        r"|credentials:[ \t]{1,3}[\w.@-]{1,40}[:/]|--auth[ \t=]{1,3}[\w.@-]{1,40}:))"
        rf"(?P<value>[\"'](?=[^\s\"']{{1,99}}[\"']){_BARE}|{_BARE})",
        re.IGNORECASE,
    ),
)
_KEY_TOLD = regex(
    rf"(?P<name>(?:{KEYS}|authorization|(?<![\w-])x-[\w-]{{0,40}}(?:key|auth)|\"auth\"){_SIGN}"
    r"|\bcookie[\"']?:[ \t]{0,3}[\"']?[\w.-]{1,40}="
    r"|(?:key|name)=[\"'][\w.:-]{0,60}(?:key|token|secret|password)[\"'][ \t]{1,3}value=)"
    rf"(?P<value>{_QUOTED}|{_BARE})",
    re.IGNORECASE,
)
_BEARER = regex(
    r"(?P<name>(?<![\w$-])(?:bearer|basic|token)(?:[ \t]{1,3}|%20))"
    r"(?P<value>[\w~+/][\w.~+/=-]{11,})",
    re.IGNORECASE,
)
_KEY_NAMED = regex(
    rf"(?P<name>(?:{KEYS}(?:{_SPACE}|:)"
    r"|(?<!\S)--?(?:[\w-]{0,40}-)?(?:key|auth|credentials?)[ \t=]{1,3}))"
    rf"(?P<value>{_QUOTED}|{_BARE})",
    re.IGNORECASE,
)
_ENDS = "\\\"'`"
_NO_SECRET = regex(
    r"[$<{%*…~.(\[-]|/(?![\w+/]{39}$)|https?:|[0-9a-f]{8}-[0-9a-f]{4}-|sha\d|[\w.]{1,80}[(\[]|\w{1,40}\.\w{1,40}\."
    r"|[A-Z][A-Z0-9]{0,40}(?:_[A-Z0-9]{1,40}){1,9}$|\d[\d.]{0,20}(?:e[+-]?\d{1,3})?$"
)
"""
References, paths (a key of AWS may begin with a slash), identifiers, checksums, pieces of programs,
options, names of variables, and numbers.
"""
_LETTER_AND_DIGIT = regex(r"(?=[^a-zA-Z]{0,99}+[a-zA-Z])(?=[^\d]{0,99}+\d)")
_OBJECT = regex(r"[a-z]{1,40}\d{0,2}(?:[-_](?:[a-z]{1,40}\d{0,2}|\d{1,4})){1,9}")
"""`secret: agent-tls-2` and `secretKey: openai_key_1` name an object, in which the secret is."""
_PART = regex(r"[A-Za-z0-9]{8,}")
_NUMBERED = regex(r"[A-Za-z]{0,20}\d{0,8}[a-z]?")
_HEX = regex(r"[0-9a-f]{32,}")
_UNSAID = regex(
    r"(?!(?i:nstr|ckgr|bscr|rkfl|ngth|nscr|ckst|rksp|tstr))"
    r"[B-DF-HJ-NP-TV-XZb-df-hj-np-tv-xz][b-df-hj-np-tv-xz]{3}"
)
"""Four consonants in a row, of which names have only some."""
_BASE_64 = regex(r"[A-Za-z0-9+/]{16,}={0,2}")
_SHORTEST_WORD, _SHORTEST_KEY = 6, 16
_FEW_CHANGES = 3
"""From letters to digits and back: `Base64Encoded` has two, and what was drawn has more."""


def without_told(text: str) -> str:
    """The text without passwords and keys that it tells of."""
    for form in _PASSWORD_TOLD:
        text = form.sub(_password, text)
    if "=" in text or ":" in text or "'" in text or '"' in text:
        text = _KEY_TOLD.sub(_key, text)
    return _KEY_NAMED.sub(_named, _BEARER.sub(_bearer, text))


def _password(found: re.Match[str]) -> str:
    """People make passwords of words with digits."""
    words = () if _is_other(found) else _value(found).split()
    opens = any(len(word) >= _SHORTEST_WORD and _LETTER_AND_DIGIT.match(word) for word in words)
    return _without_value(found) if opens else found[0]


def _key(found: re.Match[str]) -> str:
    """What is set may be a key that somebody made up."""
    value = _value(found)
    named = "secret" in found["name"].lower() and _OBJECT.fullmatch(value)
    opens = _is_of_key(value) and " " not in value and not named
    return _without_value(found) if opens and not _is_other(found) else found[0]


def _bearer(found: re.Match[str]) -> str:
    """Of a token in a header; no word of `Basic authentication` is one."""
    value = found["value"]
    opens = any(character.isdigit() for character in value) or _may_be_drawn(value)
    return f"{found['name']}…" if opens else found[0]


def _named(found: re.Match[str]) -> str:
    """Behind the bare word stands a key only if it looks like one that was drawn."""
    value = _value(found)
    if _is_other(found) or not _is_of_key(value):
        return found[0]
    drawn = any(map(_is_part_of_key, _PART.findall(value)))
    return _without_value(found) if drawn else found[0]


def _is_of_key(value: str) -> bool:
    """Letters and digits or, in one of a hundred keys, letters alone that no word is made of."""
    mixed = _LETTER_AND_DIGIT.match(value) is not None
    return mixed or (_BASE_64.fullmatch(value) is not None and _may_be_drawn(value))


def _may_be_drawn(value: str) -> bool:
    """Whether a word was drawn, or is one behind the name of a key that nobody can say."""
    mixed = len(value) >= _SHORTEST_KEY and not (value.islower() or value.isupper())
    return is_drawn(value) or (mixed and _UNSAID.search(value) is not None)


def _is_other(found: re.Match[str]) -> bool:
    return _NO_SECRET.match(_value(found)) is not None


def _value(found: re.Match[str]) -> str:
    return found["value"].strip(_ENDS)


def _is_part_of_key(part: str) -> bool:
    if _NUMBERED.fullmatch(part) and not is_drawn(part):
        return False
    changes = sum(one.isdigit() != other.isdigit() for one, other in pairwise(part))
    mixed = len(part) >= _SHORTEST_KEY and not (part.islower() or part.isupper())
    return mixed or changes > _FEW_CHANGES or is_drawn(part) or _HEX.fullmatch(part) is not None


def _without_value(found: re.Match[str]) -> str:
    value = found["value"]
    return f"{found['name']}{value[: len(value) - len(value.lstrip(_ENDS))]}…"
