"""`agentaudit simulate sweep`: many runs at once, on all cores or on a cluster."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from msgspec import Struct

from agentaudit import __version__
from agentaudit.cli import simulate_options as taken
from agentaudit.cli.commands import command
from agentaudit.cli.terminal import Terminal, terminal_of
from agentaudit.errors import UsageError, exit_code

if TYPE_CHECKING:
    from agentaudit.cli.user_policies import PolicySource
    from agentaudit.cli.workloads import Importing
    from agentaudit.model.sweep import Cell, SweepRow
    from agentaudit.model.workload import Machine, Workload
    from agentaudit.simulation.answers.sweep import Source
    from agentaudit.simulation.policies.foreign import ForeignPolicy

_MOST_SEEDS = 10_000
_LONGEST_NUMBER = 9


app = command()


@app.command()
def sweep(
    context: typer.Context,
    source: taken.Source,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", help="All rows, as an artifact; kept up to date."
        ),
    ] = Path("sweep.json"),
    arrivals: Annotated[
        list[str] | None,
        typer.Option(metavar="HOW", help="As of `simulate scheduler`. Repeatable."),
    ] = None,
    rate: Annotated[
        str,
        typer.Option(metavar="RATES", help="Poisson arrivals at these rates: 1,2,4 per second."),
    ] = "",
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            "-p",
            metavar="NAME|FILE:CLASS",
            help="A policy to try, or one of your own. Repeatable.",
        ),
    ] = None,
    caps: Annotated[
        list[str] | None,
        typer.Option(metavar="CAPS", help="Caps to try, such as N_cap=8. Repeatable."),
    ] = None,
    cores: Annotated[
        str, typer.Option(metavar="NUMBERS", help="Numbers of cores to try: 4,8,16.")
    ] = "",
    seeds: Annotated[
        int, typer.Option(metavar="N", help="Runs of each combination, with seeds 0 to N - 1.")
    ] = 5,
    requests: Annotated[
        int | None, typer.Option(metavar="N", help="How many requests in each run.")
    ] = None,
    machine: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|FILE", help="sys1, sys2, v1 or a file, in place of the host. Repeatable."
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Processes to use; one a core by default."),
    ] = None,
    tokens_per_s: taken.TokensPerS = None,
    limit: taken.Limit = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask cluster instead, such as tcp://host:8786."),
    ] = None,
) -> None:
    """
    Run all combinations of arrivals, machines, policies, caps.

    Policies share the requests of a seed, so that their differences are their own. What is
    computed is kept: a sweep that was interrupted goes on where it stopped, one that is finished
    grows by what is asked further, and the file is the same to the byte wherever its rows were
    computed.

    \b
    Examples:
      agentaudit simulate sweep run.aatrace --rate 1,2,3,4 --requests 500
      agentaudit simulate sweep workload.yaml --cores 8,16,32 -p fcfs -p mas --seeds 20
      agentaudit simulate sweep run.aatrace --machine sys1 --machine here.yaml --rate 2,4
      agentaudit simulate sweep run.aatrace -p comb --caps N_cap=4 --caps N_cap=8
      agentaudit simulate sweep run.aatrace --rate 1,2,4 -p fcfs -p my.py:MyPolicy
      agentaudit simulate sweep AzureLLMInferenceTrace_code.csv --tokens-per-s 8000:60 --limit 500
      agentaudit simulate sweep workload.yaml --rate 5,10,20 --scheduler tcp://dask:8786

    Exit codes: 0 all computed; 2 usage, unreadable input, or a file of another sweep; 3 too little
    was recorded, its file is damaged or cut off, or some of it could not be computed.
    """
    from agentaudit.cli.user_policies import own_policies, split_words
    from agentaudit.cli.workloads import Importing
    from agentaudit.lists import listed
    from agentaudit.model.sweep import Sweep
    from agentaudit.probes.host import usable_cores
    from agentaudit.report.tables.sweep import render_sweep
    from agentaudit.simulation.answers.sweep import Axes, cells_of
    from agentaudit.store.artifacts import write_artifact
    from agentaudit.store.journal import journal_path

    terminal = terminal_of(context)
    if not 1 <= seeds <= _MOST_SEEDS:
        raise UsageError(f"--seeds is from 1 to {_MOST_SEEDS}, not {seeds}")
    names, written = split_words(policy or ())
    axes = Axes(
        arrivals=(*(arrivals or ()), *(f"poisson:{one}" for one in _listed(rate))) or ("",),
        cores=[_whole(one, "--cores") for one in _listed(cores)],
        policies=names,
        others=[one.name for one in own_policies(written)],
        caps=caps or ("",),
        seeds=range(seeds),
    )
    importing = Importing(tokens_per_s=tokens_per_s, limit=limit)
    made, whole = _source(source, requests=requests, machines=machine, importing=importing)
    cells = cells_of(made, axes)
    kept = _Kept(output=output, fingerprint=_fingerprint(made, written), terminal=terminal)
    rows = kept.rows(
        Swept(made, tuple(written)), cells, jobs=jobs or usable_cores(), scheduler=scheduler
    )
    first = made.workload(axes.arrivals[0], 0)
    result = Sweep(
        workload_source=str(source),
        requests=len(first.requests),
        machine=listed([one.name for one in made.machines.values()]),
        fingerprint=kept.fingerprint,
        rows=tuple(rows[cell] for cell in sorted(rows)),
        assumptions=_assumptions(first, made.machines, sorted(rows)),
        tool_version=__version__,
    )
    write_artifact(result, output)
    journal_path(output).unlink(missing_ok=True)
    from agentaudit.lists import counted

    shown = render_sweep([rows[cell] for cell in cells])
    terminal.out.print(shown, end="", soft_wrap=True)
    terminal.note(f"sweep: {output}, {counted(len(rows), 'row')}")
    raise typer.Exit(int(exit_code(failed=False, incomplete=not whole)))


class _Kept(Struct, frozen=True, kw_only=True):
    """Rows that were computed before, and those that are now."""

    output: Path
    fingerprint: str
    terminal: Terminal

    def rows(
        self, swept: "Swept", cells: "Sequence[Cell]", *, jobs: int, scheduler: str | None
    ) -> "Mapping[Cell, SweepRow]":
        """A row for each cell, and those that the file held already."""
        from agentaudit.simulation.answers.sweep import tasks_of
        from agentaudit.store.journal import journal, known_rows

        rows = dict(known_rows(self.output, self.fingerprint))
        left = [cell for cell in cells if cell not in rows]
        if not left:
            return rows
        tasks, done = tasks_of(left), 0
        with (
            self.terminal.progress("Simulating", total=len(left)) as shown,
            journal(self.output, self.fingerprint) as written,
        ):
            for found in _computed(swept, tasks, jobs=jobs, scheduler=scheduler):
                written.add(found)
                rows.update((row.cell, row) for row in found)
                done += len(found)
                shown(done)
        return rows


class Swept(Struct, frozen=True):
    """What every process is given once: the source of requests, and the user's policies as text."""

    source: "Source"
    written: "tuple[PolicySource, ...]"


def swept_rows(swept: Swept, task: "Sequence[Cell]") -> "list[SweepRow]":
    """What came of one task, wherever it is computed: policies are made where they run."""
    from agentaudit.simulation.answers.sweep import rows_of

    return rows_of(swept.source, task, _made_once(swept.written))


@cache
def _made_once(written: "tuple[PolicySource, ...]") -> "Mapping[str, ForeignPolicy]":
    """The user's policies by name; a process executes their files once, whatever its tasks."""
    from agentaudit.cli.user_policies import own_policies

    return {policy.name: policy for policy in own_policies(written)}


def _computed(
    swept: Swept,
    tasks: "Sequence[Sequence[Cell]]",
    *,
    jobs: int,
    scheduler: str | None,
) -> "Iterator[list[SweepRow]]":
    if scheduler is not None:
        from agentaudit.store.cluster import computed_on_cluster

        return computed_on_cluster(scheduler, swept_rows, swept, tasks)
    from agentaudit.store.processes import computed_here

    return computed_here(swept_rows, swept, tasks, jobs=jobs)


def _source(
    source: Path, *, requests: int | None, machines: list[str] | None, importing: "Importing"
) -> "tuple[Source, bool]":
    """What is swept, and whether all of its file could be read."""
    from agentaudit.cli.workloads import (
        check_importing,
        is_written,
        machine_named,
        recorded_source,
        written_source,
    )
    from agentaudit.simulation.answers.sweep import RecordedSource, WrittenSource

    def those(host: "Machine") -> "Mapping[str, Machine]":
        """One alone needs no name in its cells."""
        named = {name: machine_named(name) for name in machines or ()}
        return named if len(named) > 1 else {"": next(iter(named.values()), host)}

    if is_written(source):
        check_importing(source, importing)
        shape, host = written_source(source, requests=requests)
        return WrittenSource(shape=shape, name=str(source), machines=those(host)), True
    workload, host, whole = recorded_source(source, importing)
    return RecordedSource(recorded=workload, machines=those(host), requests=requests), whole


def _assumptions(
    workload: "Workload", machines: "Mapping[str, Machine]", cells: "Sequence[Cell]"
) -> tuple[str, ...]:
    """Each once; where there are several machines, with the one that it is of."""
    from agentaudit.simulation.machines.machine import with_cores

    used = dict.fromkeys((cell.machine, cell.cores) for cell in cells)
    told = (
        f"{name}: {sentence}" if name else sentence
        for name, cores in used
        for sentence in with_cores(machines[name], cores).assumptions
    )
    return (*workload.assumptions, *dict.fromkeys(told))


def _fingerprint(source: "Source", written: "Sequence[PolicySource]") -> str:
    """Of all that rows depend on beside their cells; a policy's text, and not where it stands."""
    policies = [[one.name, one.text] for one in written]
    parts = [__version__, type(source).__name__, source, *([policies] if policies else [])]
    content = msgspec.json.encode(parts, order="sorted")
    return hashlib.sha256(content).hexdigest()


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _whole(text: str, option: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise UsageError(f"{option} takes whole numbers, as in 4,8,16, not {text!r:.40}")
    return int(text)
