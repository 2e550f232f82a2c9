"""The machine as a file describes it: a preset or plain numbers, with limits and couplings."""

from dataclasses import replace

from agentaudit.errors import InputError
from agentaudit.model.workload import Machine
from agentaudit.simulation.machine import (
    MOST_CORES,
    PRESETS,
    named_machine,
    plain_machine,
    with_cores,
    with_limits_told,
)
from agentaudit.simulation.written import Reading, Written

_ENTRIES = (
    *("like", "cores", "gpu", "dispatch", "calls", "kv_tokens"),
    *("recompute", "background", "starvation"),
)
_NAMES = ", ".join(PRESETS)


def parse_machine(root: Written, *, file: str) -> Machine:
    """The machine that a file describes; InputError with everything that is wrong in it."""
    reading = Reading(file=file)
    machine = read_machine(reading, root)
    if reading.problems or machine is None:
        raise InputError(*reading.problems)
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
        )
    )


def _stations(
    reading: Reading, like: Written | None, cores: Written | None, gpu: Written | None
) -> Machine:
    preset = reading.value(like, named_machine, f"like is one of {_NAMES}")
    server = reading.value(gpu, named_machine, f"gpu is one of {_NAMES}")
    count = reading.whole(cores, "cores", 1, MOST_CORES)
    if preset is None:
        machine = plain_machine(count)
    else:
        machine = preset if cores is None else with_cores(preset, count)
    if server is None:
        return machine
    # Of a machine of numbers, the second assumption is the default LLM server's.
    told = machine.assumptions[:1] if preset is None else machine.assumptions
    return replace(machine, gpu=server.gpu, assumptions=told)
