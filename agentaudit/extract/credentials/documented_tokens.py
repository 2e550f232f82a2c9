"""Values with the form of a key that documentation, emulators and guides show to everybody."""

from collections import Counter

from agentaudit.expressions import regex

_EXAMPLE_WORD = regex(
    r"EXAMPLE|example|placeholder|PLACEHOLDER|dummy|your[-_]|YOUR[-_]|[-_](?:here|HERE)\b"
    r"|change[-_]?me|replace[-_]?me|(?:test|fake|mock|sample)[-_]?key|x{6}|X{6}|0{8}|\*{3}|<[a-z]"
    r"|12345678|[-_]from[-_]\w{2,30}[-_](?:ui|dashboard|console|portal|page|settings|site)$"
)
_FEWEST_DISTINCT = 6
_LONGEST = 20_000
"""Characters of a value that are looked at: no key has more."""
_PREFIX = 3
_ALPHABET = "abcdefghijklmnop"
_COUNTED = "abcdefghijklmnopqrstuvwxyz 01234567890"
_FOLLOWING = regex(
    "|".join(
        row[at : at + 3]
        for row in ("abcdefghijklmnopqrstuvwxyz", "0123456789")
        for at in range(len(row) - 2)
    )
)
_FILLING = ("DEMO", "FAKE", "DUMMY", "SAMPLE", "demo", "fake", "dummy", "sample")
"""What somebody fills a key with; chance makes such a word twice in one of ten million keys."""
_HEX = regex(r"[0-9a-f-]+")
_FEWEST_MASKED, _LONGEST_MASKED = 24, 64
"""In longer keys three characters follow each other twice by chance; so they do among sixteen."""
_PARTED = regex(r"[-_]")
_RUN = regex(r"[a-z]+|\d+|.")
_SHOWN = regex(r"^gh[a-z]_(?:16C7e42F292c69|1B4a2e77838347|xz7yzju2SZjGPa)|^napi_9tlr13774gizlj")
"""
How tokens begin that GitHub's documentation of refreshing them, Neon's of its API, and tests
everywhere show.
"""
_EMULATED = regex(r"(?:^|AccountKey=)(?:Eby8vdM02xNOcqFlqUwJ|C2y6yDjf5/R\+ob0N8A7C)")
"""How the keys of the emulators of Azure Storage and Cosmos DB begin, the same on all machines."""


def is_documented(value: str) -> bool:
    """
    Whether a value with the form of a key stands for one.

    Only words that chance does not make count: one key in a hundred holds three x.
    """
    value = value[:_LONGEST]
    characters = Counter(value[_PREFIX:])
    return (
        _EXAMPLE_WORD.search(value) is not None
        or _SHOWN.match(value) is not None
        or is_everybodys(value)
        or _is_counted(value)
        or _is_masked(value)
        or any(value.count(word) > 1 for word in _FILLING)
        or len(characters) < _FEWEST_DISTINCT
        or characters.most_common(1)[0][1] > len(value) // 2
    )


def is_everybodys(value: str) -> bool:
    """Whether a value holds the alphabet, or the key of an emulator."""
    lower = value.lower()
    alphabet = _ALPHABET in lower or _ALPHABET[::-1] in lower
    return alphabet or _EMULATED.search(value) is not None


def _is_counted(value: str) -> bool:
    """Whether all behind its beginning counts on: `xoxp-12345-abcdef`, `glpat-abc123def456`."""
    parts = _PARTED.split(value.lower())[1:]
    runs = [run for part in parts for run in _RUN.findall(part)]
    return len(runs) > 1 and all(len(run) > 2 and run in _COUNTED for run in runs)  # noqa: PLR2004, two letters follow each other by chance


def _is_masked(value: str) -> bool:
    """Whether somebody typed over a key: `abc` and `123` stand in one in 60,000 by chance."""
    drawn = max(_PARTED.split(value), key=len)
    told = _FEWEST_MASKED <= len(drawn) <= _LONGEST_MASKED and not _HEX.fullmatch(drawn)
    return told and len(_FOLLOWING.findall(drawn)) > 1
