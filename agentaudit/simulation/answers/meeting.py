"""Whether outcomes meet the objectives that were asked for, and how that is said."""

from agentaudit.lists import listed
from agentaudit.model.answers import Found, Question
from agentaudit.model.results import ALL, Met
from agentaudit.simulation.answers.ranking import Ranking
from agentaudit.simulation.experiments.experiment import Outcome, estimate
from agentaudit.simulation.objectives import met
from agentaudit.simulation.policy import Policy
from agentaudit.simulation.sentences import time


def all_met(ranking: Ranking, outcome: Outcome, *, sure: bool = False) -> bool:
    """Whether all objectives are met; `sure` asks that their whole intervals say so."""
    after = ranking.terms.after
    for one in ranking.terms.objectives:
        if any(run.count(type_=one.type, after=after) for run in outcome.runs):
            found = estimate(outcome, one.measure, type_=one.type, after=after)
            interval = found.interval if sure else None
            if met(one, round(found.value), interval) is not Met.MET:
                return False
    return not outcome.overloaded


def measured(ranking: Ranking, outcome: Outcome | None) -> str:
    """`p95 8.1 s ±6 %`, or that nothing keeps up."""
    if outcome is None or outcome.overloaded:
        return "requests pile up"
    parts = []
    for one in ranking.terms.objectives:
        found = estimate(outcome, one.measure, type_=one.type, after=ranking.terms.after)
        half = found.interval.half_width / found.value if found.interval and found.value else None
        of_type = "" if one.type == ALL else f"{one.type} "
        spread = "" if half is None else f" ±{half:.0%}"
        parts.append(f"{of_type}{one.measure} is {time(found.value)}{spread}")
    return listed(parts)


def asked_are(ranking: Ranking) -> str:
    """`p95 < 8 s is`, or `p95 < 8 s and chat p90 < 2 s are`."""
    return f"{asked(ranking)} {'is' if len(ranking.terms.objectives) == 1 else 'are'}"


def asked(ranking: Ranking) -> str:
    """`p95 < 8 s and chat p90 < 2 s`."""
    return listed([str(one) for one in ranking.terms.objectives])


def answer_of(question: Question, policy: Policy, value: float | None, sentence: str) -> Found:
    """The answer to a question under a policy; None where nothing is enough."""
    return Found(
        question=question,
        policy=policy.name,
        parameters=policy.parameters,
        value=value,
        interval=None,
        sentence=sentence,
    )
