"""
What requests cost: joules from watts that the machine gives, money from a price per hour.

What is not given stays unknown.
"""

import re

from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.results import Energy
from agentaudit.model.workload import Machine, Power, PowerCurve
from agentaudit.simulation.runs.observations import Observations
from agentaudit.simulation.stations.power import joules

_RANGE = re.compile(r"(cpu|gpu)=(\d{1,6}(?:\.\d{1,3})?)\.\.(\d{1,6}(?:\.\d{1,3})?)", re.ASCII)
_HOUR_NS = 3600e9


def parse_power(text: str, cores: int, power: Power | None = None) -> Power:
    """
    The power with what the text gives, as `cpu=140..400,gpu=142..650`: watts idle and busy.

    A CPU is busy with a thread on each of its cores, a GPU while any call is on it.
    """
    power = power or Power()
    for word in text.split(","):
        match = _RANGE.fullmatch(word.strip())
        if match is None or float(match[2]) > float(match[3]):
            raise UsageError(
                f"watts: {word.strip()!r} is not idle and busy watts, as in cpu=140..400"
            )
        idle, busy = float(match[2]), float(match[3])
        if match[1] == "cpu":
            power = replace(power, cpu=PowerCurve(points=((0, idle), (cores, busy))))
        else:
            power = replace(power, gpu=PowerCurve(points=((0, idle), (1, busy))))
    return power


def energy_of(run: Observations, machine: Machine) -> Energy | None:
    """Joules a request over the whole of a run; None where the machine gives no watts at all."""
    power = machine.power
    if power is None or power == Power():
        return None
    stations = (
        (power.cpu, machine.cpu, run.cpu_levels),
        (power.gpu, machine.gpu, run.gpu_levels),
    )
    cpu, gpu = (
        None if curve is None else joules(curve, speeds, levels, run.makespan_ns) / run.requests
        for curve, speeds, levels in stations
    )
    return Energy(cpu_joules=cpu, gpu_joules=gpu)


def cost_per_1000(run: Observations, price_per_hour: float | None) -> float | None:
    """What 1000 requests cost on a machine at this price, rented while the run lasts."""
    if price_per_hour is None:
        return None
    return price_per_hour * run.makespan_ns / _HOUR_NS / run.requests * 1000
