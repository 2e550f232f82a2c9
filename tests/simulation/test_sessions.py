"""Users who ask again when they are answered, found in a recording."""

from random import Random

import pytest

from agentaudit.model.trace import DrivenLoad, Request
from agentaudit.simulation.recordings.sessions import Turn, sessions_of, turn_past

MS = 1_000_000


def request(request_id: int, arrival_ms: float, finish_ms: float) -> Request:
    return Request(
        request_id=request_id,
        type="ask",
        arrival_ns=round(arrival_ms * MS),
        finish_ns=round(finish_ms * MS),
    )


def load(shape: str, users: int) -> DrivenLoad:
    return DrivenLoad(
        shape=shape,
        target="http://127.0.0.1/",
        planned_concurrency=users,
        rate_hz=0.0,
        sessions=users,
        requests=0,
        failed=0,
        duration_ns=0,
        concurrency_mean=0.0,
        concurrency_peak=users,
    )


def asked_in_turn(users: int, count: int, think_ms: float) -> list[Request]:
    """Each user asks at once, is answered after a while, and asks again after thinking."""
    draw = Random(1)  # noqa: S311, a test repeats, it keeps no secret
    free_ms = [0.0] * users
    found: list[Request] = []
    for number in range(count):
        user = free_ms.index(min(free_ms))
        finish_ms = free_ms[user] + 200 + 800 * draw.random()
        found.append(request(number, free_ms[user], finish_ms))
        free_ms[user] = finish_ms + think_ms
    return found


def at_random(count: int, gap_ms: float) -> list[Request]:
    draw = Random(1)  # noqa: S311, likewise
    at_ms, found = 0.0, []
    for number in range(count):
        at_ms += gap_ms * 2 * draw.random()
        found.append(request(number, at_ms, at_ms + 500))
    return found


@pytest.mark.parametrize("users", [1, 3, 8])
def test_users_are_told_from_arrivals_that_follow_answers(users: int) -> None:
    sessions = sessions_of(asked_in_turn(users, 60, 5), None)

    assert len(sessions.turns) == 60 - users
    thoughts = [turn.think_ns for turn in sessions.turns.values()]
    assert sum(thoughts) == pytest.approx(5 * MS * len(thoughts), abs=100)
    assert f"up to {users} at once" in sessions.sentence


@pytest.mark.parametrize("gap_ms", [30, 400])
def test_arrivals_at_random_follow_nobody(gap_ms: float) -> None:
    sessions = sessions_of(at_random(80, gap_ms), None)

    assert not sessions.turns
    assert "whether or not" in sessions.sentence


def test_the_recorders_own_users_are_known_however_long_they_think() -> None:
    sessions = sessions_of(asked_in_turn(2, 10, 3000), load("closed", 2))

    assert len(sessions.turns) == 8
    assert "Each of the 2 users" in sessions.sentence


def test_a_request_that_fell_due_while_all_users_were_busy_comes_with_their_answer() -> None:
    requests = [request(0, 0, 400), request(1, 401, 500), request(2, 900, 1000)]

    assert sessions_of(requests, load("poisson", 1)).turns == {1: Turn(follows=0, think_ns=1 * MS)}
    assert not sessions_of(requests, load("poisson", 2)).turns


def test_imported_traces_are_replayed_as_they_came() -> None:
    assert not sessions_of(asked_in_turn(2, 60, 5), None, imported=True).turns


def test_what_is_left_out_counts_as_thinking() -> None:
    requests = [request(0, 0, 100), request(1, 110, 200), request(2, 230, 300)]
    turns = {1: Turn(follows=0, think_ns=10), 2: Turn(follows=1, think_ns=30)}

    found = turn_past(turns, requests[2], {1: requests[1]})

    assert found == Turn(follows=0, think_ns=10 + 90 * MS + 30)
    assert turn_past(turns, requests[1], {0: requests[0]}) is None
