"""Many hosts, summed up: the part that one trace is, and the fleet that all parts make."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from agentaudit.model.dataset import RecordingRow, RequestRow, StepRow, day_of
from agentaudit.model.fleet import (
    Fleet,
    FleetHost,
    FleetKind,
    FleetType,
    KindTally,
    Part,
    RecordingTally,
    TypeTally,
    part_of_recording,
    together,
)
from agentaudit.model.sketch import RELATIVE_ERROR, sketch_of
from agentaudit.model.trace import StepKind, Trace
from agentaudit.profiling.dataset import rows_of


def part_of_trace(trace: Trace, name: str) -> Part:
    """What one recording adds."""
    rows = rows_of(trace, name)
    recording = next(row for row in rows["recordings"] if isinstance(row, RecordingRow))
    host, day = trace.host.name, day_of(recording.start_unix_ns)
    requests = (row for row in rows["requests"] if isinstance(row, RequestRow))
    steps = (row for row in rows["steps"] if isinstance(row, StepRow))
    return replace(
        part_of_recording(recording, host, day),
        kinds={(host, day, kind): tally for kind, tally in _kinds(steps).items()},
        types={(host, day, type_): tally for type_, tally in _types(requests).items()},
    )


def fleet_of(part: Part, *, version: str) -> Fleet:
    """All parts, in numbers; what stands twice is a problem, because it counts twice."""
    tallies = part.recordings.values()
    total = _summed(part)
    placed_ns = sum(
        tally.cpu_ns for key, tally in part.kinds.items() if key[2] != StepKind.UNKNOWN.value
    )
    days = sorted(day for _, day in part.recordings)
    return Fleet(
        first_day=days[0] if days else "",
        last_day=days[-1] if days else "",
        recordings=total.recordings,
        cut_off=total.cut_off,
        imported=total.imported,
        duration_ns=total.duration_ns,
        cpu_total_ns=total.cpu_total_ns,
        cpu_attributed_ns=placed_ns,
        cpu_share=_ratio(total.cpu_total_ns, total.core_ns),
        gpu_busy=_ratio(total.gpu_busy_ns, total.gpu_seen_ns),
        joules=sum(t.energy_uj for t in tallies) / 1e6 if total.energy_read else None,
        kinds=tuple(_fleet_kinds(part, total.cpu_total_ns, placed_ns)),
        types=tuple(_fleet_types(part)),
        hosts=tuple(_fleet_hosts(part)),
        problems=(*part.problems, *_doubles(part)),
        quantile_error=RELATIVE_ERROR,
        tool_version=version,
    )


def _kinds(steps: Iterable[StepRow]) -> Mapping[str, KindTally]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for step in steps:
        tally = sums[step.kind]
        for at, amount in enumerate((1, step.wall_ns, step.cpu_ns, step.gpu_ns)):
            tally[at] += amount
    return {
        kind: KindTally(steps=steps, wall_ns=wall_ns, cpu_ns=cpu_ns, gpu_ns=gpu_ns)
        for kind, (steps, wall_ns, cpu_ns, gpu_ns) in sums.items()
    }


def _types(requests: Iterable[RequestRow]) -> Mapping[str, TypeTally]:
    seen: dict[str, list[RequestRow]] = defaultdict(list)
    for request in requests:
        seen[request.type].append(request)
    tallies = {}
    for type_, members in seen.items():
        whole = [request for request in members if request.complete]
        tallies[type_] = TypeTally(
            requests=len(members),
            whole=len(whole),
            cpu_ns=sum(request.cpu_ns for request in whole),
            gpu_ns=sum(request.gpu_ns for request in whole),
            llm_wall_ns=sum(request.llm_wall_ns for request in whole),
            latencies=sketch_of(request.latency_ns for request in whole),
        )
    return tallies


def _summed(part: Part) -> RecordingTally:
    parts = (Part(recordings={("", ""): tally}) for tally in part.recordings.values())
    return together(parts).recordings.get(("", ""), RecordingTally())


def _fleet_kinds(part: Part, total_ns: int, placed_ns: int) -> list[FleetKind]:
    """The most CPU first; `unknown` holds what no step was found for (I9)."""
    by_kind = together(
        Part(kinds={("", "", key[2]): tally}) for key, tally in part.kinds.items()
    ).kinds
    found = []
    for kind in StepKind:
        tally = by_kind.get(("", "", kind.value), KindTally())
        unknown = kind is StepKind.UNKNOWN
        cpu_ns = total_ns - placed_ns if unknown else tally.cpu_ns
        if tally.steps or cpu_ns or unknown:
            found.append(
                FleetKind(
                    kind=kind,
                    steps=tally.steps,
                    wall_ns=tally.wall_ns,
                    cpu_ns=cpu_ns,
                    gpu_ns=tally.gpu_ns,
                    cpu_share=_ratio(cpu_ns, total_ns) or 0.0,
                )
            )
    return sorted(found, key=lambda kind: (-kind.cpu_ns, -kind.wall_ns, kind.kind))


def _fleet_types(part: Part) -> list[FleetType]:
    by_type = together(
        Part(types={("", "", key[2]): tally}) for key, tally in part.types.items()
    ).types
    hosts: dict[str, set[str]] = defaultdict(set)
    for host, _, type_ in part.types:
        hosts[type_].add(host)
    found = [
        FleetType(
            type=type_,
            requests=tally.requests,
            whole=tally.whole,
            hosts=len(hosts[type_]),
            p50_ns=tally.latencies.quantile_ns(0.5),
            p90_ns=tally.latencies.quantile_ns(0.9),
            p99_ns=tally.latencies.quantile_ns(0.99),
            cpu_ns_mean=tally.cpu_ns // max(tally.whole, 1),
            gpu_ns_mean=tally.gpu_ns // max(tally.whole, 1),
            llm_wall_ns_mean=tally.llm_wall_ns // max(tally.whole, 1),
        )
        for (_, _, type_), tally in by_type.items()
    ]
    return sorted(found, key=lambda type_: (-type_.requests, type_.type))


def _fleet_hosts(part: Part) -> list[FleetHost]:
    days: dict[str, list[str]] = defaultdict(list)
    for host, day in part.recordings:
        days[host].append(day)
    requests: Counter[str] = Counter()
    for (host, _, _), tally in part.types.items():
        requests[host] += tally.requests
    cpu: dict[str, Counter[str]] = defaultdict(Counter)
    for (host, _, kind), steps in part.kinds.items():
        cpu[host][kind] += steps.cpu_ns
    found = []
    for host, of_host in days.items():
        days_of_host = {(host, day): part.recordings[host, day] for day in of_host}
        total = _summed(Part(recordings=days_of_host))
        found.append(
            _fleet_host(host, total, cpu[host], days=len(of_host), requests=requests[host])
        )
    return sorted(found, key=lambda host: (-host.cpu_total_ns, host.host))


def _fleet_host(
    host: str, total: RecordingTally, cpu: Mapping[str, int], *, days: int, requests: int
) -> FleetHost:
    placed_ns = sum(cpu.values()) - cpu.get(StepKind.UNKNOWN.value, 0)
    return FleetHost(
        host=host,
        days=days,
        recordings=total.recordings,
        requests=requests,
        duration_ns=total.duration_ns,
        cpu_total_ns=total.cpu_total_ns,
        cpu_share=_ratio(total.cpu_total_ns, total.core_ns),
        unattributed_share=_ratio(total.cpu_total_ns - placed_ns, total.cpu_total_ns),
        tool_share=_ratio(cpu.get(StepKind.TOOL_CALL.value, 0), total.cpu_total_ns),
        peak_rss_bytes=total.peak_rss_bytes,
    )


def _doubles(part: Part) -> Iterator[str]:
    for (host, name, _), times in Counter(part.names).items():
        if times > 1:
            yield f"{name} of {host} stands {times} times, and counts as often"


def _ratio(amount: int, whole: int) -> float | None:
    return amount / whole if whole else None
