"""Energy of the CPUs: the RAPL counters where they may be read, else an estimate that says so."""

import os
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from agentaudit.model.trace import EnergyReading

POWERCAP = Path("/sys/class/powercap")
WATTS_PER_THREAD = 3.5
"""
Of a hardware thread of a server that is fully busy: the mean over processors of a cloud provider in
the coefficients of Cloud Carbon Footprint.
"""

_ZONES = ("intel-rapl:*", "intel-rapl-mmio:*")
"""AMD's processors show theirs under Intel's name; the second holds the same packages once more."""

_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_NOTES = {
    "cpu": "package energy times our share of the CPU time used on this host",
    "memory": "energy of the memory at the packages times our share of the CPU time on this host",
    "platform": "energy of the whole platform times our share of the CPU time on this host",
}


class Access(StrEnum):
    """Whether this machine's counters can be read."""

    READABLE = "readable"
    FORBIDDEN = "forbidden"
    ABSENT = "absent"


class _Zone(Struct):
    """One counter: of which component, where it wraps around, and what it said last."""

    path: Path
    component: str
    range_uj: int
    last_uj: int
    used_uj: int = 0

    def look(self) -> None:
        now_uj = _number(self.path / "energy_uj")
        if now_uj is None:
            return
        passed_uj = now_uj - self.last_uj
        if passed_uj < 0:  # it wrapped around, or began anew where no range is told
            passed_uj = passed_uj + self.range_uj if self.range_uj else 0
        self.used_uj += max(passed_uj, 0)
        self.last_uj = now_uj


def host_busy_ns() -> int:
    """CPU time that all cores of the host spent since it booted, whoever may use which of them."""
    try:
        line = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    except OSError:
        return 0
    user, nice, system, _idle, _waiting, irq, softirq = map(int, line.split()[1:8])
    return (user + nice + system + irq + softirq) * _TICK_NS


class PackageEnergy:
    """Joules of the CPUs for what a process tree used of them."""

    def __init__(self, folder: Path = POWERCAP, busy_ns: Callable[[], int] = host_busy_ns) -> None:
        self._zones = tuple(_zones(folder))
        self._busy_ns = busy_ns
        self._start_ns = busy_ns()

    def look(self) -> None:
        """To be called more often than the counters wrap around, which takes minutes."""
        for zone in self._zones:
            zone.look()

    def readings(self, cpu_ns: int) -> Sequence[EnergyReading]:
        """
        What this much CPU time stands for, out of all that the host's cores spent meanwhile.

        Never more than the counters saw.
        """
        self.look()
        if not self._zones:
            return (_estimate(cpu_ns),)
        busy_ns = self._busy_ns() - self._start_ns
        ours = min(cpu_ns / busy_ns, 1.0) if busy_ns > 0 else 0.0
        joules: dict[str, float] = {}
        for zone in self._zones:
            joules[zone.component] = joules.get(zone.component, 0.0) + zone.used_uj / 1e6
        return tuple(
            EnergyReading(
                component=component,
                joules=used * ours,
                method="rapl",
                note=_NOTES[component],
            )
            for component, used in sorted(joules.items())
        )


def access(folder: Path = POWERCAP) -> Access:
    """Whether the counters are there, and open to us."""
    if any(True for _ in _zones(folder)):
        return Access.READABLE
    there = any(next(folder.glob(zones), None) for zones in _ZONES)
    return Access.FORBIDDEN if there else Access.ABSENT


def _zones(folder: Path) -> Iterator[_Zone]:
    """
    Each package once, and the memory beside it.

    Cores and graphics lie within their package, and the packages within the platform: added up,
    they would count twice. The platform's counter stands alone where no package has one.
    """
    found: dict[str, _Zone] = {}
    for path in (path for zones in _ZONES for path in sorted(folder.glob(zones))):
        component = _component(path)
        last_uj = _number(path / "energy_uj")
        if component is None or last_uj is None:
            continue
        range_uj = _number(path / "max_energy_range_uj") or 0
        zone = _Zone(path=path, component=component, range_uj=range_uj, last_uj=last_uj)
        found.setdefault(_identity(path), zone)
    packages = [zone for zone in found.values() if zone.component != "platform"]
    yield from packages or found.values()


def _component(path: Path) -> str | None:
    name = _name(path)
    if name.startswith("psys"):
        return "platform"
    if name.startswith("dram"):
        return "memory"
    top = path.name.count(":") == 1
    return "cpu" if top and (name.startswith("package") or not name) else None


def _identity(path: Path) -> str:
    """What one counter is called wherever it shows: its name, within its package's name."""
    within = path.name.rpartition(":")[0] if path.name.count(":") > 1 else ""
    package = f"{_name(path.parent / within) or within}/" if within else ""
    return package + (_name(path) or path.name)


def _name(path: Path) -> str:
    try:
        return (path / "name").read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _estimate(cpu_ns: int) -> EnergyReading:
    return EnergyReading(
        component="cpu",
        joules=cpu_ns / 1e9 * WATTS_PER_THREAD,
        method="estimate",
        note=(
            f"our CPU time at an assumed {WATTS_PER_THREAD} W for a busy hardware thread, a mean of"
            " servers; no counter can be read, and what the machine draws at rest is left out"
        ),
    )
