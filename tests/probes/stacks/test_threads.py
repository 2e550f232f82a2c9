"""Numbers of threads: made-up descriptions of them, and the real ones of the C library."""

import ctypes
import mmap
import os
import struct
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentaudit.probes.processes.pid_namespaces import numbers_of
from agentaudit.probes.stacks.memory import Memory, Piece
from agentaudit.probes.stacks.threads import LibraryThreads, Threads

US = os.getpid()
SIZE = 0x600
PAGE = mmap.PAGESIZE
NOT_RUNNING = -1


class Described(Memory):
    """One thread's description, at an address that is all of memory."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, address: int, size: int) -> bytes:
        return self.data[address - PTHREAD :][:size]

    def gathered(self, pieces: Sequence[Piece]) -> Sequence[bytes]:
        return [self.read(*piece) for piece in pieces]


PTHREAD = 0x7000


def described(place: int, number: int) -> Described:
    """A description in which everything but the number is no thread's."""
    data = bytearray(struct.pack("=i", NOT_RUNNING) * (SIZE // 4))
    struct.pack_into("=i", data, place, number)
    return Described(bytes(data))


@given(st.integers(0, SIZE // 4 - 2).map(lambda word: word * 4))
def test_a_number_is_found_wherever_the_library_keeps_it(place: int) -> None:
    assert LibraryThreads(US, described(place, US)).of(PTHREAD) == US


@given(st.integers(0, SIZE // 4 - 2).map(lambda word: word * 4), st.integers(-(2**31), 2**31 - 1))
def test_a_number_that_no_thread_has_is_none(place: int, number: int) -> None:
    assume(not Path(f"/proc/self/task/{number}").exists())

    assert LibraryThreads(US, described(place, number)).of(PTHREAD) == 0


def test_a_description_that_cannot_be_read_or_of_a_process_that_is_gone_tells_nothing() -> None:
    assert LibraryThreads(US, Memory(US)).of(16) == 0
    assert LibraryThreads(4194305, described(0x2D0, US)).of(PTHREAD) == 0


def test_real_threads_are_told_by_the_kernels_numbers() -> None:
    wait = threading.Event()
    others = [threading.Thread(target=wait.wait) for _ in range(3)]
    for other in others:
        other.start()
    known = LibraryThreads(US, Memory(US))

    told = {thread.native_id: known.of(thread.ident or 0) for thread in threading.enumerate()}
    wait.set()
    for other in others:
        other.join()

    assert len(told) > 3
    assert [*told] == [*told.values()]


def test_a_thread_that_took_the_place_of_another_has_its_own_number() -> None:
    """The C library keeps the memory of a thread that ended for the next one."""
    memory = described(0x2D0, US)
    known = LibraryThreads(US, memory)
    wait, other = another()

    before = known.of(PTHREAD)
    memory.data = described(0x2D0, other.native_id or 0).data
    after = known.of(PTHREAD)
    wait()

    assert (before, after) == (US, other.native_id)


def test_a_description_at_the_end_of_its_memory_is_read_as_far_as_it_goes() -> None:
    """Of musl, whose descriptions are short: the guard of another thread's stack may follow."""
    pages = mmap.mmap(-1, 2 * PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(pages))
    ctypes.CDLL(None).mprotect(ctypes.c_void_p(start + PAGE), PAGE, mmap.PROT_WRITE & 0)
    place = PAGE - 0x500
    pages[place : place + 0x500] = struct.pack("=i", NOT_RUNNING) * (0x500 // 4)
    struct.pack_into("=i", pages, place + 0x30, US)

    assert LibraryThreads(US, Memory(US)).of(start + place) == US


def another() -> tuple[Callable[[], None], threading.Thread]:
    """A thread that runs, and what ends it."""
    wait = threading.Event()
    thread = threading.Thread(target=wait.wait)
    thread.start()

    def end() -> None:
        wait.set()
        thread.join()

    return end, thread


def test_numbers_are_ours_where_there_is_one_namespace() -> None:
    threads = Threads(US)

    assert [threads.of(tid) for tid in (US, 1, 4194305)] == [US, 1, 4194305]


def test_numbers_of_another_namespace_become_ours(needs: Callable[[str, str], str]) -> None:
    command = [needs("unshare", "util-linux"), "--pid", "--fork", "--kill-child"]
    with subprocess.Popen(
        [*command, "sh", "-c", "echo ready; exec sleep 60"], stdout=-1, text=True
    ) as program:
        assert program.stdout is not None
        ready = program.stdout.readline()
        if not ready:
            pytest.skip("no namespaces may be made here")
        (inside,) = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
        threads = Threads(int(inside))
        told = [threads.of(1), threads.of(77), numbers_of(int(inside))[-1]]
        program.kill()

    assert told == [int(inside), 77, 1]
