"""`agentaudit simulate sweep`: one file, whoever computed it and however often it was begun."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from agentaudit.cli.main import app
from agentaudit.errors import AgentAuditError, InputError, UsageError
from agentaudit.model.sweep import Sweep
from agentaudit.report.tables.sweep import render_sweep
from agentaudit.simulation.answers import sweep as sweeping
from agentaudit.store.artifacts import read_artifact
from agentaudit.store.journal import journal_path

WORKLOAD = """\
requests: 25
arrivals: poisson:2
machine: {cores: 4}
types:
  - {name: search, weight: 3, steps: [{cpu: 1s, spread: 0.5}, {gpu: 300ms}]}
  - {name: chat, steps: [{gpu: 1s}]}
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "w.yaml"
    path.write_text(WORKLOAD)
    return path


def swept(path: Path, *arguments: str, output: str = "sweep.json") -> Result:
    made = ("simulate", "sweep", str(path), "-o", str(path.parent / output), *arguments)
    return CliRunner().invoke(app, list(made))


def rows(path: Path) -> Sequence[Any]:
    artifact = read_artifact(path)
    assert isinstance(artifact, Sweep)
    return artifact.rows


def test_all_combinations_are_shown_and_kept(written: Path) -> None:
    result = swept(written, "--rate", "1,4", "--cores", "2", "--seeds", "2", "-p", "mas")

    assert result.exit_code == 0
    assert "poisson:1, 2 cores" in result.stdout
    assert result.stdout.count("of 2") == 4
    assert len(rows(written.parent / "sweep.json")) == 2 * 2 * 2
    assert not journal_path(written.parent / "sweep.json").exists()


def test_the_file_is_the_same_whoever_computes_it(written: Path) -> None:
    for jobs in ("1", "2"):
        assert swept(written, "--seeds", "3", "--jobs", jobs, output=jobs).exit_code == 0

    assert (written.parent / "1").read_bytes() == (written.parent / "2").read_bytes()


@pytest.mark.filterwarnings("default")
def test_a_cluster_writes_the_same_file(written: Path, own: Path) -> None:
    from distributed import LocalCluster

    asked = ("--seeds", "3", "-p", "mas", "-p", f"{own}:Last")
    assert swept(written, *asked, output="here").exit_code == 0
    with LocalCluster(  # type: ignore[no-untyped-call]  # it has no types
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0",
    ) as cluster:  # fmt: skip
        cluster.wait_for_workers(2)
        there = swept(written, *asked, "--scheduler", cluster.scheduler_address, output="there")

    assert there.exit_code == 0
    assert (written.parent / "here").read_bytes() == (written.parent / "there").read_bytes()


def test_what_was_computed_before_is_not_computed_again(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of a run that was interrupted, whose last row is torn."""
    computed: list[int] = []
    whole = sweeping.rows_of

    def counting(source: sweeping.Source, task: Sequence[Any]) -> Any:  # noqa: ANN401, as it is
        if len(computed) == 2:
            raise KeyboardInterrupt
        computed.append(len(task))
        return whole(source, task)

    monkeypatch.setattr(sweeping, "rows_of", counting)
    assert swept(written, "--seeds", "4", "--jobs", "1").exit_code != 0
    journal = journal_path(written.parent / "sweep.json")
    with journal.open("ab") as file:
        file.write(b'{"cell":{"arr')
    monkeypatch.setattr(sweeping, "rows_of", whole)

    assert swept(written, "--seeds", "4", "--jobs", "1").exit_code == 0
    again = (written.parent / "sweep.json").read_bytes()
    assert swept(written, "--seeds", "4", output="at-once").exit_code == 0
    assert again == (written.parent / "at-once").read_bytes()


def test_a_finished_sweep_grows(written: Path) -> None:
    assert swept(written, "--seeds", "2").exit_code == 0
    before = rows(written.parent / "sweep.json")
    assert swept(written, "--seeds", "3").exit_code == 0
    after = rows(written.parent / "sweep.json")
    assert swept(written, "--seeds", "2").exit_code == 0

    assert set(before) < set(after)
    assert rows(written.parent / "sweep.json") == after


def test_machines_are_swept_side_by_side(written: Path) -> None:
    small = written.parent / "small.yaml"
    small.write_text("cores: 2")

    result = swept(
        written, "--machine", "v1", "--machine", str(small), "--seeds", "2", "-p", "fcfs"
    )
    found = rows(written.parent / "sweep.json")

    assert result.exit_code == 0
    assert "as they come, v1, 48 cores" in result.stdout
    assert {(row.cell.machine, row.cell.cores) for row in found} == {("v1", 48), (str(small), 2)}


def test_cores_that_are_more_of_the_same_are_an_assumption(written: Path) -> None:
    assert swept(written, "--machine", "v1", "--cores", "8,48", "--seeds", "1").exit_code == 0
    found = read_artifact(written.parent / "sweep.json")

    assert isinstance(found, Sweep)
    assert sum("more or fewer of the same" in told for told in found.assumptions) == 1


def test_what_is_no_address_of_a_cluster_leaves_nothing_behind(written: Path) -> None:
    for address in ("dask", "tcp://dask", "tcp://dask:99999"):
        result = swept(written, "--seeds", "1", "--scheduler", address)

        assert isinstance(result.exception, UsageError)
        assert "as in tcp://host:8786" in str(result.exception)
    assert not journal_path(written.parent / "sweep.json").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("sweep.json", "{}", "is no artifact"),
        ("sweep.json.unfinished", "another\n", "holds another sweep"),
        ("sweep.json.unfinished", "torn", ""),
    ],
)
def test_a_file_of_something_else_is_left_alone(
    written: Path, name: str, content: str, message: str
) -> None:
    path = written.parent / name
    path.write_text(content)

    result = swept(written, "--seeds", "1")

    if message:
        assert isinstance(result.exception, InputError)
        assert message in str(result.exception)
        assert path.read_text() == content
    else:
        assert result.exit_code == 0


OWN = """\
class Last:
    parameters = "the last that came first"

    def __init__(self):
        self.free, self.waiting = 2, []

    def arrived(self, request):
        self.waiting.append(request)

    def finished(self, request):
        self.free += 1

    def admit(self, now_ns):
        started = []
        while self.free and self.waiting:
            started.append(self.waiting.pop())
            self.free -= 1
        return started
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return path


def test_a_policy_of_ones_own_is_the_same_wherever_it_runs(written: Path, own: Path) -> None:
    """In this process and in two; beside the baseline where no other is named, and without caps."""
    asked = ("--seeds", "3", "--caps", "N_cap=2", "--caps", "N_cap=4", "-p", f"{own}:Last")
    for jobs in ("1", "2"):
        assert swept(written, *asked, "--jobs", jobs, output=jobs).exit_code == 0
    found = rows(written.parent / "1")

    assert (written.parent / "1").read_bytes() == (written.parent / "2").read_bytes()
    assert [(row.cell.policy, row.cell.caps) for row in found].count(("Last", "")) == 3
    assert {row.cell.policy for row in found} == {"fcfs", "Last"}
    assert {row.running_peak for row in found if row.cell.policy == "Last"} == {2}


def test_an_edited_policy_is_another_sweep(written: Path, own: Path) -> None:
    asked = ("--seeds", "1", "-p", f"{own}:Last")
    assert swept(written, *asked).exit_code == 0
    assert swept(written, *asked).exit_code == 0
    own.write_text(OWN.replace("2, []", "3, []"))

    result = swept(written, *asked)

    assert isinstance(result.exception, InputError)
    assert "policies of your own (one that was edited is another)" in str(result.exception)


def test_what_a_policy_does_wrong_in_another_process_has_its_place(
    written: Path, own: Path
) -> None:
    own.write_text(OWN.replace("        self.free += 1", "        self.nothing += 1"))

    result = swept(written, "--seeds", "3", "--jobs", "2", "-p", f"{own}:Last")

    assert isinstance(result.exception, InputError)
    assert "own.py:11: `finished` of Last fails: AttributeError" in str(result.exception)


def test_another_workload_is_not_mixed_in(written: Path) -> None:
    assert swept(written, "--seeds", "1").exit_code == 0
    written.write_text(WORKLOAD.replace("25", "26"))

    result = swept(written, "--seeds", "1")

    assert isinstance(result.exception, InputError)
    assert "holds another sweep" in str(result.exception)


def test_a_row_that_nobody_wrote_names_its_line(written: Path) -> None:
    assert swept(written, "--seeds", "1").exit_code == 0
    path = written.parent / "sweep.json"
    fingerprint = json.loads(path.read_text())["fingerprint"]
    journal_path(path).write_text(f'{fingerprint}\n{{"cell": 1}}\n')

    result = swept(written, "--seeds", "1")

    assert isinstance(result.exception, InputError)
    assert "sweep.json.unfinished:2: is no row of a sweep" in str(result.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--seeds", "0"),
        ("--cores", "many"),
        ("--cores", "9" * 5000),
        ("--tokens-per-s", "8000:60"),
        ("--limit", "3"),
        ("--rate", "fast"),
        ("-p", "best"),
        ("--machine", "none"),
        ("--arrivals", "recorded"),
    ],
)
def test_nonsense_is_a_usage_error(written: Path, arguments: tuple[str, ...]) -> None:
    result = swept(written, *arguments)

    assert isinstance(result.exception, UsageError)


def test_there_is_a_process_at_least(written: Path) -> None:
    assert swept(written, "--jobs", "0").exit_code == 2


def test_a_trace_of_another_program_is_swept_with_a_model_assumed(tmp_path: Path) -> None:
    rows_of_it = "".join(f"2024-05-10 00:00:{second:02},800,60\n" for second in range(30))
    trace = tmp_path / "azure.csv"
    trace.write_text(f"TIMESTAMP,ContextTokens,GeneratedTokens\n{rows_of_it}")

    result = swept(trace, "--tokens-per-s", "8000:60", "--limit", "20", "--seeds", "1", "-p", "mas")

    assert result.exit_code == 0
    assert {row.cell.policy for row in rows(tmp_path / "sweep.json")} == {"fcfs", "mas"}
    assert isinstance(swept(trace, output="other.json").exception, UsageError)


def test_a_burst_at_the_end_of_one_run_is_no_overload(written: Path) -> None:
    """Of three seeds one has its requests pile up by chance."""
    assert swept(written, "--seeds", "3", "-p", "fcfs").exit_code == 0
    calm = [replace(row, overloaded=False) for row in rows(written.parent / "sweep.json")]
    one, two = ([replace(row, overloaded=at < many) for at, row in enumerate(calm)]
                for many in (1, 2))  # fmt: skip

    assert "!" not in render_sweep(one).plain
    assert "fcfs !" in render_sweep(two).plain


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    for name in ("none.yaml", "none.aatrace"):
        assert isinstance(swept(tmp_path / name).exception, AgentAuditError)
