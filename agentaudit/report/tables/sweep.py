"""A sweep on a terminal: for all arrivals and cores the policies, over their seeds."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import fmean

from msgspec import Struct
from rich.text import Text

from agentaudit.lists import counted
from agentaudit.model.sweep import SweepRow
from agentaudit.report.quantities import duration, number, percent
from agentaudit.report.text import one_line

_GAP = "  "
_HEADING = ("Policy", "caps", "P50", "P90", "least", "most", "req/s", "CPU", "best of seeds")


class _Line(Struct, frozen=True, kw_only=True):
    """One policy with its caps, over all seeds; the rows are in order of their seeds."""

    policy: str
    caps: str
    rows: Sequence[SweepRow]

    @property
    def overloaded(self) -> bool:
        """Whether most of its seeds are: one may end in a burst."""
        return 2 * sum(row.overloaded for row in self.rows) > len(self.rows)

    @property
    def p90_ns(self) -> float:
        return fmean(row.latency.p90_ns for row in self.rows)


def render_sweep(rows: Sequence[SweepRow]) -> Text:
    """
    A table for each of the arrivals, machines and numbers of cores, the lowest mean P90 first.

    The seeds of a policy are those of all others, so that it counts in how many of them it is best.
    """
    tables: dict[tuple[str, str, int], dict[tuple[str, str], list[SweepRow]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in rows:
        cell = row.cell
        tables[cell.arrivals, cell.machine, cell.cores][cell.policy, cell.caps].append(row)
    text, overloaded = Text(), False
    for (arrivals, machine, cores), policies in tables.items():
        lines = sorted(
            (
                _Line(policy=policy, caps=caps, rows=found)
                for (policy, caps), found in policies.items()
            ),
            key=lambda line: (line.overloaded, line.p90_ns, line.policy, line.caps),
        )
        if text:
            text.append("\n")
        on = f"{one_line(machine)}, " if machine else ""
        title = f"{one_line(arrivals or 'as they come')}, {on}{counted(cores, 'core')}"
        text.append(f"{title}\n", style="bold")
        _append(text, [_HEADING, *_cells(lines)])
        overloaded |= any(line.overloaded for line in lines)
    if overloaded:
        text.append(
            "\n! overloaded: requests pile up, so latencies would grow with a longer run.\n",
            style="yellow",
        )
    return text


def _cells(lines: Sequence[_Line]) -> Iterator[tuple[str, ...]]:
    best: dict[int, int] = defaultdict(int)
    for at_seed in zip(*(line.rows for line in lines), strict=True):
        lowest = min(row.latency.p90_ns for row in at_seed)
        for at, row in enumerate(at_seed):
            best[at] += row.latency.p90_ns == lowest
    for at, line in enumerate(lines):
        p90 = [row.latency.p90_ns for row in line.rows]
        yield (
            f"{one_line(line.policy)}{' !' if line.overloaded else ''}",
            one_line(line.caps) or "scaled",
            duration(round(fmean(row.latency.p50_ns for row in line.rows))),
            duration(round(line.p90_ns)),
            duration(min(p90)),
            duration(max(p90)),
            number(round(fmean(row.throughput_per_s for row in line.rows), 3)),
            _mean_percent([row.cpu_utilisation for row in line.rows]),
            f"{best[at]} of {len(line.rows)}",
        )


def _mean_percent(shares: Sequence[float | None]) -> str:
    known = [share for share in shares if share is not None]
    return percent(fmean(known)) if known else "unknown"


def _append(text: Text, table: Sequence[tuple[str, ...]]) -> None:
    """Columns as wide as their widest cell: words to the left, numbers to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    for at, row in enumerate(table):
        cells = [
            cell.ljust(width) if place < 2 else cell.rjust(width)  # noqa: PLR2004, two of words
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        text.append(f"{_GAP.join(cells).rstrip()}\n", style="" if at else "dim")
