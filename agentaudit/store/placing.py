"""Files that stand whole in their place, or not at all."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agentaudit.errors import UsageError


def write_whole(path: Path, chunks: Iterable[bytes], *, overwrite: bool = False) -> int:
    """
    The chunks as the file at `path`, and how many bytes they were.

    Raises UsageError when it cannot be written, or exists and is not to be overwritten.
    """
    with beside(path, overwrite=overwrite) as part:
        written = 0
        with part.open("wb") as file:
            for chunk in chunks:
                written += file.write(chunk)
    return written


@contextmanager
def beside(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """
    An empty file in the same folder, that takes the place when nothing went wrong.

    Raises UsageError as `write_whole` does.
    """
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists already; --force writes over it")
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
