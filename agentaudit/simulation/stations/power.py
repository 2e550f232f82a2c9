"""
What a station draws, by how many threads or calls are active on it.

Between two points watts grow with the work that is served: so ideal cores draw in proportion to
utilisation, as whole servers do (Fan, Weber and Barroso, "Power provisioning for a warehouse-sized
computer", ISCA 2007), and stations that many jobs hardly make faster, hardly more.
"""

from bisect import bisect_right
from math import fsum
from typing import TypeAlias

from agentaudit.model.workload import Machine, PowerCurve, SpeedCurve
from agentaudit.simulation.stations.speed import total_speed

Levels: TypeAlias = tuple[tuple[int, float, int], ...]
"""Nanoseconds in which so many threads of the agent were active, and so many of all: `(ours, all,
ns)`, ascending, without those in which the agent had none."""


def levels_kept(machine: Machine) -> int:
    """The number of threads from which on neither use nor power of any station changes."""
    power = machine.power
    curves = (power.cpu, power.gpu) if power is not None else ()
    return max(machine.cores, *(curve.points[-1][0] for curve in curves if curve), 1)


def watts_at(curve: PowerCurve, speeds: SpeedCurve, threads: float) -> float:
    """What a station draws with so many active."""
    points = curve.points
    place = bisect_right(points, threads, key=lambda point: point[0])
    if place == len(points):
        return points[-1][1]
    (few, low), (many, high) = points[place - 1], points[place]
    slow, now, fast = (_served(speeds, jobs) for jobs in (few, threads, many))
    # Where more jobs are served no faster, watts grow with their number.
    part = (now - slow) / (fast - slow) if fast > slow else (threads - few) / (many - few)
    return low + (high - low) * min(max(part, 0.0), 1.0)


def joules(curve: PowerCurve, speeds: SpeedCurve, levels: Levels, span_ns: int) -> float:
    """
    Over a span of time: idle power for all of it, and above that what was active.

    Of what cores draw beside other programs the agent has the part that it has of the threads.
    """
    idle = curve.points[0][1]
    above = fsum(
        (watts_at(curve, speeds, everybody) - idle) * ours / everybody * ns
        for ours, everybody, ns in levels
    )
    return (idle * span_ns + above) / 1e9


def stretched(curve: PowerCurve, factor: int) -> PowerCurve:
    """Of so many stations as there is one now, with jobs spread evenly over them."""
    return PowerCurve(points=tuple((jobs * factor, watts * factor) for jobs, watts in curve.points))


def _served(speeds: SpeedCurve, jobs: float) -> float:
    """Less than one job is served as often as it is there."""
    return total_speed(speeds, jobs) if jobs >= 1 else jobs * speeds.points[0][1]
