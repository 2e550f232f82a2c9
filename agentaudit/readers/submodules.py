"""
What git keeps elsewhere and did not bring along: submodules that are not checked out, LFS files.

`git clone` and the checkouts of forges leave both out unless they are told otherwise, so the folder
of a submodule is empty, and in the place of a large file stands a pointer to it.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

LISTED = ".gitmodules"
_PATH = re.compile(r"^[ \t]{0,40}path[ \t]{0,40}=([^\n]{1,1000})$", re.MULTILINE)
_LARGEST = 200_000
"""Bytes of a list that are read."""
POINTER = b"version https://git-lfs.github.com/spec/"
"""How a pointer begins (git-lfs, "Specification")."""


def missing_submodules(folder: Path) -> Iterator[Path]:
    """The folders of submodules that a folder lists, and in which nothing is."""
    try:
        with (folder / LISTED).open("rb") as opened:
            text = opened.read(_LARGEST).decode(errors="replace")
    except OSError:
        return
    for path in dict.fromkeys(found.strip(' \t\r"') for found in _PATH.findall(text)):
        inside = PurePosixPath(path)
        if inside.is_absolute() or ".." in inside.parts or "\0" in path:
            continue
        if not _holds_anything(folder / inside):
            yield folder / inside


def repository_above(folder: Path) -> Path | None:
    """The nearest folder around one that is a repository's, itself not among them."""
    return next((each for each in folder.parents if (each / ".git").exists()), None)


def _holds_anything(folder: Path) -> bool:
    """Whether a folder has an entry; one that cannot be listed is told of elsewhere."""
    try:
        return next(folder.iterdir(), None) is not None
    except FileNotFoundError:
        return False
    except OSError:
        return True
