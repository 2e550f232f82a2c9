"""
Files as they stood at a commit, from the objects of the repository alone.

A repository that is audited is hostile, its `.git/config` included. Only plumbing is called that
neither checks out nor runs hooks, filters, monitors or text converters, and no transport is
allowed, or an object that is missing would be fetched by whatever program the repository names.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct

from agentaudit.errors import UsageError
from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.readers.decoding import SourceText, decoded
from agentaudit.readers.files import (
    MAX_BYTES,
    SKIPPED_FOLDERS,
    FoundFiles,
    common_folder,
    shown_root,
)
from agentaudit.readers.git_command import asked
from agentaudit.readers.pem import LARGEST_KEY, is_key, may_be_key
from agentaudit.readers.syntax import syntax_of

_AT_ONCE = 1_000
"""Blobs of one question, whose answer is held whole."""
_LINK, _SUBMODULE = "120000", "160000"
"""Modes of symbolic links, which are not followed, and of commits of other repositories."""


class _Tree(Struct, frozen=True):
    """A repository at a commit."""

    top: Path
    commit: str


class _Blob(Struct, frozen=True):
    digest: str
    file: str
    """Relative to the root of the audit."""
    syntax: str
    """Empty where only the content tells whether it is a key."""
    most: int
    """Bytes of the largest that is read."""


def files_at(paths: Sequence[Path], revision: str) -> FoundFiles:
    """
    The texts below the paths at a commit, named as `read_files` names those of today.

    UsageError where there is no repository, or where it does not hold the commit. A submodule is
    read at the commit that its repository named then.
    """
    root = common_folder(paths).resolve()
    audited = _Audited(root, tuple(path.resolve() for path in paths))
    texts: list[SourceText] = []
    coverage: list[FileCoverage] = []
    waiting = [_Tree(_top(root), _commit(root, revision))]
    while waiting:
        tree = waiting.pop()
        entries = tuple(_entries(tree))
        for module in _submodules(tree, entries, audited):
            if _holds(module):
                waiting.append(module)
            else:
                coverage.append(_unknown(module, audited))
        blobs = tuple(_blobs(tree, entries, audited))
        for blob, content in zip(blobs, _contents(tree.top, blobs), strict=True):
            found = _read(blob, content)
            if isinstance(found, SourceText):
                texts.append(found)
            elif found is not None:
                coverage.append(found)
    return FoundFiles(root=shown_root(paths, root), texts=tuple(texts), coverage=tuple(coverage))


def uncommitted(root: Path, files: Sequence[str]) -> frozenset[str]:
    """
    Those of the files, relative to the root, of which git does not say that they are as committed.

    None of them outside of a repository. Contents are compared by digest, with no filter run.
    """
    resolved = root.resolve()
    if not any((folder / ".git").exists() for folder in (resolved, *resolved.parents)):
        return frozenset()
    committed: dict[Path, Mapping[str, str]] = {}
    return frozenset(file for file in files if not _as_committed(root / file, committed))


def _as_committed(path: Path, known: dict[Path, Mapping[str, str]]) -> bool:
    """Whether a file is as in the last commit of its own repository, which may be a submodule."""
    try:
        top = _top(path.parent)
        if top not in known:
            entries = _entries(_Tree(top, "HEAD"))
            known[top] = {entry.name: entry.digest for entry in entries}
        inside = Path(os.path.relpath(path.resolve(), top.resolve())).as_posix()
        return inside in known[top] and known[top][inside] == _digest_of(path)
    except UsageError:  # without a commit, without git, or in a repository of somebody else
        return False


def _digest_of(path: Path) -> str:
    """What git would call the content as it is, without converting anything."""
    resolved = str(path.resolve())
    return asked(path.parent, "hash-object", "--no-filters", "--", resolved).decode().strip()


def _top(folder: Path) -> Path:
    return Path(os.fsdecode(asked(folder, "rev-parse", "--show-toplevel")).removesuffix("\n"))


def _commit(root: Path, revision: str) -> str:
    """The commit that a revision names; `REV...` is where the branch of today left that one."""
    name, since, head = revision.partition("...")
    if not name or name.startswith("-") or head not in {"", "HEAD"}:
        raise UsageError(f"--diff: {revision!r} is no commit, branch or tag")
    commit = _verified(root, name)
    if not since:
        return commit
    try:
        found = asked(root, "merge-base", commit, _verified(root, "HEAD"))
    except UsageError:
        why = f"--diff: {name!r} and HEAD have no commit in common"
        raise UsageError(f"{why}{_hint(root, '')}") from None
    return found.decode().strip()


def _verified(root: Path, name: str) -> str:
    try:
        found = asked(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except UsageError:
        hint = _hint(root, "; name a commit, a branch or a tag that `git log` knows")
        if name == "HEAD":
            hint = " yet, so all is new: run without --diff"
        raise UsageError(f"--diff: the repository has no commit {name!r}{hint}") from None
    return found.decode().strip()


def _hint(root: Path, otherwise: str) -> str:
    """What helps where a commit is missing."""
    if asked(root, "rev-parse", "--is-shallow-repository").strip() != b"true":
        return otherwise
    return (
        "; this clone is shallow: fetch its history first (`git fetch --unshallow`, or"
        " `fetch-depth: 0` of actions/checkout)"
    )


class _Audited(Struct, frozen=True):
    root: Path
    paths: tuple[Path, ...]

    def holds(self, path: Path) -> bool:
        return any(path.is_relative_to(wanted) for wanted in self.paths)

    def file(self, path: Path) -> str:
        """A path as files of the audit are named."""
        return os.fsencode(os.path.relpath(path, self.root)).decode(errors="replace")


class _Entry(Struct, frozen=True):
    """What a tree holds under a name."""

    mode: str
    digest: str
    name: str


def _entries(tree: _Tree) -> Iterator[_Entry]:
    listed = asked(tree.top, "ls-tree", "-r", "-z", "--full-tree", tree.commit)
    for entry in filter(None, listed.split(b"\0")):
        described, _, name = entry.partition(b"\t")
        mode, _, digest = described.decode().split(" ")
        yield _Entry(mode, digest, os.fsdecode(name))


def _submodules(tree: _Tree, entries: Sequence[_Entry], audited: _Audited) -> Iterator[_Tree]:
    """The submodules that are checked out here now; of another one there is nothing to compare."""
    for entry in entries:
        path = tree.top / entry.name
        if entry.mode != _SUBMODULE or not (path / ".git").exists() or path.resolve() != path:
            continue
        if audited.holds(path) or any(wanted.is_relative_to(path) for wanted in audited.paths):
            yield _Tree(path, entry.digest)


def _holds(module: _Tree) -> bool:
    try:
        asked(module.top, "cat-file", "-e", f"{module.commit}^{{commit}}")
    except UsageError:
        return False
    return True


def _unknown(module: _Tree, audited: _Audited) -> FileCoverage:
    reason = f"this submodule does not hold commit {module.commit}: fetch its history"
    file = audited.file(module.top)
    return FileCoverage(file=file, status=FileStatus.FAILED, format="git", reason=reason)


def _blobs(tree: _Tree, entries: Sequence[_Entry], audited: _Audited) -> Iterator[_Blob]:
    """The files of known syntaxes below the paths, and those that may be keys."""
    for entry in entries:
        path = tree.top / entry.name
        if entry.mode in (_LINK, _SUBMODULE) or not audited.holds(path):
            continue
        file = audited.file(path)
        if SKIPPED_FOLDERS & set(PurePosixPath(file).parts[:-1]):
            continue
        syntax = syntax_of(file)
        if syntax or may_be_key(file):
            yield _Blob(entry.digest, file, syntax, MAX_BYTES if syntax else LARGEST_KEY)


def _contents(root: Path, blobs: Sequence[_Blob]) -> Iterator[bytes | None]:
    """What the blobs hold, in their order; None of one that is missing or too large."""
    for start in range(0, len(blobs), _AT_ONCE):
        yield from _answered(root, blobs[start : start + _AT_ONCE])


def _answered(root: Path, blobs: Sequence[_Blob]) -> Iterator[bytes | None]:
    all_ = "".join(f"{blob.digest}\n" for blob in blobs).encode()
    sizes = asked(root, "cat-file", "--batch-check", given=all_).splitlines()
    small = [_size(line) <= blob.most for blob, line in zip(blobs, sizes, strict=True)]
    wanted = "".join(
        f"{blob.digest}\n" for blob, kept in zip(blobs, small, strict=True) if kept
    ).encode()
    answer = memoryview(asked(root, "cat-file", "--batch", given=wanted))
    at = 0
    for kept in small:
        if not kept:
            yield None
            continue
        end = at + bytes(answer[at : at + 200]).index(b"\n")
        size = _size(bytes(answer[at:end]))
        yield bytes(answer[end + 1 : end + 1 + size])
        at = end + 2 + size


def _size(line: bytes) -> int:
    """The size in `<digest> blob <size>`; more than anything allowed where the blob is missing."""
    last = line.rpartition(b" ")[2]
    return int(last) if last.isdigit() else MAX_BYTES + 1


def _read(blob: _Blob, content: bytes | None) -> SourceText | FileCoverage | None:
    """The text of a file, or why it is none; None of what may be a key, and is none."""
    file, syntax = blob.file, blob.syntax
    if not syntax and (content is None or not is_key(file, content)):
        return None
    if content is None:
        reason = f"missing from the repository, or larger than {MAX_BYTES:,} bytes"
        return FileCoverage(file=file, status=FileStatus.FAILED, format=syntax, reason=reason)
    return decoded(content, file, syntax or "pem")
