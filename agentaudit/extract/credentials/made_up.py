"""
What stands for a secret in a guide: a piece of a program, or a value that somebody made up.

Guides for agents are full of both. `password: req.body.password` names where a value comes from,
and nobody's password is `SecurePass123!`.
"""

import base64
import binascii

from agentaudit.expressions import regex

_CALL = regex(r"[A-Za-z_$@][\w.$:-]*[(\[{<]")
_PATH = regex(r"[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_][\w$]*)+")
_BRACKETED = regex(r"[<\[{(]")
_WORDS = regex(r"[A-Za-z]+(?:[-_/][A-Za-z]+)*:?")
_LONGEST_MADE_UP = 40
_LEET = str.maketrans("@$0", "aso")
_MADE_UP = regex(
    r"(?:passphrase|passwords?|passwd|pass|pwd|word|secrets?|tokens?|keys?|api|auth|credentials?"
    r"|my|your|our|the|some|any|thing|new|old|current|temp|initial|default|first|second|wrong"
    r"|invalid|valid|correct|bad|good|weak|strong|secure|safe|super|very|long|random|real|actual"
    r"|app|redis|postgres|mysql|mongo|hashed|smoke|tests?|testing|fake|dummy|mock|sample|example|demo|input|value|string|change"
    r"|me|here|users?|admin|root|guest|login|account|service|database|db|dev|prod|local|production"
    r"|live|thisisa|thisis|this|hello|world|foo|bar|baz|qwerty|letme|in|abc|def|ghi|xyz|sk|pk|rk|ant"
    r"|(?<!\d)\d{1,4}(?!\d)|123456?7?8?9?0?|[^a-z0-9])+",
)
_ENCODED_BRACE = ("ew", "ey")
"""How base 64 begins where a text begins with `{`."""
_SAMPLES = frozenset({"123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"})
"""What documentation shows to everybody: the token of Telegram's "Authorizing your bot"."""


def is_code(value: str) -> bool:
    """Whether a value without quotes is a call, a path of names, or a mark of another language."""
    return bool(_CALL.match(value) or _PATH.fullmatch(value) or _BRACKETED.match(value))


def is_words(value: str) -> bool:
    """Whether a value without quotes is a word, or several: `fine-grained`, `Classes/Records:`."""
    return value.isalpha() or _WORDS.fullmatch(value) is not None


def is_made_up(value: str) -> bool:
    """
    Whether nothing is left of a value without the words of examples: `testpass123`, `P@ssw0rd1`.

    No vendor issues such a key. Somebody may choose such a password, but not in a guide.
    """
    if value in _SAMPLES or _lacks_its_key(value):
        return True
    if len(value) > _LONGEST_MADE_UP or value.isdigit():
        return False
    lower = value.lower()
    meant = (lower, lower.translate(_LEET), encoded_text(value).lower())
    return any(_MADE_UP.fullmatch(text) for text in meant)


def _lacks_its_key(value: str) -> bool:
    """Whether a value encodes the file of a Google service account, and its key is left out."""
    if not value.startswith(_ENCODED_BRACE):
        return False
    text = encoded_text(value)
    return '"service_account"' in text and "PRIVATE KEY-----" not in text


def encoded_text(value: str) -> str:
    """What a value of a Secret of Kubernetes encodes; empty where it encodes no text."""
    try:
        return base64.b64decode(value, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
