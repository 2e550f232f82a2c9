"""`agentaudit schema`: what programs that read an artifact may rely on, as JSON Schema."""

from enum import StrEnum
from typing import Annotated

import typer

from agentaudit.cli.commands import command
from agentaudit.report.formats.written_json import written
from agentaudit.standard_output import print_bytes
from agentaudit.store.artifacts import KINDS, json_schema

app = command()
Kind = StrEnum("Kind", {word.upper(): word for word in KINDS})  # type: ignore[misc]


@app.command()
def schema(
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help=f"One of {', '.join(KINDS)}.")],
) -> None:
    """
    Print the JSON Schema of an artifact.

    It is of the draft of 2020-12, and describes what `--json` and `--format json` write. New
    releases may add keys; one that takes a key away, or gives it another meaning, has another
    number under `agentaudit`.

    \b
    Examples:
      agentaudit schema findings > findings.schema.json
      agentaudit lint --format json | check-jsonschema --schemafile findings.schema.json -

    Exit codes: 0 printed; 2 usage.
    """
    print_bytes((written(json_schema(kind.value)).encode(),))
