"""Threads and functions in memory that is made up, read by the layout of CPython 3.12."""

import struct
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.stacks import walker
from agentaudit.probes.stacks.layouts import FROM_HEADERS, Layout
from agentaudit.probes.stacks.memory import Memory, Piece
from agentaudit.probes.stacks.walker import Place, Symbols, Walker

WORD = struct.Struct("=Q")
VERSION = (3, 12)
AT = FROM_HEADERS[VERSION]
SYMBOLS = Symbols(runtime=0x10_0000, code_type=0x20_0000)
INTERPRETERS, THREADS, FRAMES, CODES, TEXTS = 0x30_0000, 0x40_0000, 0x50_0000, 0x60_0000, 0x70_0000
ROOT, PLACES, APART = 0x80_0000, 0x90_0000, 0x1000
BY_THREAD, BY_C = 0, 3
COMPACT, ASCII = 1 << 3, 1 << 4
WIDTHS = {1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}
TEXT_BYTES = 0x200

Stack = Sequence[Place]


class MadeUp(Memory):
    """A process whose memory is written by name; all else is 0, but for the page at 0."""

    def __init__(self, at: Layout = AT) -> None:
        self.at = at
        self.bytes = bytearray(0xA0_0000)
        self.torn = 0
        """So many reads of codes fail before one succeeds."""
        self.reads = self.allowed = 0
        self.between: Callable[[], None] = lambda: None
        """What happens in the process before the next pieces are gathered."""
        frame(self, ROOT, (0, 0, BY_C))

    def allow(self) -> None:
        self.allowed += 1

    def read(self, address: int, size: int) -> bytes:
        self.reads += 1
        if self.torn and CODES <= address < TEXTS:
            self.torn -= 1
            raise OSError("Bad address")
        if not 4096 <= address <= len(self.bytes) - size:
            raise OSError("Bad address")
        return bytes(self.bytes[address : address + size])

    def gathered(self, pieces: Sequence[Piece]) -> Sequence[bytes]:
        between, self.between = self.between, lambda: None
        between()
        return [bytes(self.bytes[address : address + size]) for address, size in pieces]

    def asking(self, pieces: Sequence[Piece]) -> Callable[[], Sequence[bytes]]:
        return lambda: self.gathered(pieces)

    def write(self, address: int, number: int) -> None:
        WORD.pack_into(self.bytes, address, number)


def frame(memory: MadeUp, address: int, told: tuple[int, int, int]) -> None:
    previous, code, owner = told
    memory.write(address + memory.at.previous, previous)
    memory.write(address + memory.at.executable, code)
    memory.bytes[address + (memory.at.owner or 0)] = owner


def text(memory: MadeUp, address: int, value: str, *, width: int = 1) -> None:
    """As PEP 393 has it; a text that is all ASCII begins right after its head."""
    only_ascii = value.isascii()
    data = value.encode(WIDTHS[width])
    memory.write(address + memory.at.length, len(value))
    state = width | COMPACT | (ASCII if only_ascii else 0)
    struct.pack_into("=I", memory.bytes, address + memory.at.state, state << memory.at.state_shift)
    start = address + memory.at.text + (0 if only_ascii else memory.at.wider)
    memory.bytes[start : start + len(data)] = data


def function(memory: MadeUp, number: int, name: str, *, width: int = 1) -> int:
    """The code of a function of `agent.py`."""
    code, named = CODES + number * APART, TEXTS + number * APART
    memory.write(code + memory.at.kind, SYMBOLS.code_type)
    memory.write(code + memory.at.file, TEXTS + 0xF_0000)
    memory.write(code + memory.at.qualified, named)
    text(memory, TEXTS + 0xF_0000, "agent.py")
    text(memory, named, name, width=width)
    return code


def thread(memory: MadeUp, number: int, code: int) -> int:
    """A thread that runs one function; its number is the kernel's."""
    address, running = THREADS + number * APART, FRAMES + number * APART
    frame(memory, running, (ROOT, code, BY_THREAD))
    memory.write(PLACES + number * 64 + (memory.at.through or 0), running)
    memory.write(address + memory.at.current, PLACES + number * 64)
    memory.write(address + (memory.at.native_id or 0), number)
    return address


def chain(memory: MadeUp, first: int, links: Sequence[int], step: int) -> None:
    """What is linked, each at `step` bytes of the one before."""
    for place, address in zip([first, *(link + step for link in links)], [*links, 0], strict=True):
        memory.write(place, address)


def interpreters(memory: MadeUp, *threads: Sequence[int]) -> None:
    addresses = [INTERPRETERS + number * APART for number in range(len(threads))]
    chain(memory, SYMBOLS.runtime + memory.at.interpreters, addresses, memory.at.next_interpreter)
    for address, of_it in zip(addresses, threads, strict=True):
        chain(memory, address + memory.at.threads, of_it, memory.at.next_thread)


def walks(memory: MadeUp) -> Walker[Stack]:
    return Walker(memory, VERSION, SYMBOLS, stack=list)


def seen(walker: Walker[Stack]) -> Mapping[int, str]:
    """The function that each thread runs."""
    return {one.thread_id: one.frame_info[0].funcname for one in walker.threads()}


def one_thread(name: str = "search", *, width: int = 1) -> MadeUp:
    memory = MadeUp()
    interpreters(memory, [thread(memory, 7, function(memory, 1, name, width=width))])
    return memory


def test_a_function_has_its_file_and_its_name() -> None:
    (only,) = walks(one_thread()).threads()

    assert only == (7, [Place("agent.py", "search")])


@pytest.mark.parametrize(
    ("name", "width"),
    [("", 1), ("search", 1), ("größe", 1), ("探す", 2), ("ab探", 2), ("𐎀𐎁", 4), ("ab𐎀", 4)],
)
def test_a_text_is_as_wide_as_its_widest_character(name: str, width: int) -> None:
    assert seen(walks(one_thread(name, width=width))) == {7: name}


@given(st.text(st.characters(max_codepoint=0xFF), max_size=60))
def test_any_narrow_text_is_read_as_it_is(name: str) -> None:
    assert seen(walks(one_thread(name))) == {7: name}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_wide_text_is_read_as_it_is(name: str) -> None:
    assert seen(walks(one_thread(name + "𐎀", width=4))) == {7: name + "𐎀"}


def test_of_a_text_that_is_very_long_the_beginning_is_read() -> None:
    memory = one_thread()
    text(memory, TEXTS + APART, "a" * 1500)

    assert seen(walks(memory)) == {7: "a" * 1000}


@pytest.mark.parametrize(("length", "state"), [(2**40, 1), (3, 3), (3, 0)])
def test_what_no_text_is_like_is_a_torn_read(length: int, state: int) -> None:
    memory = one_thread()
    memory.write(TEXTS + APART + AT.length, length)
    struct.pack_into("=I", memory.bytes, TEXTS + APART + AT.state, state << AT.state_shift)

    with pytest.raises(OSError, match="no text that names a function is like that"):
        seen(walks(memory))


def test_what_is_of_another_type_than_code_is_no_function() -> None:
    memory = one_thread()
    memory.write(CODES + APART + AT.kind, SYMBOLS.code_type + 8)

    with pytest.raises(OSError, match="what runs is no function's code"):
        seen(walks(memory))


steps = st.lists(
    st.dictionaries(st.integers(1, 6), st.integers(0, 2), max_size=6), min_size=1, max_size=6
)


@given(steps, st.integers(0, 6))
def test_threads_that_come_and_go_are_those_that_are_there(
    steps: Sequence[Mapping[int, int]], split: int
) -> None:
    memory = MadeUp()
    codes = [function(memory, number, f"function{number}") for number in range(3)]
    interpreters(memory, [])
    walker = walks(memory)

    for running in steps:
        threads = [thread(memory, number, codes[code]) for number, code in running.items()]
        interpreters(memory, threads[:split], threads[split:])

        assert seen(walker) == {number: f"function{code}" for number, code in running.items()}


def test_threads_of_several_interpreters_are_seen() -> None:
    memory = MadeUp()
    codes = [function(memory, number, f"function{number}") for number in range(3)]
    one, two, three = (thread(memory, number, code) for number, code in enumerate(codes))

    interpreters(memory, [one], [], [two, three])

    assert seen(walks(memory)) == {0: "function0", 1: "function1", 2: "function2"}


def test_a_thread_that_begins_while_they_are_listed_is_seen_at_the_next_look() -> None:
    memory = MadeUp()
    code = function(memory, 1, "search")
    old, new = thread(memory, 7, code), thread(memory, 8, code)
    interpreters(memory, [old])
    walker = walks(memory)

    def begins() -> None:
        memory.between = lambda: interpreters(memory, [new, old])

    memory.between = begins
    seen(walker)

    assert seen(walker) == {7: "search", 8: "search"}


def test_a_process_without_an_interpreter_has_no_threads_and_says_so() -> None:
    with pytest.raises(OSError, match="no interpreter runs in the process"):
        seen(walks(MadeUp()))


def test_torn_reads_are_tried_again() -> None:
    memory = one_thread()
    walker = walks(memory)

    memory.torn = 2

    assert seen(walker) == {7: "search"}


def test_what_is_torn_again_and_again_fails() -> None:
    memory = one_thread()
    walker = walks(memory)

    memory.torn = 3

    with pytest.raises(OSError, match="Bad address"):
        seen(walker)
    assert seen(walker) == {7: "search"}


def test_each_look_may_read_anew() -> None:
    memory = one_thread()
    walker = walks(memory)

    for _ in range(5):
        seen(walker)

    assert memory.allowed == 5


def test_what_a_stack_shall_be_is_asked_once() -> None:
    asked: list[Stack] = []

    def numbered(places: Stack) -> int:
        asked.append(places)
        return len(asked)

    walker = Walker(one_thread(), VERSION, SYMBOLS, stack=numbered)
    stacks = [[*walker.threads()] for _ in range(5)]

    assert stacks == [[(7, 1)]] * 5
    assert asked == [[Place("agent.py", "search")]]


def test_of_a_deep_stack_the_frames_next_to_the_root_are_kept() -> None:
    memory = one_thread()
    previous = FRAMES + 7 * APART
    for number in range(300):
        address = FRAMES + 0x2_0000 + number * 128
        frame(memory, address, (previous, function(memory, 2, "down"), BY_THREAD))
        previous = address
    memory.write(PLACES + 7 * 64, previous)

    (only,) = walks(memory).threads()

    assert [place.funcname for place in only.frame_info] == ["down"] * 199 + ["search"]


def test_functions_are_read_anew_at_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their memory may be another function's by now."""
    monkeypatch.setattr(walker, "_MOST_LOOKS", 3)
    memory = one_thread()
    made = walks(memory)
    before = [seen(made) for _ in range(3)]

    function(memory, 1, "answer")

    assert before == [{7: "search"}] * 3
    assert seen(made) == {7: "answer"}


def test_threads_before_3_11_are_told_by_the_c_library() -> None:
    at = FROM_HEADERS[3, 8]
    memory = MadeUp(at)
    code = function(memory, 1, "search")
    address = THREADS + APART
    interpreters(memory, [address])
    memory.write(address + at.current, FRAMES)
    memory.write(address + at.pthread, 0x7F00)
    frame(memory, FRAMES, (0, code, BY_THREAD))

    made = Walker(memory, (3, 8), SYMBOLS, stack=list, thread_of={0x7F00: 7}.__getitem__)

    assert [*made.threads()] == [(7, [Place("agent.py", "search")])]
