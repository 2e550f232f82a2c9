"""
Users who ask again once they are answered, found in a recording: whose answer each request follows.

Where the recorder made the load itself, it is known whether its users waited for answers. Else it
is told from arrivals that come right after answers, far more of them than chance would have.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from math import exp, sqrt

from msgspec import Struct

from agentaudit.model.trace import DrivenLoad, Request

_PROMPT_NS = 50_000_000
"""Who asks again within this time of an answer asks because of it."""
_FEWEST = 20
_MOST_OF_ALL = 0.8
_SURE = 3.0
"""Standard deviations above what chance would have."""


class Turn(Struct, frozen=True, kw_only=True):
    """A request that comes so long after the answer to another."""

    follows: int
    think_ns: int


class Sessions(Struct, frozen=True, kw_only=True):
    """Which requests follow which, and the sentence that says how that is known."""

    turns: Mapping[int, Turn]
    sentence: str


_OPEN = Sessions(
    turns={},
    sentence="Requests arrive as they were recorded, whether or not others have been answered.",
)


def sessions_of(
    requests: Sequence[Request], load: DrivenLoad | None, *, imported: bool = False
) -> Sessions:
    """The turns of users who wait for answers; `requests` are all that were recorded."""
    ordered = sorted(requests, key=lambda one: (one.arrival_ns, one.request_id))
    turns = dict(_turns(ordered))
    if load is not None and load.shape == "closed":
        return Sessions(
            turns=turns,
            sentence=(
                f"Each of the {load.planned_concurrency} users of the load asked again when it was"
                " answered, and does so in the simulation: slower answers make for fewer requests."
            ),
        )
    if load is not None:
        return _held_back(ordered, turns, load)
    if imported or not _by_more_than_chance(ordered, turns):
        return _OPEN
    return Sessions(
        turns=turns,
        sentence=(
            f"{_prompt(turns):.0%} of the requests came within {_PROMPT_NS // 10**6} ms of an"
            " answer that no other had followed yet, so users, up to"
            f" {_Open(ordered).most()} at once, are taken to have asked in turn, and do so in the"
            " simulation."
        ),
    )


def turn_past(
    turns: Mapping[int, Turn], request: Request, gone: Mapping[int, Request]
) -> Turn | None:
    """The turn of a request, past those that are left out, whose time counts as thinking."""
    turn = turns.get(request.request_id)
    think_ns = 0
    while turn is not None and turn.follows in gone:
        left_out = gone[turn.follows]
        think_ns += turn.think_ns + left_out.latency_ns
        turn = turns.get(left_out.request_id)
    return None if turn is None else Turn(follows=turn.follows, think_ns=turn.think_ns + think_ns)


def _turns(ordered: Sequence[Request]) -> Iterator[tuple[int, Turn]]:
    """Each request follows the latest answer before it that no other has followed."""
    answers = sorted(ordered, key=lambda one: (one.finish_ns, one.request_id))
    waiting: list[Request] = []
    answered = 0
    for request in ordered:
        while answered < len(answers) and answers[answered].finish_ns <= request.arrival_ns:
            waiting.append(answers[answered])
            answered += 1
        if waiting and waiting[-1].request_id != request.request_id:
            before = waiting.pop()
            think_ns = request.arrival_ns - before.finish_ns
            yield request.request_id, Turn(follows=before.request_id, think_ns=think_ns)


def _held_back(ordered: Sequence[Request], turns: Mapping[int, Turn], load: DrivenLoad) -> Sessions:
    """Requests that fell due at random, and waited where all users of the load were busy."""
    opened = _Open(ordered)
    by_id = {request.request_id: request for request in ordered}
    held = {
        identity: turn
        for identity, turn in turns.items()
        if turn.think_ns <= _PROMPT_NS
        and opened.at(by_id[turn.follows].finish_ns - 1) >= load.planned_concurrency
    }
    if not held:
        return _OPEN
    return Sessions(
        turns=held,
        sentence=(
            f"{len(held)} of {len(ordered)} requests fell due while all {load.planned_concurrency}"
            " users of the load waited for answers; they come with the answer they came with."
        ),
    )


class _Open:
    """How many requests were open at an instant."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._arrivals = sorted(one.arrival_ns for one in requests)
        self._finishes = sorted(one.finish_ns for one in requests)

    def at(self, at_ns: int) -> int:
        return bisect_right(self._arrivals, at_ns) - bisect_right(self._finishes, at_ns)

    def most(self) -> int:
        return max(self.at(at_ns) for at_ns in self._arrivals)


def _prompt(turns: Mapping[int, Turn]) -> float:
    prompt = sum(turn.think_ns <= _PROMPT_NS for turn in turns.values())
    return prompt / max(len(turns), 1)


def _by_more_than_chance(ordered: Sequence[Request], turns: Mapping[int, Turn]) -> bool:
    """Whether arrivals at random, at the same rate, would come so soon after answers."""
    if len(turns) < _FEWEST:
        return False
    span_ns = max(one.finish_ns for one in ordered) - ordered[0].arrival_ns
    chance = 1 - exp(-_PROMPT_NS * len(ordered) / max(span_ns, 1))
    likely = chance + _SURE * sqrt(chance * (1 - chance) / len(turns))
    return _prompt(turns) >= max(_MOST_OF_ALL, min(likely, 1.0))
