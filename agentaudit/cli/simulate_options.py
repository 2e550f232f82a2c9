"""What several commands of `agentaudit simulate` take, as their help shows it."""

from pathlib import Path
from typing import Annotated

import typer

Source = Annotated[
    Path,
    typer.Argument(
        metavar="RECORDING|WORKLOAD",
        help="A recording (run.aatrace), a workload file (*.yaml), preset:NAME, or a trace of"
        " another program (docs/importing.md).",
    ),
]
TokensPerS = Annotated[
    str | None,
    typer.Option(
        metavar="PROMPT:GENERATED",
        help="The model to assume for a trace that does not say how long calls took.",
    ),
]
JsonFile = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", allow_dash=True, help="Also write the artifact here."),
]
Limit = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="Of a trace of others: only so many sessions, the first ones."
    ),
]
