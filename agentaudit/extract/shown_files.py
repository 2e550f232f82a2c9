"""
Names of files as they may be shown: somebody calls a folder or a file by what is itself a secret.

They are taken out before anything is read: every place of a fact is in a file, by its name.
"""

from collections.abc import Iterable, Mapping

from agentaudit.expressions import holds_word
from agentaudit.extract.credentials.drawn_words import may_hold_drawn
from agentaudit.extract.credentials.redaction import cleaned
from agentaudit.readers.token_forms import may_hold_token

_MARKS = ("=", " ", "@", "eyJ", ":")
"""Without one of them in its name, only a secret of a known look can be there."""


def shown_files(names: Iterable[str]) -> Mapping[str, str]:
    """The names that hold a secret, and what to call each file instead: no two are called alike."""
    listed = tuple(names)
    joined = "\n".join(listed)
    if not _may_hold_secret(joined):
        return {}
    shown: dict[str, str] = {}
    taken = set(listed)
    for name in listed:
        clean = cleaned(name) if _may_hold_secret(name) else name
        if clean == name:
            continue
        called, number = clean, 1
        while called in taken:
            number += 1
            called = f"{clean} ({number})"
        taken.add(called)
        shown[name] = called
    return shown


def _may_hold_secret(text: str) -> bool:
    return holds_word(text, _MARKS) or may_hold_token(text) or may_hold_drawn(text)
