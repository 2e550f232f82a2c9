"""
What was made from files of ours, kept so that it need not be made anew at every start.

It stands where Python keeps our own compiled code, is written when Python would write that, and is
trusted exactly as far: whoever can change the one can change the other. It is used only while the
files it was made from are, byte for byte, the same.
"""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import TypeVar

import msgspec

from agentaudit import __version__
from agentaudit.digests import sha256

T = TypeVar("T")


def kept(name: str, kind: type[T], files: Iterable[Path], make: Callable[[], T]) -> T:
    """What `make` makes of the files; `kind` is its type, and `name` tells it from other things."""
    try:
        place = Path(cache_from_source(__file__)).with_suffix(f".{name}.json")
        digest = _digest(files)
    except (OSError, NotImplementedError):  # a Python that keeps nothing
        return make()
    with suppress(OSError, msgspec.MsgspecError):
        content = place.read_bytes()
        if content.startswith(digest):
            return msgspec.json.decode(content[len(digest) :], type=kind)
    made = make()
    if not sys.dont_write_bytecode:
        with suppress(OSError):
            _write(place, digest + msgspec.json.encode(made))
    return made


def _digest(files: Iterable[Path]) -> bytes:
    """A line that differs as soon as a name or a byte does."""
    digest = sha256(__version__.encode())
    for file in files:
        with file.open("rb", buffering=0) as opened:  # all is read at once
            content = opened.read()
        digest.update(f"\0{file}\0{len(content)}\0".encode(errors="surrogateescape") + content)
    return digest.hexdigest().encode() + b"\n"


def _write(place: Path, content: bytes) -> None:
    """The whole file or none, whoever else writes it now."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        with part.open("xb") as file:
            file.write(content)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
