"""
What was asked of capacity: each search with its answer, and with what would make it another one.

A capacity is looked for anew with every assumption that could decide it made wrong, one at a time.
"""

from collections.abc import Iterator, Sequence
from math import inf

from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.lists import counted
from agentaudit.model.answers import Found, FoundWrong, Question
from agentaudit.simulation.answers.assumptions import wrong_assumptions
from agentaudit.simulation.answers.capacity import answered
from agentaudit.simulation.answers.ranking import Ranking
from agentaudit.simulation.sentences import figure

_MOST_REQUESTS = 20_000
"""In all replications; of more, five or six times as many searches would take long."""
_MATTERS = 1.02
"""A rate is found to a hundredth."""
_NOUNS = {Question.CORES: "core", Question.GPUS: "GPU", Question.USERS: "user"}


def searched(ranking: Ranking, question: Question) -> tuple[Found, ...]:
    """
    The answer under the baseline, and under the best policy where that is another.

    Raises UsageError without objectives, and for the rate of one request.
    """
    if not ranking.terms.objectives:
        raise UsageError(f"--find {question} needs what is to be met: --slo 'p95 < 10s'")
    names = dict.fromkeys((ranking.baseline, ranking.best.policy.name))
    return tuple(_doubted(ranking, answered(ranking, question, name)) for name in names)


def _doubted(ranking: Ranking, found: Found) -> Found:
    """The answer with what it would be where an assumption is wrong, and which decides it most."""
    requests = sum(len(workload.requests) for workload in ranking.experiment.workloads)
    if found.value is None or requests > _MOST_REQUESTS:
        return found
    wrong = tuple(_under_wrong(ranking, found))
    told = "".join(_decided_by(found, found.value, wrong))
    return replace(found, sentence=found.sentence + told, wrong=wrong)


def _under_wrong(ranking: Ranking, found: Found) -> Iterator[FoundWrong]:
    for assumption, wrong in wrong_assumptions(ranking.experiment):
        if found.question is Question.MAX_RATE and assumption.startswith("rate"):
            continue  # it is what is looked for
        again = answered(replace(ranking, experiment=wrong), found.question, found.policy)
        yield FoundWrong(assumption=assumption, value=again.value)


def _decided_by(found: Found, value: float, wrong: Sequence[FoundWrong]) -> Iterator[str]:
    """The assumption that makes it worst, if any does by more than a search is exact."""

    def worse(one: FoundWrong) -> float:
        if one.value is None:
            return inf
        more = found.question in (Question.CORES, Question.GPUS)
        return one.value / value if more else value / one.value

    if not wrong:
        return
    worst = max(wrong, key=worse)
    if worse(worst) < _MATTERS:
        yield f" None of {len(wrong)} assumptions made wrong, one at a time, makes it worse."
        return
    yield f" With {worst.assumption} it is {_amount(found.question, worst.value)}."


def _amount(question: Question, value: float | None) -> str:
    noun = _NOUNS.get(question)
    if value is None:
        return "met by none" if noun else "met at no rate"
    return counted(int(value), noun) if noun else f"{figure(value)} requests/s"
