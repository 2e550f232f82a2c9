"""Tables and lists of simulations on a terminal: cells, columns, and prose that wraps."""

from collections.abc import Iterable, Sequence

from rich.text import Text

from agentaudit.model.measures import Difference, Interval, Measure, Percentiles, Verdict
from agentaudit.report.text import one_line, wrapped

SECOND_NS = 1_000_000_000
_GAP = "  "
_HEAD = ("Policy", "Change", "Assumption")
Row = tuple[str, ...]


def unit_of(longest_ns: float) -> tuple[str, int]:
    """One unit for a whole table, so that a column can be read down: its name and nanoseconds."""
    return ("s", SECOND_NS) if longest_ns >= SECOND_NS else ("ms", SECOND_NS // 1000)


def three_digits(amount: float) -> str:
    """`0.350`, `3.27`, `18.3`, `1,380`."""
    decimals = next((places for places in (3, 2, 1) if amount < 10 ** (3 - places)), 0)
    return f"{amount:,.{decimals}f}"


def estimated(latency: Percentiles, measure: Measure, size: int) -> str:
    """`3.27 ±4%`: a percentile, and half of its interval; `±?` where runs are too short for one."""
    value_ns = latency.of(measure)
    if value_ns is None:
        return "?"
    shown = three_digits(value_ns / size)
    if latency.intervals is None:
        return shown
    return f"{shown} {spread(value_ns, latency.interval(measure))}"


def spread(value: float, interval: Interval | None) -> str:
    """Half of an interval, as a share of its value."""
    if interval is None:
        return "±?"
    share = interval.half_width / value if value else 0.0
    return f"±{_percents(share)}"


def changed(difference: Difference | None) -> str:
    """`-34% ±3`, `equal ±2`, `saturated`, in percent; nothing where nothing is compared."""
    if difference is None or difference.change is None:
        return "saturated" if difference is not None else ""
    half = difference.interval.half_width if difference.interval is not None else None
    told = "" if half is None else f" ±{_percents(half).removesuffix('%')}"
    if difference.verdict is Verdict.EQUAL:
        return f"equal{told}"
    return f"{difference.change:+.0%}{told}"


def _percents(share: float) -> str:
    """A share as percent, with a decimal where it is less than one."""
    return f"{share:.1%}" if 0 < share < 0.00995 else f"{share:.0%}"  # noqa: PLR2004, rounds to 1%


def append_table(text: Text, rows: Iterable[Row], bold: str = "") -> None:
    """Columns as wide as their widest cell; the first to the left, numbers to the right."""
    table = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    right = len(widths) > 2  # noqa: PLR2004, a table of two columns holds words
    for row in table:
        cells = [row[0].ljust(widths[0])]
        for cell, cell_width in zip(row[1:], widths[1:], strict=True):
            cells.append(cell.rjust(cell_width) if right else cell)
        style = "bold" if row[0] == bold else "dim" if row[0] in _HEAD else ""
        text.append(f"{_GAP.join(cells).rstrip()}\n", style=style)


def append_list(text: Text, title: str, sentences: Sequence[str], width: int) -> None:
    if not sentences:
        return
    text.append(f"\n{title}\n", style="bold")
    for sentence in sentences:
        for line in wrapped(one_line(sentence), width, first="- "):
            text.append(f"{line}\n")
