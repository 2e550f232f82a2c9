"""Requests on a connection, told from its counters."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentaudit.probes.connections.exchanges import Exchange, Exchanges
from agentaudit.probes.connections.sock_diag import Counters

MS = 1_000_000
TICK = 4 * MS
POLL = 25 * MS

Part = tuple[int, str, int]
"""When it went, which way (`sent` or `received`), and how many bytes."""


def counters(parts: Sequence[Part], at_ns: int) -> Counters:
    """What the kernel would say at an instant, its clock being as coarse as it is."""
    past = [part for part in parts if part[0] <= at_ns]

    def total(way: str) -> int:
        return sum(size for _, which, size in past if which == way)

    def age_ns(way: str) -> int:
        last_ns = max((when for when, which, _ in past if which == way), default=0)
        return (at_ns // TICK - last_ns // TICK) * TICK

    return Counters(
        at_ns=at_ns,
        sent=total("sent"),
        received=total("received"),
        segments=sum(which == "received" for _, which, _ in past),
        sent_age_ns=age_ns("sent"),
        received_age_ns=age_ns("received"),
    )


def seen(
    exchanges: Exchanges, parts: Sequence[Part], until_ns: int, poll_ns: int = POLL
) -> Iterator[Exchange]:
    """What is told of a connection that is looked at from time to time and ends at last."""
    for at_ns in range(exchanges.since_ns + poll_ns, until_ns, poll_ns):
        yield from exchanges.see(counters(parts, at_ns))
        yield from exchanges.due(at_ns)
    yield from exchanges.see(counters(parts, until_ns))
    yield from exchanges.end(until_ns)


def last_words(told: Iterator[Exchange]) -> list[Exchange]:
    return list({one.start_ns: one for one in told}.values())


def plain(*, inbound: bool = False) -> Exchanges:
    return Exchanges(inbound=inbound, encrypted=False, since_ns=0)


def secret() -> Exchanges:
    return Exchanges(inbound=False, encrypted=True, since_ns=0)


pauses = st.integers(60, 1500).map(lambda ms: ms * MS)


@st.composite
def conversations(draw: st.DrawFn) -> list[Part]:
    """Questions and answers, each a look or more after the one before; answers may be streamed."""
    at_ns, parts = 0, []
    for _ in range(draw(st.integers(1, 5))):
        at_ns += draw(pauses)
        parts.append((at_ns, "sent", draw(st.integers(100, 5000))))
        for _ in range(draw(st.integers(1, 4))):
            at_ns += draw(pauses)
            parts.append((at_ns, "received", draw(st.integers(1, 5000))))
    return parts


def truth(parts: Sequence[Part]) -> list[tuple[int, int, int]]:
    """Start, end, and the first byte of the answer, of each request."""
    asked = [at for at, (_, way, _) in enumerate(parts) if way == "sent"]
    return [
        (parts[first][0], parts[beyond - 1][0], parts[first + 1][0])
        for first, beyond in pairwise([*asked, len(parts)])
    ]


@settings(max_examples=40)
@given(conversations())
def test_requests_are_found_as_they_were_to_a_tick_of_the_kernel(parts: list[Part]) -> None:
    found = last_words(seen(plain(), parts, parts[-1][0] + 2000 * MS))

    expected = truth(parts)
    assert len(found) == len(expected)
    for one, (start_ns, end_ns, answer_ns) in zip(found, expected, strict=True):
        assert abs(one.start_ns - start_ns) <= TICK
        assert abs(one.end_ns - end_ns) <= TICK
        assert abs(one.answer_ns - answer_ns) <= TICK
        assert not one.open


@settings(max_examples=40)
@given(conversations())
def test_every_byte_is_counted_once(parts: list[Part]) -> None:
    found = last_words(seen(plain(), parts, parts[-1][0] + 2000 * MS))

    assert sum(one.asked_bytes for one in found) == sum(s for _, w, s in parts if w == "sent")
    assert sum(one.answered_bytes for one in found) == sum(s for _, w, s in parts if w != "sent")


@settings(max_examples=40)
@given(conversations())
def test_a_server_sees_the_same_from_the_other_side(parts: list[Part]) -> None:
    mirrored = [(at, "received" if way == "sent" else "sent", size) for at, way, size in parts]
    until_ns = parts[-1][0] + 2000 * MS

    inside = last_words(seen(plain(inbound=True), mirrored, until_ns))

    assert inside == last_words(seen(plain(), parts, until_ns))


@settings(max_examples=40)
@given(conversations(), st.integers(5, 50))
def test_requests_never_overlap_and_never_end_before_they_begin(
    parts: list[Part], poll_ms: int
) -> None:
    found = last_words(seen(plain(), parts, parts[-1][0] + 2000 * MS, poll_ms * MS))

    assert all(one.start_ns <= one.end_ns for one in found)
    assert all(one.end_ns <= two.start_ns for one, two in pairwise(found))


@settings(max_examples=40)
@given(conversations(), conversations())
def test_encrypted_conversations_have_no_more_requests_than_questions(
    first: list[Part], second: list[Part]
) -> None:
    gap_ns = first[-1][0] + 100 * MS
    parts = first + [(at + gap_ns, way, size) for at, way, size in second]

    found = last_words(seen(secret(), parts, parts[-1][0] + 2000 * MS))

    assert len(found) <= sum(way == "sent" for _, way, _ in parts)
    assert all(one.start_ns <= one.end_ns for one in found)


def test_a_question_and_its_answer_between_two_looks_are_one_request() -> None:
    parts = [(5 * MS, "sent", 300), (15 * MS, "received", 900)]

    found = last_words(seen(plain(), parts, 2000 * MS))

    assert [(one.start_ns // TICK, one.end_ns // TICK) for one in found] == [(1, 3)]


def test_an_answer_and_the_next_question_between_two_looks_are_told_apart() -> None:
    parts = [
        (30 * MS, "sent", 300),
        (105 * MS, "received", 900),
        (115 * MS, "sent", 300),
        (300 * MS, "received", 900),
    ]

    found = last_words(seen(plain(), parts, 2000 * MS))

    assert [one.end_ns // TICK for one in found] == [105 // 4, 300 // 4]


def test_a_whole_request_and_the_next_question_between_two_looks_are_told_apart() -> None:
    parts = [(4 * MS, "sent", 300), (12 * MS, "received", 900), (20 * MS, "sent", 300)]

    found = last_words(seen(plain(), parts, 500 * MS))

    assert [one.answered_bytes for one in found] == [900, 0]
    assert [
        abs(one.start_ns - at) <= TICK for one, at in zip(found, (4 * MS, 20 * MS), strict=True)
    ]


def test_what_a_server_says_first_is_no_answer() -> None:
    assert not list(seen(plain(), [(50 * MS, "received", 80)], 2000 * MS))


def test_the_end_of_a_stream_is_no_byte_of_an_answer() -> None:
    exchanges = plain()
    list(exchanges.see(counters([(10 * MS, "sent", 300)], 25 * MS)))
    ended = Counters(
        at_ns=100 * MS,
        sent=300,
        received=1,
        segments=0,
        sent_age_ns=90 * MS,
        received_age_ns=10**15,
    )

    assert not list(exchanges.see(ended))
    assert [one.answered_bytes for one in exchanges.end(120 * MS)] == [0]


def test_a_question_that_is_never_answered_lasts_as_long_as_its_connection() -> None:
    found = last_words(seen(plain(), [(50 * MS, "sent", 300)], 5000 * MS))

    assert [(one.end_ns, one.answered_bytes, one.open) for one in found] == [(5000 * MS, 0, False)]


def test_a_long_wait_is_told_before_it_ends_and_more_and_more_seldom() -> None:
    told = [one for one in seen(plain(), [(0, "sent", 300)], 40_000 * MS) if one.open]

    waits_s = [one.end_ns / 1e9 for one in told]
    assert len(waits_s) == 6
    assert all(1.8 < later / sooner < 2.2 for sooner, later in pairwise(waits_s))


def test_an_answer_that_goes_on_after_a_pause_is_told_again() -> None:
    parts = [(10 * MS, "sent", 300), (500 * MS, "received", 50), (9000 * MS, "received", 50)]

    told = list(seen(plain(), parts, 12_000 * MS))

    ends = [(round(one.end_ns / 1e8), one.open) for one in told]
    assert (5, False) in ends
    assert ends[-1] == (90, False)
    assert {one.start_ns for one in told} == {told[0].start_ns}


def test_what_comes_much_later_answers_nothing() -> None:
    parts = [(10 * MS, "sent", 300), (500 * MS, "received", 50), (60_000 * MS, "received", 50)]

    found = last_words(seen(plain(), parts, 62_000 * MS))

    assert [round(one.end_ns / 1e8) for one in found] == [5]


HANDSHAKE: list[Part] = [(10 * MS, "sent", 517), (60 * MS, "received", 3000)]


def test_a_handshake_belongs_to_the_request_that_follows_it() -> None:
    parts = [
        *HANDSHAKE,
        (61 * MS, "sent", 80),
        (90 * MS, "sent", 2000),
        (115 * MS, "received", 500),
        (2500 * MS, "received", 4000),
    ]

    found = last_words(seen(secret(), parts, 5000 * MS))

    assert [(one.start_ns // TICK, one.end_ns // TICK) for one in found] == [(10 // 4, 2500 // 4)]
    assert found[0].answer_ns == 0


@pytest.mark.parametrize("size", [1500, 6000])
def test_a_handshake_and_a_question_between_two_looks_are_one_request(size: int) -> None:
    parts = [
        (2 * MS, "sent", 517),
        (4 * MS, "received", 3000),
        (5 * MS, "sent", size),
        (8 * MS, "received", 500),
        (600 * MS, "received", 4000),
        (650 * MS, "sent", 2000),
        (950 * MS, "received", 4000),
    ]

    found = last_words(seen(secret(), parts, 3000 * MS))

    assert [one.end_ns // TICK for one in found] == [600 // 4, 950 // 4]


def test_a_handshake_alone_is_no_request() -> None:
    assert not list(seen(secret(), HANDSHAKE, 5000 * MS))


def test_a_connection_kept_ready_begins_its_first_request_with_the_question() -> None:
    parts = [*HANDSHAKE, (4000 * MS, "sent", 2000), (6000 * MS, "received", 4000)]

    found = last_words(seen(secret(), parts, 8000 * MS))

    assert [one.start_ns // MS for one in found] == [4000]


def test_acknowledgements_of_the_protocol_begin_no_request() -> None:
    parts = [
        (10 * MS, "sent", 517),
        (60 * MS, "received", 3000),
        (61 * MS, "sent", 2000),
        (1000 * MS, "received", 4000),
        (1050 * MS, "sent", 35),
        (1100 * MS, "received", 4000),
    ]

    found = last_words(seen(secret(), parts, 3000 * MS))

    assert [one.end_ns // TICK for one in found] == [1100 // 4]


def test_a_goodbye_on_an_idle_connection_extends_nothing() -> None:
    parts = [*HANDSHAKE, (61 * MS, "sent", 2000), (900 * MS, "received", 4000)]
    goodbye: Part = (9000 * MS, "received", 31)

    found = last_words(seen(secret(), [*parts, goodbye], 12_000 * MS))

    assert [one.end_ns // TICK for one in found] == [900 // 4]


def test_questions_that_share_a_connection_are_one_request_that_says_so() -> None:
    parts = [
        *HANDSHAKE,
        (61 * MS, "sent", 2000),
        (400 * MS, "sent", 2000),
        (900 * MS, "received", 4000),
    ]

    found = last_words(seen(secret(), parts, 3000 * MS))

    assert [one.multiplexed for one in found] == [True]


def test_a_connection_from_before_the_recording_waits_for_its_answer() -> None:
    exchanges = Exchanges(inbound=False, encrypted=False, since_ns=3000 * MS, old=True)
    parts = [(1000 * MS, "sent", 300), (4000 * MS, "received", 900)]

    found = last_words(seen(exchanges, parts, 6000 * MS))

    assert [(one.start_ns // MS, one.end_ns // MS) for one in found] == [(3000, 4000)]


def test_what_was_answered_before_the_recording_is_not_told() -> None:
    exchanges = Exchanges(inbound=False, encrypted=False, since_ns=3000 * MS, old=True)
    parts = [(1000 * MS, "sent", 300), (2000 * MS, "received", 900)]

    assert not list(seen(exchanges, parts, 6000 * MS))


def test_what_outlives_the_recording_is_open() -> None:
    waiting, streaming, silent = plain(), plain(), plain()
    list(waiting.see(counters([(10 * MS, "sent", 300)], 25 * MS)))
    answered = [(10 * MS, "sent", 300), (900 * MS, "received", 300)]
    list(streaming.see(counters(answered, 925 * MS)))

    assert [one.open for one in waiting.stop(950 * MS)] == [True]
    assert [(one.open, one.end_ns // TICK) for one in streaming.stop(950 * MS)] == [(True, 225)]
    assert not list(silent.stop(950 * MS))
    assert not list(waiting.stop(960 * MS))


def test_what_was_told_whole_is_not_told_again_at_the_end() -> None:
    exchanges = plain()
    answered = [(10 * MS, "sent", 300), (100 * MS, "received", 300)]
    list(exchanges.see(counters(answered, 125 * MS)))
    told = list(exchanges.due(1500 * MS))

    assert len(told) == 1
    assert not list(exchanges.stop(9000 * MS))
