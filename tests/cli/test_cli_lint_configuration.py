"""What a repository says of its own audit: read strictly, and never in silence."""

import json
from pathlib import Path

import pytest

from agentaudit.errors import InputError, UsageError
from tests.cli.test_cli_lint import folder, run

FORMATS = ("table", "json", "sarif", "github", "gitlab", "junit", "markdown")


def configured(path: Path, text: str, name: str = "agentaudit.yaml") -> str:
    (path / ".git").mkdir(exist_ok=True)
    (path / name).write_text(text)
    return folder(path / "deploy")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("agentaudit.yaml", "lint:\n  ignore: [credentials, gateway]\n"),
        ("pyproject.toml", '[tool.agentaudit.lint]\nignore = ["credentials", "gateway"]\n'),
    ],
)
def test_either_file_counts_from_the_root_of_the_repository(
    tmp_path: Path, name: str, text: str
) -> None:
    code, out, said = run(configured(tmp_path, text, name))

    assert code == 0
    assert "literal-model-api-key" not in out
    assert f"{name}: ignore credentials, gateway." in out
    assert "configured by" in said


@pytest.mark.parametrize("format_", FORMATS)
def test_what_it_switched_off_stands_in_every_output(tmp_path: Path, format_: str) -> None:
    where = configured(tmp_path, "lint: {ignore: [credentials], severity: critical}\n")
    _, out, _ = run(where, "--format", format_)

    assert "narrowed-lint" in out
    assert "ignore credentials" in out


def test_the_command_line_beats_the_file(tmp_path: Path) -> None:
    where = configured(tmp_path, "lint: {fail-on: never, ignore: [credentials, gateway]}\n")

    assert run(where)[0] == 0
    assert run(where, "--ignore", "memory", "--fail-on", "critical")[0] == 1
    assert run(where, "--no-config")[0] == 1


def test_findings_in_ignored_paths_are_suppressed_and_counted(tmp_path: Path) -> None:
    text = "lint:\n  per-path-ignores:\n    'deploy/*': [credentials, gateway]\n"
    where = configured(tmp_path, text)
    found = json.loads(run(where, "--format", "json")[1])["findings"]
    reasons = {item["suppression"]["reason"] for item in found if item["suppression"]}

    assert run(where)[0] == 0
    assert "suppressed" in run(where)[1]
    assert all(reason == "the configuration ignores it in deploy/*" for reason in reasons)
    assert reasons


def test_everything_wrong_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    where = configured(
        tmp_path,
        "lint:\n  ignored: [a]\n  severity: grave\n  rules: [/etc, ../..]\n"
        "  limits: {speed: 1, tools: many}\n  per-path-ignores: [a]\n",
    )
    with pytest.raises(InputError) as told:
        run(where)

    assert [(item.line, item.column) for item in told.value.problems] == [
        (2, 3),
        (3, 13),
        (4, 11),
        (4, 17),
        (5, 12),
        (5, 29),
        (6, 21),
    ]
    assert "must stay within the repository" in str(told.value)


def test_names_that_are_no_rule_are_told_beside_what_else_is_wrong(tmp_path: Path) -> None:
    where = configured(tmp_path, "lint:\n  ignored: [a]\n  ignore: [memroy]\n  severity: grave\n")
    with pytest.raises(InputError) as told:
        run(where)

    assert [(item.line, item.column) for item in told.value.problems] == [(2, 3), (3, 12), (4, 13)]


def test_names_may_be_of_rules_that_are_not_where_they_are_said_to_be(tmp_path: Path) -> None:
    where = configured(tmp_path, "lint: {rules: [/etc], ignore: [ours]}\n")
    with pytest.raises(InputError) as told:
        run(where)

    assert ["must stay within" in item.message for item in told.value.problems] == [True]


def test_a_folder_of_rules_that_is_not_there_is_told_as_it_is_written(tmp_path: Path) -> None:
    where = configured(tmp_path, "lint:\n  rules: [ours, 'https://bot:a@host/rules']\n")
    with pytest.raises(InputError) as told:
        run(where)

    assert [(item.line, item.column, item.message) for item in told.value.problems] == [
        (2, 11, "no folder of rules is called 'ours'"),
        (2, 17, "no folder of rules is called 'https://bot:a@host/rules'"),
    ]


@pytest.mark.parametrize("name", ["a\\0b", "loop/rules", "a" * 5000])
@pytest.mark.parametrize("option", ['rules: ["{}"]', 'accept: "{}"', 'baseline: "{}"'])
def test_a_path_that_leads_nowhere_is_told_with_its_place(
    tmp_path: Path, name: str, option: str
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    where = configured(tmp_path, f"lint:\n  {option.format(name)}\n")

    with pytest.raises(InputError, match=r"agentaudit\.yaml:2:\d+: .*must stay within"):
        run(where)


def test_two_files_side_by_side_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.agentaudit.lint]\nfail-on = "high"\n')
    where = configured(tmp_path, "lint: {fail-on: high}\n")

    with pytest.raises(InputError, match="keep one of the two"):
        run(where)


def test_every_name_that_is_no_rule_is_told_with_its_place(tmp_path: Path) -> None:
    text = (
        "lint:\n  ignore: [memroy, tools]\n  select: [unused-suppression]\n"
        "  per-path-ignores:\n    'a/*': [credentals, unused-suppression]\n"
    )
    with pytest.raises(InputError) as told:
        run(configured(tmp_path, text))

    assert [(item.line, item.column) for item in told.value.problems] == [(2, 12), (3, 12), (5, 13)]
    assert "no rule or family is called 'credentals'; did you mean credentials?" in str(told.value)


def test_of_very_many_names_only_the_first_are_helped(tmp_path: Path) -> None:
    """All are told; to seek what each may mean takes milliseconds."""
    names = "".join(f"  - no-budge{number}\n" for number in range(300))
    with pytest.raises(InputError) as told:
        run(configured(tmp_path, f"lint:\n  ignore:\n{names}"))

    assert len(told.value.problems) == 300
    assert str(told.value).count("did you mean no-budget?") == 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lint: {fail_on: high}\n", "`fail_on` is not a field here; did you mean fail-on?"),
        ("lint: {exit-zero: true}\n", "`exit-zero` is for the command line alone: give it there"),
        ("lint:\nfail-on: high\n", "2:1: `fail-on` is an option of lint: indent it below `lint:`"),
        ("lint:\n", "`lint` must hold options, indented, such as `fail-on: high`"),
        (
            "lint: {per-path-ignores: {'labs/*': iam}}\n",
            "what is ignored in 'labs/*' must be a list, such as [iam, tools]",
        ),
        ("lint: {accept: no.yaml}\n", "no.yaml: cannot be read: no such file or directory"),
    ],
)
def test_what_is_wrong_is_told_with_what_would_be_right(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(InputError) as told:
        run(configured(tmp_path, text))

    assert said in str(told.value)


def test_the_file_is_named_from_where_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(tmp_path, "lint: {fail-on: grave}\n")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError) as told:
        run(".")

    assert str(told.value).startswith("agentaudit.yaml:1:17: `fail-on` must be one of")


def test_a_configuration_that_leaves_no_rule_is_an_error(tmp_path: Path) -> None:
    """It had switched all of lint off, and the run had passed."""
    with pytest.raises(UsageError, match="no rule is left to run"):
        run(configured(tmp_path, "lint: {select: [iam], ignore: [iam]}\n"))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("tool.agentaudit.lnt", "`lnt` is not a field here; did you mean lint"),
        ("tool.agentaudit", "`fail-on` is not a field here; known: lint"),
    ],
)
def test_a_table_that_nobody_reads_is_an_error(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        run(configured(tmp_path, f'[{table}]\nfail-on = "high"\n', "pyproject.toml"))


def test_a_name_that_nobody_reads_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must be agentaudit\.yaml"):
        run(configured(tmp_path, "lint: {fail-on: high}\n", "agentaudit.yml"))


def test_above_the_repository_nothing_counts(tmp_path: Path) -> None:
    (tmp_path / "agentaudit.yaml").write_text("lint: {fail-on: never}\n")
    (tmp_path / "repository" / ".git").mkdir(parents=True)

    assert run(folder(tmp_path / "repository"))[0] == 1


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    """Nor passed over: what it leads to was not read, and the exit code says so."""
    (tmp_path / "elsewhere.yaml").write_text("lint: {fail-on: never}\n")
    where = folder(tmp_path / "repository")
    (tmp_path / "repository" / "agentaudit.yaml").symlink_to(tmp_path / "elsewhere.yaml")

    assert run(where)[0] == 4


@pytest.mark.parametrize(
    ("name", "text"),
    [("agentaudit.yaml", "lint:\n  ignore: [credentials\n"), ("pyproject.toml", "[tool\n")],
)
def test_a_broken_file_above_the_audited_folder_is_an_error_with_its_place(
    tmp_path: Path, name: str, text: str
) -> None:
    where = configured(tmp_path, text, name)

    with pytest.raises(InputError) as told:
        run(where)

    (problem,) = told.value.problems
    assert problem.file.endswith(name)
    assert problem.line
    assert "--no-config" in problem.message
    assert run(where, "--no-config")[0] == 1


def test_another_file_of_that_name_is_none_of_ours(tmp_path: Path) -> None:
    """A workflow is easily called so."""
    where = configured(tmp_path, "on: push\njobs: {}\n", "agentaudit.yml")

    assert run(where)[0] == 1
