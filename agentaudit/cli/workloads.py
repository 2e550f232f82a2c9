"""Workloads as the commands take them: from a recording or a file, with the machine they ran on."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from agentaudit.errors import InputError, Problem

if TYPE_CHECKING:
    from agentaudit.model.results import Simulation
    from agentaudit.model.trace import Trace
    from agentaudit.model.workload import Machine, Workload
    from agentaudit.simulation.arrivals import Arrivals
    from agentaudit.simulation.synthetic import WorkloadShape

_LARGEST_FILE = 1024 * 1024


def loaded(
    source: Path, *, arrivals: str | None, requests: int | None, seed: int | None
) -> "tuple[Workload, Machine, bool]":
    """The workload, the machine, and whether all of the file could be read."""
    (workload,), machine, whole = replications_of(
        source, arrivals=arrivals, requests=requests, seed=seed, replications=1
    )
    return workload, machine, whole


def replications_of(
    source: Path,
    *,
    arrivals: str | None,
    requests: int | None,
    seed: int | None,
    replications: int | None,
    halves: bool = False,
) -> "tuple[tuple[Workload, ...], Machine, bool]":
    """
    The workload and those drawn anew, the machine, and whether all of the file could be read.

    Without a number of replications there are as many as suit the length of the runs, and more
    where one half of them is to judge what was found on the other.
    """
    from agentaudit.simulation.arrivals import RECORDED, parse_arrivals
    from agentaudit.simulation.replications import (
        recorded_replications,
        replication_count,
        written_replications,
    )

    how = parse_arrivals(arrivals) if arrivals is not None else None
    if source.suffix in (".yaml", ".yml"):
        shape, machine = written_source(source, arrivals=how, requests=requests, seed=seed)
        count = replication_count(replications, shape.requests, halves=halves)
        made = written_replications(shape, source=str(source), count=count)
        return made, machine, True
    workload, host, whole = recorded_source(source)
    count = replication_count(replications, requests or len(workload.requests), halves=halves)
    made = recorded_replications(
        workload, arrivals=how or RECORDED, requests=requests, seed=seed or 0, count=count
    )
    return made, host, whole


def recorded_source(source: Path) -> "tuple[Workload, Machine, bool]":
    """The workload of a recording, its host, and whether all of its file could be read."""
    from agentaudit.cli.traces import read_trace, step_rules
    from agentaudit.model.reading import unread
    from agentaudit.simulation.recorded import recorded_workload

    trace = read_trace(source, step_rules([]))
    return *recorded_workload(trace, source=str(source)), not unread(trace.incidents)


def replayed(trace: "Trace", *, source: str) -> "Simulation":
    """A trace as it arrived, under the policies that suit it; `source` is its name."""
    from agentaudit.simulation.arrivals import RECORDED
    from agentaudit.simulation.compare import ranked_shipped, simulation_of
    from agentaudit.simulation.experiment import Experiment
    from agentaudit.simulation.recorded import recorded_workload
    from agentaudit.simulation.replications import recorded_replications, replication_count
    from agentaudit.simulation.views import with_views

    workload, machine = recorded_workload(trace, source=source)
    count = replication_count(None, len(workload.requests))
    made = recorded_replications(workload, arrivals=RECORDED, requests=None, seed=0, count=count)
    ranking = ranked_shipped(Experiment(workloads=made, machine=machine))
    return with_views(simulation_of(ranking), ranking)


def written_source(
    source: Path,
    *,
    arrivals: "Arrivals | None" = None,
    requests: int | None = None,
    seed: int | None = None,
) -> "tuple[WorkloadShape, Machine]":
    """What a workload file describes, and the machine that it names, or this one."""
    from agentaudit.readers.yaml import parse_yaml
    from agentaudit.simulation.machine import plain_machine
    from agentaudit.simulation.workload_file import overridden, parse_workload

    root = parse_yaml(str(source), _text(source)).root
    shape = overridden(
        parse_workload(root, file=str(source)), arrivals=arrivals, requests=requests, seed=seed
    )
    return shape, shape.machine or plain_machine(os.cpu_count() or 1)


def _text(source: Path) -> str:
    try:
        with source.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise InputError(Problem(file=str(source), message="is larger than 1 MiB"))
        return content.decode()
    except OSError as error:
        problem = Problem(file=str(source), message=f"cannot be read: {error.strerror}")
        raise InputError(problem) from error
    except UnicodeDecodeError as error:
        raise InputError(Problem(file=str(source), message="is no UTF-8 text")) from error


def machine_named(name: str) -> "Machine":
    """The machine of a file, or a preset."""
    from agentaudit.readers.yaml import parse_yaml
    from agentaudit.simulation.machine import named_machine
    from agentaudit.simulation.machine_file import parse_machine

    if not name.endswith((".yaml", ".yml")):
        return named_machine(name)
    return parse_machine(parse_yaml(name, _text(Path(name))).root, file=name)
