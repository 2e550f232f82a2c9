"""`agentaudit simulate calibrate`: this machine, and stages that were measured elsewhere."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agentaudit.cli.main import app
from agentaudit.errors import UsageError
from agentaudit.model.workload import Machine, Power, PowerCurve
from agentaudit.readers.yaml import parse_yaml
from agentaudit.simulation.files.machine_file import parse_machine
from agentaudit.simulation.files.workload_file import parse_workload

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


def test_watts_become_those_of_the_machine_with_what_their_fit_misses(tmp_path: Path) -> None:
    cpu, gpu = tmp_path / "lexrank.csv", tmp_path / "llm.csv"
    cpu.write_text("concurrency,seconds,joules\n0,60,6780\n1,1.42,183\n8,1.47,300\n64,2.8,1042\n")
    gpu.write_text("concurrency,seconds,watts\n0,,115\n1,1.28,183\n8,1.71,363\n64,2.9,471\n")
    run = calibrate("--cpu", str(cpu), "--gpu", str(gpu), "--cores", "48")
    machine = machine_of(run.stdout)

    assert machine.power is not None
    assert machine.power.gpu == PowerCurve(points=((0, 115), (1, 183), (8, 363), (64, 471)))
    assert machine.power.cpu is not None
    assert [jobs for jobs, _ in machine.power.cpu.points] == [0, 1, 8, 64]
    assert machine.power.cpu.points[1][1] == pytest.approx(183 / 1.42, rel=1e-3)
    assert "Power of the gpu, measured idle and at 3 numbers of calls:" in run.stdout
    assert run.stdout.count("told by the others within") == 4


def test_watts_of_one_stage_alone_leave_the_other_unknown(tmp_path: Path) -> None:
    gpu = tmp_path / "llm.csv"
    gpu.write_text("concurrency,seconds,watts\n0,,115\n1,1,183\n")
    run = calibrate("--gpu", str(gpu), "--cores", "48")

    assert machine_of(run.stdout).power == Power(gpu=PowerCurve(points=((0, 115), (1, 183))))
    assert run.stdout.count("the fit's error is unknown") == 2


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
        calibrate("--gpu", str(csv), "--cores", "2", "-o", str(tmp_path))
