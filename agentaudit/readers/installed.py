"""
Packages of Python that were installed into a folder of the project, as layers of Lambda have them.

`pip install -t` writes `NAME-VERSION.dist-info/RECORD` beside what it installs: every file of the
package, one a line (the Python packaging user guide, "Recording installed projects"). What stands
in the same folder and in no record is the project's own, and so is what no package installs: a
record that somebody wrote for it hides neither `.env` and `.github` nor `compose.yaml`.
"""

from collections.abc import Iterable
from pathlib import Path

_METADATA = ".dist-info"
_MODULES = (".py", ".so", ".pyd")
_LONGEST = 1_000_000
"""Bytes of a record; botocore's, which lists some 2,000 files, has 200,000."""


def installed(folder: Path, names: Iterable[str]) -> frozenset[str]:
    """Which of a folder's entries its records list, and the records themselves."""
    metadata = [name for name in names if name.endswith(_METADATA)]
    listed = {top for name in metadata for top in _recorded(folder / name / "RECORD")}
    of_packages = {top for top in listed if top.endswith(_MODULES) or (folder / top).is_dir()}
    return frozenset(of_packages.union(metadata)) if listed else frozenset()


def _recorded(record: Path) -> Iterable[str]:
    """The first part of paths that a record lists, no hidden ones; none without a plain record."""
    try:
        if record.is_symlink() or not record.is_file():
            return ()
        with record.open("rb") as opened:
            text = opened.read(_LONGEST).decode(errors="replace")
    except OSError:
        return ()
    tops = (line.partition(",")[0].partition("/")[0] for line in text.splitlines())
    return {top for top in tops if top and not top.startswith(".")}
