"""Where a running CPython has its runtime, from the symbols of the file that it was loaded from."""

import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple, cast

from elftools.elf.elffile import ELFFile
from elftools.elf.hash import GNUHashSection

from agentaudit.probes.stacks.walker import Symbols

_LIBRARY = re.compile(r"/libpython3[^/]*\.so[^/]*$")
_LONGEST_MAPS = 4 * 1024 * 1024
_MOST_READS = 200_000
_LARGEST_PIECE = 1 << 20
_BITS = 64


class _Mapped(NamedTuple):
    """The piece of a process's memory that holds the beginning of a file."""

    start: int
    place: str
    """As the kernel calls it, from and to."""
    path: str


class _InFile(NamedTuple):
    """Addresses as the file has them, and the one at which the file itself begins."""

    symbols: Symbols
    begins: int


def symbols_of(pid: int) -> Symbols:
    """
    The addresses in the process.

    Raises LookupError where no file of it holds them, and OSError where its files may not be read.
    """
    executable = str(Path(f"/proc/{pid}/exe").readlink())
    for mapped in _mapped(pid):
        if mapped.path == executable or _LIBRARY.search(mapped.path):
            for path in _files(pid, mapped, executable):
                found = _in_file(path, _identity(path))
                if found is not None:
                    apart = mapped.start - found.begins
                    return Symbols(*(address + apart for address in found.symbols))
    raise LookupError("no interpreter is loaded yet, or its symbols were taken away")


def _files(pid: int, mapped: _Mapped, executable: str) -> Iterator[Path]:
    """The very file, also where it was replaced on disk, if we may; else the one of its name."""
    process = Path(f"/proc/{pid}")
    if mapped.path == executable:
        yield process / "exe"
        return
    inside = mapped.path.removeprefix(_root_of(pid)).lstrip("/")
    for path in (process / "map_files" / mapped.place, process / "root" / inside):
        with suppress(OSError):
            path.stat()
            yield path


def _root_of(pid: int) -> str:
    root = str(Path(f"/proc/{pid}/root").readlink())
    return "" if root == "/" else root


def _mapped(pid: int) -> Iterator[_Mapped]:
    with Path(f"/proc/{pid}/maps").open("rb") as file:
        lines = file.read(_LONGEST_MAPS).decode("utf-8", errors="replace").splitlines()
    for line in lines:
        place, _, offset, _, _, *path = line.split(maxsplit=5)
        if path and int(offset, 16) == 0:
            yield _Mapped(int(place.partition("-")[0], 16), place, path[0])


def _identity(path: Path) -> Sequence[int]:
    """What kind of file it is, and what changes with its content."""
    found = path.stat()
    return (found.st_mode, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=64)
def _in_file(path: Path, identity: Sequence[int]) -> _InFile | None:
    """None where the file is no interpreter, or holds no symbols; files are read once."""
    if not stat.S_ISREG(identity[0]):
        return None
    unhurried = os.O_NONBLOCK  # a pipe that took the file's place meanwhile holds nobody up
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | unhurried), "rb") as file:
        try:
            return _read(_Frugal(file))
        except Exception:  # noqa: BLE001 -- it may be of any form, and break whatever reads it
            return None


class _Frugal:
    """A file of which a limited number of pieces is read: its tables may be as long as they say."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = _MOST_READS
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        self._left -= 1
        if self._left < 0 or not 0 <= size <= _LARGEST_PIECE:
            raise OSError(errno.EFBIG, "an interpreter's tables are shorter")
        return self._file.read(size)


def _read(file: _Frugal) -> _InFile | None:
    elf = ELFFile(cast("IO[bytes]", file))
    begins = next((s["p_vaddr"] for s in elf.iter_segments("PT_LOAD") if s["p_offset"] == 0), None)
    table = elf.get_section_by_name(".gnu.hash")
    if not isinstance(table, GNUHashSection) or begins is None or elf.elfclass != _BITS:
        return None
    runtime, code_type = (table.get_symbol(name) for name in ("_PyRuntime", "PyCode_Type"))
    if runtime is None or code_type is None:
        return None
    found = Symbols(runtime=runtime["st_value"], code_type=code_type["st_value"])
    return _InFile(found, begins)
