"""Energy of the CPUs from counters that wrap around, lie within each other, or are not there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.probes.energy import Access, PackageEnergy, access, host_busy_ns

S = 1_000_000_000


def zone(folder: Path, counter: int, *, at: str = "intel-rapl:0", name: str = "package-0") -> None:
    (folder / at).mkdir(exist_ok=True)
    (folder / at / "name").write_text(f"{name}\n")
    (folder / at / "energy_uj").write_text(f"{counter}\n")
    (folder / at / "max_energy_range_uj").write_text("1000000\n")


def host(*seconds: float) -> Iterator[int]:
    """What the host's cores have spent at each question."""
    return (round(second * S) for second in seconds)


def joules(energy: PackageEnergy, cpu_s: float) -> dict[str, float]:
    return {one.component: one.joules for one in energy.readings(round(cpu_s * S))}


def test_our_share_of_what_the_package_used(tmp_path: Path) -> None:
    """Of the time that all cores of the host spent, those that we may not use included."""
    zone(tmp_path, 100_000)
    energy = PackageEnergy(tmp_path, host(5, 25).__next__)

    zone(tmp_path, 600_000)

    assert joules(energy, 10) == {"cpu": pytest.approx(0.25)}


def test_a_counter_that_wraps_around_goes_on(tmp_path: Path) -> None:
    zone(tmp_path, 900_000)
    energy = PackageEnergy(tmp_path, host(0, 10).__next__)

    zone(tmp_path, 100_000)

    assert joules(energy, 10) == {"cpu": pytest.approx(0.2)}


def test_a_counter_that_begins_anew_without_a_range_loses_that_stretch(tmp_path: Path) -> None:
    zone(tmp_path, 900_000)
    (tmp_path / "intel-rapl:0" / "max_energy_range_uj").unlink()
    energy = PackageEnergy(tmp_path, host(0, 10).__next__)

    zone(tmp_path, 100_000)
    energy.look()
    zone(tmp_path, 300_000)

    assert joules(energy, 10) == {"cpu": pytest.approx(0.2)}


def test_nothing_is_counted_twice(tmp_path: Path) -> None:
    """Cores lie within their package, packages within the platform; one is shown in two places."""
    zones = {
        "intel-rapl:0": "package-0",
        "intel-rapl:0:0": "core",
        "intel-rapl:0:1": "dram",
        "intel-rapl:1": "package-1",
        "intel-rapl:1:0": "dram",
        "intel-rapl:2": "psys",
        "intel-rapl-mmio:0": "package-0",
    }
    for at, name in zones.items():
        zone(tmp_path, 0, at=at, name=name)
    energy = PackageEnergy(tmp_path, host(0, 10).__next__)

    for at, name in zones.items():
        zone(tmp_path, 500_000, at=at, name=name)

    assert joules(energy, 10) == {"cpu": pytest.approx(1.0), "memory": pytest.approx(1.0)}


def test_the_platform_stands_for_packages_without_counters(tmp_path: Path) -> None:
    zone(tmp_path, 0, name="psys")
    energy = PackageEnergy(tmp_path, host(0, 10).__next__)

    zone(tmp_path, 500_000, name="psys")

    assert joules(energy, 5) == {"platform": pytest.approx(0.25)}


def test_a_zone_that_disappears_keeps_what_it_said(tmp_path: Path) -> None:
    zone(tmp_path, 0)
    energy = PackageEnergy(tmp_path, host(0, 10).__next__)
    zone(tmp_path, 500_000)
    energy.look()

    (tmp_path / "intel-rapl:0" / "energy_uj").unlink()

    assert joules(energy, 10) == {"cpu": pytest.approx(0.5)}


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_our_share_is_never_more_than_everything(
    tmp_path_factory: pytest.TempPathFactory, cpu_ns: int, busy_ns: int
) -> None:
    folder = tmp_path_factory.mktemp("powercap")
    zone(folder, 0)
    energy = PackageEnergy(folder, iter((0, busy_ns)).__next__)
    zone(folder, 500_000)

    (reading,) = energy.readings(cpu_ns)

    assert 0 <= reading.joules <= 0.5


def test_without_a_readable_counter_there_is_an_estimate_that_says_so(tmp_path: Path) -> None:
    (reading,) = PackageEnergy(tmp_path).readings(2 * S)

    assert reading.method == "estimate"
    assert reading.joules == pytest.approx(7.0)
    assert "assumed 3.5 W" in reading.note


def test_whether_counters_can_be_read(tmp_path: Path) -> None:
    absent = access(tmp_path)
    zone(tmp_path, 0)
    readable = access(tmp_path)
    (tmp_path / "intel-rapl:0" / "energy_uj").unlink()
    forbidden = access(tmp_path)

    assert (absent, readable, forbidden) == (Access.ABSENT, Access.READABLE, Access.FORBIDDEN)


def test_the_host_is_never_less_busy_than_before() -> None:
    before = host_busy_ns()

    assert 0 < before <= host_busy_ns()
