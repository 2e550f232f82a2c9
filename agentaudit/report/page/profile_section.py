"""The profile on the page: the timeline, the kinds of steps, and how both were measured."""

from agentaudit.lists import counted
from agentaudit.model.profile import KindShare, Profile
from agentaudit.model.trace import EnergyReading, SamplingRecord
from agentaudit.report.decisions.profile_decision import attributed, split, words
from agentaudit.report.endpoint_text import endpoint_name, endpoint_sentences
from agentaudit.report.page.blocks import (
    NOTHING,
    Block,
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
from agentaudit.report.page.charts import kinds_chart
from agentaudit.report.page.timeline import Lane, lanes, timeline_chart
from agentaudit.report.quantities import duration, number, percent, size

_MOST_INCIDENTS = 20
_UNITS = {"busy share": "", "steps in flight": "in flight"}
_SECTION = "timeline"
_TITLE = "CPU and GPU on one clock"


def profile_section(profile: Profile | None) -> Section:
    """What the recording shows, or that there is none."""
    if profile is None:
        lead = "Nothing was recorded: no profile.json was given."
        return Section(id=_SECTION, title=_TITLE, lead=lead)
    return Section(
        id=_SECTION,
        title=_TITLE,
        lead=_lead(profile),
        blocks=(*_timeline(profile), *_kinds(profile), *_requests(profile), _method(profile)),
    )


def _lead(profile: Profile) -> str:
    breakdown = profile.breakdown
    gpu = (
        "the GPU was not measured"
        if breakdown.gpu_utilisation is None
        else f"the GPU was busy {percent(breakdown.gpu_utilisation)} of the time"
    )
    if not breakdown.cores:
        return (
            f"The trace was imported and spans {duration(breakdown.duration_ns)}: when steps began"
            " and ended is known, and what they used is not."
        )
    return (
        f"In {duration(breakdown.duration_ns)} the agent kept"
        f" {percent(breakdown.cpu_utilisation)} of {counted(breakdown.cores, 'core')} busy;"
        f" {gpu}. CPU time: {split(breakdown)}."
    )


def _timeline(profile: Profile) -> tuple[Block, ...]:
    if not profile.timeline:
        return ()
    title = "CPU, GPU and steps in flight over the recording"
    rows = lanes(profile)
    summary = f"Peaks: {', '.join(_peak(lane) for lane in rows)}."
    twin = Table(
        id="timeline-table",
        caption="The timeline in numbers",
        columns=columns("Lane", "Unit", "Mean", "Peak", numbers=("Mean", "Peak")),
        rows=tuple(
            Row(
                cells=plain(
                    lane.label,
                    lane.unit,
                    lane.mean if lane.values else "not measured",
                    lane.peak if lane.values else "not measured",
                )
            )
            for lane in rows
        ),
    )
    drawing = timeline_chart(profile, title=title, summary=summary)
    return (
        Figure(
            id="timeline-chart",
            title=title,
            summary=summary,
            drawing=drawing,
            twin=twin,
            twin_folded=True,
        ),
    )


def _peak(lane: Lane) -> str:
    if not lane.values:
        return f"{lane.label} not measured"
    unit = _UNITS.get(lane.unit, lane.unit.removeprefix("busy "))
    return f"{lane.label} {lane.peak} {unit}".strip()


def _kinds(profile: Profile) -> tuple[Block, ...]:
    breakdown = profile.breakdown
    shown = sorted(
        (kind for kind in breakdown.kinds if kind.steps or kind.cpu_ns or kind.wall_ns),
        key=lambda kind: (-kind.cpu_share, kind.kind),
    )
    if not shown:
        return ()
    title = "CPU time and wall time by kind of step"
    share = percent(attributed(breakdown))
    summary = (
        f"{share} of the CPU time could be attributed. Thick bars are shares of CPU time with their"
        " 95% interval, thin bars shares of wall time."
    )
    energy = ("Energy",) if any(kind.joules is not None for kind in shown) else ()
    numeric = ("Steps", "CPU", "CPU share", "95% interval", "GPU", "Wall", *energy)
    twin = Table(
        id="kinds-table",
        caption="Kinds of steps in numbers",
        columns=columns("Kind", *numeric, numbers=numeric),
        rows=tuple(
            Row(cells=plain(*_kind_row(kind), *(_joules(kind) for _ in energy))) for kind in shown
        ),
    )
    drawing = kinds_chart(shown, title=title, summary=summary)
    return (
        Figure(
            id="kinds-chart",
            title=title,
            summary=summary,
            drawing=drawing,
            twin=twin,
            twin_folded=True,
        ),
    )


def _kind_row(kind: KindShare) -> tuple[str, ...]:
    return (
        words(kind.kind),
        number(kind.steps),
        duration(kind.cpu_ns),
        percent(kind.cpu_share),
        f"{percent(kind.cpu_share_low)} to {percent(kind.cpu_share_high)}",
        duration(kind.gpu_ns) if kind.gpu_ns else NOTHING,
        duration(kind.wall_ns),
    )


def _joules(kind: KindShare) -> str:
    """Nobody read the energy of a processor that it used: that is no small figure."""
    return "unknown" if kind.joules is None else f"{number(kind.joules)} J"


def _requests(profile: Profile) -> tuple[Block, ...]:
    if not profile.request_types:
        return ()
    rows = tuple(
        Row(
            cells=plain(
                item.type,
                number(item.requests),
                duration(item.p50_ns),
                duration(item.p90_ns),
                duration(item.cpu_ns_mean),
                duration(item.llm_wall_ns_mean),
                item.heavy.upper(),
            )
        )
        for item in profile.request_types
    )
    head = columns(
        "Type", "Requests", "P50", "P90", "CPU each", "LLM each", "Heavy on",
        numbers=("Requests", "P50", "P90", "CPU each", "LLM each"),
    )  # fmt: skip
    caption = "Requests by type, as recorded"
    return (Table(id="request-types", caption=caption, columns=head, rows=rows),)


def _method(profile: Profile) -> Folded:
    host = profile.host
    peak = size(profile.breakdown.peak_rss_bytes) if profile.breakdown.peak_rss_bytes else "unknown"
    terms = (
        ("Host", f"{host.name}, {host.system}, {host.cpu_model or 'CPU not named'}"),
        ("Memory", f"{size(host.memory_bytes)}; the process tree took {peak} at most"),
        ("GPU", ", ".join(host.gpus) or host.gpu_note or "not measured"),
        ("Target", f"{profile.target.command} (PID {profile.target.pid})"),
        ("Runtime", profile.target.runtime or "not recognised"),
        ("Recording", f"{profile.recording}; ended because {profile.ended_because}"),
        *((f"Sampler: {item.sampler}", _sampler(item)) for item in profile.sampling),
        *((f"Energy: {item.component}", _energy(item)) for item in profile.energy),
        *(
            (f"Endpoint: {endpoint_name(item)}", "; ".join(endpoint_sentences(item)))
            for item in profile.endpoints
        ),
    )
    lost = tuple(f"{item.probe}: {item.what} ({item.lost})" for item in profile.incidents)
    told = lost[:_MOST_INCIDENTS]
    if len(lost) > len(told):
        told = (*told, f"and {len(lost) - len(told):,} more; all are in profile.json")
    incidents = (Points(title="What the recorder could not do", items=told),) if told else ()
    return Folded(summary="How this was measured", blocks=(Terms(items=terms), *incidents))


def _sampler(record: SamplingRecord) -> str:
    return (
        f"{number(record.samples)} samples at {record.rate_hz:.0f} a second, mean gap"
        f" {duration(record.mean_interval_ns)}, longest {duration(record.max_interval_ns)};"
        f" {counted(record.failures, 'failure')}"
    )


def _energy(reading: EnergyReading) -> str:
    note = f"; {reading.note}" if reading.note else ""
    return f"{number(reading.joules)} J ({reading.method}{note})"
