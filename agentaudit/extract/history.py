"""The deployment at an earlier commit, with what was renamed since under its name of today."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from agentaudit.extract.deployment import deployment_in
from agentaudit.model.deployment import Deployment
from agentaudit.readers.decoding import SourceText
from agentaudit.readers.files import FoundFiles
from agentaudit.readers.git import files_at

_ALIKE = 0.6
"""The share of equal lines from which a file that went and one that came are one file."""
_MOST_PAIRS = 400


def deployments_at(
    paths: Sequence[Path], revision: str, *, now: FoundFiles, key: bytes
) -> Iterator[Deployment]:
    """
    What the files said at the commit under the names that they had.

    Where files were renamed until now, once more under those of now: a fact is known by its file.
    """
    then = files_at(paths, revision)
    yield deployment_in(then, key=key)
    names = _renamed(*({source.file: source for source in found.texts} for found in (then, now)))
    if names:
        moved = (replace(item, file=names.get(item.file, item.file)) for item in then.texts)
        yield deployment_in(replace(then, texts=tuple(moved)), key=key)


def _renamed(then: Mapping[str, SourceText], now: Mapping[str, SourceText]) -> dict[str, str]:
    """Old name to new: the same text first, then the most alike of the same syntax."""
    gone = [source for name, source in then.items() if name not in now]
    came = [source for name, source in now.items() if name not in then]
    lines = cache(_lines)
    scored = sorted(
        (-score, old.file, new.file)
        for old, new in _pairs(gone, came)
        if (score := _likeness(lines(old.text), lines(new.text))) >= _ALIKE
    )
    names: dict[str, str] = {}
    taken: set[str] = set()
    for _, old, new in scored:
        if old not in names and new not in taken:
            names[old] = new
            taken.add(new)
    return names


def _pairs(
    gone: Sequence[SourceText], came: Sequence[SourceText]
) -> Iterator[tuple[SourceText, SourceText]]:
    """Pairs worth comparing: all of equal text, and of the others no more than a limited number."""
    by_text = {new.text: new for new in came}
    yield from ((old, by_text[old.text]) for old in gone if old.text in by_text)
    others = [(old, new) for old in gone[:_MOST_PAIRS] for new in came if old.syntax == new.syntax]
    yield from (pair for pair in others[:_MOST_PAIRS] if pair[0].text != pair[1].text)


def _lines(text: str) -> Counter[str]:
    """How often each line stands in a text."""
    return Counter(text.splitlines())


def _likeness(old: Counter[str], new: Counter[str]) -> float:
    """The share of lines that both have, in whatever order: that takes no longer than to read."""
    both = max(old.total() + new.total(), 1)
    most = 2 * min(old.total(), new.total()) / both
    return 2 * (old & new).total() / both if most >= _ALIKE else 0.0
