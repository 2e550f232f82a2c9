"""What was asked of a simulation, on a terminal: changes side by side."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from agentaudit.model.answers import Arm, Found, Question, Recommendation, WhatIf
from agentaudit.model.measures import Measure
from agentaudit.model.results import Simulation
from agentaudit.report.quantities import number
from agentaudit.report.tables.simulation_rows import (
    Row,
    append_list,
    append_table,
    changed,
    estimated,
    three_digits,
    unit_of,
)
from agentaudit.report.text import cut, one_line

_AS_IT_IS = "as it is"
_LONGEST_CHANGE = 26
_LEAST_NAME = 10
_SEARCHED = {
    Question.MAX_RATE: "the highest rate, requests/s",
    Question.USERS: "the most users",
    Question.CORES: "the fewest cores",
    Question.GPUS: "the fewest GPUs",
}


def append_sentences(text: Text, simulation: Simulation, *, width: int) -> None:
    """What was asked for, answered in sentences: they stand before all tables."""
    if simulation.recommendation is not None:
        append_list(text, "Recommendation", simulation.recommendation.sentences, width)
    append_list(text, "Found", [one.sentence for one in simulation.found], width)


def append_answers(text: Text, simulation: Simulation) -> None:
    """The tables behind the answers."""
    found = simulation.recommendation
    if found is not None and found.sensitivity:
        text.append("\nWhere an assumption is wrong: ", style="bold")
        text.append(f"{_measured(found)} of {one_line(found.baseline)} (now)")
        text.append(f" and {one_line(found.best_found)} (then)\n")
        append_table(text, _sensitivity_rows(found))
    for searched, rows in found_tables(simulation.found):
        text.append("\nWhere an assumption is wrong: ", style="bold")
        text.append(f"{searched}\n")
        append_table(text, rows)
    if len(simulation.what_ifs) > 1:
        base = simulation.baseline
        text.append(f"\nWhat if: P90, against {one_line(base)} as it is\n", style="bold")
        append_table(text, _what_if_rows(simulation.what_ifs))


def found_tables(found: Sequence[Found]) -> Iterator[tuple[str, list[Row]]]:
    """For each search what was looked for, and what it would have found with wrong assumptions."""
    for question, words in _SEARCHED.items():
        asked = [one for one in found if one.question is question and one.wrong]
        if asked:
            yield words, list(_found_rows(asked))


def _found_rows(asked: Sequence[Found]) -> Iterator[Row]:
    names = dict.fromkeys(wrong.assumption for one in asked for wrong in one.wrong)
    yield ("Assumption", *(one_line(one.policy) for one in asked))
    yield (_AS_IT_IS, *(_amount(one.value) for one in asked))
    for name in names:
        values = ({wrong.assumption: _amount(wrong.value) for wrong in one.wrong} for one in asked)
        yield (one_line(name), *(value.get(name, "?") for value in values))


def _amount(value: float | None) -> str:
    return "none" if value is None else number(value)


def _measured(found: Recommendation) -> str:
    return "goodput" if found.objective == "goodput" else found.objective.replace("p", "P")


def _sensitivity_rows(found: Recommendation) -> Iterator[Row]:
    values = [value for one in found.sensitivity for value in (one.before, one.after)]
    unit, size = ("/s", 1) if found.objective == "goodput" else unit_of(max(values))
    yield ("Assumption", f"now {unit}", f"then {unit}", "change", "advice")
    for one in found.sensitivity:
        shown = (three_digits(value / size) for value in (one.before, one.after))
        yield (one_line(one.assumption), *shown, changed(one.difference), str(one.holds))


def _what_if_rows(what_ifs: Sequence[WhatIf]) -> Iterator[Row]:
    arms = [arm for one in what_ifs for arm in one.arms]
    unit, size = unit_of(max(arm.latency.p90_ns for arm in arms))
    yield ("Change", "under", f"P90 {unit}", "change")
    for one in what_ifs:
        for place, arm in enumerate(one.arms):
            change = _shortened(one_line(one.change or _AS_IT_IS)) if place == 0 else ""
            yield (change, one_line(arm.policy), _p90(arm, size), changed(arm.difference))


def _p90(arm: Arm, size: int) -> str:
    shown = estimated(arm.latency, Measure.P90, size)
    return f"{shown} !" if arm.overloaded else shown


def _shortened(text: str) -> str:
    """A tool's long name is cut in its middle: what becomes of it is said at the end."""
    excess = len(text) - _LONGEST_CHANGE
    if excess <= 0:
        return text
    longest = max(text.split(","), key=len)
    name, equals, rest = longest.partition("=")
    kept = name[: max(len(name) - excess - 1, _LEAST_NAME)]
    return cut(text.replace(longest, f"{kept}…{equals}{rest}", 1), _LONGEST_CHANGE)
