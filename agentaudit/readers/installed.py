"""
Packages of Python that were installed into a folder of the project, as layers of Lambda have them.

`pip install -t` writes `NAME-VERSION.dist-info/RECORD` beside what it installs: every file of the
package, one a line (the Python packaging user guide, "Recording installed projects"). What stands
in the same folder and in no record is the project's own.
"""

from collections.abc import Iterable
from pathlib import Path

_METADATA = ".dist-info"
_LONGEST = 1_000_000
"""Bytes of a record; botocore's, which lists some 2,000 files, has 200,000."""


def installed(folder: Path, names: Iterable[str]) -> frozenset[str]:
    """Which of a folder's entries its records list, and the records themselves."""
    metadata = [name for name in names if name.endswith(_METADATA)]
    listed = {top for name in metadata for top in _recorded(folder / name / "RECORD")}
    return frozenset(listed.union(metadata)) if listed else frozenset()


def _recorded(record: Path) -> Iterable[str]:
    """The first part of every path that a record lists; none where there is no plain record."""
    try:
        if record.is_symlink() or not record.is_file():
            return ()
        with record.open("rb") as opened:
            text = opened.read(_LONGEST).decode(errors="replace")
    except OSError:
        return ()
    tops = (line.partition(",")[0].partition("/")[0] for line in text.splitlines())
    return {top for top in tops if top not in {"", "..", "."}}
