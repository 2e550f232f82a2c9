"""
What requests cost: joules from watts that the machine gives, money from a price per hour.

Power grows in proportion with utilisation between idle and busy, as of whole servers (Fan, Weber
and Barroso, "Power provisioning for a warehouse-sized computer", ISCA 2007). The GPU counts as busy
while any request is on it. What is not given stays unknown.
"""

import re
from dataclasses import replace

from agentaudit.errors import UsageError
from agentaudit.model.results import Energy
from agentaudit.model.workload import Machine, Power
from agentaudit.simulation.observations import Observations

_RANGE = re.compile(r"(cpu|gpu)=(\d{1,6}(?:\.\d{1,3})?)\.\.(\d{1,6}(?:\.\d{1,3})?)", re.ASCII)
_HOUR_NS = 3600e9


def parse_power(text: str, power: Power | None = None) -> Power:
    """The power with what the text gives, as `cpu=140..400,gpu=142..650`: watts idle and busy."""
    changes: dict[str, float] = {}
    for word in text.split(","):
        match = _RANGE.fullmatch(word.strip())
        if match is None or float(match[2]) > float(match[3]):
            raise UsageError(
                f"watts: {word.strip()!r} is not idle and busy watts, as in cpu=140..400"
            )
        changes[f"{match[1]}_idle_watts"] = float(match[2])
        changes[f"{match[1]}_busy_watts"] = float(match[3])
    return replace(power or Power(), **changes)


def energy_of(run: Observations, machine: Machine) -> Energy | None:
    """Joules a request over the whole of a run; None where the machine gives no watts at all."""
    power = machine.power
    if power is None:
        return None
    each_s = run.makespan_ns / 1e9 / run.requests
    span_ns = max(run.makespan_ns, 1)
    cpu_share = run.cpu_busy_ns / (machine.cores * span_ns)
    return Energy(
        cpu_joules=_joules(power.cpu_idle_watts, power.cpu_busy_watts, cpu_share, each_s),
        gpu_joules=_joules(
            power.gpu_idle_watts, power.gpu_busy_watts, run.gpu_busy_ns / span_ns, each_s
        ),
    )


def cost_per_1000(run: Observations, price_per_hour: float | None) -> float | None:
    """What 1000 requests cost on a machine at this price, rented while the run lasts."""
    if price_per_hour is None:
        return None
    return price_per_hour * run.makespan_ns / _HOUR_NS / run.requests * 1000


def _joules(idle: float | None, busy: float | None, share: float, seconds: float) -> float | None:
    if idle is None or busy is None:
        return None
    return (idle + (busy - idle) * share) * seconds
