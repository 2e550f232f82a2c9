"""
Names of files as they may be shown: somebody calls a folder or a file by what is itself a secret.

They are taken out before anything is read: every place of a fact is in a file, by its name.
"""

from collections.abc import Iterable, Mapping

from agentaudit.extract.credentials.redaction import cleaned, may_hold_secret


def shown_files(names: Iterable[str]) -> Mapping[str, str]:
    """The names that hold a secret, and what to call each file instead: no two are called alike."""
    listed = tuple(names)
    if not may_hold_secret("\n".join(listed)):
        return {}
    shown: dict[str, str] = {}
    taken = set(listed)
    for name in listed:
        clean = cleaned(name) if may_hold_secret(name) else name
        if clean == name:
            continue
        called, number = clean, 1
        while called in taken:
            number += 1
            called = f"{clean} ({number})"
        taken.add(called)
        shown[name] = called
    return shown
