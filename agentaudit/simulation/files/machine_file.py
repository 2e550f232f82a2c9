"""
The machine as a file describes it: a preset or plain numbers, with limits and couplings.

    cores: 2
    cpu: {1: 1, 2: 1.93}            # jobs at once, and how much work they get done together
    gpu: {1: 1, 8: 4.2}             # or the name of a preset, for its LLM server
    dispatch: 240us
    watts:                          # or "cpu=140..400,gpu=142..650", idle and busy
      gpu: {0: 115, 1: 175, 64: 390}    # jobs at once, and what the GPU draws; 0 is idle

`agentaudit simulate calibrate` writes it from measurements.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from msgspec.structs import replace

from agentaudit.model.workload import Machine, Power, PowerCurve, SpeedCurve
from agentaudit.simulation.files.written import Reading, Written
from agentaudit.simulation.machines.machine import (
    MOST_CORES,
    PRESETS,
    named_machine,
    plain_machine,
    with_cores,
    with_limits_told,
)
from agentaudit.simulation.runs.expenses import parse_power

_MOST_JOBS = 1_000_000
_ENTRIES = (
    *("like", "cores", "cpu", "gpu", "dispatch", "calls", "kv_tokens"),
    *("recompute", "background", "starvation", "watts"),
)
_WATTS = (
    "watts are idle and busy ones, as in cpu=140..400,gpu=142..650, or cpu and gpu with points such"
    " as {0: 140, 1: 155, 64: 400}"
)
_NAMES = ", ".join(PRESETS)
Curve = TypeVar("Curve", SpeedCurve, PowerCurve)


def parse_machine(root: Written, *, file: str) -> Machine:
    """The machine that a file describes; InputError with everything that is wrong in it."""
    reading = Reading(file=file)
    machine = read_machine(reading, root)
    if reading.problems or machine is None:
        raise reading.error()
    return machine


def read_machine(reading: Reading, node: Written | None) -> Machine | None:
    """A preset by its name, or a mapping; None where nothing is written, or no such preset is."""
    if node is None:
        return None
    if node.kind != "mapping":
        presets = f"a machine is one of {_NAMES}, or has cores, gpu and dispatch"
        return reading.value(node, named_machine, presets)
    entries = reading.entries(node, "a machine", known=_ENTRIES)
    machine = _stations(reading, *(entries.get(name) for name in ("like", "cores", "gpu")))
    machine = _measured_cpu(reading, machine, entries)
    background = entries.get("background")
    starvation = entries.get("starvation")
    return with_limits_told(
        replace(
            machine,
            dispatch_ns=reading.optional_duration(entries.get("dispatch"), "dispatch"),
            most_calls=reading.limit(entries.get("calls"), "calls"),
            kv_tokens=reading.limit(entries.get("kv_tokens"), "kv_tokens"),
            recompute_ns=reading.optional_duration(entries.get("recompute"), "recompute"),
            background=reading.number(background, "background", 0.0, above=-1e-9),
            starvation=reading.number(starvation, "starvation", 0.0, above=-1e-9),
            power=_power(reading, entries.get("watts"), machine),
        )
    )


def _stations(
    reading: Reading, like: Written | None, cores: Written | None, gpu: Written | None
) -> Machine:
    preset = reading.value(like, named_machine, f"like is one of {_NAMES}")
    measured = _points(reading, gpu, "gpu") if _is_mapping(gpu) else None
    server = None
    if not _is_mapping(gpu):
        server = reading.value(gpu, named_machine, f"gpu is one of {_NAMES}, or points")
    count = reading.whole(cores, "cores", 1, MOST_CORES)
    if preset is None:
        machine = plain_machine(count)
    else:
        machine = preset if cores is None else with_cores(preset, count)
    curve = server.gpu if server is not None else measured
    if curve is None:
        return machine
    # Of a machine of numbers, the second assumption is the default LLM server's.
    told = machine.assumptions[:1] if preset is None else machine.assumptions
    # What the preset's own server draws says nothing of another one.
    power = machine.power and replace(machine.power, gpu=None)
    if server is not None and server.power is not None:
        power = replace(power or Power(), gpu=server.power.gpu)
    return replace(machine, gpu=curve, assumptions=told, power=power)


def _measured_cpu(reading: Reading, machine: Machine, entries: Mapping[str, Written]) -> Machine:
    """The machine with the speeds of its CPU, where they are written."""
    node = entries.get("cpu")
    if node is None:
        return machine
    if "cores" not in entries and "like" not in entries:
        reading.fault(node, "cpu points need cores beside them")
    curve = _points(reading, node, "cpu")
    # The first assumption of a machine of numbers is that of ideal cores, which these are not.
    told = machine.assumptions if "like" in entries else machine.assumptions[1:]
    if curve is None:
        return machine
    power = machine.power and replace(machine.power, cpu=None)
    return replace(machine, cpu=curve, assumptions=told, power=power)


def _power(reading: Reading, node: Written | None, machine: Machine) -> Power | None:
    """What is written, beside what the preset is known to draw."""
    if node is None:
        return machine.power
    known = machine.power or Power()
    if not _is_mapping(node):
        return reading.value(node, lambda text: parse_power(text, machine.cores, known), _WATTS)
    entries = reading.entries(node, "watts", known=("cpu", "gpu"))
    return replace(
        known,
        cpu=_watts(reading, entries.get("cpu"), "watts of the cpu") or known.cpu,
        gpu=_watts(reading, entries.get("gpu"), "watts of the gpu") or known.gpu,
    )


def _watts(reading: Reading, node: Written | None, name: str) -> PowerCurve | None:
    what = "are points such as {0: 140, 1: 155, 64: 400}: jobs at once, and watts"
    return _curve(reading, node, name, least=0, what=what, make=PowerCurve)


def _is_mapping(node: Written | None) -> bool:
    return node is not None and node.kind == "mapping"


def _points(reading: Reading, node: Written | None, name: str) -> SpeedCurve | None:
    what = "is points such as {1: 1, 2: 1.9, 8: 4}: jobs at once, and their total speed"
    return _curve(reading, node, name, least=1, what=what, make=SpeedCurve)


def _curve(
    reading: Reading,
    node: Written | None,
    name: str,
    *,
    least: int,
    what: str,
    make: type[Curve],
) -> Curve | None:
    """A number for each number of jobs, the `least` on; None where nothing sensible is written."""
    if node is None:
        return None
    if node.kind != "mapping":
        reading.wrong(node, f"{name} {what}")
        return None
    problems = len(reading.problems)
    points = tuple(_pairs(reading, node, name, least))
    if len(reading.problems) > problems:
        return None
    try:
        return make(points=points)
    except ValueError as error:
        reading.fault(node, f"{name}: {error}")
        return None


def _pairs(reading: Reading, node: Written, name: str, least: int) -> Iterator[tuple[int, float]]:
    above = 0.0 if least else -1e-9
    for key, number in node.entries:
        jobs = key.raw
        if not (jobs.isascii() and jobs.isdigit()) or not least <= int(jobs[:20]) <= _MOST_JOBS:
            reading.fault(
                key, f"{name}: {jobs!r} is no number of jobs from {least} to {_MOST_JOBS}"
            )
        else:
            yield int(jobs), reading.number(number, f"{name} at {jobs}", 1.0, above=above)
