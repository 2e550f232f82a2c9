"""What must be known of recordings before they are merged: gone through once, little is kept."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.model.recording import Closed, Opened, ProcessBorn, ProcessGone, Record
from agentaudit.model.trace import ClockPair, GpuSample, Host, Incident, Part, Target
from agentaudit.store.clocks import unix_offset_ns

_PIDS = 10_000_000
"""Numbers of processes that a part has at least: more than Linux gives, and easy to read off."""

_SAME_BOOT_NS = 100_000_000
"""Clocks of one machine that were read in two containers agree to this."""

_STEADY_NS = 50_000_000
"""What a wall clock is corrected by without anyone having set it."""


class Survey(Struct, kw_only=True):
    """One recording, as far as its place among others depends on it."""

    source: str
    opened: Opened
    clocks: list[ClockPair] = field(default_factory=list)
    lives: dict[int, tuple[int, int]] = field(default_factory=dict)
    """First and last instant of each number of a process."""
    end_ns: int = 0
    because: str = ""
    complete: bool = False
    largest_pid: int = 0
    devices: int = 0
    merged: bool = False

    @property
    def offset_ns(self) -> int:
        return unix_offset_ns(self.clocks)

    @property
    def drift_ns(self) -> int:
        """How far the wall clock moved against the monotonic one."""
        offsets = [pair.unix_ns - pair.monotonic_ns for pair in self.clocks]
        return max(offsets) - min(offsets) if offsets else 0


def survey_of(source: str, records: Iterable[Record]) -> Survey:
    """The survey of the records of one file, which begin with `Opened`."""
    survey: Survey | None = None
    for record in records:
        if survey is None:
            if not isinstance(record, Opened):
                break
            survey = Survey(source=source, opened=record, end_ns=record.start_ns)
            survey.largest_pid = record.target.pid
        _look_at(survey, record)
    if survey is None:
        raise ValueError("the first record must say who was recorded")
    return survey


def _look_at(survey: Survey, record: Record) -> None:
    survey.end_ns = max(survey.end_ns, instant_of(record))
    match record:
        case ClockPair():
            survey.clocks.append(record)
        case ProcessBorn():
            first_ns, _ = survey.lives.get(record.pid, (record.at_ns, 0))
            survey.lives[record.pid] = (first_ns, 2**63)
            survey.largest_pid = max(survey.largest_pid, record.pid, record.parent_pid)
        case ProcessGone() if record.pid in survey.lives:
            survey.lives[record.pid] = (survey.lives[record.pid][0], record.at_ns)
        case GpuSample():
            survey.devices = max(survey.devices, record.device + 1)
        case Part():
            survey.merged = True
        case Closed():
            survey.complete, survey.because = True, record.because
            survey.end_ns = record.at_ns
        case _:
            pass


def instant_of(record: Record) -> int:
    """When a record was known at the earliest; 0 where it does not say."""
    instant = getattr(record, "at_ns", None) or getattr(record, "end_ns", None)
    return instant if isinstance(instant, int) else 0


def parts_of(surveys: Sequence[Survey]) -> tuple[Part, ...]:
    """The parts that the recordings become; their times are in Unix nanoseconds."""
    pids = _PIDS
    while pids <= max(survey.largest_pid for survey in surveys):
        pids *= 10
    machines: list[Survey] = []
    parts = []
    for number, survey in enumerate(surveys):
        same = (at for at, other in enumerate(machines) if _one_machine(survey, other))
        machine = next(same, len(machines))
        if machine == len(machines):
            machines.append(survey)
        target = survey.opened.target
        parts.append(
            Part(
                number=number,
                source=survey.source,
                machine=machine,
                host=survey.opened.host,
                target=replace(target, pid=target.pid + number * pids),
                start_ns=survey.opened.start_ns + survey.offset_ns,
                end_ns=survey.end_ns + survey.offset_ns,
                complete=survey.complete,
                ended_because=survey.because,
                first_pid=number * pids,
                pids=pids,
            )
        )
    return tuple(parts)


def _one_machine(one: Survey, other: Survey) -> bool:
    """The same hardware that booted at the same time: containers of it have names of their own."""
    hosts = [replace(survey.opened.host, name="", gpus=(), gpu_note="") for survey in (one, other)]
    return hosts[0] == hosts[1] and abs(one.offset_ns - other.offset_ns) < _SAME_BOOT_NS


def opened_of(parts: Sequence[Part], surveys: Sequence[Survey], tool_version: str) -> Opened:
    """Who was recorded, all together: cores and memory count once for each machine."""
    machines = {part.machine: part.host for part in reversed(parts)}
    hosts = [machines[number] for number in sorted(machines)]
    first = parts[0].target
    commands = sorted({part.target.command for part in parts})
    return Opened(
        tool_version=tool_version,
        start_ns=min(part.start_ns for part in parts),
        rate_hz=max(survey.opened.rate_hz for survey in surveys),
        host=Host(
            name=_joined(sorted({part.host.name for part in parts}), "hosts"),
            system=_joined(sorted({host.system for host in hosts}), "systems"),
            cores=sum(host.cores for host in hosts),
            memory_bytes=sum(host.memory_bytes for host in hosts),
            cpu_model=_joined(sorted({host.cpu_model for host in hosts}), "CPU models"),
            gpus=tuple(gpu for host in hosts for gpu in host.gpus),
            gpu_note="; ".join(sorted({host.gpu_note for host in hosts if host.gpu_note})),
        ),
        target=Target(
            pid=first.pid,
            command=_joined(commands, "commands"),
            launched=all(part.target.launched for part in parts),
            runtime=_joined(sorted({part.target.runtime for part in parts}), "runtimes"),
            imported=first.imported,
        ),
    )


_MOST_NAMED = 3


def _joined(names: Sequence[str], what: str) -> str:
    return " + ".join(names) if len(names) <= _MOST_NAMED else f"{len(names)} {what}"


def doubts(parts: Sequence[Part], surveys: Sequence[Survey]) -> Iterator[Incident]:
    """What is not whole, and what two recordings may both have counted."""
    for part, survey in zip(parts, surveys, strict=True):
        if not part.complete:
            yield _doubt(
                part, f"{part.source} is cut off", f"what {part.source} would tell further"
            )
        if survey.drift_ns > _STEADY_NS:
            moved = f"{survey.drift_ns / 1e6:,.0f} ms"
            what = f"the wall clock of {part.host.name} moved by {moved} meanwhile"
            yield _doubt(part, what, f"the order of what hosts did, to within {moved}")
    for at, part in enumerate(parts):
        for earlier in range(at):
            if parts[earlier].machine == part.machine:
                yield from _twice(parts, surveys, (earlier, at))


def _twice(
    parts: Sequence[Part], surveys: Sequence[Survey], places: tuple[int, int]
) -> Iterator[Incident]:
    """Processes that two recordings of one machine both hold at the same time."""
    one, other = (surveys[place] for place in places)
    shared = [
        pid
        for pid in one.lives.keys() & other.lives.keys()
        if max(one.lives[pid][0], other.lives[pid][0], one.opened.start_ns, other.opened.start_ns)
        < min(one.lives[pid][1], other.lives[pid][1], one.end_ns, other.end_ns)
    ]
    if shared:
        what = f"{one.source} and {other.source} both recorded process {min(shared)}"
        more = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
        yield _doubt(parts[places[1]], what + more, "exact sums: such processes count twice")


def _doubt(part: Part, what: str, lost: str) -> Incident:
    return Incident(at_ns=part.end_ns, probe="merge", what=what, lost=lost)
