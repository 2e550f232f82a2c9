"""Where things are said to lie, and who is not believed."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.stacks.layouts import (
    _PUBLISHING,
    _WORDS,
    COOKIE,
    FROM_HEADERS,
    PUBLISHED,
    VERSIONS,
    layout_of,
)

Version = tuple[int, int]


def published(version: Version, words: Mapping[int, int], *, cookie: bytes = COOKIE) -> bytes:
    """What the runtime of a version begins with, with these words after its number."""
    number = version[0] << 24 | version[1] << 16 | 0x5F0
    told = [number, *(words.get(place, 0) for place in range(1, 80))]
    return PUBLISHED.pack(cookie, *told)


@pytest.mark.parametrize("version", sorted(FROM_HEADERS))
def test_older_versions_are_laid_out_as_their_headers_say(version: Version) -> None:
    assert layout_of(version, b"whatever the runtime begins with") == FROM_HEADERS[version]


@pytest.mark.parametrize("version", sorted(FROM_HEADERS))
def test_what_is_read_of_a_thing_lies_within_it(version: Version) -> None:
    at = FROM_HEADERS[version]

    of_thread = (at.next_thread, at.pthread, at.native_id or 0, at.chunk or 0, at.current)
    assert max(of_thread) + 8 <= at.thread_bytes
    assert max(at.previous, at.executable) + 8 <= at.frame_bytes
    assert (at.owner or 0) < at.frame_bytes
    assert max(at.kind, at.file, at.qualified) + 8 <= at.code_bytes
    assert max(at.length + 8, at.state + 4) <= at.text


def test_threads_before_3_11_have_no_number_of_the_kernel_and_no_chunks() -> None:
    without = [version for version, at in FROM_HEADERS.items() if at.native_id is None]

    assert without == [(3, 8), (3, 9), (3, 10)]
    assert [version for version, at in FROM_HEADERS.items() if at.chunk is None] == without


@pytest.mark.parametrize("version", _PUBLISHING)
@given(first=st.integers(0, 2048))
def test_newer_versions_say_it_themselves(version: Version, first: int) -> None:
    words = {place: first + 8 * place for place in range(80)}
    told = layout_of(version, published(version, {**words, 1: 0}) + b"and more")

    at = _PUBLISHING.index(version)
    assert {name: getattr(told, name) for name in _WORDS} == {
        name: words[places[at]] for name, places in _WORDS.items()
    }


@pytest.mark.parametrize(("gil", "shift"), [(0, 2), (1, 8)])
def test_without_a_lock_the_state_of_a_text_begins_a_byte_later(gil: int, shift: int) -> None:
    assert layout_of((3, 14), published((3, 14), {1: gil})).state_shift == shift


@pytest.mark.parametrize("version", _PUBLISHING)
@given(name=st.integers(0), size=st.integers((1 << 20) + 1, (1 << 64) - 1))
def test_offsets_that_cannot_be_are_refused(version: Version, name: int, size: int) -> None:
    places = [*_WORDS.values()][name % len(_WORDS)]
    data = published(version, {places[_PUBLISHING.index(version)]: size})

    with pytest.raises(LookupError, match="offsets that cannot be"):
        layout_of(version, data)


@pytest.mark.parametrize(
    "data",
    [
        published((3, 14), {}),
        published((3, 12), {}),
        published((2, 13), {}),
        published((3, 13), {}, cookie=b"xdebugpz"),
        bytes(PUBLISHED.size),
    ],
)
def test_the_runtime_of_another_interpreter_is_refused(data: bytes) -> None:
    with pytest.raises(LookupError, match="another interpreter than its program"):
        layout_of((3, 13), data)


@pytest.mark.parametrize("version", [(2, 7), (3, 7), (3, 15), (4, 8)])
def test_a_version_that_nobody_looked_into_is_refused(version: Version) -> None:
    with pytest.raises(LookupError, match=f"CPython {version[0]}.{version[1]} is laid out"):
        layout_of(version, published(version, {}))


def test_the_versions_are_those_that_we_say() -> None:
    assert sorted(VERSIONS) == [(3, minor) for minor in range(8, 15)]
