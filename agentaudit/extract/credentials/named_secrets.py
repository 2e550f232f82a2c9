"""
Secrets in a text that have no form of their own, and stand where their name, or their place, says.

What something is called is shown as it is, and somebody calls a server by its address with
`?api_key=` in it, or an image by the command that logs in to it.
"""

import re

from agentaudit.expressions import holds_word, one_of, regex
from agentaudit.extract.credentials.drawn_words import is_drawn
from agentaudit.extract.credentials.told_secrets import KEYS, PASSWORDS, without_told

_REFERENCE = r"(?![$<{%*…])"
_WHOLE = regex(
    rf"(?P<name>(?P<open>[\"'])[\w.-]{{0,60}}(?:{KEYS}|{PASSWORDS}|(?<![a-z])pass)=){_REFERENCE}"
    r"[^\"'\n]{4,}(?=(?P=open))",
    re.IGNORECASE,
)
"""All that is between quotes: `-e "DB_PASSWORD=two words"`."""
_LISTED = regex(
    r"(?P<name>;\s{0,9}(?:password|pwd)\s{0,9}=\s{0,9})(?![\"'$])[^;\"'=\n]+", re.IGNORECASE
)
"""Of settings that `;` parts, where a password may hold spaces."""
_SETTING = one_of("password", "passwd", "pwd", "accountkey", "sharedaccesskey")
_PASSWORD = regex(
    rf"(?P<name>{_SETTING}\s{{0,9}}=\s{{0,9}})"
    r"(?!\$(?:[({]|[A-Za-z_]\w*(?:[\s;&\"']|$)))(?:\"[^\"]+|'[^']+|[^\s;\"']+)",
    re.IGNORECASE,
)
"""
In an address or a list of settings: `Server=db;Password=…`, and Azure's keys. A reference is shown;
in a list a password may hold `&`, and what stands behind one in an address goes with it.
"""
_BY_NAME = (
    (
        "=",
        regex(
            rf"(?P<name>(?:{KEYS}|{PASSWORDS}|(?<![a-z])pass|honeycomb-team)="
            r"|(?<![A-Za-z0-9])_auth=(?=[\w+/=-]{16})|[?&;#](?:key|sig|pass|auth)="
            r"|[?&]code=(?=[^\s&]{16}))"
            rf"(?:(?P<open>[\"']){_REFERENCE}[^\s\"'][^\"'\n]{{3,}}(?=(?P=open))"
            rf"|{_REFERENCE}[^\s&;,\"'#]{{6,}})",
            re.IGNORECASE,
        ),
    ),
    (
        "-",
        regex(
            r"(?P<name>(?<!\S)[\"']?--?[\w-]{0,40}(?:password|passwd|token|secret|passphrase|requirepass"
            r"|(?:api|access|secret|account|private|auth)-?key|(?:(?<![a-z])|store|key)pass|pwd)"
            r"(?:\s{1,3}|=))"
            rf"(?:(?P<open>[\"']){_REFERENCE}[^\"'\n]{{4,}}(?=(?P=open))"
            rf"|[\"']?{_REFERENCE}[^\s\"'-][^\s\"']{{5,}})",
            re.IGNORECASE,
        ),
    ),
    (
        "-u",
        regex(
            r"(?P<name>(?<!\S)(?:-u|--user)[ \t=]{1,3}(?P<open>[\"'])[^\s:\"']{1,60}:)"
            rf"{_REFERENCE}[^\"'\n]{{4,}}(?=(?P=open))"
        ),
    ),
    (
        "-u",
        regex(
            r"(?P<name>(?<!\S)(?:-u|--user)[ \t]{1,3}[^\s:]{1,60}:)"
            rf"(?!\d+(?:\s|$)){_REFERENCE}[^\s\"']{{4,}}"
        ),
    ),
    (
        "-u",
        regex(
            rf"(?P<name>(?<!\S)(?:-u|--user)[ \t]{{1,3}}[\"']?){_REFERENCE}[^\s:\"'/]{{16,}}"
            r"(?=:[\"']?(?:\s|$))"
        ),
    ),
    (
        "=",
        regex(
            r"(?P<name>(?<!\S)(?:-b|--cookie)[ \t=]{1,3}[\"']?[\w.-]{1,40}=)"
            rf"{_REFERENCE}[^\s;\"']{{16,}}"
        ),
    ),
)
"""`?token=…`, `--password …` and `-u user:…`, each behind what every one of them has."""
_WORDS = (
    *("key", "token", "secret", "pass", "pwd", "signature", "sig=", "auth", "kennwort", "contrase"),
    *("bearer", "basic", "-u ", "--user ", "cookie", "code=", "credential", "identified", "team="),
    *("log in", "sign in", "session="),
)
_OF_POSTGRES = regex(
    r"(?P<name>(?<![\w.*-])[\w.*-]{1,100}:(?:\d{4,5}|\*):[\w*-]{1,60}:[\w*-]{1,60}:)"
    r"(?=[^\s:]{0,99}\d)[^\s:/*][^\s:]{5,}"
)
"""`host:5432:database:user:…`, as a line of `.pgpass` has it."""
_PORT = regex(r":(?:\d{4,5}|\*):")
_OF_ORACLE = regex(
    r"(?P<name>(?<![\w@/.-])[\w$#.-]{1,60}/)[^\s/@]{1,100}"
    r"(?=@(?://|[\w.-]{1,200}:\d{1,5}(?:[:/\s]|$)))"
)
"""`scott/…@//db:1521/service`; an image is not followed by a port, nor is an action."""
_IN_PATH = regex(
    r"(?:(?<=[/:_=-])|(?<=/bot))(?=[A-Z0-9]{0,60}+[a-z])(?=[a-z0-9]{0,60}+[A-Z])"
    r"(?P<word>[A-Za-z0-9]{16,})(?:[+=][\w+/=%]{0,200})?"
)
"""In an address, what no person wrote: letters of both sizes and digits, with nothing between."""
_DIGIT = regex(r"\d")

_OF_HOOK = regex(
    r"(?P<name>://(?:hooks\.(?:zapier|slack)\.com|hook\.[\w.-]{1,40}\.make\.com|maker\.ifttt\.com"
    r"|[\w-]{1,60}\.webhook\.office\.com|(?:[\w-]{1,40}\.)?discord(?:app)?\.com/api/webhooks)/)"
    r"[^\s\"'`<>?#]{12,}",
    re.IGNORECASE,
)
"""An address at which whoever knows it may write: all behind its host says which."""


def without_passwords(text: str) -> str:
    """The text without passwords of addresses and lists of settings, and keys that stand there."""
    if "=" in text and may_name_secret(text):
        for form in (_WHOLE, _LISTED, _PASSWORD):
            text = form.sub(r"\g<name>…", text)
    return text


def without_named(text: str) -> str:
    """The text without what its own words call a secret."""
    if "@" in text:
        text = _OF_ORACLE.sub(r"\g<name>…", text)
    if may_be_of_postgres(text):
        text = _OF_POSTGRES.sub(r"\g<name>…", text)
    if may_name_secret(text):
        for mark, form in _BY_NAME:
            if mark in text:
                text = form.sub(_opened, text)
        text = without_told(text)
    # At last, or the beginning of a value would be gone, and with it what tells where that ends.
    return _IN_PATH.sub(_drawn, _OF_HOOK.sub(r"\g<name>…", text)) if "://" in text else text


def may_be_of_postgres(text: str) -> bool:
    """Whether a port stands where such a line has it."""
    return ":" in text and _PORT.search(text) is not None


def may_name_secret(text: str) -> bool:
    """A cheap no for most texts: a name of one word gives nothing a value."""
    if not ("=" in text or " " in text or '":' in text or "':" in text or ">" in text):
        return False
    return holds_word(text.lower(), _WORDS)


def _drawn(found: re.Match[str]) -> str:
    """A name has no digits; what was drawn has none in one of a hundred."""
    word = found["word"]
    return "…" if _DIGIT.search(word) or is_drawn(word) else found[0]


def _opened(found: re.Match[str]) -> str:
    """What is behind the name goes, and the quote stays before which it ends."""
    quote, name = found.groupdict().get("open") or "", found["name"]
    return f"{name}…" if quote in name else f"{name}{quote}…"
