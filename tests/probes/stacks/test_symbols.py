"""Where interpreters have their runtime: real ones, other programs, and files that are damaged."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st

from agentaudit.probes.stacks import symbols
from agentaudit.probes.stacks.layouts import COOKIE
from agentaudit.probes.stacks.memory import Memory
from agentaudit.probes.stacks.symbols import symbols_of
from tests.probes.programs import Start


class Interpreter(Protocol):
    path: str


ASKS = """
import ctypes
names = ("_PyRuntime", "PyCode_Type")
print("ready")
print(*(ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, name)) for name in names))
input()
"""


def test_the_symbols_of_an_interpreter_are_where_it_says(start_in: Start) -> None:
    program = start_in(ASKS)
    assert program.stdout is not None
    told = tuple(map(int, program.stdout.readline().split()))

    assert symbols_of(program.pid) == told


def test_an_interpreter_whose_file_is_gone_from_the_disk_is_understood(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    path = tmp_path / "python3"
    path.write_bytes(Path(interpreter.path).read_bytes())
    path.chmod(0o755)
    command = [str(path), "-u", "-c", ASKS]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as program:
        assert program.stdout is not None
        program.stdout.readline()
        told = tuple(map(int, program.stdout.readline().split()))
        path.unlink()

        assert symbols_of(program.pid) == told
        program.kill()


def test_an_interpreter_within_another_root_is_understood(
    interpreter: Interpreter, tmp_path: Path, needs: Callable[[str, str], str]
) -> None:
    enters = f'mount --rbind / {tmp_path} && exec chroot {tmp_path} "$@"'
    command = [needs("unshare", "util-linux"), "--mount", "sh", "-c", enters, "sh"]
    with subprocess.Popen(
        [*command, interpreter.path, "-u", "-c", ASKS], stdin=-1, stdout=-1, text=True
    ) as program:
        assert program.stdout is not None
        if not program.stdout.readline():
            pytest.skip("no roots may be made here")
        told = tuple(map(int, program.stdout.readline().split()))
        try:
            found = symbols_of(program.pid)
        finally:
            program.kill()

    assert found == told


def test_a_process_that_is_no_python_has_none() -> None:
    with subprocess.Popen(["sleep", "60"]) as program:
        with pytest.raises(LookupError, match="its symbols were taken away"):
            symbols_of(program.pid)
        program.kill()


def test_a_process_that_is_gone_has_no_files() -> None:
    with pytest.raises(FileNotFoundError):
        symbols_of(4194305)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="this interpreter publishes no offsets")
def test_the_runtime_of_ours_begins_with_its_cookie() -> None:
    assert Memory(os.getpid()).read(symbols_of(os.getpid()).runtime, 8) == COOKIE


def interpreter() -> Path:
    """The file that holds our own runtime."""
    runtime = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
    for line in Path("/proc/self/maps").read_text().splitlines():
        places, *_, path = line.split(maxsplit=5)
        start, end = (int(word, 16) for word in places.split("-"))
        if start <= runtime < end:
            return Path(path)
    raise LookupError(runtime)


HEADS = 0x400
"""The ELF header and those of the segments."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of an interpreter that may be damaged."""
    path = tmp_path_factory.mktemp("copy") / "libpython3.so"
    path.write_bytes(interpreter().read_bytes())
    return path


@contextmanager
def damaged(path: Path, damage: Mapping[int, int]) -> Iterator[None]:
    """Other bytes at some places, for a while."""
    whole = {place: written(path, place, byte) for place, byte in damage.items()}
    try:
        yield
    finally:
        for place, byte in whole.items():
            written(path, place, byte)


def written(path: Path, place: int, byte: int) -> int:
    """What stood there before."""
    with path.open("r+b") as file:
        file.seek(place)
        before = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte]))
    return before


def found(path: Path) -> object:
    """What a file holds, whatever was found there before."""
    return symbols._in_file.__wrapped__(path, symbols._identity(path))


def hash_table(path: Path) -> int:
    """Where the table of symbols begins in a file."""
    with path.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".gnu.hash")
        assert table is not None
        return int(table["sh_offset"])


def test_a_file_that_is_whole_is_an_interpreter(copy: Path) -> None:
    assert found(copy) is not None


@pytest.mark.parametrize("kept", [0, 3, 20, 63, 64, 200, 4096, 1_000_000])
def test_a_file_that_was_cut_off_is_no_interpreter(tmp_path: Path, copy: Path, kept: int) -> None:
    path = tmp_path / "libpython3.so"
    with copy.open("rb") as file:
        path.write_bytes(file.read(kept))

    assert found(path) is None


def test_what_is_no_file_is_no_interpreter(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "libpython3.so")

    assert found(tmp_path / "libpython3.so") is None
    assert found(tmp_path) is None


@settings(max_examples=40)
@given(st.dictionaries(st.integers(0, HEADS), st.integers(0, 255), min_size=1, max_size=6))
def test_a_file_whose_heads_are_damaged_is_an_interpreter_or_none(
    copy: Path, damage: Mapping[int, int]
) -> None:
    with damaged(copy, damage):
        answer = found(copy)

    assert answer is None or isinstance(answer, symbols._InFile)


@settings(max_examples=40)
@given(st.dictionaries(st.integers(0, 64), st.integers(0, 255), min_size=1, max_size=6))
def test_a_file_whose_table_of_symbols_is_damaged_is_an_interpreter_or_none(
    copy: Path, damage: Mapping[int, int]
) -> None:
    start = hash_table(copy)
    with damaged(copy, {start + place: byte for place, byte in damage.items()}):
        answer = found(copy)

    assert answer is None or isinstance(answer, symbols._InFile)


@pytest.mark.parametrize("word", range(4))
@pytest.mark.parametrize("byte", [0, 255])
def test_a_table_of_symbols_without_sense_holds_none(copy: Path, word: int, byte: int) -> None:
    """Its four words: buckets, the first symbol, words of the filter, and a shift."""
    start = hash_table(copy) + 4 * word
    with damaged(copy, dict.fromkeys(range(start, start + 4), byte)):
        answer = found(copy)

    assert answer is None or isinstance(answer, symbols._InFile)
