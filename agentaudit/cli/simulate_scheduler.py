"""`agentaudit simulate scheduler`: a workload under scheduling policies, and what to change."""

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from agentaudit.cli import simulate_options as taken
from agentaudit.cli.commands import command
from agentaudit.cli.simulate_shown import (
    CHARTS,
    GANTT,
    SCHEDULE,
    print_bars,
    write_charts,
    write_schedule,
)
from agentaudit.cli.simulate_validate import show_validation
from agentaudit.cli.terminal import Terminal, terminal_of
from agentaudit.errors import UsageError, exit_code
from agentaudit.model.answers import Question

if TYPE_CHECKING:
    from agentaudit.model.workload import Machine
    from agentaudit.simulation.policies.caps import Caps


app = command()


@app.command()
def scheduler(
    context: typer.Context,
    source: taken.Source,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            "-p",
            metavar="NAME|FILE:CLASS",
            help=(
                "A policy to try, or one of your own. Repeatable. Default: those that suit the"
                " arrivals."
            ),
        ),
    ] = None,
    arrivals: Annotated[
        str | None,
        typer.Option(
            metavar="HOW",
            help=(
                "recorded, closed (all at once), poisson:RATE, gamma:RATE:CV (bursts),"
                " onoff:RATE:ON:OFF, scaled:FACTOR, or users:N:THINKING who ask in turn; ,mix:P"
                " behind it draws a share P of GPU-heavy requests, in phases."
            ),
        ),
    ] = None,
    requests: Annotated[
        int | None,
        typer.Option(metavar="N", help="How many requests; recorded ones are drawn again."),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Equal seeds, equal runs.")] = None,
    machine: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="sys1, sys2 or v1 of the paper, or a file with a machine, in place of the host.",
        ),
    ] = None,
    cores: Annotated[int | None, typer.Option(metavar="N", help="Another number of cores.")] = None,
    caps: Annotated[
        str,
        typer.Option(
            metavar="CAPS",
            help="Caps other than scaled ones: B_cap, N_cap, N_max, E_CPU, …, s, TTL.",
        ),
    ] = "",
    replications: Annotated[
        int | None,
        typer.Option(metavar="N", help="Runs with requests drawn anew; 10, or 1 of long runs."),
    ] = None,
    slo: Annotated[
        list[str] | None,
        typer.Option(metavar="SLO", help="'p95 < 10s', or 'type:chat p90 < 2s'. Repeatable."),
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CHANGE",
            help="cpu=+16, cpu=2x, gpu=2x, gpus=2, tool:NAME=0.5x, rate=1.5x; commas join."
            " Repeatable.",
        ),
    ] = None,
    recommend: Annotated[
        bool, typer.Option("--recommend", help="Search policies and caps, and say which to use.")
    ] = False,
    objective: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT", help="What --recommend aims at: p90, …, mean; goodput with --slo."
        ),
    ] = None,
    find: Annotated[
        list[Question] | None,
        typer.Option(
            metavar="max-rate|users|cores|gpus", help="With --slo: what meets it. Repeatable."
        ),
    ] = None,
    watts: Annotated[
        str | None,
        typer.Option(metavar="WATTS", help="Idle and busy: cpu=140..400,gpu=142..650."),
    ] = None,
    price: Annotated[
        float | None,
        typer.Option(metavar="PRICE", min=0, help="Of an hour of the machine, in any currency."),
    ] = None,
    tokens_per_s: taken.TokensPerS = None,
    limit: taken.Limit = None,
    json_file: taken.JsonFile = None,
    gantt: Annotated[bool, GANTT] = False,
    charts: Annotated[Path | None, CHARTS] = None,
    schedule: Annotated[Path | None, SCHEDULE] = None,
    validate: Annotated[
        bool,
        typer.Option(
            "--validate",
            help="Also run it on processes of this machine, and compare (see validate).",
        ),
    ] = False,
) -> None:
    """
    Replay a workload under COMB, MAS and their baselines.

    It says what to change, also when that is nothing. Policies: comb, in the form that suits the
    arrivals, mas, and all that `agentaudit simulate policies` lists, or one of your own from a
    Python file, which is executed. The first baseline among them (fcfs or multi-processing) is what
    the others are compared with, on the same requests. Runs are repeated with requests drawn anew;
    every percentile has its 95 % interval.

    \b
    Examples:
      agentaudit simulate scheduler run.aatrace
      agentaudit simulate scheduler run.aatrace --arrivals closed --requests 128
      agentaudit simulate scheduler run.aatrace --arrivals poisson:2.5 -p fcfs -p mas
      agentaudit simulate scheduler run.aatrace --arrivals gamma:2.5:3 --requests 500
      agentaudit simulate scheduler run.aatrace --arrivals onoff:8:5s:20s,mix:0.25
      agentaudit simulate scheduler preset:web --arrivals poisson:8
      agentaudit simulate scheduler AzureLLMInferenceTrace_code.csv --tokens-per-s 8000:60
      agentaudit simulate scheduler run.aatrace --cores 16 --caps N_cap=24,E_GPU=48
      agentaudit simulate scheduler run.aatrace -p fcfs -p las -p my.py:MyPolicy
      agentaudit simulate scheduler workload.yaml --json simulation.json --charts charts
      agentaudit simulate scheduler workload.yaml -p fcfs -p comb --gantt
      agentaudit simulate scheduler workload.yaml -p comb --schedule comb.perfetto.json
      agentaudit simulate scheduler workload.yaml --validate
      agentaudit simulate scheduler run.aatrace --what-if cpu=+16 --what-if gpu=2x
      agentaudit simulate scheduler run.aatrace --what-if 'tool:search=0.5x,rate=1.5x'
      agentaudit simulate scheduler run.aatrace --recommend
      agentaudit simulate scheduler workload.yaml --slo 'p95 < 10s' --find max-rate
      agentaudit simulate scheduler workload.yaml --slo 'type:chat p90 < 2s' --find cores

    \b
    A workload file:
      requests: 200
      arrivals: poisson:2            # or closed
      machine: {cores: 8}            # or sys1, sys2, v1; limits: calls, kv_tokens, background, …
      types:
        - name: search
          weight: 3
          steps: [{wait: 200ms}, {cpu: 1.5s, spread: 0.3}, {gpu: 800ms}]
        - {name: chat, steps: [{gpu: 2s}]}

    Exit codes: 0 simulated; 2 usage or unreadable input; 3 too little was recorded, or its file is
    damaged or cut off.
    """
    from agentaudit.cli.user_policies import split_policies
    from agentaudit.cli.workloads import Importing, replications_of
    from agentaudit.simulation.answers.changes import parse_change
    from agentaudit.simulation.answers.compare import ranked_shipped, scaled_caps, simulation_of
    from agentaudit.simulation.answers.recommend import aim_of, recommendation
    from agentaudit.simulation.answers.searched import searched
    from agentaudit.simulation.answers.views import with_views
    from agentaudit.simulation.answers.what_if import what_ifs
    from agentaudit.simulation.experiments.experiment import Experiment, types_of
    from agentaudit.simulation.experiments.large_workloads import suited
    from agentaudit.simulation.experiments.metrics import Terms
    from agentaudit.simulation.objectives import parse_objectives

    terminal = terminal_of(context, json_file, schedule)
    _check(price=price, objective=objective, recommend=recommend)
    changes = [parse_change(text) for text in what_if or ()]
    with terminal.progress("Simulating"):
        workloads, host, whole = replications_of(
            source,
            arrivals=arrivals,
            requests=requests,
            seed=seed,
            replications=replications,
            halves=recommend,
            importing=Importing(tokens_per_s=tokens_per_s, limit=limit),
        )
        chosen = _machine(host, name=machine, cores=cores, watts=watts)
        workloads = suited(workloads, chosen)
        experiment = Experiment(workloads=workloads, machine=chosen)
        terms = Terms(
            objectives=parse_objectives(slo or (), types_of(workloads)), price_per_hour=price
        )
        aim = aim_of(objective, terms)
        names, others = split_policies(policy or ())
        ranking = ranked_shipped(experiment, names=names, caps=caps, terms=terms, others=others)
        changed, told = what_ifs(ranking, changes)
        answers = [one for question in find or () for one in searched(ranking, question)]
        scaled = scaled_caps(experiment, caps)
        best = recommendation(ranking, aim, scaled) if recommend else None
        result = simulation_of(
            ranking, what_ifs=changed, told=told, recommendation=best, found=answers
        )
    from agentaudit.report.tables.simulation import render_simulation
    from agentaudit.store.artifacts import write_artifact

    _note_unused(terminal, caps, scaled, [one.policy for one in result.results])
    text = render_simulation(result, width=terminal.out.width)
    terminal.out.print(text, end="", soft_wrap=True)
    if gantt or json_file is not None or charts is not None:
        result = with_views(result, ranking)
    if gantt:
        print_bars(terminal, result)
    if json_file is not None:
        write_artifact(result, json_file)
        terminal.wrote(json_file)
    if charts is not None:
        terminal.note(write_charts(charts, result))
    if schedule is not None:
        terminal.note(write_schedule(schedule, ranking, named=len(policy or ()) == 1))
    if validate:
        terminal.out.print()
        show_validation(terminal, experiment.first, chosen, names=policy or [], caps=caps)
    raise typer.Exit(int(exit_code(failed=False, incomplete=not whole)))


def _note_unused(terminal: Terminal, given: str, caps: "Caps", policies: list[str]) -> None:
    """Of a cap that changes nothing its user would like to know."""
    from agentaudit.simulation.policies.catalogue import unused_caps

    for cap in unused_caps(given, policies, caps):
        terminal.note(f"--caps: none of the policies compared has {cap}, so it changes nothing")


def _check(*, price: float | None, objective: str | None, recommend: bool) -> None:
    """UsageError for a price that is none, and an objective that nobody aims at."""
    if price is not None and not isfinite(price):
        raise UsageError(f"--price is a number of at least 0, not {price}")
    if objective is not None and not recommend:
        raise UsageError(f"--objective {objective} is what --recommend aims at: give that too")


def _machine(
    host: "Machine", *, name: str | None, cores: int | None, watts: str | None
) -> "Machine":
    from agentaudit.cli.workloads import machine_named
    from agentaudit.simulation.machines.machine import with_cores
    from agentaudit.simulation.runs.expenses import parse_power

    chosen = host if name is None else machine_named(name)
    chosen = chosen if cores is None else with_cores(chosen, cores)
    if watts is None:
        return chosen
    return replace(chosen, power=parse_power(watts, chosen.cores, chosen.power))
