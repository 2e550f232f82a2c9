"""
A control group of our own: what is in it, and all that it starts, has its cores before others.

Where Linux groups processes by sessions (autogroups), a process that ends is moved out of its group
while it still runs (`sched_autogroup_exit_task`). With a step that starts children the group is
empty for a moment at each of their ends, and others that wait get the core for the rest of a tick,
whatever their weights: half of the core, measured beside one busy program. Out of a control group
nothing is moved.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_MOUNTS = Path("/proc/self/mounts")
_OWN = Path("/proc/self/cgroup")
_V1_SHARES, _V2_WEIGHT = ("cpu.shares", 262_144), ("cpu.weight", 10_000)
"""The most that the kernel grants: 256 and 100 times a usual group."""
_TRIES = 50
_PAUSE_S = 0.02


@contextmanager
def control_group(pids: Sequence[int]) -> Iterator[bool]:
    """
    The processes in a group before others, until the end; false where none can be made.

    What they have started by then leaves the group with them.
    """
    made = _made(pids)
    try:
        yield made is not None
    finally:
        if made is not None:
            _dissolve(made)


def parent_of(mounts: str, own: str) -> tuple[Path, tuple[str, int]] | None:
    """
    Where groups for cores are made, and what their weight is called; None where they are not.

    `mounts` and `own` are what `/proc/self/mounts` and `/proc/self/cgroup` say. Version 1 has a
    tree for cores, and the group is made below this process's; version 2 has one tree, in which
    only the root may hold processes beside groups (kernel documentation, cgroup-v2.rst, "No
    Internal Process Constraint").
    """
    paths = {
        controller: path
        for _, controllers, path in (line.split(":", 2) for line in own.splitlines())
        for controller in controllers.split(",")
    }
    fields = [line.split() for line in mounts.splitlines()]
    for _, where, kind, options, *_ in fields:
        if kind == "cgroup" and "cpu" in options.split(",") and "cpu" in paths:
            return Path(where) / paths["cpu"].lstrip("/"), _V1_SHARES
    for _, where, kind, *_ in fields:
        if kind == "cgroup2":
            return Path(where), _V2_WEIGHT
    return None


def _made(pids: Sequence[int]) -> Path | None:
    """A group with the processes in it; None, and nothing changed, where the system refuses."""
    try:
        found = parent_of(_MOUNTS.read_text(encoding="utf-8"), _OWN.read_text(encoding="utf-8"))
    except OSError:
        return None
    if found is None:
        return None
    parent, (weight, most) = found
    for old in parent.glob("agentaudit-*"):
        with suppress(OSError):  # in use
            old.rmdir()
    group = parent / f"agentaudit-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        return None
    try:
        (group / weight).write_text(f"{most}", encoding="ascii")
        for pid in pids:
            (group / "cgroup.procs").write_text(f"{pid}", encoding="ascii")
    except OSError:
        _dissolve(group)
        return None
    return group


def _dissolve(group: Path) -> None:
    """Puts all processes where the group is, and ends it; children may start meanwhile."""
    for _ in range(_TRIES):
        for pid in (group / "cgroup.procs").read_text(encoding="ascii").split():
            _put(pid, group.parent)
        try:
            group.rmdir()
        except OSError:
            time.sleep(_PAUSE_S)
        else:
            return


def _put(pid: str, group: Path) -> None:
    with suppress(OSError):  # it has ended
        (group / "cgroup.procs").write_text(pid, encoding="ascii")
