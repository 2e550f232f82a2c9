"""How many cores a process may use: by the cores it is pinned to, and by the quota of its group."""

import os
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_V2_PERIOD_US = 100_000
"""Documentation/admin-guide/cgroup-v2.rst: the period where `cpu.max` names none."""


def cpu_limit_cores(pid: int, proc: Path = _PROC) -> float | None:
    """
    The cores that a process may keep busy; None where nobody limits it to less than the machine.

    What cannot be read limits nothing: a recording then says the cores of the machine.
    """
    limits = [*_quotas(pid, proc), *_pinned(pid)]
    least = min(limits, default=None)
    return None if least is None or least >= (os.cpu_count() or 1) else least


def _pinned(pid: int) -> Iterator[float]:
    try:
        yield float(len(os.sched_getaffinity(pid)))
    except OSError:
        return


def _quotas(pid: int, proc: Path) -> Iterator[float]:
    """Those of its control group and of every group around that one."""
    mounts = dict(_mounts(proc))
    for line in _text(proc / str(pid) / "cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        version = "cgroup2" if number == "0" else "cgroup"
        if version == "cgroup" and "cpu" not in controllers.split(","):
            continue
        mount = mounts.get(version)
        if mount is not None:
            yield from _around(mount, group)


def _mounts(proc: Path) -> Iterator[tuple[str, Path]]:
    """Where the groups of either version are shown, as far as they know of CPU time."""
    for line in _text(proc / "self" / "mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        kind, *options = after.split(" ")
        if kind == "cgroup2" or (kind == "cgroup" and "cpu" in options[-1].split(",")):
            yield kind, Path(before.split(" ")[4])


def _around(mount: Path, group: str) -> Iterator[float]:
    steps = [step for step in group.split("/") if step not in ("", ".", "..")]
    for depth in range(len(steps) + 1):
        folder = mount.joinpath(*steps[:depth])
        yield from _quota(_text(folder / "cpu.max").split())
        quota_us = _text(folder / "cpu.cfs_quota_us")
        period_us = _text(folder / "cpu.cfs_period_us")
        yield from _quota([quota_us.strip(), period_us.strip()])


def _quota(words: list[str]) -> Iterator[float]:
    """`200000 100000`, `max 100000`; of the first version, where -1 is no limit, as well."""
    if words and words[0].isdigit():
        period_us = int(words[1]) if len(words) > 1 and words[1].isdigit() else _V2_PERIOD_US
        if period_us:
            yield int(words[0]) / period_us


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
