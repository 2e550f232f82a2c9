"""What was asked of a simulation, on the page: recommendation, searches, changes, objectives."""

from collections.abc import Iterator

from agentaudit.model.answers import Arm, Holds, Recommendation, Sensitivity
from agentaudit.model.measures import Measure
from agentaudit.model.results import Met, ObjectiveResult, PolicyResult, Simulation
from agentaudit.report.page.blocks import Block, Cell, Folded, Points, Row, Table, columns, plain
from agentaudit.report.quantities import duration, measured, number, percent
from agentaudit.report.tables.answers import found_tables
from agentaudit.report.tables.simulation_rows import changed, spread, three_digits
from agentaudit.report.tones import Tone

_HOLDS = {
    Holds.HOLDS: Tone.GOOD,
    Holds.NO_DIFFERENCE: Tone.WARN,
    Holds.REVERSED: Tone.BAD,
    Holds.SATURATED: Tone.WARN,
}
_MET = {Met.MET: Tone.GOOD, Met.MISSED: Tone.BAD, Met.UNSURE: Tone.WARN}


def answers_blocks(simulation: Simulation) -> tuple[Block, ...]:
    """A block for each question that was asked, and the load that all answers rest on."""
    return (*_found(simulation), *_tables(simulation), _load(simulation))


def _found(simulation: Simulation) -> Iterator[Block]:
    if simulation.found:
        sentences = tuple(one.sentence for one in simulation.found)
        yield Points(title="How much is enough", items=sentences)
    for place, (searched, (heading, *rows)) in enumerate(found_tables(simulation.found)):
        yield Table(
            id=f"found-{place}",
            caption=f"Where an assumption is wrong: {searched}",
            columns=columns(*heading, numbers=heading[1:]),
            rows=tuple(Row(cells=plain(*row)) for row in rows),
        )


def _tables(simulation: Simulation) -> Iterator[Block]:
    if any(result.objectives for result in simulation.results):
        yield _objectives(simulation)
    if len(simulation.what_ifs) > 1:
        yield _what_ifs(simulation)
    if simulation.recommendation is not None and simulation.recommendation.sensitivity:
        yield _sensitivity(simulation.recommendation)


def _objectives(simulation: Simulation) -> Table:
    names = tuple(one.objective for one in simulation.results[0].objectives)
    return Table(
        id="objectives",
        caption="Objectives by policy",
        columns=columns("Policy", *names, "Requests/s in time", numbers=("Requests/s in time",)),
        rows=tuple(
            Row(
                cells=(
                    Cell(text=result.policy),
                    *(_objective(one) for one in result.objectives),
                    Cell(text=measured(result.goodput_per_s, number)),
                )
            )
            for result in simulation.results
        ),
        note="In time is what ends within the times of all objectives that apply to it.",
    )


def _objective(one: ObjectiveResult) -> Cell:
    shown = f"{duration(one.value_ns)} {spread(one.value_ns, one.interval)}"
    return Cell(text=f"{shown}, {one.met}", tone=_MET[one.met])


def _what_ifs(simulation: Simulation) -> Table:
    return Table(
        id="simulated-changes",
        caption="What if",
        columns=columns("Change", "Policy", "Parameters", "P90", "Against now", numbers=("P90",)),
        rows=tuple(
            Row(
                cells=plain(
                    one.change or "as it is", arm.policy, arm.parameters, _p90(arm),
                    changed(arm.difference),
                )
            )
            for one in simulation.what_ifs
            for arm in one.arms
        ),
        note=f"Against {simulation.baseline} as it is, on the same requests.",
    )  # fmt: skip


def _p90(arm: Arm) -> str:
    shown = duration(arm.latency.p90_ns)
    shown = f"{shown} {spread(arm.latency.p90_ns, arm.latency.interval(Measure.P90))}"
    return f"{shown}, overloaded" if arm.overloaded else shown


def _sensitivity(found: Recommendation) -> Table:
    now, then = f"{found.baseline} now", f"{found.best_found} then"
    return Table(
        id="sensitivity",
        caption="Does the recommendation hold where an assumption is wrong?",
        columns=columns("Assumption", now, then, "Change", "Recommendation", numbers=(now, then)),
        rows=tuple(_sensitivity_row(one, found) for one in found.sensitivity),
        note=f"By {found.objective} of all requests, each assumption made wrong by itself.",
    )


def _sensitivity_row(one: Sensitivity, found: Recommendation) -> Row:
    rate = found.objective == "goodput"
    now, then = (
        f"{three_digits(value)}/s" if rate else duration(round(value))
        for value in (one.before, one.after)
    )
    cells = plain(one.assumption, now, then, changed(one.difference))
    return Row(cells=(*cells, Cell(text=str(one.holds), tone=_HOLDS[one.holds])))


def _load(simulation: Simulation) -> Folded:
    load = simulation.load
    offered = (
        f"Offered load: CPU {measured(load.cpu, percent)}, LLM server"
        f" {percent(load.gpu)} of what each can serve at best."
        if load
        else ""
    )
    numbers = ("Wait P90", "Serve P90", "Waiting, mean and peak", "Running, mean and peak")
    expenses = ("J/request", "Cost of 1000")
    table = Table(
        id="policies-load",
        caption="Waiting for admission, in service, energy and cost",
        columns=columns("Policy", *numbers, *expenses, numbers=(*numbers, *expenses)),
        rows=tuple(Row(cells=plain(*_load_cells(result))) for result in simulation.results),
        note=offered,
    )
    return Folded(summary="Queues, energy and cost", blocks=(table,))


def _load_cells(result: PolicyResult) -> tuple[str, ...]:
    queue, overall = result.queue, result.overall
    return (
        result.policy,
        duration(overall.waiting.p90_ns),
        duration(overall.service.p90_ns),
        f"{queue.waiting_mean:.1f}, {queue.waiting_peak}" if queue else "unknown",
        f"{queue.in_service_mean:.1f}, {queue.in_service_peak}" if queue else "unknown",
        measured(result.energy.joules if result.energy else None, number),
        measured(result.cost_per_1000, number),
    )
