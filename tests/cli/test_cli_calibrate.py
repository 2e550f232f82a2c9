"""`agentaudit simulate calibrate`: this machine, and stages that were measured elsewhere."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agentaudit.cli.main import app
from agentaudit.errors import UsageError
from agentaudit.model.workload import Machine
from agentaudit.readers.yaml import parse_yaml
from agentaudit.simulation.machine_file import parse_machine
from agentaudit.simulation.workload_file import parse_workload

LEXRANK = "concurrency,seconds\n1,1.42\n8,1.47\n16,1.53\n32,1.86\n64,2.83\n"
TYPES = "types: [{name: a, steps: [{cpu: 1s}]}]\n"


def calibrate(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["simulate", "calibrate", *arguments], catch_exceptions=False)


def machine_of(text: str) -> Machine:
    machine = parse_workload(parse_yaml("w.yaml", text + TYPES).root, file="w.yaml").machine
    assert machine is not None
    return machine


def test_latencies_become_a_machine_that_a_workload_file_accepts(tmp_path: Path) -> None:
    csv, file = tmp_path / "lexrank.csv", tmp_path / "machine.yaml"
    csv.write_text(LEXRANK)
    run = calibrate("--cpu", str(csv), "--cores", "48", "-o", str(file))
    machine = machine_of(run.stdout)

    assert run.exit_code == 0
    assert "told by the others within" in run.stdout
    assert machine.cores == 48
    assert [jobs for jobs, _ in machine.cpu.points] == [1, 8, 16, 32, 64]
    assert machine.cpu.points[-1][1] == pytest.approx(64 * 1.42 / 2.83, rel=1e-3)
    assert parse_machine(parse_yaml("m.yaml", file.read_text()).root, file="m.yaml") == machine


def test_two_points_leave_none_out(tmp_path: Path) -> None:
    csv = tmp_path / "llm.csv"
    csv.write_text("concurrency,seconds\n1,1\n8,2\n")
    run = calibrate("--gpu", str(csv), "--cores", "2")

    assert machine_of(run.stdout).gpu.points == ((1, 1.0), (8, 4.0))
    assert "told by the others" not in run.stdout


def test_this_machine_is_measured() -> None:
    run = calibrate()
    machine = machine_of(run.stdout)

    assert run.exit_code == 0
    assert "retrieval" in run.stdout
    assert "keeps to its curve within" in run.stdout
    assert machine.dispatch_ns > 0
    assert machine.cpu.points[0] == (1, 1.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cores", "4"], "--cores goes with a CSV"),
        (["--cpu", "x.csv"], "a CSV needs --cores"),
        (["--cpu", "x.csv", "--cores", "0"], "a CSV needs --cores, from 1"),
    ],
)
def test_cores_belong_to_a_file(arguments: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        calibrate(*arguments)


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    csv = tmp_path / "llm.csv"
    csv.write_text("concurrency,seconds\n1,1\n")
    with pytest.raises(UsageError, match="cannot be written"):
        calibrate("--gpu", str(csv), "--cores", "2", "-o", str(tmp_path / "none" / "m.yaml"))
