"""What several commands of `agentaudit trace` take, as their help shows it."""

from pathlib import Path
from typing import Annotated

import typer

Recording = Annotated[Path, typer.Argument(metavar="RECORDING", help="A recording (*.aatrace).")]
Rules = Annotated[
    list[Path] | None,
    typer.Option("--rules", metavar="DIR", help="A folder with step rules of your own."),
]
