"""Charts of schedules as figures: what each says in a sentence, and its numbers as a table."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from agentaudit.lists import listed
from agentaudit.model.results import Simulation
from agentaudit.model.views import Bar, BarsOfPolicy, Doing, LoadCurve, LoadView, Views
from agentaudit.report.page.blocks import NOTHING, Figure, Row, Table, columns, plain
from agentaudit.report.page.schedule_charts import (
    MOST_POLICIES,
    bars_chart,
    busy_chart,
    busy_shares,
    load_chart,
)
from agentaudit.report.quantities import duration, number, percent

_TELLING = 0.005
"""A smaller share of the time is not told."""
_WORDS = {
    Doing.ADMISSION: "waiting for admission",
    Doing.QUEUE: "in the LLM server's line",
    Doing.CPU: "on the CPU",
    Doing.GPU: "at the LLM server",
    Doing.WAIT: "waiting for the outside",
}
_PARTS = 10
"""Of a run, in the table of busy time."""


def load_figure(view: LoadView) -> Figure:
    """How much more load each policy bears."""
    title = "Latency against load"
    summary = (
        f"{_bears(view.curves)} The workload comes at {number(view.own_rate_per_s)} requests/s,"
        f" and at most {number(view.largest_rate_per_s)} can be served by any policy. Simulated"
        f" with the first {number(view.requests)} requests, arriving more slowly and faster."
    )
    numbers = ("Requests/s", "P50", "P90")
    table = Table(
        id="load-table",
        caption=f"Latency against load in numbers{_all(len(view.curves))}",
        columns=columns("Policy", *numbers, "Requests pile up", numbers=numbers),
        rows=tuple(
            Row(
                cells=plain(
                    curve.policy,
                    number(point.rate_per_s),
                    duration(point.p50_ns),
                    duration(point.p90_ns),
                    "yes" if point.overloaded else "no",
                )
            )
            for curve in view.curves
            for point in curve.points
        ),
    )
    drawing = load_chart(view, title=title, summary=summary)
    return Figure(
        id="load-chart", title=title, summary=summary, drawing=drawing, twin=table, twin_folded=True
    )


def bars_figure(views: Views, simulation: Simulation) -> Figure:
    """The same requests under two policies, one above the other."""
    names = [policy.policy for policy in views.bars]
    title = f"The same requests under {' and '.join(names)}"
    drawn = len(views.bars[0].bars)
    which = (
        f"The first {drawn} of {number(simulation.requests)} requests"
        if views.first_bar == 0
        else f"{drawn} of {number(simulation.requests)} requests, where the two differ most:"
        f" number {number(views.first_bar + 1)} and those after it"
    )
    summary = f"{which}. Of their time: {'; '.join(map(_shares, views.bars))}."
    drawing = bars_chart(views, title=title, summary=summary)
    return Figure(
        id="bars-chart",
        title=title,
        summary=summary,
        drawing=drawing,
        twin=_bars_table(views.bars),
        twin_folded=True,
    )


def busy_figure(views: Views, simulation: Simulation) -> Figure:
    """How busy each policy keeps the machine."""
    cores = simulation.machine.cores
    title = "Cores and LLM server in use over time"
    shares = {curve.policy: busy_shares(curve, cores) for curve in views.busy}
    most = max(shares, key=lambda policy: min(shares[policy]))
    few = "" if views.requests == simulation.requests else f" of the first {number(views.requests)}"
    summary = (
        f"From the first arrival to the last finish{few}: {most} keeps the less busy of the two"
        f" busiest, the cores {percent(shares[most][0])} and the LLM server"
        f" {percent(shares[most][1])} of the time."
    )
    drawing = busy_chart(views, cores=cores, title=title, summary=summary)
    return Figure(
        id="busy-chart",
        title=title,
        summary=summary,
        drawing=drawing,
        twin=_busy_table(views, cores),
        twin_folded=True,
    )


def _all(policies: int) -> str:
    """Where a chart leaves some out, that its table does not."""
    return f", of all {policies} policies" if policies > MOST_POLICIES else ""


def _bears(curves: Sequence[LoadCurve]) -> str:
    """From which rate on requests pile up, the policy that bears most first."""
    limits = [
        (
            next((point.rate_per_s for point in curve.points if point.overloaded), None),
            curve.policy,
        )
        for curve in curves
    ]
    by_limit: dict[float | None, list[str]] = {}
    for limit, policy in limits:
        by_limit.setdefault(limit, []).append(policy)
    held = by_limit.pop(None, [])
    parts = [
        f"at {number(limit)}/s under {listed(policies)}"
        for limit, policies in sorted(by_limit.items(), reverse=True)
        if limit is not None
    ]
    if not parts:
        return (
            f"Requests pile up under no policy up to {number(curves[0].points[-1].rate_per_s)}/s."
        )
    never = f"; under {listed(held)} they do not" if held else ""
    return f"Requests pile up {', '.join(parts)}{never}."


def _shares(policy: BarsOfPolicy) -> str:
    """`comb: 31% waiting for admission, 40% on the CPU, …`."""
    spent = dict.fromkeys(Doing, 0)
    for bar in policy.bars:
        for doing, spent_ns in _spent(bar):
            spent[doing] += spent_ns
    whole_ns = max(sum(spent.values()), 1)
    told = [
        f"{percent(spent[doing] / whole_ns)} {_WORDS[doing]}"
        for doing in Doing
        if spent[doing] / whole_ns >= _TELLING
    ]
    return f"{policy.policy}, {', '.join(told) or 'nothing at all'}"


def _spent(bar: Bar) -> Iterator[tuple[Doing, int]]:
    edges = (bar.arrival_ns, *(stretch.end_ns for stretch in bar.stretches))
    for stretch, (from_ns, to_ns) in zip(bar.stretches, pairwise(edges), strict=True):
        yield stretch.doing, to_ns - from_ns


def _bars_table(policies: Sequence[BarsOfPolicy]) -> Table:
    """A row a request: when it came, its wait for admission and its latency under each policy."""
    titles = [title for policy in policies for title in _titles(policy.policy)]
    found = [{bar.request_id: bar for bar in policy.bars} for policy in policies]
    return Table(
        id="bars-table",
        caption="These requests in numbers",
        columns=columns("Request", "Type", "Arrival", *titles, numbers=("Arrival", *titles)),
        rows=tuple(
            Row(
                cells=plain(
                    str(bar.request_id),
                    bar.type,
                    duration(bar.arrival_ns),
                    *(cell for bars in found for cell in _took(bars.get(bar.request_id))),
                )
            )
            for bar in policies[0].bars
        ),
    )


def _titles(policy: str) -> tuple[str, str]:
    return f"Waited, {policy}", f"Latency, {policy}"


def _took(bar: Bar | None) -> tuple[str, str]:
    if bar is None:
        return NOTHING, NOTHING
    waited_ns = sum(spent_ns for doing, spent_ns in _spent(bar) if doing is Doing.ADMISSION)
    return duration(waited_ns), duration(bar.finish_ns - bar.arrival_ns)


def _busy_table(views: Views, cores: int) -> Table:
    """A row a policy and station: its share in each tenth of the run."""
    tenths = [f"{part + 1}." for part in range(_PARTS)]
    rows: list[Row] = []
    for curve in views.busy:
        for name, busy, slots in (
            ("CPU", curve.cpu_busy_ns, cores),
            ("GPU", curve.gpu_busy_ns, 1),
        ):
            shares = (
                percent(share) for share in _in_parts(busy, curve.bin_ns, curve.end_ns, slots)
            )
            rows.append(Row(cells=plain(curve.policy, name, duration(curve.end_ns), *shares)))
    return Table(
        id="busy-table",
        caption=f"Share in use in each tenth of the run{_all(len(views.busy))}",
        columns=columns("Policy", "What", "Until", *tenths, numbers=("Until", *tenths)),
        rows=tuple(rows),
    )


def _in_parts(busy: Sequence[int], bin_ns: int, end_ns: int, slots: int) -> Iterator[float]:
    """The mean share of each part; what falls into two parts is split evenly by time."""
    part_ns = max(end_ns, 1) / _PARTS
    for part in range(_PARTS):
        low, high = part * part_ns, (part + 1) * part_ns
        used = 0.0
        for place, busy_ns in enumerate(busy):
            from_ns, to_ns = place * bin_ns, min((place + 1) * bin_ns, max(end_ns, 1))
            within = min(to_ns, high) - max(from_ns, low)
            if within > 0:
                used += busy_ns * within / (to_ns - from_ns)
        yield min(round(used / (part_ns * slots), 6), 1.0)
