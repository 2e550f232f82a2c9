"""A simulation on a terminal: policies side by side, the best first, then what to change."""

from collections.abc import Iterator

from rich.text import Text

from agentaudit.lists import counted
from agentaudit.model.measures import Measure
from agentaudit.model.results import Met, ObjectiveResult, PolicyResult, Simulation
from agentaudit.report.quantities import duration, measured, number, percent
from agentaudit.report.tables.answers import append_answers, append_sentences
from agentaudit.report.tables.simulation_rows import (
    Row,
    append_list,
    append_table,
    changed,
    estimated,
    spread,
    three_digits,
    unit_of,
)
from agentaudit.report.text import cut, one_line, wrapped

_NARROWEST = 40
_MOST_TYPES = 4
_OBJECTIVES_A_TABLE = 2
_LONGEST_TYPE = 14
_FEW_TYPES = 2
_LONGEST_OF_FEW = 24


def render_simulation(simulation: Simulation, *, width: int) -> Text:
    """The comparison, the advice and what both rest on; at 80 columns only prose wraps."""
    width = max(width, _NARROWEST)
    text = Text()
    for line in wrapped(_opening(simulation), width):
        text.append(f"{line}\n")
    append_sentences(text, simulation, width=width)
    text.append("\n")
    results, best = simulation.results, simulation.results[0].policy
    append_table(text, _latency_rows(simulation), bold=best)
    if any(result.overloaded for result in results):
        note = "! overloaded: requests pile up, so latencies would grow with a longer run."
        for line in wrapped(note, width):
            text.append(f"{line}\n", style="yellow")
    append_list(text, "Advice", simulation.advice, width)
    _append_rest(text, "Waiting for admission and in service, mean/peak", _time_rows(simulation))
    if len(results[0].by_type) > 2:  # noqa: PLR2004, all requests and one type
        _append_rest(text, "P90 by type of request", _type_rows(simulation))
    for low in range(0, len(results[0].objectives), _OBJECTIVES_A_TABLE):
        rows = _objective_rows(simulation, slice(low, low + _OBJECTIVES_A_TABLE))
        _append_rest(text, "Objectives", rows)
    known = any(result.energy or result.cost_per_1000 is not None for result in results)
    title = "Throughput, utilisation" + (", energy of a request, cost" if known else "")
    _append_rest(text, title, _rate_rows(simulation, expenses=known))
    append_answers(text, simulation)
    names = ((one_line(r.policy), one_line(r.parameters)) for r in results)
    _append_rest(text, "Parameters", names)
    append_list(text, "Assumptions", (*simulation.assumptions, *simulation.statistics), width)
    return text


def _append_rest(text: Text, title: str, rows: Iterator[Row]) -> None:
    text.append(f"\n{title}\n", style="bold")
    append_table(text, rows)


def _opening(simulation: Simulation) -> str:
    best, machine = simulation.results[0], simulation.machine
    runs = (
        f"{simulation.replications} replications, the first with seed {simulation.seed}"
        if simulation.replications > 1
        else f"seed {simulation.seed}"
    )
    asked = (
        f"{counted(simulation.requests, 'request')} from {simulation.workload_source}, arrivals"
        f" {simulation.arrivals}, on {machine.name} ({runs})"
    )
    if best.overloaded:
        return one_line(f"{asked}: requests pile up under every policy.")
    base = next(r for r in simulation.results if r.policy == simulation.baseline)
    equal = best is not base and "equal" in _against(best, base)
    return one_line(
        f"{asked}: {best.policy} has the lowest P90, {duration(best.overall.latency.p90_ns)}"
        + (f", no different from {base.policy} by more than chance or 2%." if equal else ".")
    )


def _latency_rows(simulation: Simulation) -> Iterator[Row]:
    unit, size = _unit(simulation)
    base = next(r for r in simulation.results if r.policy == simulation.baseline)
    yield ("Policy", f"P50 {unit}", f"P90 {unit}", f"P99 {unit}", "P90 vs base")
    for result in simulation.results:
        latency = result.overall.latency
        yield (
            f"{one_line(result.policy)}{' !' if result.overloaded else ''}",
            *(estimated(latency, one, size) for one in (Measure.P50, Measure.P90, Measure.P99)),
            "baseline" if result is base else _against(result, base),
        )


def _against(result: PolicyResult, base: PolicyResult) -> str:
    """Its difference; in artifacts of releases that took none, what the numbers say."""
    taken = next((one for one in result.differences if one.measure == "p90"), None)
    if taken is not None:
        return changed(taken)
    before_ns, after_ns = base.overall.latency.p90_ns, result.overall.latency.p90_ns
    percents = round((after_ns / before_ns - 1) * 100) if before_ns else 0
    return f"{percents:+d}%" if percents else "equal"


def _time_rows(simulation: Simulation) -> Iterator[Row]:
    unit, size = _unit(simulation)
    yield ("Policy", f"wait P90 {unit}", f"serve P90 {unit}", "waiting", "running")
    for result in simulation.results:
        queue = result.queue
        yield (
            one_line(result.policy),
            estimated(result.overall.waiting, Measure.P90, size),
            estimated(result.overall.service, Measure.P90, size),
            f"{queue.waiting_mean:.1f}/{queue.waiting_peak}" if queue else "?",
            f"{queue.in_service_mean:.1f}/{queue.in_service_peak}" if queue else "?",
        )


def _type_rows(simulation: Simulation) -> Iterator[Row]:
    unit, size = _unit(simulation)
    types = [latency.type for latency in simulation.results[0].by_type[1:]]
    shown = types[:_MOST_TYPES]
    longest = _LONGEST_TYPE if len(shown) > _FEW_TYPES else _LONGEST_OF_FEW
    more = (f"and {len(types) - len(shown)} more",) if len(types) > len(shown) else ()
    yield ("Policy", *(f"{cut(one_line(name), longest)} {unit}" for name in shown), *more)
    for result in simulation.results:
        p90 = {found.type: estimated(found.latency, Measure.P90, size) for found in result.by_type}
        yield (one_line(result.policy), *(p90[name] for name in shown), *("" for _ in more))


def _objective_rows(simulation: Simulation, part: slice) -> Iterator[Row]:
    objectives = [one.objective for one in simulation.results[0].objectives[part]]
    yield ("Policy", *map(one_line, objectives), "good req/s")
    for result in simulation.results:
        good = result.goodput_per_s
        yield (
            one_line(result.policy),
            *(_objective_cell(one) for one in result.objectives[part]),
            "?" if good is None else number(good),
        )


def _objective_cell(one: ObjectiveResult) -> str:
    word = "unsure" if one.met is Met.UNSURE else str(one.met)
    return f"{duration(one.value_ns)} {spread(one.value_ns, one.interval)} {word}"


def _rate_rows(simulation: Simulation, *, expenses: bool) -> Iterator[Row]:
    heading = ("CPU J", "GPU J", "both J", "cost of 1000") if expenses else ()
    yield ("Policy", "req/s", "CPU", "GPU", *heading)
    for result in simulation.results:
        energy = result.energy
        amounts = (
            energy.cpu_joules if energy else None,
            energy.gpu_joules if energy else None,
            energy.joules if energy else None,
            result.cost_per_1000,
        )
        told = (measured(amount, three_digits) for amount in amounts)
        yield (
            one_line(result.policy),
            number(result.throughput_per_s),
            measured(result.cpu_utilisation, percent),
            percent(result.gpu_utilisation),
            *(told if expenses else ()),
        )


def _unit(simulation: Simulation) -> tuple[str, int]:
    return unit_of(max(result.overall.latency.p99_ns for result in simulation.results))
