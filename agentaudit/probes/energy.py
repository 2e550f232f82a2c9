"""Energy of the CPU packages from the RAPL counters, where they may be read."""

from collections.abc import Mapping
from pathlib import Path

from agentaudit.model.trace import EnergyReading

POWERCAP = Path("/sys/class/powercap")


class PackageEnergy:
    """Joules of all CPU packages. Nothing, rather than a guess, where no counter is readable."""

    def __init__(self, folder: Path = POWERCAP) -> None:
        self._folder = folder
        self._last = _counters(folder)
        self._microjoules = 0

    @property
    def readable(self) -> bool:
        return bool(self._last)

    def look(self) -> None:
        """To be called more often than the counters wrap around, which takes minutes."""
        now = _counters(self._folder)
        for package, counter in now.items():
            before = self._last.get(package, counter)
            passed = counter - before
            self._microjoules += passed if passed >= 0 else passed + self._range(package)
        self._last = now

    def share(self, ours: float) -> EnergyReading | None:
        """What a share of all CPU time stands for, 0 to 1; None where nothing could be read."""
        if not self.readable:
            return None
        return EnergyReading(
            component="cpu",
            joules=self._microjoules / 1e6 * min(max(ours, 0.0), 1.0),
            method="rapl",
            note="package energy times our share of the CPU time used on this host",
        )

    def _range(self, package: str) -> int:
        return _number(self._folder / package / "max_energy_range_uj") or 0


def _counters(folder: Path) -> Mapping[str, int]:
    found = {
        path.name: _number(path / "energy_uj")
        for path in folder.glob("intel-rapl:*")
        if path.name.count(":") == 1
    }
    return {name: number for name, number in found.items() if number is not None}


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
