"""A profile on a terminal: what it says first, then the numbers it rests on."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agentaudit.lists import counted
from agentaudit.model.endpoint import EndpointUse
from agentaudit.model.profile import Bound, Breakdown, KindShare, Profile, RequestTypeSummary
from agentaudit.model.reading import unread
from agentaudit.model.trace import DrivenLoad, Incident
from agentaudit.report.endpoint_text import endpoint_name, endpoint_sentences
from agentaudit.report.text import one_line

_INDENT = (0, 0, 0, 2)
_DEEPER = (0, 0, 0, 4)
_OF_ENDPOINTS = "dcgm_counter"
"""The method of readings that endpoints tell of, and that are shown with them."""

_MOST_OF_IT = 0.8
"""Share of the CPU time with a step below which a reader wants to know how to name the rest."""

_SENTENCES = {
    Bound.CPU: "The agent is CPU-bound: more load needs more cores, or less work in tools.",
    Bound.GPU: "The agent is GPU-bound: its requests wait for the GPU.",
    Bound.REMOTE_MODEL: "The agent waits on its model: most of its working time is model calls.",
    Bound.IDLE: "The agent was idle: record it again under load.",
    Bound.UNDECIDED: "Neither CPU, GPU nor the model limits the agent clearly.",
}


def render_profile(profile: Profile) -> RenderableType:
    """The verdict with its reasons, time by step kind, requests, and what was not seen."""
    breakdown = profile.breakdown
    return Group(
        Text(_SENTENCES[breakdown.bound], style="bold"),
        *(_reason(item) for item in breakdown.reasons),
        Text(),
        _kind_table(breakdown),
        *_coverage(breakdown, sum(record.samples for record in profile.sampling)),
        *_request_lines(profile.request_types, breakdown),
        *_endpoint_lines(profile.endpoints),
        *_notes(profile),
    )


def _reason(text: str) -> Padding:
    return Padding(Text(one_line(text), overflow="fold"), _INDENT, expand=False)


def seconds(nanoseconds: float) -> str:
    """A time with the digits that count; a dash for none."""
    if nanoseconds <= 0:
        return "-"
    for least, unit, name, digits in _SCALES:
        if nanoseconds >= least:
            return f"{nanoseconds / unit:.{digits}f} {name}"
    return f"{nanoseconds / 1e6:.2f} ms" if nanoseconds >= _SMALLEST_SHOWN_NS else "0.01 ms"


_SMALLEST_SHOWN_NS = 10_000
_SCALES = (
    (100e9, 1e9, "s", 0),
    (10e9, 1e9, "s", 1),
    (1e9, 1e9, "s", 2),
    (10e6, 1e6, "ms", 0),
    (1e6, 1e6, "ms", 1),
)


def _kind_table(breakdown: Breakdown) -> Table:
    gpu = breakdown.gpu_utilisation is not None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("step kind", no_wrap=True)
    energy = any(kind.joules is not None for kind in breakdown.kinds)
    more = (*(("GPU",) if gpu else ()), *(("energy",) if energy else ()))
    for name in ("steps", "CPU", "share", "95 %", "wall", *more):
        table.add_column(name, justify="right", no_wrap=True)
    for kind in breakdown.kinds:
        cells = [*_cells(kind, measured=breakdown.cores > 0)]
        cells += [seconds(kind.gpu_ns)] if gpu else []
        cells += [_joules(kind.joules)] if energy else []
        table.add_row(*cells)
    return table


def _joules(joules: float | None) -> str:
    """A question mark where nobody read the energy of a processor that was used."""
    if joules is None:
        return "?"
    if joules >= 1:
        return f"{joules:.1f} J"
    return f"{max(joules * 1000, 1):.0f} mJ" if joules else "-"


def _cells(kind: KindShare, *, measured: bool) -> tuple[str, ...]:
    """Question marks where CPU time was never measured, as in what was imported."""
    cpu = (
        seconds(kind.cpu_ns),
        f"{kind.cpu_share:.1%}",
        f"{kind.cpu_share_low:.0%} to {kind.cpu_share_high:.0%}",
    )
    return (
        kind.kind.value,
        str(kind.steps),
        *(cpu if measured else ("?",) * len(cpu)),
        seconds(kind.wall_ns),
    )


def _coverage(breakdown: Breakdown, looks: int) -> Iterator[Text]:
    total_ns = breakdown.cpu_total_ns
    share = breakdown.cpu_attributed_ns / total_ns if total_ns > 0 else 0.0
    yield Text()
    if not breakdown.cores:
        yield Text(f"CPU, cores and memory: never measured, in {seconds(breakdown.duration_ns)}")
        return
    yield Text(
        f"CPU: {seconds(total_ns)} counted by the kernel in {seconds(breakdown.duration_ns)};"
        f" {share:.1%} of it has a step{_rest(breakdown.cpu_unattributed_ns)}"
    )
    yield Text(
        f"cores: {breakdown.cpu_utilisation:.0%} of {breakdown.cores} busy with the agent;"
        f" memory: {_memory(breakdown.peak_rss_bytes)}"
    )
    if looks and total_ns > 0 and share < _MOST_OF_IT:
        yield Text("steps of your own code can be named: rules (--rules DIR), or agentaudit.step")


def _memory(peak_bytes: int) -> str:
    return f"{peak_bytes / 2**20:.0f} MiB at most" if peak_bytes else "it ended before it was read"


def _rest(unattributed_ns: int) -> str:
    return f", {seconds(unattributed_ns)} has none" if unattributed_ns > 0 else ""


def _request_lines(
    types: Sequence[RequestTypeSummary], breakdown: Breakdown
) -> Iterator[RenderableType]:
    load = breakdown.load
    yield Text()
    if load.driven is not None:
        yield Text(_driven(load.driven), overflow="fold")
    if not types:
        yield Text("requests: none seen; --request-frame file.py:function tells what serves one")
        return
    yield Text(
        f"requests: {load.requests}, {load.concurrency_mean:.1f} at once on average,"
        f" {load.concurrency_peak} at most"
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("request type", overflow="ellipsis", max_width=28, no_wrap=True)
    for name in ("count", "p50", "p90", "CPU", "model", "heavy"):
        table.add_column(name, justify="right", no_wrap=True)
    for type_ in types:
        table.add_row(
            one_line(type_.type),
            str(type_.requests),
            seconds(type_.p50_ns),
            seconds(type_.p90_ns),
            seconds(type_.cpu_ns_mean),
            seconds(type_.llm_wall_ns_mean),
            type_.heavy,
        )
    yield table


def _driven(load: DrivenLoad) -> str:
    """What we asked of the agent, and how that went."""
    shape = "closed loop" if load.shape == "closed" else f"{load.rate_hz:g}/s at random"
    failed = f", {load.failed} failed ({one_line(load.problem)})" if load.failed else ""
    return (
        f"load: {shape}, {counted(load.planned_concurrency, 'user')};"
        f" {load.requests - load.failed} answered{failed},"
        f" {load.concurrency_mean:.1f} at once on average, {load.concurrency_peak} at most"
    )


def _endpoint_lines(uses: Sequence[EndpointUse]) -> Iterator[RenderableType]:
    """A block for all of them, since a user wants to see them beside each other."""
    if not uses:
        return
    yield Text()
    yield Text("endpoints, by their own metrics (so the work of all their users):")
    for use in uses:
        yield Padding(Text(one_line(endpoint_name(use)), overflow="fold"), _INDENT, expand=False)
        for sentence in endpoint_sentences(use):
            yield Padding(Text(sentence, overflow="fold"), _DEEPER, expand=False)


def _notes(profile: Profile) -> Iterator[Text]:
    lines = []
    if profile.host.gpu_note:
        lines.append(profile.host.gpu_note)
    told = any(use.joules is not None for use in profile.endpoints)
    lines += [
        f"energy of {reading.component}: {reading.joules:.1f} J ({reading.method}; {reading.note})"
        for reading in profile.energy
        if not (told and reading.method == _OF_ENDPOINTS)
    ]
    if not profile.complete:
        lines.append(f"the recording is cut off: {_cut_off(profile)}")
    elif profile.ended_because:
        lines.append(f"ended because {profile.ended_because}")
    lines += _missed(profile.incidents)
    if lines:
        yield Text()
    for line in lines:
        yield Text(one_line(line), overflow="fold")


def _cut_off(profile: Profile) -> str:
    if unread(profile.incidents):
        return "these are the figures of what could be read"
    return "its recorder still writes, or was killed and lost a second of it at most"


def _missed(incidents: Sequence[Incident]) -> Iterator[str]:
    """What was lost, once for each kind of loss, with the first cause of it."""
    causes: dict[str, list[str]] = {}
    for incident in incidents:
        causes.setdefault(incident.lost, []).append(incident.what)
    for lost, whats in causes.items():
        others = f"; {len(whats) - 1} more like it" if len(whats) > 1 else ""
        yield f"not seen: {lost} ({whats[0]}{others})"
