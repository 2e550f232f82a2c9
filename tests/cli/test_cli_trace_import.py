"""`agentaudit trace import`: a trace of another program becomes a recording like any other."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.errors import AgentAuditError, IncompleteError, InputError, UsageError
from agentaudit.model.observed import SpanSeen
from agentaudit.readers.traces.formats import FORMATS
from agentaudit.store.recording import read_recording

RUNS = """\
trace_id,run_id,parent_run_id,name,run_type,start_time,end_time
t,1,,Agent,chain,2026-05-28T20:26:40,2026-05-28T20:26:44
t,2,1,m,llm,2026-05-28T20:26:40,2026-05-28T20:26:42
t,3,1,dig,tool,2026-05-28T20:26:42,2026-05-28T20:26:44
u,4,,Agent,chain,2026-05-28T20:27:40,2026-05-28T20:27:44
u,5,4,m,llm,2026-05-28T20:27:40,2026-05-28T20:27:44
"""
AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n"


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["trace", *arguments])
    if isinstance(done.exception, AgentAuditError):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def runs(tmp_path: Path) -> str:
    path = tmp_path / "runs.csv"
    path.write_text(RUNS)
    return str(path)


def test_an_import_is_shown_and_replayed(runs: str, tmp_path: Path) -> None:
    output = str(tmp_path / "runs.aatrace")

    code, out, err = run("import", runs, "-o", output)
    _, shown, _ = run("show", output)
    replayed = CliRunner().invoke(app, ["simulate", "scheduler", output])

    assert (code, "5 operations of 2 traces" in out) == (0, True)
    assert "nothing was measured" in err
    assert "requests: 2" in shown
    assert "never measured" in shown
    assert replayed.exit_code == 0
    assert "2 requests from" in replayed.stdout
    assert "nobody measured its CPU time" in " ".join(replayed.stdout.split())


def test_an_import_pretends_no_machine(runs: str, tmp_path: Path) -> None:
    output = tmp_path / "runs.aatrace"

    run("import", runs, "-o", str(output))

    recording = read_recording(output)
    assert recording.complete
    assert recording.opened.host.cores == 0
    assert recording.opened.target.imported == "langsmith"
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".part"]


def test_only_the_first_traces_are_taken(runs: str, tmp_path: Path) -> None:
    output = tmp_path / "runs.aatrace"

    run("import", runs, "--limit", "1", "-o", str(output))

    records = read_recording(output).records
    assert {record.trace for record in records if isinstance(record, SpanSeen)} == {"t"}


def test_the_collectors_files_are_imported(tmp_path: Path) -> None:
    span = {
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "x",
        "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000",
    }  # fmt: skip
    bodies = ({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}, {"resourceSpans": 3})
    path = tmp_path / "spans.jsonl"
    path.write_text("\n".join(json.dumps(body) for body in bodies))

    with pytest.raises(InputError, match=r"spans\.jsonl:2: is no OTLP"):
        run("import", str(path), "-o", str(tmp_path / "a.aatrace"))
    code, out, _ = run("import", str(path), "--allow-incomplete", "-o", str(tmp_path / "a.aatrace"))

    assert code == 3
    assert "1 operation of 1 trace" in out


def test_bad_rows_are_told_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text(RUNS + "v,6,,Agent,chain,never,\n" * 30)
    output = tmp_path / "runs.aatrace"

    with pytest.raises(InputError) as error:
        run("import", str(path), "-o", str(output))

    said = str(error.value)
    assert "runs.csv:7: `start_time` is no time: 'never'" in said
    assert "and 10 rows more" in said
    assert "--allow-incomplete" in said
    assert not output.exists()


def test_bad_rows_may_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text(RUNS + "v,6,,Agent,chain,never,\n")

    code, _, err = run(
        "import", str(path), "--allow-incomplete", "-o", str(tmp_path / "runs.aatrace")
    )

    assert code == 3
    assert "1 row could not be read" in err


def test_a_model_is_assumed_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "azure.csv"
    path.write_text(AZURE)
    output = str(tmp_path / "azure.aatrace")

    with pytest.raises(UsageError, match="--tokens-per-s"):
        run("import", str(path), "-o", output)
    code, _, err = run("import", str(path), "--tokens-per-s", "8000:50", "-o", output)

    assert code == 0
    assert "how long model calls really took" in err


@pytest.mark.parametrize("speed", ["8000", "0:1", "x:y", "1:inf", "nan:1", ":"])
def test_a_speed_is_two_numbers(runs: str, speed: str) -> None:
    with pytest.raises(UsageError, match="give two numbers above 0"):
        run("import", runs, "--tokens-per-s", speed)


def test_what_no_format_knows_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"a": 1}\n')

    with pytest.raises(InputError, match="is in no format known here"):
        run("import", str(path))
    with pytest.raises(UsageError, match="no format is called 'zipkin'"):
        run("import", str(path), "--format", "zipkin")
    with pytest.raises(IncompleteError, match="hold no operation"):
        run("import", str(path), "--format", "langfuse", "-o", str(tmp_path / "x.aatrace"))


def test_recordings_are_never_overwritten(runs: str, tmp_path: Path) -> None:
    output = tmp_path / "runs.aatrace"
    output.write_text("mine")

    with pytest.raises(UsageError, match="never overwritten"):
        run("import", runs, "-o", str(output))

    assert output.read_text() == "mine"


def test_a_place_that_cannot_be_written_is_told(runs: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match="cannot be written"):
        run("import", runs, "-o", str(tmp_path / "file" / "runs.aatrace"))


def test_the_manual_and_the_help_list_every_format() -> None:
    page = (Path(__file__).parents[2] / "docs" / "importing.md").read_text(encoding="utf-8")
    told = " ".join(run("import", "--help")[1].split()).replace("- ", "-")

    assert all(f"| `{name}` |" in page for name in FORMATS)
    assert all(name in told for name in FORMATS)


def test_an_import_decides_nothing_in_a_report(runs: str, tmp_path: Path) -> None:
    """When steps began and ended is no profile of CPU and GPU, however many requests there are."""
    recording, folder = str(tmp_path / "runs.aatrace"), tmp_path / "artifacts"
    run("import", runs, "-o", recording)
    run("show", recording, "--json", str(folder / "profile.json"))

    done = CliRunner().invoke(app, ["report", str(folder), "-o", str(folder / "page.html")])

    said = " ".join(done.stdout.split())
    assert done.exit_code == 3
    assert "nobody measured what they used" in said
    assert "CPU: not measured" in said
    assert "✗ resident memory was not measured" in said
