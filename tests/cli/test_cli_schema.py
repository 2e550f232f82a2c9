"""`agentaudit schema`: what is written can be checked by whoever reads it."""

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.store.artifacts import KINDS
from tests.cli.test_cli_lint import folder


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_one(kind: str) -> None:
    schema = json.loads(CliRunner().invoke(app, ["schema", kind]).stdout)

    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$defs"][KINDS[kind][1]]["properties"]["kind"] == {"const": kind}


@pytest.mark.parametrize(
    ("kind", "command"),
    [("findings", "lint"), ("threats", "threat-model")],
    ids=["lint", "threats"],
)
def test_what_is_written_is_valid(tmp_path: Path, kind: str, command: str) -> None:
    schema = json.loads(CliRunner().invoke(app, ["schema", kind]).stdout)
    shown = CliRunner().invoke(app, [command, folder(tmp_path), "--format", "json"]).stdout
    validator = jsonschema.Draft202012Validator(schema)

    assert not list(validator.iter_errors(json.loads(shown)))
    assert list(validator.iter_errors({**json.loads(shown), "kind": "profile"}))


def test_a_kind_that_does_not_exist_ends_in_2() -> None:
    assert CliRunner().invoke(app, ["schema", "nothing"]).exit_code == 2
