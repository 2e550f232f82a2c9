"""Chains of frames in memory that is made up, as they change from look to look."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.stacks.chunks import InChunks
from agentaudit.probes.stacks.frames import Frames, TornError
from agentaudit.probes.stacks.heap import OnHeap
from agentaudit.probes.stacks.layouts import FROM_HEADERS, Layout
from agentaudit.probes.stacks.memory import Memory, Piece

WORD = struct.Struct("=Q")
THREAD, HEAP, GENERATORS, PLACES = 0x1_0000, 0x2_0000, 0x10_0000, 0x20_0000
CHUNK, OTHER_CHUNK, MARKS, CODES = 0x30_0000, 0x40_0000, 0x1000_0000, 0x50_0000
BY_THREAD, BY_GENERATOR, BY_C = 0, 1, 3
FIRST, SLOT = 32, 96

OLD = FROM_HEADERS[3, 10]
THROUGH_C = FROM_HEADERS[3, 12]
LAYOUTS = [
    pytest.param(FROM_HEADERS[3, 11], id="3.11"),
    pytest.param(THROUGH_C, id="3.12"),
    pytest.param(THROUGH_C._replace(through=None), id="published"),
]


class MadeUp(Memory):
    """Memory of words, of which everything was 0 at first, but for the page at 0."""

    def __init__(self, most_pieces: int = 1024) -> None:
        self.words: dict[int, int] = {}
        self.reads = 0
        self._most_pieces = most_pieces

    def write(self, address: int, number: int) -> None:
        self.words[address] = number

    def read(self, address: int, size: int) -> bytes:
        self.reads += 1
        if address < 4096:
            raise OSError("Bad address")
        return self._bytes(address, size)

    def gathered(self, pieces: Sequence[Piece]) -> Sequence[bytes]:
        here = pieces[: self._most_pieces]
        return [self._bytes(*piece) for piece in here] + [b""] * (len(pieces) - len(here))

    def _bytes(self, address: int, size: int) -> bytes:
        data = bytearray(size + 7)
        for place in range(address & ~7, address + size, 8):
            if place in self.words:
                WORD.pack_into(data, max(place - address, 0), self.words[place])
        return bytes(data[:size])


class Restless(MadeUp):
    """Memory in which what is gathered apart from a thread's state has changed by then."""

    def gathered(self, pieces: Sequence[Piece]) -> Sequence[bytes]:
        told = super().gathered(pieces)
        return told if pieces[0][0] == THREAD else [bytes(len(word)) for word in told]


class Call(NamedTuple):
    """A function that runs; one that C code called; or a generator, with frames elsewhere."""

    code: int
    by_c: bool = False
    generator: bool = False


class Chain(NamedTuple):
    """Calls from the root on; where C's stack tells of them, and the chunk that is used now."""

    calls: Sequence[Call]
    place: int = 0
    chunk: int = CHUNK


def chain(*codes: int) -> Chain:
    return Chain([Call(code) for code in codes])


def lay(memory: MadeUp, at: Layout, laid: Chain) -> tuple[int, ...]:
    """Writes a chain where CPython would, over what was there; the codes, leaf first."""
    frame = mark(memory, at, 0)
    for depth, call in enumerate(laid.calls):
        previous = mark(memory, at, frame) if call.by_c else frame
        frame = GENERATORS + call.code * SLOT if call.generator else CHUNK + FIRST + depth * SLOT
        owner = BY_GENERATOR if call.generator else BY_THREAD
        write(memory, at, frame, (previous, CODES + call.code * 16 + call.code % 2, owner))
    point(memory, at, laid, frame)
    return tuple(CODES + call.code * 16 for call in reversed(laid.calls))


def point(memory: MadeUp, at: Layout, laid: Chain, frame: int) -> None:
    """Makes a frame the one that runs."""
    place = PLACES + laid.place * 64
    memory.write(place + (at.through or 0), frame)
    memory.write(THREAD + at.current, frame if at.through is None else place)
    memory.write(THREAD + (at.chunk or 0), laid.chunk)


def mark(memory: MadeUp, at: Layout, below: int) -> int:
    """Where C code called Python: it lies in C's stack, wherever the frame below it made it lie."""
    address = MARKS + below
    write(memory, at, address, (below, 0, BY_C))
    return address


def write(memory: MadeUp, at: Layout, frame: int, told: tuple[int, int, int]) -> None:
    previous, code, owner = told
    memory.write(frame + at.previous, previous)
    memory.write(frame + at.executable, code)
    place = frame + (at.owner or 0)
    memory.write(place & ~7, owner << 8 * (place % 8))


def look(memory: MadeUp, frames: Frames) -> tuple[int, ...]:
    return frames.codes(memory.gathered(frames.pieces()))


functions = st.builds(Call, st.integers(0, 3), st.booleans(), st.just(value=False))
generators = st.builds(Call, st.integers(4, 6), st.booleans(), st.just(value=True))
calls = st.lists(functions, max_size=6) | st.lists(
    functions | generators, max_size=6, unique_by=lambda call: call.code
)
chains = st.builds(Chain, calls, st.integers(0, 2), st.sampled_from([CHUNK, OTHER_CHUNK]))


@pytest.mark.parametrize("at", LAYOUTS)
@given(st.lists(chains, min_size=1, max_size=6))
def test_whatever_was_seen_before_the_chain_in_chunks_is_the_one_that_is_there(
    at: Layout, laid: Sequence[Chain]
) -> None:
    memory = MadeUp()
    frames = InChunks(memory, at, THREAD)

    for one in laid:
        expected = lay(memory, at, one)

        assert look(memory, frames) == expected


@pytest.mark.parametrize("at", LAYOUTS)
@given(st.lists(st.tuples(chains, st.integers(1, 4)), min_size=1, max_size=5))
def test_what_functions_do_within_their_frames_hides_no_other_chain(
    at: Layout, laid: Sequence[tuple[Chain, int]]
) -> None:
    memory = MadeUp()
    frames = InChunks(memory, at, THREAD)

    for one, times in laid:
        expected = lay(memory, at, one)
        for done in range(times):
            for depth in range(6):
                memory.write(CHUNK + FIRST + (depth + 1) * SLOT - WORD.size, done)

            assert look(memory, frames) == expected


@pytest.mark.parametrize("at", LAYOUTS)
def test_a_stack_that_stands_is_not_walked_again_whatever_its_functions_do(at: Layout) -> None:
    memory = MadeUp()
    frames = InChunks(memory, at, THREAD)
    codes = lay(memory, at, chain(*range(50)))
    for done in range(4):
        memory.write(CHUNK + FIRST + 50 * SLOT - WORD.size, done)
        assert look(memory, frames) == codes
    before = memory.reads

    memory.write(CHUNK + FIRST + 50 * SLOT - WORD.size, 9)

    assert look(memory, frames) == codes
    assert memory.reads == before


def test_another_thread_at_the_same_place_is_not_the_one_that_stood_there() -> None:
    """Its number is told with the codes, and is the only thing that is new."""
    at = FROM_HEADERS[3, 11]
    memory = MadeUp()
    frames = InChunks(memory, at, THREAD)
    lay(memory, at, chain(1, 2))
    seen = []
    for done in range(4):
        memory.write(CHUNK + FIRST + 2 * SLOT - WORD.size, done)
        seen.append(look(memory, frames))

    memory.write(THREAD + (at.native_id or at.pthread), 77)
    memory.write(CHUNK + FIRST + 2 * SLOT - WORD.size, 9)
    other = look(memory, frames)

    assert other == seen[-1]
    assert seen[-1] is seen[-2]
    assert other is not seen[-1]


def test_a_place_in_c_s_stack_that_is_new_is_not_confused_with_the_one_before() -> None:
    memory = MadeUp()
    frames = InChunks(memory, THROUGH_C, THREAD)
    before, after = chain(1, 2), chain(1, 2)._replace(place=1)
    lay(memory, THROUGH_C, before)
    look(memory, frames)
    point(memory, THROUGH_C, before, CHUNK + FIRST)
    deeper = lay(memory, THROUGH_C, after)
    moved = look(memory, frames)

    point(memory, THROUGH_C, after, CHUNK + FIRST)

    assert moved == deeper
    assert look(memory, frames) == deeper[1:]


@pytest.mark.parametrize("at", LAYOUTS)
@given(st.lists(chains, max_size=3), st.lists(functions, max_size=40))
def test_a_thread_in_chunks_that_has_not_moved_has_the_very_same_codes(
    at: Layout, before: Sequence[Chain], now: Sequence[Call]
) -> None:
    memory = MadeUp()
    frames = InChunks(memory, at, THREAD)
    for one in before:
        lay(memory, at, one)
        look(memory, frames)
    lay(memory, at, Chain(now))
    look(memory, frames)

    assert look(memory, frames) is look(memory, frames)


@pytest.mark.parametrize("at", LAYOUTS)
def test_a_generator_is_always_walked_anew(at: Layout) -> None:
    """Nothing but its own frame, which lies elsewhere, says who runs it now."""
    memory = MadeUp()
    frames = InChunks(memory, at, THREAD)
    asked = lay(memory, at, Chain([Call(1), Call(2), Call(5, generator=True)]))
    seen = [look(memory, frames) for _ in range(3)]

    memory.write(GENERATORS + 5 * SLOT + at.previous, CHUNK + FIRST)

    assert seen == [asked, asked, asked]
    assert look(memory, frames) == (asked[0], asked[2])


@pytest.mark.parametrize("at", LAYOUTS)
def test_most_frames_are_had_with_one_read(at: Layout) -> None:
    memory = MadeUp()
    frames = InChunks(memory, at, THREAD)
    lay(memory, at, chain(*range(50)))
    look(memory, frames)
    before = memory.reads

    lay(memory, at, chain(*range(51)))
    look(memory, frames)

    assert memory.reads - before == 1  # the mark at the root


@pytest.mark.parametrize("at", LAYOUTS)
def test_frames_beyond_the_chunk_are_read_one_by_one(at: Layout) -> None:
    memory = MadeUp()
    frames = InChunks(memory, at, THREAD)
    deep = lay(memory, at, chain(*range(300)))

    assert [look(memory, frames) for _ in range(3)] == [deep, deep, deep]


@pytest.mark.parametrize("at", LAYOUTS)
def test_a_thread_without_python_has_no_frames(at: Layout) -> None:
    assert look(MadeUp(), InChunks(MadeUp(), at, THREAD)) == ()


@pytest.mark.parametrize("at", LAYOUTS)
def test_frames_in_chunks_that_run_in_circles_have_an_end(at: Layout) -> None:
    memory = MadeUp()
    frames = InChunks(memory, at, THREAD)
    lay(memory, at, chain(1, 2))

    memory.write(CHUNK + FIRST + at.previous, CHUNK + FIRST + SLOT)

    assert len(look(memory, frames)) == 3000


@pytest.mark.parametrize("at", LAYOUTS[1:])
def test_a_stack_without_a_root_was_torn(at: Layout) -> None:
    memory = MadeUp()
    lay(memory, at, chain(1, 2))

    memory.write(CHUNK + FIRST + at.previous, 0)

    with pytest.raises(OSError, match="without a root: it changed while it was read"):
        look(memory, InChunks(memory, at, THREAD))


@pytest.mark.parametrize("at", LAYOUTS[:2])
def test_a_place_in_c_s_stack_that_tells_of_no_frame_yet_was_torn(at: Layout) -> None:
    """A thread that runs no Python is led to a place within its own description."""
    memory = MadeUp()

    lay(memory, at, chain(1, 2))
    point(memory, at, Chain(()), 0)

    with pytest.raises(OSError, match="moved while it was read"):
        look(memory, InChunks(memory, at, THREAD))


@pytest.mark.parametrize("at", LAYOUTS[:2])
def test_a_thread_that_is_led_to_no_frame_in_its_own_description_has_none(at: Layout) -> None:
    memory = MadeUp()

    memory.write(THREAD + at.current, THREAD + at.thread_bytes - 64)

    assert look(memory, InChunks(memory, at, THREAD)) == ()


@pytest.mark.parametrize("at", LAYOUTS)
@given(st.lists(functions, min_size=1, max_size=5), st.lists(functions, max_size=5), st.data())
def test_of_a_thread_that_does_not_stand_still_two_tries_share_what_is_told(
    at: Layout, one: Sequence[Call], other: Sequence[Call], data: st.DataObject
) -> None:
    """Each try sees a chain whole, but by the time it is checked another function runs."""
    shared = data.draw(st.integers(1, len(one)))
    memory = Restless()
    frames = InChunks(memory, at, THREAD)
    common = one[:shared]
    first = lay(memory, at, Chain([*common, Call(5)]))
    with pytest.raises(TornError):
        look(memory, frames)

    second = lay(memory, at, Chain([*common, Call(6), *other]))

    told = frames.codes(memory.gathered(frames.pieces()), last_try=True)
    assert told == first[1:] == second[-shared:]


def test_frames_whose_parts_are_in_another_order_are_refused() -> None:
    strange = THROUGH_C._replace(executable=8, previous=0)

    with pytest.raises(LookupError, match="not laid out as we know them"):
        InChunks(MadeUp(), strange, THREAD)


def heap(memory: MadeUp, laid: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Frames with their functions, from the root on; the codes, leaf first."""
    previous = 0
    for place, code in laid:
        frame = HEAP + place * SLOT
        memory.write(frame + OLD.previous, previous)
        memory.write(frame + OLD.executable, CODES + code * 16)
        previous = frame
    memory.write(THREAD + OLD.current, previous)
    return tuple(CODES + code * 16 for _, code in reversed(laid))


heaps = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 3)), max_size=6, unique_by=lambda frame: frame[0]
)


@given(st.lists(heaps, min_size=1, max_size=6))
def test_whatever_was_seen_before_the_chain_on_the_heap_is_the_one_that_is_there(
    laid: Sequence[Sequence[tuple[int, int]]],
) -> None:
    memory = MadeUp()
    frames = OnHeap(memory, OLD, THREAD)

    for one in laid:
        expected = heap(memory, one)

        assert look(memory, frames) == expected


@given(st.lists(heaps, min_size=1, max_size=6), st.integers(2, 4))
def test_what_was_too_much_to_be_gathered_on_the_heap_is_read_anew(
    laid: Sequence[Sequence[tuple[int, int]]], most: int
) -> None:
    """Of many threads, one is cut where a call of the kernel takes no more."""
    memory = MadeUp(most_pieces=most)
    frames = OnHeap(memory, OLD, THREAD)

    for one in laid:
        expected = heap(memory, one)

        assert look(memory, frames) == expected


@given(heaps, heaps)
def test_a_thread_on_the_heap_that_has_not_moved_has_the_very_same_codes(
    before: Sequence[tuple[int, int]], now: Sequence[tuple[int, int]]
) -> None:
    memory = MadeUp()
    frames = OnHeap(memory, OLD, THREAD)
    heap(memory, before)
    look(memory, frames)
    heap(memory, now)
    look(memory, frames)

    assert look(memory, frames) is look(memory, frames)


def test_frames_on_the_heap_that_run_in_circles_have_an_end() -> None:
    memory = MadeUp()
    frames = OnHeap(memory, OLD, THREAD)
    heap(memory, [(1, 1), (2, 2)])

    memory.write(HEAP + SLOT + OLD.previous, HEAP + 2 * SLOT)

    assert [len(look(memory, frames)) for _ in range(3)] == [3000, 3000, 3000]
