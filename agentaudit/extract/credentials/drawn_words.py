"""
Words that nobody wrote: drawn by chance, of letters of both sizes and digits, or of hex digits.

Names of people's things are made of words, and a checksum has one size of letters.
"""

import re

from agentaudit.expressions import regex

_SHORTEST = 20
_RUN = regex(
    rf"(?<![A-Za-z0-9])(?=[A-Za-z]{{0,60}}+\d)(?P<word>[A-Za-z0-9]{{{_SHORTEST},}})"
    r"(?P<more>(?:[+=][\w+/=]{0,200})?)"
)
"""With what follows in base 64; a slash may part it from what is no part of it."""
_OF_WORDS = regex(r"[a-z]{3,}")
_MOST_IN_WORDS = 0.4
"""
Of characters in runs of three small letters: `AgentRole3F2A91B7` has half of its there, and of what
is drawn one in twenty has as many, and most of these small letters alone.
"""
_LONE = regex(
    r"(?!(?i:a[dinst]|b[ey]|c[bdir]|d[beo]|e[nx]|gb|go|h[ei]|i[dfnopst]|js|kb|m[belsy]|no|o[fhknrs]"
    r"|p[ry]|qa|re|so|t[osv]|u[inps]|v[ms]|we))[A-Z\d][a-z](?=[A-Z\d])"
)
"""A small letter alone that makes no short word of a name, such as `By`, with what is before it."""
_FEW_LONE, _FEW_NUMBERS = 1, 1
_ONE_KIND = regex(r"[a-z]+|[A-Z]+|\d+")
_NUMBERED = regex(r"[0-9A-F]{8}$|[Bb]ase64|[Uu]int8")
"""What the tools of CloudFormation put behind names, and names that have numbers."""
_MOST_RUNS = 0.5
"""Of characters: a name begins another run with each second one at most."""
_SIZES = (regex(r"[a-z]"), regex(r"[A-Z]"))
_CHECKSUM = regex(r"sha\d{1,3}[-:=\"' ]{1,3}[\w+/=]{0,90}$", re.IGNORECASE)
_BEFORE = 100
_OF_VENDORS = (*("sk-", "api03-", "key-", "fc-", "pul-", "rpa_", "e2b_", "sbp_", "dop_v1_"),)
"""
Of Anthropic and all who write keys as OpenAI does, and of Mailgun, Firecrawl, Pulumi, RunPod, E2B,
Supabase and DigitalOcean, who draw no big letters.
"""
_TWILIO = regex(r"SK[0-9a-f]{32}")
_IN_ADDRESS = regex(r"(?<=[/=])[0-9a-f]{32}(?![0-9A-Za-z-])")
"""A checksum in an address is of another length, and what names something has dashes."""


def may_hold_drawn(text: str) -> bool:
    """Whether a text has such a word, perhaps: a quick no for most."""
    return len(text) >= _SHORTEST and _RUN.search(text) is not None


def without_drawn(text: str) -> str:
    """The text without words that were drawn."""
    if len(text) < _SHORTEST:
        return text
    if "://" in text:
        text = _IN_ADDRESS.sub("…", text)
    return _RUN.sub(_shown, text)


def is_drawn(word: str) -> bool:
    """Whether a word of letters and digits was drawn, as far as its look tells."""
    if not all(size.search(word) for size in _SIZES):
        return False
    in_words = sum(len(run) for run in _OF_WORDS.findall(word))
    if in_words < _MOST_IN_WORDS * len(word):
        return True
    if len(_LONE.findall(word)) > _FEW_LONE:
        return True
    begun = _NUMBERED.sub("", word)
    runs = _ONE_KIND.findall(begun)
    return len(runs) >= _MOST_RUNS * len(begun) and sum(map(str.isdigit, runs)) > _FEW_NUMBERS


def _shown(found: re.Match[str]) -> str:
    word, at = found["word"], found.start()
    before = found.string[max(at - _BEFORE, 0) : at]
    if _TWILIO.fullmatch(word):
        return "SK…"
    if is_drawn(word):
        return found[0] if _CHECKSUM.search(before) else "…"
    return "…" if before.endswith(_OF_VENDORS) else found[0]
