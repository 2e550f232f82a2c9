"""A simulation on a terminal: policies side by side, the best first, then what to change."""

import textwrap
from collections.abc import Iterator, Sequence

from rich.text import Text

from agentaudit.model.results import PolicyResult, Simulation
from agentaudit.report.quantities import counted, duration, number, percent
from agentaudit.report.text import one_line

_SECOND_NS = 1_000_000_000
_NARROWEST = 40
_GAP = "  "
_MOST_TYPES = 4
_LONGEST_TYPE = 14
Row = tuple[str, ...]


def render_simulation(simulation: Simulation, *, width: int) -> Text:
    """The comparison, the advice and what both rest on; at 80 columns nothing wraps but prose."""
    width = max(width, _NARROWEST)
    text = Text()
    for line in _wrapped(_opening(simulation), width):
        text.append(f"{line}\n")
    text.append("\n")
    _append_table(text, _latency_rows(simulation), bold=simulation.results[0].policy)
    if any(result.overloaded for result in simulation.results):
        note = "! overloaded: requests pile up, so latencies would grow with a longer run."
        for line in _wrapped(note, width):
            text.append(f"{line}\n", style="yellow")
    if len(simulation.results[0].by_type) > 2:  # noqa: PLR2004, all requests and one type
        text.append("\nP90 by type of request\n", style="bold")
        _append_table(text, _type_rows(simulation))
    text.append("\nParameters\n", style="bold")
    _append_table(text, [(one_line(r.policy), one_line(r.parameters)) for r in simulation.results])
    _append_list(text, "Advice", simulation.advice, width)
    _append_list(text, "Assumptions", simulation.assumptions, width)
    return text


def _opening(simulation: Simulation) -> str:
    best, machine = simulation.results[0], simulation.machine
    return one_line(
        f"{counted(simulation.requests, 'request')} from {simulation.workload_source}, arrivals"
        f" {simulation.arrivals}, on {machine.name} (seed {simulation.seed}): {best.policy} has the"
        f" lowest P90, {duration(best.overall.latency.p90_ns)}."
    )


def _latency_rows(simulation: Simulation) -> list[Row]:
    unit, size = _unit(simulation)
    base = next(r for r in simulation.results if r.policy == simulation.baseline)
    latencies = (f"P50 {unit}", f"P90 {unit}", f"P99 {unit}")
    heading = ("Policy", *latencies, "P90 vs base", "req/s", "CPU", "GPU")
    return [heading, *(_latency_row(result, base, size) for result in simulation.results)]


def _latency_row(result: PolicyResult, base: PolicyResult, size: int) -> Row:
    latency, before = result.overall.latency, base.overall.latency
    return (
        f"{one_line(result.policy)}{' !' if result.overloaded else ''}",
        _three_digits(latency.p50_ns / size),
        _three_digits(latency.p90_ns / size),
        _three_digits(latency.p99_ns / size),
        "baseline" if result is base else _change(before.p90_ns, latency.p90_ns),
        number(result.throughput_per_s),
        percent(result.cpu_utilisation),
        percent(result.gpu_utilisation),
    )


def _type_rows(simulation: Simulation) -> Iterator[Row]:
    unit, size = _unit(simulation)
    types = [latency.type for latency in simulation.results[0].by_type[1:]]
    shown = types[:_MOST_TYPES]
    more = (f"and {len(types) - len(shown)} more",) if len(types) > len(shown) else ()
    yield ("Policy", *(f"{_shortened(one_line(name))} {unit}" for name in shown), *more)
    for result in simulation.results:
        p90 = {found.type: _three_digits(found.latency.p90_ns / size) for found in result.by_type}
        yield (one_line(result.policy), *(p90[name] for name in shown), *("" for _ in more))


def _unit(simulation: Simulation) -> tuple[str, int]:
    """One unit for the whole table, so that a column can be read down."""
    longest = max(result.overall.latency.p99_ns for result in simulation.results)
    return ("s", _SECOND_NS) if longest >= _SECOND_NS else ("ms", _SECOND_NS // 1000)


def _three_digits(amount: float) -> str:
    """`0.350`, `3.27`, `18.3`, `1,380`."""
    decimals = next((places for places in (3, 2, 1) if amount < 10 ** (3 - places)), 0)
    return f"{amount:,.{decimals}f}"


def _change(before_ns: int, after_ns: int) -> str:
    percents = round((after_ns / before_ns - 1) * 100) if before_ns else 0
    return f"{percents:+d}%" if percents else "same"


def _append_table(text: Text, rows: "Iterator[Row] | Sequence[Row]", bold: str = "") -> None:
    """Columns as wide as their widest cell; the first to the left, numbers to the right."""
    table = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    right = len(widths) > 2  # noqa: PLR2004, a table of two columns holds words
    for row in table:
        cells = [row[0].ljust(widths[0])]
        for cell, cell_width in zip(row[1:], widths[1:], strict=True):
            cells.append(cell.rjust(cell_width) if right else cell)
        style = "bold" if row[0] == bold else "dim" if row[0] == "Policy" else ""
        text.append(f"{_GAP.join(cells).rstrip()}\n", style=style)


def _append_list(text: Text, title: str, sentences: Sequence[str], width: int) -> None:
    if not sentences:
        return
    text.append(f"\n{title}\n", style="bold")
    for sentence in sentences:
        for line in _wrapped(one_line(sentence), width, first="- ", rest="  "):
            text.append(f"{line}\n")


def _wrapped(sentence: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        sentence,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_TYPE else f"{name[: _LONGEST_TYPE - 1]}…"
