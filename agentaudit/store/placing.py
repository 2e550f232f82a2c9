"""Files that stand whole in their place, or not at all."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agentaudit.errors import UsageError
from agentaudit.standard_output import STANDARD_OUTPUT, print_bytes


def write_whole(path: Path, chunks: Iterable[bytes], *, overwrite: bool = False) -> int:
    """
    The chunks as the file at `path`, and how many bytes they were; `-` is standard output.

    Raises UsageError when it cannot be written, or exists and is not to be overwritten.
    """
    if path == STANDARD_OUTPUT:
        return print_bytes(chunks)
    if _is_no_file(path):
        return _written_into(path, chunks)
    with beside(path, overwrite=overwrite) as part, part.open("wb") as file:
        return sum(map(file.write, chunks))


def _is_no_file(path: Path) -> bool:
    """Whether something stands there that has no place to take: a device, a pipe, a terminal."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _written_into(path: Path, chunks: Iterable[bytes]) -> int:
    try:
        with path.open("wb") as file:
            return sum(map(file.write, chunks))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


@contextmanager
def beside(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """
    An empty file in the same folder, that takes the place when nothing went wrong.

    A link stays one, and the file that it leads to is replaced. Raises UsageError as `write_whole`
    does, and where the place is none for a file.
    """
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists already; --force writes over it")
    if _is_no_file(path):
        raise UsageError(f"{path}: is no file that could be replaced; name one")
    path = Path(os.path.realpath(path)) if path.is_symlink() else path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".part.", suffix=path.suffix)
        os.close(descriptor)
        try:
            yield Path(name)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
