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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

_PROC = Path("/proc")
_TRIES = 50
_PAUSE_S = 0.02


@contextmanager
def control_group(pids: Sequence[int]) -> Iterator[bool]:
    """
    The processes in a group before others, until the end; false where none can be made.

    At the end each is back where it was, and what they have started by then where we are.
    """
    made = _made(pids)
    try:
        yield made is not None
    finally:
        if made is not None:
            made.dissolve()


class Tree(Struct, frozen=True, kw_only=True):
    """The tree of groups that has cores to give, and what the weight of a group is called there."""

    root: Path
    controller: str
    weight: str
    most: int
    """That the kernel grants: 256 or 100 times a usual group."""

    def group_in(self, told: str) -> Path:
        """Where a process is whose `/proc/PID/cgroup` says this; ValueError where it does not."""
        for line in told.splitlines():
            _, controllers, path = line.split(":", 2)
            if self.controller in controllers.split(","):
                return self.root / path.lstrip("/")
        raise ValueError("nothing is said of this tree")

    def parent(self, ours: Path) -> Path:
        """
        Where a group for processes is made that were where we are.

        Version 1 has a tree for cores, and the group is made below our own; version 2 has one tree,
        in which only the root may hold processes beside groups (kernel documentation,
        cgroup-v2.rst, "No Internal Process Constraint").
        """
        return ours if self.controller else self.root


def tree_of(mounts: str) -> Tree | None:
    """The tree that this `/proc/self/mounts` tells of; None where there is none."""
    fields = [line.split() for line in mounts.splitlines()]
    for _, where, kind, options, *_ in fields:
        if kind == "cgroup" and "cpu" in options.split(","):
            return Tree(root=Path(where), controller="cpu", weight="cpu.shares", most=262_144)
    for _, where, kind, *_ in fields:
        if kind == "cgroup2":
            return Tree(root=Path(where), controller="", weight="cpu.weight", most=10_000)
    return None


class _Made(Struct, frozen=True, kw_only=True):
    """A group that was made, where its processes were before, and where others of it belong."""

    group: Path
    homes: Mapping[str, Path]
    ours: Path

    def dissolve(self) -> None:
        """Puts all processes out of the group, and ends it; children may start meanwhile."""
        for _ in range(_TRIES):
            for pid in (self.group / "cgroup.procs").read_text(encoding="ascii").split():
                homes = (self.homes.get(pid, self.ours), self.ours, self.group.parent)
                any(_put(pid, home) for home in homes)
            try:
                self.group.rmdir()
            except OSError:
                time.sleep(_PAUSE_S)
            else:
                return


def _made(pids: Sequence[int]) -> _Made | None:
    """A group with the processes in it; None, and nothing changed, where the system refuses."""
    try:
        tree = tree_of((_PROC / "self/mounts").read_text(encoding="utf-8"))
        if tree is None:
            return None
        ours = _group_of("self", tree)
        homes = {str(pid): _group_of(str(pid), tree) for pid in pids}
    except (OSError, ValueError):
        return None
    parent = tree.parent(ours)
    for old in parent.glob("agentaudit-*"):
        with suppress(OSError):  # in use
            old.rmdir()
    group = parent / f"agentaudit-{os.getpid()}"
    made = _Made(group=group, homes=homes, ours=ours)
    try:
        group.mkdir()
    except OSError:
        return None
    try:
        (group / tree.weight).write_text(f"{tree.most}", encoding="ascii")
        for pid in pids:
            (group / "cgroup.procs").write_text(f"{pid}", encoding="ascii")
    except OSError:
        made.dissolve()
        return None
    return made


def _group_of(pid: str, tree: Tree) -> Path:
    return tree.group_in((_PROC / pid / "cgroup").read_text(encoding="utf-8"))


def _put(pid: str, group: Path) -> bool:
    """Whether a process could be put there; it may have ended, and the group may be gone."""
    try:
        (group / "cgroup.procs").write_text(pid, encoding="ascii")
    except OSError:
        return False
    return True
