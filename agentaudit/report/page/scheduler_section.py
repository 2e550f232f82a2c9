"""The scheduler comparison on the page: what each policy would have done with the same requests."""

from collections.abc import Iterator

from agentaudit.model.measures import Measure, Percentiles
from agentaudit.model.results import PolicyResult, Simulation
from agentaudit.report.page.answers_section import answers_blocks
from agentaudit.report.page.blocks import (
    Block,
    Cell,
    Column,
    Figure,
    Folded,
    Points,
    Row,
    Section,
    Table,
    Terms,
    columns,
    plain,
)
from agentaudit.report.page.charts import distribution_chart, latency_chart
from agentaudit.report.page.schedule_figures import bars_figure, busy_figure, load_figure
from agentaudit.report.quantities import duration, measured, number, percent
from agentaudit.report.tables.simulation_rows import spread
from agentaudit.report.tones import Tone

_SECTION = "scheduler"
_TITLE = "Scheduling what-if"
_FEWEST_TYPES = 2


def scheduler_section(simulation: Simulation | None) -> Section:
    """The policies side by side, or that nothing was simulated."""
    if simulation is None or not simulation.results:
        lead = "Nothing was simulated: no simulation.json was given."
        return Section(id=_SECTION, title=_TITLE, lead=lead)
    blocks: tuple[Block, ...] = (
        _latency(simulation),
        *_schedules(simulation),
        *_distribution(simulation),
        *_busy(simulation),
        _types(simulation),
        *answers_blocks(simulation),
        _assumptions(simulation),
    )
    return Section(id=_SECTION, title=_TITLE, lead=_lead(simulation), blocks=blocks)


def _lead(simulation: Simulation) -> str:
    if simulation.recommendation is not None:
        return " ".join(simulation.recommendation.sentences)
    if simulation.advice:
        return " ".join(simulation.advice[:2])
    best = simulation.results[0]
    return f"{best.policy} has the lowest tail latency of {len(simulation.results)} policies."


def _latency(simulation: Simulation) -> Figure:
    results = simulation.results
    tails = sorted((item.overall.latency.p99_ns, item.policy) for item in results)
    (low_ns, low), (high_ns, high) = tails[0], tails[-1]
    title = "Latency by policy: P50 ●, P90 ■ and P99 ◆"
    spread = (
        f"P99 is {duration(low_ns)} with {low} and {duration(high_ns)} with {high}"
        if duration(low_ns) != duration(high_ns)
        else f"P99 is {duration(low_ns)} with every policy"
    )
    summary = f"{spread}, on {number(simulation.requests)} simulated requests."
    table = Table(
        id="policies",
        caption="Policies side by side, the best first",
        columns=_policy_columns(),
        rows=tuple(_policy_row(result, simulation.baseline) for result in results),
        note=_overloaded(simulation),
    )
    drawing = latency_chart(results, title=title, summary=summary)
    return Figure(id="latency-chart", title=title, summary=summary, drawing=drawing, twin=table)


def _policy_columns() -> tuple[Column, ...]:
    numbers = ("P50", "P90", "P99", "Requests/s", "CPU busy", "GPU busy")
    return columns("Policy", "Parameters", *numbers, numbers=numbers)


def _policy_row(result: PolicyResult, baseline: str) -> Row:
    latency = result.overall.latency
    shown = {one: _estimated(latency, one) for one in (Measure.P50, Measure.P90, Measure.P99)}
    tail = (
        Cell(text=f"{shown[Measure.P99]}, overloaded", tone=Tone.WARN)
        if result.overloaded
        else Cell(text=shown[Measure.P99])
    )
    name = f"{result.policy} (baseline)" if result.policy == baseline else result.policy
    return Row(
        cells=(
            *plain(name, result.parameters, shown[Measure.P50], shown[Measure.P90]),
            tail,
            *plain(
                f"{result.throughput_per_s:.2f}",
                measured(result.cpu_utilisation, percent),
                percent(result.gpu_utilisation),
            ),
        )
    )


def _estimated(latency: Percentiles, measure: Measure) -> str:
    """`1.26 s ±4%`; without an interval in artifacts of releases that took none."""
    value_ns = latency.of(measure)
    if value_ns is None:
        return "unknown"
    if latency.intervals is None:
        return duration(value_ns)
    return f"{duration(value_ns)} {spread(value_ns, latency.interval(measure))}"


def _overloaded(simulation: Simulation) -> str:
    if not any(result.overloaded for result in simulation.results):
        return ""
    return "Overloaded: the queue grew until the end, so latency depends on how long one waits."


def _distribution(simulation: Simulation) -> tuple[Block, ...]:
    results = tuple(result for result in simulation.results if result.sample_latencies_ns)
    if not results:
        return ()
    title = "How many requests finish within a time"
    summary = "A line further left is better; where policies agree, their lines cover one another."
    drawing = distribution_chart(results, title=title, summary=summary)
    return (Figure(id="distribution-chart", title=title, summary=summary, drawing=drawing),)


def _schedules(simulation: Simulation) -> Iterator[Block]:
    """How much load each policy bears, and how two of them run the same requests."""
    views = simulation.views
    if views is None:
        return
    if views.load is not None:
        yield load_figure(views.load)
    yield bars_figure(views, simulation)


def _busy(simulation: Simulation) -> Iterator[Block]:
    """Folded, as it explains more than it decides."""
    if simulation.views is not None:
        figure = busy_figure(simulation.views, simulation)
        yield Folded(summary="How busy the machine is", blocks=(figure,))


def _types(simulation: Simulation) -> Folded:
    """All together, and each type where there are several: to its end, and in its parts."""
    numbers = ("Requests", "P50", "P90", "P95", "P99")
    many = any(len(result.by_type) > _FEWEST_TYPES for result in simulation.results)
    rows = tuple(
        Row(cells=plain(result.policy, item.type, what, number(item.requests), *_times(times)))
        for result in simulation.results
        for item in (result.by_type if many else result.by_type[-1:])
        for what, times in (
            ("latency", item.latency),
            ("waiting", item.waiting),
            ("service", item.service),
        )
    )
    table = Table(
        id="policies-by-type",
        caption="Latency, waiting for admission and service by policy and type of request",
        columns=columns("Policy", "Type", "Time", *numbers, numbers=numbers),
        rows=rows,
    )
    return Folded(summary="Latency, waiting and service by type of request", blocks=(table,))


def _times(times: Percentiles) -> Iterator[str]:
    for measure in (Measure.P50, Measure.P90, Measure.P95, Measure.P99):
        yield measured(times.of(measure), duration)


def _assumptions(simulation: Simulation) -> Folded:
    machine = simulation.machine
    terms = (
        ("Workload", f"{simulation.workload_source}, arrivals {simulation.arrivals}"),
        ("Machine", f"{machine.name}, {machine.cores} cores"),
        ("Seed", str(simulation.seed)),
        ("Replications", str(simulation.replications)),
        *((result.policy, result.source) for result in simulation.results),
    )
    told = tuple(
        dict.fromkeys((*simulation.assumptions, *machine.assumptions, *simulation.statistics))
    )
    assumed = (Points(title="What was assumed", items=told),) if told else ()
    return Folded(summary="Assumptions, machine and sources", blocks=(*assumed, Terms(items=terms)))
