"""Changes to a workload and its machine: `cpu=+16`, `gpu=2x`, `tool:search=0.5x`, `rate=1.5x`."""

import re
from collections.abc import Callable
from functools import reduce
from math import isfinite

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.errors import IncompleteError, UsageError
from agentaudit.model.workload import Stage, Workload, WorkRequest
from agentaudit.simulation.experiments.experiment import Experiment, types_of
from agentaudit.simulation.experiments.open_arrivals import comes_at_no_rate, how_they_come
from agentaudit.simulation.fast.requests import dealt, longer, names_there, on_columns, sooner
from agentaudit.simulation.machines.machine import MOST_CORES, with_cores
from agentaudit.simulation.stations.power import stretched
from agentaudit.simulation.stations.speed import faster, wider

_WORD = re.compile(r"(?P<name>cpu|gpu|gpus|rate|tool:[^=]+)=(?P<how>\S+)")
_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<number>\d{1,9}(?:\.\d{1,9})?)(?P<times>x?)", re.ASCII)
_FORMS = "cpu=32, cpu=+16, cpu=2x, gpu=2x, gpus=4, tool:NAME=0.5x or rate=1.5x"
MOST_GPUS = 1024


class Change(Struct, frozen=True, kw_only=True):
    """What is changed, and how; `text` is what the user wrote."""

    text: str
    apply: Callable[[Experiment], Experiment]
    names: tuple[str, ...]
    """`cpu`, `gpu`, `gpus`, `rate`, `tool`: what it touches."""


def parse_change(text: str) -> Change:
    """
    Several at once are apart by commas.

    Raises UsageError for what is none; applying one raises it where there is nothing to change.
    """
    parts = [_change(word.strip()) for word in text.split(",")]
    return Change(
        text=",".join(part.text for part in parts),
        apply=lambda experiment: reduce(lambda found, part: part.apply(found), parts, experiment),
        names=tuple(name for part in parts for name in part.names),
    )


def with_rate(experiment: Experiment, factor: float) -> Experiment:
    """The same requests, arriving so many times as fast."""
    if all(len(one.requests) == 1 for one in experiment.workloads):
        raise UsageError(
            "one request comes at no rate that could be changed: ask for more, as in --requests 100"
        )
    if comes_at_no_rate(experiment):
        raise UsageError(
            f"requests come {how_they_come(experiment)}, and so at no rate that could be changed:"
            " choose --arrivals poisson:RATE"
        )
    return replace(
        experiment,
        workloads=tuple(_faster(workload, factor) for workload in experiment.workloads),
    )


def with_users(experiment: Experiment, count: int) -> Experiment:
    """
    The same requests in the same order, asked in turn by so many users; they think as before.

    First questions, before which nobody thought, come after such times as lie between others.
    """
    if not all(one.users for one in experiment.workloads):
        raise UsageError(
            f"requests that arrive as {experiment.first.arrivals} come from no users who wait for"
            " their answers: choose --arrivals users:N:THINKING, such as users:8:5s, with fewer"
            " users than requests"
        )
    if all(one.users == count for one in experiment.workloads):
        return experiment
    workloads = tuple(_dealt(workload, count) for workload in experiment.workloads)
    return replace(experiment, workloads=workloads)


def _dealt(workload: Workload, users: int) -> Workload:
    found = on_columns(workload, lambda columns: dealt(columns, users))
    if found is not None:
        return found
    thoughts = [one.think_ns for one in workload.requests if one.follows is not None]
    asked: list[WorkRequest] = []
    for place, request in enumerate(workload.requests):
        first = request.follows is None
        think_ns = thoughts[place % len(thoughts)] if first else request.think_ns
        before = asked[place - users] if place >= users else None
        asked.append(
            request.changed(
                arrival_ns=think_ns + (before.arrival_ns if before else 0),
                follows=before.request_id if before else None,
                think_ns=think_ns if before else 0,
            )
        )
    return replace(workload, requests=tuple(asked))


def with_demands(
    experiment: Experiment, factor: float, chosen: Callable[[str, Stage, str], bool]
) -> Experiment:
    """
    The steps that are chosen take so many times as long.

    They are chosen by the type of their request, by their stage and their name.
    """
    workloads = tuple(_longer(workload, factor, chosen) for workload in experiment.workloads)
    return replace(experiment, workloads=workloads)


def with_cpu(experiment: Experiment, cores: int) -> Experiment:
    """Another number of the same cores; IncompleteError where nobody knows what they would do."""
    if not experiment.first.cpu_known:
        raise IncompleteError(
            f"{experiment.first.source}: nobody measured the CPU time of this trace, so what"
            " another number of cores would do is unknown. `agentaudit profile` records it."
        )
    return replace(experiment, machine=with_cores(experiment.machine, cores))


def with_gpus(experiment: Experiment, count: int) -> Experiment:
    """So many LLM servers as there is one now, with calls spread evenly over them."""
    machine = experiment.machine
    power = machine.power
    if power is not None and power.gpu is not None:
        power = replace(power, gpu=stretched(power.gpu, count))
    return replace(
        experiment,
        machine=replace(
            machine,
            power=power,
            gpu=wider(machine.gpu, count),
            most_calls=machine.most_calls and machine.most_calls * count,
            kv_tokens=machine.kv_tokens and machine.kv_tokens * count,
        ),
    )


def _change(word: str) -> Change:
    match = _WORD.fullmatch(word)
    amount = _AMOUNT.fullmatch(match["how"]) if match is not None else None
    if match is None or amount is None or (amount["sign"] and amount["times"]):
        raise UsageError(f"--what-if: {word!r} is no change; one is {_FORMS}")
    name = match["name"]
    number = float(amount["number"])
    if not (isfinite(number) and number > 0):
        raise UsageError(f"--what-if: {word!r} changes by nothing, or to nothing")
    if amount["times"]:
        return _multiplied(name, number, word)
    return _counted(name, amount["sign"], number, word)


def _multiplied(name: str, factor: float, word: str) -> Change:
    if name.startswith("tool:"):
        return Change(
            text=word, names=("tool",), apply=lambda found: _with_tool(found, name[5:], factor)
        )
    applied: dict[str, Callable[[Experiment], Experiment]] = {
        "rate": lambda found: with_rate(found, factor),
        "gpu": lambda found: replace(
            found, machine=replace(found.machine, gpu=faster(found.machine.gpu, factor))
        ),
        "cpu": lambda found: with_cpu(found, _whole(found.machine.cores * factor, word)),
        "gpus": lambda found: with_gpus(found, _whole(factor, word)),
    }
    return Change(text=word, names=(name,), apply=applied[name])


def _counted(name: str, sign: str, number: float, word: str) -> Change:
    if name not in ("cpu", "gpus"):
        raise UsageError(f"--what-if: {name} is changed by a factor, as in {name}=2x, not {word!r}")
    steps = {"": 0, "+": 1, "-": 1}[sign]
    signed = -number if sign == "-" else number
    if name == "cpu":
        return Change(
            text=word,
            names=("cpu",),
            apply=lambda found: with_cpu(found, _whole(steps * found.machine.cores + signed, word)),
        )
    return Change(
        text=word,
        names=("gpus",),
        apply=lambda found: with_gpus(found, _whole(steps + signed, word)),
    )


def _whole(number: float, word: str) -> int:
    if number != int(number) or not 1 <= number <= MOST_CORES:
        raise UsageError(
            f"--what-if: {word!r} would make {number:g} of them; it is a whole number from 1 to"
            f" {MOST_CORES}"
        )
    return int(number)


def _with_tool(experiment: Experiment, name: str, factor: float) -> Experiment:
    """Steps of this name; where none is called so, what a type of this name does on the CPU."""
    steps: set[str] = set().union(*map(names_there, experiment.workloads))
    types = set(types_of(experiment.workloads))
    if name in steps:
        return with_demands(experiment, factor, lambda _type, _stage, step: step == name)
    if name in types:
        return with_demands(
            experiment, factor, lambda of, stage, _step: of == name and stage is not Stage.GPU
        )
    there = ", ".join(sorted(filter(None, steps | types)))
    raise UsageError(
        f"--what-if: no step and no type of request is called {name!r}; there are {there}"
    )


def _longer(
    workload: Workload, factor: float, chosen: Callable[[str, Stage, str], bool]
) -> Workload:
    found = on_columns(workload, lambda columns: longer(columns, factor, chosen))
    if found is not None:
        return found

    def scaled(request: WorkRequest) -> WorkRequest:
        steps = (
            replace(step, demand_ns=round(step.demand_ns * factor))
            if chosen(request.type, step.stage, step.name)
            else step
            for step in request.steps
        )
        return request.changed(steps=tuple(steps))

    return _mapped(workload, scaled)


def _faster(workload: Workload, factor: float) -> Workload:
    found = on_columns(workload, lambda columns: sooner(columns, factor))
    return found or _mapped(
        workload, lambda one: one.changed(arrival_ns=round(one.arrival_ns / factor))
    )


def _mapped(workload: Workload, change: Callable[[WorkRequest], WorkRequest]) -> Workload:
    return replace(workload, requests=tuple(map(change, workload.requests)))
