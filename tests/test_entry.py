"""The entry point: exit codes that never lie, and errors that are sentences."""

import json
import os
import re
import subprocess
import sys
from errno import ENAMETOOLONG
from fcntl import F_SETPIPE_SZ, fcntl
from pathlib import Path

import pytest

from agentaudit import __main__ as entry
from agentaudit import __version__
from agentaudit.errors import ExitCode, IncompleteError, InputError, Problem, UsageError, exit_code


def _fails_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    def broken(**_arguments: object) -> None:
        raise error

    monkeypatch.setattr("agentaudit.cli.main.app", broken)
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("failed", "incomplete", "code"), [(0, 0, 0), (1, 0, 1), (0, 1, 3), (1, 1, 4)]
)
def test_one_code_says_both(failed: int, incomplete: int, code: int) -> None:
    assert exit_code(failed=bool(failed), incomplete=bool(incomplete)) == code


def test_an_error_for_people_is_a_sentence_and_a_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All problems at once, each with its place."""
    error = InputError(
        Problem(file="a.yaml", line=3, column=7, message="`x` is not a field here"),
        Problem(file="b.yaml", message="cannot be read"),
    )

    assert _fails_with(monkeypatch, error) == ExitCode.USAGE
    assert capsys.readouterr().err.splitlines() == [
        "agentaudit: a.yaml:3:7: `x` is not a field here",
        "agentaudit: b.yaml: cannot be read",
    ]


def test_too_little_evidence_has_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _fails_with(monkeypatch, IncompleteError("nothing to audit")) == ExitCode.INCOMPLETE
    assert _fails_with(monkeypatch, UsageError("no such policy")) == ExitCode.USAGE


def test_a_path_that_is_too_long_is_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _fails_with(monkeypatch, OSError(ENAMETOOLONG, "too long")) == ExitCode.USAGE


def test_a_defect_of_ours_is_70_and_quotes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python's own exit code for it would read as findings; its message may hold a secret."""
    code = _fails_with(monkeypatch, KeyError("the-secret-value"))
    said = capsys.readouterr().err

    assert code == ExitCode.INTERNAL
    assert "KeyError" in said
    assert "the-secret-value" not in said


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(130)])
def test_an_interrupted_run_says_so_and_is_no_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    assert _fails_with(monkeypatch, error) == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == (
        "agentaudit: interrupted; what was written until then is kept\n"
    )


def test_the_error_cannot_move_the_cursor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What we audit is hostile, also as text in a message."""
    _fails_with(monkeypatch, UsageError("no file \x1b[2J\u202ename"))

    assert "\x1b" not in (said := capsys.readouterr().err)
    assert "\u202e" not in said


def _agentaudit(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agentaudit", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_version() -> None:
    assert _agentaudit("--version").stdout == f"agentaudit {__version__}\n"


def test_a_wrong_option_is_usage() -> None:
    run = _agentaudit("lint", "--no-such-option")

    assert run.returncode == ExitCode.USAGE
    assert "--no-such-option" in run.stderr


def test_help_names_every_exit_code() -> None:
    run = _agentaudit("--help")

    assert run.returncode == 0
    assert all(f" {code.value} " in f" {run.stdout} ".replace("\n", " ") for code in ExitCode)


@pytest.mark.parametrize("page", ["README.md", "docs/lint.md"])
def test_tables_name_every_exit_code(page: str) -> None:
    table = (Path(__file__).parents[1] / page).read_text().partition("| exit code | meaning |")[2]
    cells = re.findall(r"^\| ([\d, ]+) \|", table.partition("\n\n")[0], re.MULTILINE)

    assert {int(code) for cell in cells for code in cell.split(", ")} == set(ExitCode)


def test_global_flags_may_stand_anywhere_before_the_dashes() -> None:
    """`lint --no-color` is what people type; a command after `--` keeps its own flags."""
    given = ["profile", "--no-color", "-d", "1s", "-q", "--", "agent", "-v", "-q"]

    assert entry._hoisted(given) == [
        *("--no-color", "-q"),
        *("profile", "-d", "1s", "--", "agent", "-v", "-q"),
    ]


@pytest.mark.parametrize(
    "arguments", [("rules", "list"), ("rules", "list", "--markdown"), ("lint", "--help")], ids=str
)
def test_output_that_nobody_reads_is_no_finding(arguments: tuple[str, ...]) -> None:
    """The libraries that print would end with 1, in silence; so do we, with another code."""
    gone, pipe = os.pipe()
    os.close(gone)
    command = [sys.executable, "-m", "agentaudit", *arguments]
    run = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    os.close(pipe)

    assert (run.returncode, run.stderr) == (ExitCode.OUTPUT_GONE, "")


def test_a_full_disk_is_no_defect_of_ours() -> None:
    command = [sys.executable, "-m", "agentaudit", "simulate", "policies"]
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert run.returncode == ExitCode.USAGE
    assert run.stderr == (
        "agentaudit: standard output cannot be written: No space left on device\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("lint", "nowhere"), ExitCode.USAGE), (("rules", "list"), ExitCode.PASS)],
    ids=str,
)
def test_notes_that_nobody_reads_change_no_code(arguments: tuple[str, ...], code: int) -> None:
    """A sentence that is lost is no finding."""
    gone, pipe = os.pipe()
    os.close(gone)
    command = [sys.executable, "-m", "agentaudit", *arguments]
    run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=pipe, check=False)
    os.close(pipe)

    closed = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&- 2>&-', "sh", *command], check=False, timeout=60
    )
    assert (run.returncode, closed.returncode) == (code, code)


def test_a_slow_reader_who_will_not_wait_gets_all(tmp_path: Path) -> None:
    """A parent may have made the pipe one that refuses what it has no room for."""
    (tmp_path / ".env").write_text(
        "".join(f"KEY_{n}={'ghp_' + '0' * 32}{n:04}\n" for n in range(999))
    )
    reading, pipe = os.pipe()
    room = fcntl(pipe, F_SETPIPE_SZ, 4096)
    os.set_blocking(pipe, False)
    command = [sys.executable, "-m", "agentaudit", "lint", str(tmp_path), "--format", "json"]
    run = subprocess.Popen(command, stdout=pipe)
    os.close(pipe)
    with os.fdopen(reading, "rb") as stream:
        shown = stream.read()

    assert run.wait() in (ExitCode.PASS, ExitCode.FINDINGS)
    assert len(shown) > room
    assert json.loads(shown)["kind"] == "findings"


def test_an_encoding_without_our_marks_gets_plainer_ones() -> None:
    """A tick and a cross stay two."""
    command = [sys.executable, "-m", "agentaudit", "doctor"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    run = subprocess.run(command, capture_output=True, env=environment, check=False)
    marks = {line.split()[0] for line in run.stdout.decode("ascii").splitlines() if line.strip()}

    assert run.returncode == 0
    assert {"|+", "|x"} <= marks or {"+", "x"} <= marks


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_python_is_told_not_to_buffer_is_there_at_once(stream: str) -> None:
    """The program ends there and then, and nothing that still waits is written."""
    script = (
        "import os, sys; from agentaudit.cli.standard_streams import guard_standard_streams as g\n"
        f"g(); sys.{stream}.write('said'); os._exit(0)\n"
    )
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, env=environment, check=True
    )

    assert (run.stdout or run.stderr) == b"said"


def test_a_note_is_written_in_the_encoding_of_its_stream(tmp_path: Path) -> None:
    """A file is called as it is where that can be written, and otherwise by its characters."""
    (tmp_path / ".env").write_text("HOME=/srv\n")
    command = [sys.executable, "-m", "agentaudit", "lint", ".", "-o", "…/found.json"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    run = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, check=False)

    assert run.stderr.splitlines()[0] == rb"wrote \u2026/found.json"


def test_a_problem_is_one_line_whatever_a_file_is_called() -> None:
    assert str(Problem(file="a\nb\u2028c.yaml", line=1, message="is\nno\rYAML")) == (
        "a b c.yaml:1: is no YAML"
    )


def test_a_run_that_is_interrupted_while_it_is_loaded_says_so_too() -> None:
    """Imports take longer than a person who noticed a mistake."""
    script = (
        "import sys, agentaudit.__main__ as entry\n"
        "class Slow:\n"
        "    def find_spec(self, name, *_):\n"
        "        sys.meta_path.remove(self)\n"
        "        raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Slow())\n"
        "entry.main()\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)

    assert run.returncode == ExitCode.INTERRUPTED
    assert run.stderr.decode() == "agentaudit: interrupted; what was written until then is kept\n"
