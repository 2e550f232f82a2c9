"""Speed curves: how fast a station serves when several jobs share it, and curves made of others."""

from bisect import bisect_right
from math import ceil

from agentaudit.model.workload import SpeedCurve


def total_speed(curve: SpeedCurve, jobs: float) -> float:
    """Work served per nanosecond with `jobs` active: linear between points, flat past the last."""
    points = curve.points
    place = bisect_right(points, jobs, key=lambda point: point[0])
    if place == len(points):
        return points[-1][1]
    (low, slow), (high, fast) = points[place - 1], points[place]
    return slow + (fast - slow) * (jobs - low) / (high - low)


def largest_speed(curve: SpeedCurve, most: int | None = None) -> float:
    """The most work a station serves per nanosecond, with at most so many jobs at once."""
    if most is None:
        return max(speed for _, speed in curve.points)
    reached = [speed for jobs, speed in curve.points if jobs <= most]
    return max(total_speed(curve, most), *reached)


def ideal_cores(cores: int) -> SpeedCurve:
    """Cores that do not slow each other down, shared evenly by whatever is more than they are."""
    return SpeedCurve(points=((1, 1.0),) if cores == 1 else ((1, 1.0), (cores, float(cores))))


def faster(curve: SpeedCurve, factor: float) -> SpeedCurve:
    """The same station with every job served `factor` times as fast."""
    return SpeedCurve(points=tuple((jobs, speed * factor) for jobs, speed in curve.points))


def wider(curve: SpeedCurve, factor: float) -> SpeedCurve:
    """
    `factor` times as much of the same: a job alone is as fast, and the bends come later.

    Jobs too few to share one of them run as one alone does. Where the bend of a point would fall
    below two jobs it is dropped: fewer make nobody slower.
    """
    alone = curve.points[0][1]
    points: dict[int, float] = {1: alone}
    if factor >= 1:
        points[int(factor)] = alone * int(factor)
    for jobs in (ceil(jobs * factor) for jobs, _ in curve.points[1:]):
        if jobs > 1:
            points[jobs] = factor * total_speed(curve, jobs / factor)
    return SpeedCurve(points=tuple(sorted(points.items())))
