"""
Secrets in a text that have no form of their own, and stand where their name, or their place, says.

What something is called is shown as it is, and somebody calls a server by its address with
`?api_key=` in it, or an image by the command that logs in to it.
"""

import re

from agentaudit.expressions import regex

_PASSWORD = regex(
    r"(?P<name>(?:password|passwd|pwd|accountkey|sharedaccesskey)\s{0,9}=\s{0,9})"
    r"(?!\$(?:[({]|[A-Za-z_]\w*(?:[\s;&\"']|$)))(?:\"[^\"]+|'[^']+|[^\s;\"']+)",
    re.IGNORECASE,
)
"""
In an address or a list of settings: `Server=db;Password=…`, and Azure's keys. A reference is shown;
in a list a password may hold `&`, and what stands behind one in an address goes with it.
"""
_LISTED = regex(
    r"(?P<name>;\s{0,9}(?:password|pwd)\s{0,9}=\s{0,9})(?![\"'$])[^;\"'=\n]+", re.IGNORECASE
)
"""Of settings that `;` parts, where a password may hold spaces."""
_REFERENCE = r"(?![$<{%*…])"
_BY_NAME = (
    regex(
        r"(?P<name>(?<![A-Za-z0-9-])[\w-]{0,40}(?:(?:api|access|account|secret|private|auth"
        r"|subscription)[_-]?key|token|secret|passphrase|signature)=|[?&;](?:key|sig|pass|auth)=)"
        rf"{_REFERENCE}[^\s&;,\"'#]{{6,}}",
        re.IGNORECASE,
    ),
    regex(
        r"(?P<name>(?<!\S)--?[\w-]{0,40}(?:password|passwd|token|secret|api-?key|passphrase)"
        rf"\s{{1,3}}[\"']?){_REFERENCE}[^\s\"'-][^\s\"']{{5,}}",
        re.IGNORECASE,
    ),
    regex(
        r"(?P<name>(?:password|passwd|token|secret|api[_-]?key|authorization)[\"']?:[ \t]{0,3}"
        r"(?:[\"']|(?<=[ \t])))(?=\S{0,99}\d)" + rf"{_REFERENCE}[^\s\"',}}]{{8,}}",
        re.IGNORECASE,
    ),
    regex(
        r"(?P<name>(?<![\w$-])(?:bearer|basic|token)[ \t]{1,3})(?=\S*\d)[\w~+/][\w.~+/=-]{11,}",
        re.IGNORECASE,
    ),
    regex(
        r"(?P<name>(?<!\S)(?:-u|--user)[ \t]{1,3}[^\s:]{1,60}:)"
        rf"(?!\d+(?:\s|$)){_REFERENCE}[^\s\"']{{4,}}"
    ),
)
"""`?token=…`, `--password …`, `password: …`, `Bearer …` and `-u user:…`."""
_WORDS = (
    *("key", "token", "secret", "passw", "pwd", "passphrase", "signature", "sig=", "pass=", "auth"),
    *("bearer", "basic", "-u ", "--user "),
)
_OF_ORACLE = regex(
    r"(?P<name>(?<![\w@/.-])[\w$#.-]{1,60}/)[^\s/@]{1,100}"
    r"(?=@(?://|[\w.-]{1,200}:\d{1,5}(?:[:/\s]|$)))"
)
"""`scott/…@//db:1521/service`; an image is not followed by a port, nor is an action."""
_IN_PATH = regex(
    r"(?P<name>(?:(?<=[/:_=-])|(?<=/bot)))(?=[A-Z0-9]{0,60}[a-z])(?=[a-z0-9]{0,60}[A-Z])"
    r"(?=[A-Za-z]{0,60}\d)[A-Za-z0-9]{16,}"
)
"""In an address, what no person wrote: letters of both sizes and digits, with nothing between."""


def without_passwords(text: str) -> str:
    """The text without passwords of addresses and lists of settings, and keys that stand there."""
    if not names_password(text):
        return text
    return _PASSWORD.sub(r"\g<name>…", _LISTED.sub(r"\g<name>…", text))


def names_password(text: str) -> bool:
    """Whether a password may be given by its name in a text: a cheap no for most texts."""
    if "=" not in text:
        return False
    text = text.lower()
    return any(word in text for word in ("password", "wd", "accountkey", "sharedaccesskey"))


def without_named(text: str) -> str:
    """The text without what its own words call a secret."""
    if "://" in text:
        text = _IN_PATH.sub(r"\g<name>…", text)
    if "@" in text:
        text = _OF_ORACLE.sub(r"\g<name>…", text)
    if may_name_secret(text):
        for form in _BY_NAME:
            text = form.sub(r"\g<name>…", text)
    return text


def may_name_secret(text: str) -> bool:
    """A cheap no for most texts: a name of one word gives nothing a value."""
    if "=" not in text and " " not in text and '":' not in text:
        return False
    text = text.lower()
    return any(word in text for word in _WORDS)
