"""
Workloads as the commands take them, with the machine they ran on.

They come from a recording, from a trace that another program wrote, from a workload file, or from
one of those that travel with the program.
"""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from msgspec import Struct

from agentaudit.errors import InputError, Problem, UsageError

if TYPE_CHECKING:
    from agentaudit.model.results import Simulation
    from agentaudit.model.trace import Trace
    from agentaudit.model.workload import Machine, Workload
    from agentaudit.simulation.workloads.arrivals import Arrivals
    from agentaudit.simulation.workloads.synthetic import WorkloadShape

_LARGEST_FILE = 1024 * 1024
PRESET = "preset:"
_OF_OTHERS = "--tokens-per-s and --limit are for traces of others"


class Importing(Struct, frozen=True, kw_only=True):
    """How a trace of another program is read."""

    tokens_per_s: str | None = None
    limit: int | None = None


AS_IT_IS = Importing()


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
    importing: Importing = AS_IT_IS,
) -> "tuple[tuple[Workload, ...], Machine, bool]":
    """
    The workload and those drawn anew, the machine, and whether all of the file could be read.

    Without a number of replications there are as many as suit the length of the runs, and more
    where one half of them is to judge what was found on the other.
    """
    from agentaudit.simulation.experiments.replications import (
        recorded_replications,
        replication_count,
        written_replications,
    )
    from agentaudit.simulation.files.workload_file import MOST_SEED
    from agentaudit.simulation.workloads.arrivals import RECORDED, parse_arrivals

    if seed is not None and not 0 <= seed <= MOST_SEED:
        raise UsageError(f"--seed is from 0 to {MOST_SEED}, not {seed}")
    how = parse_arrivals(arrivals) if arrivals is not None else None
    if is_written(source):
        check_importing(source, importing)
        shape, machine = written_source(source, arrivals=how, requests=requests, seed=seed)
        count = replication_count(replications, shape.requests, halves=halves)
        made = written_replications(shape, source=str(source), count=count)
        return made, machine, True
    workload, host, whole = recorded_source(source, importing)
    count = replication_count(replications, requests or len(workload.requests), halves=halves)
    made = recorded_replications(
        workload, arrivals=how or RECORDED, requests=requests, seed=seed or 0, count=count
    )
    return made, host, whole


def check_importing(source: Path, importing: Importing) -> None:
    """UsageError where a workload file is to be read as a trace is."""
    if importing != AS_IT_IS:
        raise UsageError(f"{source} is a workload file: {_OF_OTHERS}")


def is_written(source: Path) -> bool:
    """Whether it is a workload file, or the name of one that travels with the program."""
    return source.suffix in (".yaml", ".yml") or str(source).startswith(PRESET)


def recorded_source(
    source: Path, importing: Importing = AS_IT_IS
) -> "tuple[Workload, Machine, bool]":
    """The workload of a recording, its host, and whether all of its file could be read."""
    from agentaudit.cli.traces import read_trace, step_rules
    from agentaudit.model.reading import unread
    from agentaudit.simulation.experiments.recorded import recorded_workload

    with ExitStack() as stack:
        recording = source
        if not _is_recording(source):
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="agentaudit-import-")))
            recording = _imported(source, importing, folder / "imported.aatrace")
        elif importing != AS_IT_IS:
            raise UsageError(f"{source} is a recording: {_OF_OTHERS}")
        trace = read_trace(recording, step_rules([]))
    return *recorded_workload(trace, source=str(source)), not unread(trace.incidents)


def _is_recording(source: Path) -> bool:
    """Recordings that are gone or cannot be read are told of by who reads them."""
    from agentaudit.store.framing import is_recording

    if source.suffix == ".aatrace":
        return True
    try:
        with source.open("rb") as file:
            return is_recording(file)
    except OSError:
        return True


def _imported(source: Path, importing: Importing, path: Path) -> Path:
    """The recording that `trace import` makes of a trace, at `path`."""
    from agentaudit.cli.importing import Source, format_named, imported, speed_of

    speed = speed_of(importing.tokens_per_s)
    form = format_named((source,), "auto")
    imported(Source((source,), form, speed, importing.limit), path, allow_incomplete=False)
    return path


def replayed(trace: "Trace", *, source: str) -> "Simulation":
    """A trace as it arrived, under the policies that suit it; `source` is its name."""
    from agentaudit.simulation.answers.compare import ranked_shipped, simulation_of
    from agentaudit.simulation.answers.views import with_views
    from agentaudit.simulation.experiments.experiment import Experiment
    from agentaudit.simulation.experiments.large_workloads import suited
    from agentaudit.simulation.experiments.recorded import recorded_workload
    from agentaudit.simulation.experiments.replications import (
        recorded_replications,
        replication_count,
    )
    from agentaudit.simulation.workloads.arrivals import RECORDED

    workload, machine = recorded_workload(trace, source=source)
    count = replication_count(None, len(workload.requests))
    made = recorded_replications(workload, arrivals=RECORDED, requests=None, seed=0, count=count)
    ranking = ranked_shipped(Experiment(workloads=suited(made, machine), machine=machine))
    return with_views(simulation_of(ranking), ranking)


def written_source(
    source: Path,
    *,
    arrivals: "Arrivals | None" = None,
    requests: int | None = None,
    seed: int | None = None,
) -> "tuple[WorkloadShape, Machine]":
    """What a workload file describes, and the machine that it names, or this one."""
    from agentaudit.probes.host import usable_cores
    from agentaudit.readers.yaml import parse_yaml
    from agentaudit.simulation.files.workload_file import overridden, parse_workload
    from agentaudit.simulation.machines.machine import this_machine

    source = _preset(source) if str(source).startswith(PRESET) else source
    root = parse_yaml(str(source), _text(source)).root
    shape = overridden(
        parse_workload(root, file=str(source)), arrivals=arrivals, requests=requests, seed=seed
    )
    return shape, shape.machine or this_machine(usable_cores())


def _preset(source: Path) -> Path:
    """The file of a preset; UsageError for a name that none has."""
    from agentaudit.store.shipped import shipped

    folder = shipped("sample_configs") / "workloads"
    files = {file.stem: file for file in sorted(folder.glob("*.yaml"))}
    name = str(source).removeprefix(PRESET)
    if name not in files:
        raise UsageError(f"no preset is called {name!r}; there are {', '.join(files)}")
    return files[name]


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
    from agentaudit.simulation.files.machine_file import parse_machine
    from agentaudit.simulation.machines.machine import named_machine

    if not name.endswith((".yaml", ".yml")):
        return named_machine(name)
    return parse_machine(parse_yaml(name, _text(Path(name))).root, file=name)
