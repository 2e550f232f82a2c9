"""Package energy from counters that wrap around."""

from pathlib import Path

import pytest

from agentaudit.probes.energy import PackageEnergy


def package(folder: Path, counter: int, name: str = "intel-rapl:0") -> None:
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "energy_uj").write_text(f"{counter}\n")
    (folder / name / "max_energy_range_uj").write_text("1000000\n")


def test_our_share_of_what_the_packages_used(tmp_path: Path) -> None:
    package(tmp_path, 100_000)
    package(tmp_path, 5, name="intel-rapl:0:0")
    energy = PackageEnergy(tmp_path)

    package(tmp_path, 600_000)
    energy.look()
    package(tmp_path, 100_000)
    energy.look()
    reading = energy.share(0.5)

    assert reading is not None
    assert reading.joules == pytest.approx(0.5)
    assert reading.method == "rapl"


def test_without_a_readable_counter_nothing_is_claimed(tmp_path: Path) -> None:
    energy = PackageEnergy(tmp_path)

    energy.look()

    assert not energy.readable
    assert energy.share(1.0) is None
