"""
Files and folders as texts: found, limited in size, decoded.

Nothing here raises for what a folder holds. What cannot be read becomes coverage that says why;
only a path that the user named and that does not exist is an error.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from agentaudit.errors import InputError, Problem
from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.readers.decoding import SEARCHED_ONLY, SourceText, decoded, failed
from agentaudit.readers.installed import installed
from agentaudit.readers.pem import LARGEST_KEY, is_key, may_be_key, telling_bytes
from agentaudit.readers.submodules import (
    LISTED,
    missing_submodules,
    repository_above,
)
from agentaudit.readers.syntax import syntax_of

MAX_BYTES = 10_000_000
"""A larger file is no configuration; it is named in the coverage."""
MAX_FILES = 100_000
SKIPPED_FOLDERS = frozenset(
    {
        *(".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".nox"),
        *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".terraform", ".idea"),
        *("site-packages", ".cache", ".eggs", "dist", "bower_components", ".next"),
    }
)
_LOOP = "unreadable: a link that leads back to itself"
_NOT_THERE = "unreadable: a submodule that is not checked out (git submodule update --init)"
_LEADS_OUT = "unreadable: a link out of the audited folder"
_HISTORY = frozenset({".git", ".hg", ".svn"})
_PASSED_BY = "a folder of packages, caches or builds"
NOT_A_FORMAT = "not a deployment format"
_NO_INPUT = "standard input is not read; what a file says depends on its name and those beside it"


class FoundFiles(Struct, frozen=True, kw_only=True):
    """What the given paths hold."""

    root: str
    texts: tuple[SourceText, ...]
    coverage: tuple[FileCoverage, ...]
    """The files that could not be read, or need not be."""


def read_files(paths: Sequence[Path]) -> FoundFiles:
    """
    The texts below the paths, sorted, relative to their common folder.

    InputError names every given path that does not exist.
    """
    missing = [
        Problem(file=str(path), message=_NO_INPUT if str(path) == "-" else "no such file or folder")
        for path in paths
        if not path.exists()
    ]
    if missing:
        raise InputError(*missing)
    root = common_folder(paths)
    within = _Within(root.resolve(), frozenset(path.absolute() for path in paths))
    texts: dict[str, SourceText] = {}
    coverage: dict[str, FileCoverage] = {}
    found = sorted(
        (*_files_below(paths, within), *_missing_in(paths)),
        key=lambda each: (each[0].parts, each[1]),
    )
    for path, problem in found:
        file = _relative(path, root)
        outcome = _skipped(file, problem) if problem else _read(path, file, within)
        if isinstance(outcome, SourceText):
            texts[file] = outcome
        else:
            coverage[file] = outcome
    return FoundFiles(
        root=shown_root(paths, root), texts=tuple(texts.values()), coverage=tuple(coverage.values())
    )


def common_folder(paths: Sequence[Path]) -> Path:
    """The folder that all paths stand in, and that files are named from."""
    if not paths:
        return Path().absolute()
    folders = [path.absolute() if path.is_dir() else path.absolute().parent for path in paths]
    return Path(os.path.commonpath(folders))


def shown_root(paths: Sequence[Path], root: Path) -> str:
    """The root as the user wrote it when there is one folder, else as it is."""
    if len(paths) == 1 and paths[0].is_dir():
        return _named(paths[0].as_posix())
    here = Path().absolute()
    return _named((root.relative_to(here) if root.is_relative_to(here) else root).as_posix())


def _relative(path: Path, root: Path) -> str:
    """The path within the root."""
    text = str(path)
    inside = text.removeprefix(f"{root}/")
    if inside == text or ".." in inside:
        inside = Path(os.path.relpath(path, root)).as_posix()
    return _named(inside)


def _named(path: str) -> str:
    """A path as every format can hold it: bytes of it that are no UTF-8 are written as numbers."""
    return path if path.isascii() else os.fsencode(path).decode(errors="backslashreplace")


class _Within(Struct, frozen=True):
    """What links may lead to: what lies in the root, and anything where the user named the link."""

    root: Path
    named: frozenset[Path]

    def reaches(self, path: Path) -> bool:
        return path in self.named or path.resolve().is_relative_to(self.root)


def _files_below(paths: Sequence[Path], within: _Within) -> Iterator[tuple[Path, str]]:
    """Each file once, with the reason why it cannot be read, if there is one."""
    waiting = [(path.absolute(), _is_folder(path)) for path in paths]
    seen: set[Path] = set()
    while waiting:
        path, folder = waiting.pop()
        if path in seen:
            continue
        if len(seen) >= MAX_FILES:
            yield path, f"unreadable: more than {MAX_FILES:,} files; audit parts of the folder"
            return
        seen.add(path)
        if not folder:
            yield path, ""
            continue
        for below, is_folder, reason in _listed(path, within):
            if reason:
                yield below, reason
            else:
                waiting.append((below, is_folder))


def _missing_in(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Submodules below the paths which are not there, and which a folder above the paths lists."""
    folders = [path.absolute() for path in paths if _is_folder(path)]
    for root in dict.fromkeys(map(repository_above, folders)):
        for path in missing_submodules(root) if root is not None else ():
            if any(path.is_relative_to(folder) for folder in folders):
                yield path, _NOT_THERE


def _listed(folder: Path, within: _Within) -> Iterator[tuple[Path, bool, str]]:
    """What stands in a folder, whether it is one too, and why it is not looked into."""
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        yield folder, True, f"unreadable folder: {error.strerror}"
        return
    names = [entry.name for entry in entries]
    others = installed(folder, names)
    if LISTED in names:
        yield from ((path, True, _NOT_THERE) for path in missing_submodules(folder))
    for entry in entries:
        if entry.name not in _HISTORY:
            reason = _PASSED_BY if entry.name in others else _left_out(entry, within)
            yield Path(entry.path), entry.is_dir(follow_symlinks=False), reason


def _left_out(entry: os.DirEntry[str], within: _Within) -> str:
    """Why an entry of a folder is not looked into; empty where it is."""
    if entry.name in SKIPPED_FOLDERS or _vendored(entry):
        return _PASSED_BY
    if not _is_linked_folder(entry):
        return ""
    # One within the root is read under its own name.
    return "a link to a folder" if within.reaches(Path(entry.path)) else _LEADS_OUT


def _vendored(entry: os.DirEntry[str]) -> bool:
    """Whether a folder holds the packages of others that Go copies into a project."""
    return entry.name == "vendor" and Path(entry.path, "modules.txt").is_file()


def _is_linked_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and _is_folder(Path(entry.path))


def _is_folder(path: Path) -> bool:
    """Whether a path is a folder; a link that leads back to itself is none, and no error."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:
        return False


def _read(path: Path, file: str, within: _Within) -> SourceText | FileCoverage:
    syntax = syntax_of(file) or ("pem" if _holds_key(path, file) else "")
    if not syntax:
        return _skipped(file, NOT_A_FORMAT)
    try:
        status = _status(path, within)
        if status is None:
            return _skipped(file, _LEADS_OUT if syntax != "text" else NOT_A_FORMAT, syntax)
        if not stat.S_ISREG(status.st_mode):
            return _skipped(file, "unreadable: not a regular file", syntax)
        if status.st_size > MAX_BYTES:
            if syntax in SEARCHED_ONLY:  # a bundle, a film, a log: the ending says little
                return _skipped(file, NOT_A_FORMAT, syntax)
            return failed(file, f"larger than {MAX_BYTES:,} bytes", syntax)
        with path.open("rb", buffering=0) as opened:  # all is read at once, and for no buffer
            content = opened.read()
    except RuntimeError:
        return failed(file, _LOOP, syntax)
    except OSError as error:
        looping = error.errno == errno.ELOOP
        return failed(file, _LOOP if looping else f"unreadable: {error.strerror}", syntax)
    return decoded(content, file, syntax)


def _holds_key(path: Path, file: str) -> bool:
    """
    Whether a file that may be a key is one.

    What lies behind a link is read under its own name.
    """
    if not may_be_key(file):
        return False
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_KEY:
            return False
        with path.open("rb", buffering=0) as opened:
            return is_key(file, opened.read(telling_bytes(file)))
    except OSError:
        return False


def _status(path: Path, within: _Within) -> os.stat_result | None:
    """Of a file, or of what a link leads to; None where that is out of the audited folder."""
    status = path.lstat()
    if not stat.S_ISLNK(status.st_mode):
        return status
    return path.stat() if within.reaches(path) else None


def _skipped(file: str, reason: str, syntax: str = "") -> FileCoverage:
    unreadable = reason.startswith("unreadable")
    status = FileStatus.FAILED if unreadable else FileStatus.SKIPPED
    return FileCoverage(file=file, status=status, format=syntax, reason=reason)
