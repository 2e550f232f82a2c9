"""
Speed curves from measurements, and the lines of a workload file that say such a machine.

A stage whose calls take L(n) when n of them run at once serves n * L(1) / L(n) at once: that is
its speed at n. It holds for equal calls that start together. Where calls differ, or come to the
stage apart, `refined` lets simulation say by how much the curve misses, and corrects it.
"""

from collections.abc import Mapping, Sequence

from agentaudit.model.execution import Contest, HostMeasurement, StageLatency, StagePower
from agentaudit.model.workload import Power, PowerCurve, SpeedCurve
from agentaudit.simulation.stations.cores import Contender
from agentaudit.simulation.stations.power import watts_at
from agentaudit.simulation.stations.speed import ideal_cores, total_speed


def stage_curve(latencies: Sequence[StageLatency]) -> SpeedCurve:
    """
    The curve of a stage that was measured, from one call at a time on.

    Raises ValueError without a latency at 1, and where one number of calls was measured twice.
    """
    by_calls = {item.concurrency: item.seconds for item in latencies}
    if 1 not in by_calls:
        raise ValueError("a curve needs the latency of one call at a time: concurrency 1")
    if len(by_calls) < len(latencies):
        raise ValueError("a number of calls was measured twice")
    speeds = {calls: calls * by_calls[1] / seconds for calls, seconds in by_calls.items()}
    return SpeedCurve(points=tuple(sorted(speeds.items())))


def curve_error(curve: SpeedCurve, latencies: Sequence[StageLatency]) -> float:
    """The greatest error, relative, of the latencies that a curve gives."""
    return max(abs(_latency(curve, item, latencies) / item.seconds - 1) for item in latencies)


def left_out_error(latencies: Sequence[StageLatency]) -> float | None:
    """
    The greatest error of a latency told from all others: what lies between points may miss by that.

    The curve itself goes through every point. None where too few were measured to leave one out.
    """
    ends = {1, max(item.concurrency for item in latencies)}
    errors = []
    for item in latencies:
        if item.concurrency not in ends:
            others = [other for other in latencies if other is not item]
            told = _latency(stage_curve(others), item, latencies)
            errors.append(abs(told / item.seconds - 1))
    return max(errors, default=None)


def _latency(curve: SpeedCurve, item: StageLatency, latencies: Sequence[StageLatency]) -> float:
    """Seconds of each call, of so many that start together."""
    alone = next(other.seconds for other in latencies if other.concurrency == 1)
    return item.concurrency * alone / total_speed(curve, item.concurrency)


def power_curve(power: Sequence[StagePower]) -> PowerCurve:
    """What a stage draws at any number of calls; ValueError where idle is not known, or is more."""
    ordered = sorted((item.concurrency, item.watts) for item in power)
    return PowerCurve(points=tuple(ordered))


def left_out_watts_error(power: Sequence[StagePower], speeds: SpeedCurve) -> float | None:
    """As `left_out_error`, of watts; `speeds` are those of the stage."""
    ends = {0, max(item.concurrency for item in power)}
    errors = []
    for item in power:
        if item.concurrency not in ends and item.watts:
            others = power_curve([other for other in power if other is not item])
            errors.append(abs(watts_at(others, speeds, item.concurrency) / item.watts - 1))
    return max(errors, default=None)


def refined(
    speeds: Mapping[int, float], simulated: Mapping[int, float], measured: Mapping[int, float]
) -> dict[int, float]:
    """Each speed scaled by what simulation makes of it over what was measured; others kept."""
    return {
        size: speed * simulated[size] / measured[size] if size in measured else speed
        for size, speed in speeds.items()
    }


def host_curve(host: HostMeasurement, shares: Mapping[str, float]) -> SpeedCurve:
    """
    The CPU of this machine for a mix of work; `shares` is the part of each tool, of any sum.

    CPU time that swells side by side is speed lost: m jobs on c cores get min(m, c) cores, each of
    which does less.
    """
    speeds = {tool.tool: dict(tool.inflation) for tool in host.tools}
    whole = sum(shares.get(tool, 0.0) for tool in speeds)
    if not whole:
        return ideal_cores(host.cores)
    points = {1: 1.0, host.cores: float(host.cores)}
    for jobs in next(iter(speeds.values())):
        swollen = sum(shares.get(tool, 0.0) * ratio[jobs] for tool, ratio in speeds.items()) / whole
        points[jobs] = min(jobs, host.cores) / max(swollen, 1.0)
    return SpeedCurve(points=tuple(sorted(points.items())))


def host_progress(host: HostMeasurement) -> SpeedCurve:
    """
    How much CPU time this machine gave to so many jobs, with all that else ran on it.

    Where a job alone does not get a core's time, it waits for something else, as for children to
    start; those waits belong to its steps (`alone`), and up to as many jobs as cores are compared
    with it. Beyond, somebody works while another waits: what they get is what there is.
    """
    alone = dict(host.progress).get(1, 1.0)
    return SpeedCurve(
        points=tuple(
            (jobs, min(speed / alone, float(jobs)) if jobs <= host.cores else speed)
            for jobs, speed in host.progress
        )
    )


def contender(
    contests: Sequence[Contest], kind: str, *, alone: float, host: HostMeasurement
) -> Contender:
    """
    How a kind of work shares cores that uses so much of one when it is alone there.

    Its CPU time swells as soon as all cores are busy, by what it does beside its own kind, and on
    by what it does in contests.
    """
    cores = host.cores
    beside = next((dict(one.inflation) for one in host.tools if one.tool == kind), {})
    swelling = {1: 1.0}
    if cores in beside:
        swelling[cores] = max(beside[cores], 1.0)
    swelling |= {one.processes * cores: dict(one.swelling)[kind] for one in contests}
    weights = ((one.processes, dict(one.weights)[kind]) for one in contests)
    return Contender(
        weight=SpeedCurve(points=((1, 1.0), *weights)),
        alone=alone,
        swelling=SpeedCurve(points=tuple(sorted(swelling.items()))),
    )


def capacity(contests: Sequence[Contest]) -> SpeedCurve:
    """What so many processes on a core get of its time together."""
    return SpeedCurve(points=((1, 1.0), *((one.processes, one.capacity) for one in contests)))


def hampered(curve: SpeedCurve, progress: SpeedCurve, cores: int) -> SpeedCurve:
    """A curve of what jobs do with their CPU time, where they get so much of it."""
    sizes = sorted({jobs for jobs, _ in (*curve.points, *progress.points)})
    return SpeedCurve(
        points=tuple(
            (jobs, total_speed(curve, jobs) * total_speed(progress, jobs) / min(jobs, cores))
            for jobs in sizes
        )
    )


def machine_lines(
    *,
    cores: int,
    cpu: SpeedCurve | None,
    gpu: SpeedCurve | None,
    dispatch_ns: int,
    power: Power | None = None,
) -> list[str]:
    """What a machine file says; what is not known is left out."""
    lines = [f"cores: {cores}"]
    if cpu is not None:
        lines.append(f"cpu: {_points(cpu)}")
    if gpu is not None:
        lines.append(f"gpu: {_points(gpu)}")
    if dispatch_ns:
        lines.append(f"dispatch: {round(dispatch_ns / 1000)}us")
    drawn = (("cpu", power.cpu), ("gpu", power.gpu)) if power is not None else ()
    watts = [f"  {name}: {_points(curve)}" for name, curve in drawn if curve is not None]
    return [*lines, *(("watts:", *watts) if watts else ())]


def _points(curve: SpeedCurve | PowerCurve) -> str:
    return "{" + ", ".join(f"{jobs}: {number:.4g}" for jobs, number in curve.points) + "}"
