"""`agentaudit simulate validate`: the policies on real processes, beside what is simulated."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentaudit.cli import simulate_options as taken
from agentaudit.cli.commands import command
from agentaudit.cli.terminal import Shown, Terminal, terminal_of
from agentaudit.cli.workloads import loaded
from agentaudit.errors import UsageError, exit_code

if TYPE_CHECKING:
    from agentaudit.cli.laboratory import ServerOptions
    from agentaudit.model.validation import Validation
    from agentaudit.model.workload import Machine, Workload

_MOST_REPEATS = 100
_REPEATS = 3


app = command()


@app.command()
def validate(
    context: typer.Context,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="WORKLOAD|RECORDING",
            help="A workload file (*.yaml) or a recording (run.aatrace).",
        ),
    ],
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            "-p",
            metavar="NAME|FILE:CLASS",
            help="A policy to run, or one of your own. Repeatable.",
        ),
    ] = None,
    repeat: Annotated[
        int, typer.Option(metavar="N", help="How often each policy runs; they take turns.")
    ] = _REPEATS,
    arrivals: Annotated[
        str | None,
        typer.Option(metavar="HOW", help="recorded, closed, poisson:RATE or scaled:FACTOR."),
    ] = None,
    requests: Annotated[int | None, typer.Option(metavar="N", help="How many requests.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Equal seeds, equal runs.")] = None,
    caps: Annotated[
        str, typer.Option(metavar="CAPS", help="Caps other than scaled ones: B_cap, N_cap, …, s.")
    ] = "",
    raised: Annotated[
        bool,
        typer.Option("--raised", help="Run before other programs of this machine; needs root."),
    ] = False,
    server: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A real inference server, in place of the played one: OpenAI's completions, as"
            " vLLM, SGLang and llama.cpp serve them.",
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME", help="Of --server's models; its first by default.")
    ] = "",
    server_header: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HEADER|@FILE",
            help="What --server is told with each call: `Authorization: Bearer …`, or @FILE, which"
            " keeps it out of the command line. Repeatable.",
        ),
    ] = None,
    json_file: taken.JsonFile = None,
) -> None:
    """
    Run a workload on real processes, beside its prediction.

    CPU steps do real work, as much of it as takes the demand alone: what kind, their name says
    (interpreter, regex, numpy, retrieval, spawn). The inference server is a process that sleeps by
    the machine's batch curve or, with --server, a real one, whose curve is measured first. Each run
    is simulated twice: with the CPU time that the same steps took one after the other (foreknown),
    and with their CPU time in the run (own).

    \b
    Examples:
      agentaudit simulate validate workload.yaml
      agentaudit simulate validate workload.yaml -p micro-batching -p comb --repeat 5
      agentaudit simulate validate run.aatrace --requests 32 --json validation.json
      agentaudit simulate validate workload.yaml --server http://127.0.0.1:8000

    Exit codes: 0 validated; 2 usage or unreadable input; 3 a process died, or too little was
    recorded.
    """
    if not 1 <= repeat <= _MOST_REPEATS:
        raise UsageError(f"--repeat is from 1 to {_MOST_REPEATS}, not {repeat}")
    real = _server_options(server, model, server_header or [])
    terminal = terminal_of(context, json_file)
    workload, machine, whole = loaded(source, arrivals=arrivals, requests=requests, seed=seed)
    show_validation(
        terminal,
        workload,
        machine,
        names=policy or [],
        caps=caps,
        repeats=repeat,
        raised=raised,
        server=real,
        json_file=json_file,
    )
    raise typer.Exit(int(exit_code(failed=False, incomplete=not whole)))


def _server_options(url: str | None, model: str, headers: list[str]) -> "ServerOptions | None":
    from agentaudit.cli.laboratory import ServerOptions
    from agentaudit.cli.load import headers_of

    if model and not url:
        raise UsageError("--model names one of the models of a --server, and there is none")
    if headers and not url:
        raise UsageError("--server-header is for a --server, and there is none")
    if not url:
        return None
    return ServerOptions(url=url, model=model, headers=dict(headers_of(headers, "--server-header")))


def show_validation(
    terminal: Terminal,
    workload: "Workload",
    machine: "Machine",
    *,
    names: list[str],
    caps: str,
    repeats: int = _REPEATS,
    raised: bool = False,
    server: "ServerOptions | None" = None,
    json_file: Path | None = None,
) -> None:
    """The workload on real processes, shown beside what is simulated."""
    from agentaudit.report.tables.validation import render_validation
    from agentaudit.store.artifacts import write_artifact

    with terminal.progress("Measuring this machine") as shown:
        result = _validated(
            workload,
            machine,
            names=names,
            caps=caps,
            repeats=repeats,
            raised=raised,
            server=server,
            told=shown,
        )
    text = render_validation(result, width=terminal.out.width)
    terminal.out.print(text, end="", soft_wrap=True)
    if json_file is not None:
        write_artifact(result, json_file)
        terminal.wrote(json_file)


def _validated(
    workload: "Workload",
    machine: "Machine",
    *,
    names: list[str],
    caps: str,
    repeats: int,
    raised: bool,
    server: "ServerOptions | None",
    told: Shown,
) -> "Validation":
    from agentaudit.cli.judging import validation
    from agentaudit.cli.laboratory import interleaved, laboratory, with_server
    from agentaudit.cli.user_policies import split_policies
    from agentaudit.simulation.policies.caps import default_caps, with_caps
    from agentaudit.simulation.policies.catalogue import policy_names, shipped_policies
    from agentaudit.simulation.policy import hooks_of

    shipped, others = split_policies(names)
    chosen = policy_names(shipped, workload, others=bool(others))
    guessed = (*shipped_policies(chosen, default_caps(workload, machine)), *others)
    threaded = any(hooks_of(policy.admission()).in_threads is not None for policy in guessed)
    real = None
    if server is not None:
        workload, machine, real = with_server(workload, machine, server)
    with laboratory(
        workload, machine, server=real, raise_priority=raised, threaded=threaded
    ) as lab:
        scaled = with_caps(default_caps(workload, lab.subject.machine), caps)
        policies = (*shipped_policies(chosen, scaled), *others)
        runs = interleaved(lab, policies, repeats=repeats, told=told)
        return validation(lab.subject, runs)
