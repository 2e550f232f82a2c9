"""
Files as they stood at a commit, from the objects of the repository alone.

A repository that is audited is hostile, its `.git/config` included. Only plumbing is called that
neither checks out nor runs hooks, filters, monitors or text converters, and no transport is
allowed, or an object that is missing would be fetched by whatever program the repository names.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct

from agentaudit.errors import UsageError
from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.readers.files import (
    MAX_BYTES,
    SKIPPED_FOLDERS,
    FoundFiles,
    SourceText,
    common_folder,
    decoded,
    shown_root,
)
from agentaudit.readers.syntax import syntax_of

_LONGEST_S = 120
_SETTINGS = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
    *("-c", "core.pager=cat", "-c", "protocol.allow=never", "-c", "gc.auto=0"),
    *("--no-pager", "--no-optional-locks", "--no-replace-objects", "--literal-pathspecs"),
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_KEPT = ("PATH", "HOME", "SYSTEMROOT")
_LINKS = ("120000", "160000")
"""Modes of symbolic links and of commits of other repositories, which are not followed."""


class _Blob(Struct, frozen=True):
    digest: str
    file: str
    """Relative to the root of the audit."""


def files_at(paths: Sequence[Path], revision: str) -> FoundFiles:
    """
    The texts below the paths at a commit, named as `read_files` names those of today.

    UsageError where there is no repository, or where it does not hold the commit.
    """
    root = common_folder(paths).resolve()
    top = Path(_asked(root, "rev-parse", "--show-toplevel").decode(errors="replace").strip())
    commit = _commit(root, revision)
    blobs = tuple(_blobs(root, top, commit, [path.resolve() for path in paths]))
    texts: list[SourceText] = []
    coverage: list[FileCoverage] = []
    for blob, content in zip(blobs, _contents(root, blobs), strict=True):
        found = _read(blob, content)
        if isinstance(found, SourceText):
            texts.append(found)
        else:
            coverage.append(found)
    return FoundFiles(root=shown_root(paths, root), texts=tuple(texts), coverage=tuple(coverage))


def uncommitted(root: Path, files: Sequence[str]) -> frozenset[str]:
    """
    Those of the files, relative to the root, that differ from the last commit, or are not in it.

    None of them outside of a repository. Contents are compared by digest, with no filter run.
    """
    try:
        top = Path(_asked(root, "rev-parse", "--show-toplevel").decode(errors="replace").strip())
        listed = _asked(root, "ls-tree", "-r", "-z", "--full-tree", "HEAD")
    except UsageError:
        return frozenset()
    committed = {
        os.fsdecode(name): described.decode().split(" ")[2]
        for described, _, name in (entry.partition(b"\t") for entry in listed.split(b"\0") if entry)
    }
    return frozenset(
        file
        for file in files
        if _digest_of(root, root / file) != committed.get(_inside(root / file, top))
    )


def _digest_of(root: Path, path: Path) -> str:
    """What git would call the content as it is, without converting anything."""
    return _asked(root, "hash-object", "--no-filters", "--", str(path.resolve())).decode().strip()


def _inside(path: Path, top: Path) -> str:
    return Path(os.path.relpath(path.resolve(), top.resolve())).as_posix()


def _commit(root: Path, revision: str) -> str:
    if not revision or revision.startswith("-"):
        raise UsageError(f"--diff: {revision!r} is no commit, branch or tag")
    try:
        found = _asked(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except UsageError:
        shallow = _asked(root, "rev-parse", "--is-shallow-repository").strip() == b"true"
        hint = (
            "; this clone is shallow: fetch its history first (`git fetch --unshallow`, or"
            " `fetch-depth: 0` of actions/checkout)"
            if shallow
            else "; name a commit, a branch or a tag that `git log` knows"
        )
        raise UsageError(f"--diff: the repository has no commit {revision!r}{hint}") from None
    return found.decode().strip()


def _blobs(root: Path, top: Path, commit: str, paths: Sequence[Path]) -> Iterator[_Blob]:
    """The files of known syntaxes below the paths."""
    listed = _asked(root, "ls-tree", "-r", "-z", "--full-tree", commit)
    for entry in listed.split(b"\0"):
        if not entry:
            continue
        described, _, name = entry.partition(b"\t")
        mode, _, digest = described.decode().split(" ")
        inside = os.fsdecode(name)
        path = top / inside
        asked = any(path.is_relative_to(wanted) for wanted in paths)
        if mode in _LINKS or not asked or SKIPPED_FOLDERS & set(PurePosixPath(inside).parts[:-1]):
            continue
        file = os.fsencode(os.path.relpath(path, root)).decode(errors="replace")
        if syntax_of(file):
            yield _Blob(digest, file)


def _contents(root: Path, blobs: Sequence[_Blob]) -> Iterator[bytes | None]:
    """What the blobs hold, in their order; None of one that is missing or too large."""
    asked = "".join(f"{blob.digest}\n" for blob in blobs).encode()
    sizes = _asked(root, "cat-file", "--batch-check", given=asked).splitlines()
    small = [_size(line) <= MAX_BYTES for line in sizes]
    wanted = "".join(
        f"{blob.digest}\n" for blob, kept in zip(blobs, small, strict=True) if kept
    ).encode()
    answer = memoryview(_asked(root, "cat-file", "--batch", given=wanted))
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


def _read(blob: _Blob, content: bytes | None) -> SourceText | FileCoverage:
    syntax = syntax_of(blob.file)
    if content is None:
        reason = f"missing from the repository, or larger than {MAX_BYTES:,} bytes"
        return FileCoverage(file=blob.file, status=FileStatus.FAILED, format=syntax, reason=reason)
    return decoded(content, blob.file, syntax)


def _asked(root: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git answers; UsageError in its own words when it cannot."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603, our own arguments, none of them from a file
            ["git", "-C", str(root), *_SETTINGS, *arguments],  # noqa: S607, the user's git
            input=given,
            capture_output=True,
            check=True,
            timeout=_LONGEST_S,
            env={**kept, **_ENVIRONMENT},
        )
    except FileNotFoundError:
        raise UsageError("--diff needs `git`, which is not installed here") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"--diff: git did not answer within {_LONGEST_S} s") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        why = said[0] if said else f"git {arguments[0]} ended with {error.returncode}"
        raise UsageError(f"--diff: {why}") from None
    return done.stdout
