"""A fleet on a terminal: what the hosts spend together, then by kind, by request and by host."""

import textwrap
from collections.abc import Sequence

from rich.text import Text

from agentaudit.lists import counted
from agentaudit.model.fleet import Fleet, FleetHost, FleetKind, FleetType
from agentaudit.report.quantities import percent
from agentaudit.report.tables.profile import seconds
from agentaudit.report.text import cut, one_line

_NARROWEST = 40
_MOST_ROWS = 20
_BAR = 20
_NAME = 18
Row = tuple[str, ...]


def render_fleet(fleet: Fleet, *, width: int, everything: bool = False) -> Text:
    """At 80 columns nothing wraps but prose."""
    width = max(width, _NARROWEST)
    most = len(fleet.hosts) + len(fleet.types) if everything else _MOST_ROWS
    text = Text()
    for line in textwrap.wrap(_opening(fleet), width):
        text.append(f"{line}\n", style="bold")
    if fleet.recordings:
        for line in textwrap.wrap(_basis(fleet), width):
            text.append(f"{line}\n", style="dim")
        _append_kinds(text, fleet.kinds)
        _append_types(text, fleet.types, most)
        _append_hosts(text, fleet.hosts, most)
    _append_problems(text, fleet.problems, width)
    return text


def _opening(fleet: Fleet) -> str:
    if not fleet.recordings:
        return "No recording could be read."
    hosts = counted(len(fleet.hosts), "host")
    if fleet.cpu_share is None:
        return f"{hosts}: CPU time was measured on none of them."
    leading = next((kind for kind in fleet.kinds if kind.cpu_ns), None)
    most = f"; {leading.kind.value} takes {percent(leading.cpu_share)} of it" if leading else ""
    return (
        f"{hosts} kept {percent(fleet.cpu_share)} of their cores busy with agents,"
        f" {seconds(fleet.cpu_total_ns)} of CPU time{most}."
    )


def _basis(fleet: Fleet) -> str:
    days = fleet.first_day
    if fleet.last_day != fleet.first_day:
        days = f"{fleet.first_day} to {fleet.last_day}"
    parts = [
        f"{counted(fleet.recordings, 'recording')}, {days}, {seconds(fleet.duration_ns)} recorded"
    ]
    if fleet.cpu_total_ns:
        placed = fleet.cpu_attributed_ns / fleet.cpu_total_ns
        parts.append(f"{percent(placed)} of the CPU time has a step")
    if fleet.gpu_busy is not None:
        parts.append(f"GPUs {percent(fleet.gpu_busy)} busy where there were any")
    if fleet.joules is not None:
        parts.append(f"{fleet.joules:,.0f} J where energy was read")
    if fleet.cut_off:
        parts.append(f"{fleet.cut_off:,} cut off")
    if fleet.imported:
        parts.append(f"{fleet.imported:,} imported, without CPU time")
    return "; ".join(parts) + "."


def _append_kinds(text: Text, kinds: Sequence[FleetKind]) -> None:
    gpu = any(kind.gpu_ns for kind in kinds)
    heading = ("step kind", "steps", "CPU", "wall", *(("GPU",) if gpu else ()), "share of CPU")
    rows = [
        (
            kind.kind.value,
            f"{kind.steps:,}",
            seconds(kind.cpu_ns),
            seconds(kind.wall_ns),
            *((seconds(kind.gpu_ns),) if gpu else ()),
            f"{kind.cpu_share:>6.1%} {'█' * round(kind.cpu_share * _BAR)}",
        )
        for kind in kinds
    ]
    _append_table(text, [heading, *rows])


def _append_types(text: Text, types: Sequence[FleetType], most: int) -> None:
    if not types:
        text.append("\nno requests: none were seen in these recordings\n")
        return
    heading = ("request type", "count", "hosts", "p50", "p90", "p99", "CPU", "model")
    rows = [
        (
            _shortened(type_.type),
            f"{type_.requests:,}",
            str(type_.hosts),
            seconds(type_.p50_ns),
            seconds(type_.p90_ns),
            seconds(type_.p99_ns),
            seconds(type_.cpu_ns_mean),
            seconds(type_.llm_wall_ns_mean),
        )
        for type_ in types[:most]
    ]
    _append_table(text, [heading, *rows])
    _append_rest(text, len(types) - most)


def _append_hosts(text: Text, hosts: Sequence[FleetHost], most: int) -> None:
    heading = ("host", "days", "rec.", "requests", "CPU", "cores", "tools", "no step", "memory")
    rows = [
        (
            _shortened(host.host),
            str(host.days),
            f"{host.recordings:,}",
            f"{host.requests:,}",
            seconds(host.cpu_total_ns),
            _share(host.cpu_share),
            _share(host.tool_share),
            _share(host.unattributed_share),
            f"{host.peak_rss_bytes / 2**20:,.0f} MiB" if host.peak_rss_bytes else "?",
        )
        for host in hosts[:most]
    ]
    _append_table(text, [heading, *rows])
    _append_rest(text, len(hosts) - most)


def _append_problems(text: Text, problems: Sequence[str], width: int) -> None:
    if not problems:
        return
    text.append("\nNot in these numbers, or more than once\n", style="bold yellow")
    for problem in problems[:_MOST_ROWS]:
        for line in textwrap.wrap(
            one_line(problem),
            width,
            initial_indent="- ",
            subsequent_indent="  ",
            break_on_hyphens=False,
        ):
            text.append(f"{line}\n")
    _append_rest(text, len(problems) - _MOST_ROWS)


def _append_rest(text: Text, count: int) -> None:
    if count > 0:
        text.append(f"… and {count:,} more (-v and --json have all)\n", style="dim")


def _append_table(text: Text, rows: Sequence[Row]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    text.append("\n")
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(size) for cell, size in zip(row[1:-1], widths[1:-1], strict=True)]
        bar = "share" in rows[0][-1]
        cells.append(row[-1] if bar else row[-1].rjust(widths[-1]))
        text.append(f"{'  '.join(cells).rstrip()}\n", style="" if number else "dim")


def _share(share: float | None) -> str:
    return "?" if share is None else percent(share)


def _shortened(name: str) -> str:
    return cut(one_line(name) or "(no name)", _NAME)
