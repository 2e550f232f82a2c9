"""`agentaudit lint` as a user types it: formats, files, thresholds, exit codes."""

import json
import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.errors import IncompleteError, InputError, UsageError
from agentaudit.model.finding import LintResult
from agentaudit.model.gate import GateStatus
from agentaudit.report.decisions.deciding import report_of
from agentaudit.rules.fakes import fake
from agentaudit.store.artifacts import read_artifact
from tests.cli.canaries import leaked, planted

RISKY = {"mcpServers": {"s3": {"command": "s3-mcp", "env": {"OPENAI_API_KEY": fake("openai_key")}}}}
CALM = {"mcpServers": {"s3": {"command": "s3-mcp", "env": {"REGION": "eu-west-1"}}}}


def folder(path: Path, *, risky: bool = True) -> str:
    path.mkdir(exist_ok=True)
    (path / ".mcp.json").write_text(json.dumps(RISKY if risky else CALM, indent=1))
    return str(path)


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    done = CliRunner().invoke(app, ["lint", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def test_findings_end_in_1_and_stand_on_standard_output(tmp_path: Path) -> None:
    code, out, _ = run(folder(tmp_path))

    assert code == 1
    assert ".mcp.json:6:23 critical literal-model-api-key" in out
    assert "Read 1 of 1 file." in out


def test_nothing_found_ends_in_0(tmp_path: Path) -> None:
    code, out, _ = run(folder(tmp_path, risky=False))

    assert (code, out.splitlines()[0]) == (0, "No findings.")


def test_a_deployment_without_agents_is_told_as_such(tmp_path: Path) -> None:
    """Nothing found there is no sign that all is well."""
    (tmp_path / "compose.yaml").write_text("services: {cache: {image: 'redis:7.4'}}")
    out = run(str(tmp_path))[1]

    assert "no agent found." in out
    assert json.loads(run(str(tmp_path), "--format", "json")[1])["agents"] == 0


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--fail-on", "critical"), 1),
        (("--fail-on", "never"), 0),
        (("--exit-zero",), 0),
        (("--ignore", "credentials", "--ignore", "gateway"), 0),
        (("--select", "literal-model-api-key"), 1),
        (("--select", "memory"), 0),
    ],
)
def test_what_fails_is_a_choice(tmp_path: Path, options: tuple[str, ...], code: int) -> None:
    assert run(folder(tmp_path), *options)[0] == code


@pytest.mark.parametrize("format_", ["json", "sarif", "gitlab", "junit"])
def test_what_a_program_reads_is_said_to_the_person_beside_it(tmp_path: Path, format_: str) -> None:
    _, _, err = run(folder(tmp_path, risky=False), "--format", format_)

    assert err == "No findings.\nRead 1 of 1 file.\n"


def test_nothing_to_audit_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")

    with pytest.raises(IncompleteError, match="nothing to audit"):
        run(str(tmp_path))


def test_an_empty_folder_is_no_pass(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match="nothing to audit"):
        run(str(tmp_path))


def test_a_file_that_cannot_be_read_is_no_pass(tmp_path: Path) -> None:
    where = folder(tmp_path, risky=False)
    (tmp_path / "compose.yaml").write_text("services: {agent: [")
    code, out, _ = run(where)

    assert code == 3
    assert "1 could not be read" in out
    assert run(where, "--allow-incomplete")[0] == 0


def test_findings_and_an_unread_file_end_in_4(tmp_path: Path) -> None:
    where = folder(tmp_path)
    (tmp_path / "compose.yaml").write_text("services: {agent: [")

    assert run(where)[0] == 4
    assert run(where, "--exit-zero")[0] == 3


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        run(str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="-: standard input is not read"):
        run("-")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--select", "no-such-rule"), "no rule or family is called no-such-rule"),
        (("--ignore", "memroy"), "no rule or family is called memroy; did you mean memory?"),
        (("--select", "credz"), "no rule or family is called credz; did you mean credentials?"),
        (
            ("--select", "credz,memry"),
            r"credz; did you mean credentials\?\n  nor memry; did you mean mem",
        ),
        (("--select", "IAM"), "no rule or family is called IAM; did you mean iam?"),
        (("--select", "zz-nothing"), "is called zz-nothing; see `agentaudit rules list`"),
        (("--limit", "speed=1"), "no limit is called 'speed'"),
        (("-o", "out.bin"), "give --format"),
        (("-f", "gitlab", "-o", "x.sarif"), "gitlab: no --output is for it; .* ends in .json"),
        (("-f", "junit", "-o", "a.sarif", "-o", "b.json"), "junit: no --output is for it"),
        (("-o", "no/a.md", "--json", "./no/a.md"), "no/a.md: two outputs would be written to this"),
        (("-o", "no/a.json", "--write-baseline", "no/b/../a.json"), "a.json: two outputs would"),
    ],
)
def test_a_wrong_option_says_what_would_be_right(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        run(folder(tmp_path), *options)


def test_a_device_may_be_given_for_several_outputs(tmp_path: Path) -> None:
    null = ("-f", "json", "-o", "/dev/null", "-o", "/dev/null", "--json", "/dev/null")

    assert run(folder(tmp_path), *null)[0] == 1


def test_a_baseline_is_read_and_written_in_one_run(tmp_path: Path) -> None:
    kept = str(tmp_path / "lint.baseline")
    run(folder(tmp_path / "in"), "--write-baseline", kept)

    assert run(folder(tmp_path / "in"), "--baseline", kept, "--write-baseline", kept)[0] == 0


def test_several_files_each_in_its_format(tmp_path: Path) -> None:
    out = tmp_path / "out"
    names = ("lint.sarif", "a.sarif.json", "lint.json", "lint.xml", "lint.md", "lint.txt")
    options = [part for name in names for part in ("-o", str(out / name))]
    code, shown, said = run(folder(tmp_path / "in"), *options, "--json", str(out / "findings.json"))

    assert (code, shown) == (1, "")
    assert "wrote" in said
    assert ", 2 high." in said
    assert "Read 1 of 1 file." in said
    assert (out / "lint.json").read_bytes() == (out / "findings.json").read_bytes()
    assert isinstance(read_artifact(out / "findings.json"), LintResult)
    assert json.loads((out / "lint.sarif").read_text())["version"] == "2.1.0"
    assert (out / "a.sarif.json").read_bytes() == (out / "lint.sarif").read_bytes()
    assert (out / "lint.xml").read_text().startswith("<?xml")
    assert (out / "lint.md").read_text().startswith("## ")
    assert "critical" in (out / "lint.txt").read_text()


def test_one_file_takes_the_format_that_was_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "report.out"
    run(folder(tmp_path / "in"), "--format", "gitlab", "-o", str(out))

    assert json.loads(out.read_text())[0]["check_name"]


def test_rules_of_a_team_are_asked_too(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "no-s3.yaml").write_text(
        """\
id: no-s3
title: No S3
family: tools
severity: high
confidence: certain
applies_to: tool_server
when: tool_server.name == "s3"
message: "{name} is used."
why: We do not.
fix: Use files.
references: [cwe:CWE-250]
examples:
  matching: [{path: .mcp.json, text: '{"mcpServers": {"s3": {"command": "s3-mcp"}}}'}]
  other: [{path: .mcp.json, text: '{"mcpServers": {"fs": {"command": "fs-mcp"}}}'}]
"""
    )
    code, out, _ = run(folder(tmp_path / "in", risky=False), "--rules", str(rules))

    assert code == 1
    assert "s3 is used." in out


def test_a_comment_with_a_reason_lets_a_finding_stand(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services:\n"
        "  agent:\n"
        "    image: ghcr.io/acme/agent:1.4.2\n"
        "    mem_limit: 1g\n"
        "    cpus: 1\n"
        "    environment:\n"
        "      # agentaudit: ignore[literal-model-api-key] a throw-away key of the demo\n"
        f"      OPENAI_API_KEY: {fake('openai_key')}\n"
    )
    code, out, _ = run(str(tmp_path), "--select", "literal-model-api-key")

    assert code == 0
    assert "1 suppressed" in out


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("client.ts", "// MARK\nconst client = '{KEY}';\n"),
        ("Client.cs", 'var client = "{KEY}"; // MARK\n'),
        ("client.go", '/* MARK */\nvar client = "{KEY}"\n'),
        ("start.sh", "# MARK\nexport OPENAI_API_KEY={KEY}\n"),
        ("start.bat", "rem MARK\nset OPENAI_API_KEY={KEY}\n"),
        ("README.md", "<!-- MARK -->\nThe key is {KEY}\n"),
        (".env", "# MARK\nOPENAI_API_KEY={KEY}\n"),
        ("Dockerfile", "FROM a\n# MARK\nENV OPENAI_API_KEY={KEY}\n"),
        ("main.tf", 'variable "key" {\n  // MARK\n  default = "{KEY}"\n}\n'),
        ("a.tfvars", '# MARK\nopenai_api_key = "{KEY}"\n'),
        (".codex/config.toml", '[mcp_servers.a.env]\n# MARK\nA_KEY = "{KEY}"\n'),
    ],
)
def test_every_syntax_with_comments_may_let_a_finding_stand(
    tmp_path: Path, file: str, text: str
) -> None:
    """Also those that are only searched for keys, and have no reader that knows a comment."""
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    marked = text.replace("MARK", "agentaudit: ignore[literal-model-api-key] of the demo")
    only = ("--select", "literal-model-api-key", "--fail-on", "info")
    path.write_text(text.replace("{KEY}", fake("openai_key")))
    assert run(str(tmp_path), *only)[0] == 1

    path.write_text(marked.replace("{KEY}", fake("openai_key")))
    code, out, _ = run(str(tmp_path), *only)

    assert (code, "1 suppressed" in out) == (0, True)


def test_a_finding_can_be_accepted_by_its_fingerprint(tmp_path: Path) -> None:
    where = folder(tmp_path / "in")
    only = ("--select", "literal-model-api-key")
    _, out, _ = run(where, "--format", "json", *only)
    accepted = tmp_path / "accept.yaml"
    accepted.write_text(
        "- rule: literal-model-api-key\n"
        f"  fingerprint: {json.loads(out)['findings'][0]['fingerprint']}\n"
        "  reason: revoked, and waiting for the rotation\n"
    )
    code, out, _ = run(where, "--accept", str(accepted), *only)

    assert code == 0
    assert "1 suppressed" in out


def test_an_acceptance_that_accepts_nothing_says_why(tmp_path: Path) -> None:
    where = folder(tmp_path / "in")
    only = ("--select", "literal-model-api-key")
    known = json.loads(run(where, "--format", "json", *only)[1])["findings"][0]["fingerprint"]
    named = "- {rule: literal-model-api-key, reason: known, owner: a@acme.test, fingerprint: "
    accepted = tmp_path / "accept.yaml"
    accepted.write_text(
        f"{named}{known}}}\n{named}{known}}}\n{named}none}}\n"
        f"{named}{known}, expires: 2024-02-29}}\n"
        "- {rule: no-such-rule, reason: known, fingerprint: none}\n"
    )
    _, out, _ = run(where, "--accept", str(accepted), *only)
    said = " ".join(out.split())

    assert "literal-model-api-key by a@acme.test accepts nothing: another one accepts" in said
    assert "accepts nothing: no finding has its fingerprint." in said
    assert "by a@acme.test is over: it held until 2024-02-29." in said
    assert "accepts nothing, and no rule is called no-such-rule." in said
    assert said.startswith("../accept.yaml:1:1 low unused-suppression")

    accepted.write_text(f"{named}{known}, expires: 2027-02-29}}\n")
    with pytest.raises(InputError, match="must be a day such as"):
        run(where, "--accept", str(accepted), *only)


FORMATS = ("table", "json", "sarif", "github", "gitlab", "junit", "markdown")


@pytest.mark.parametrize("format_", FORMATS)
def test_no_secret_is_in_any_output(tmp_path: Path, format_: str) -> None:
    """Canaries of every kind in files of every format, one of them broken; none comes out again."""
    planted(tmp_path)
    code, out, said = run(str(tmp_path), "--format", format_)

    assert code == 4
    assert leaked(out + said) == []


def test_a_dash_is_standard_output_beside_files(tmp_path: Path) -> None:
    """So that a log shows what a code host is sent."""
    code, out, err = run(folder(tmp_path), "-o", str(tmp_path / "lint.sarif"), "-o", "-")

    assert code == 1
    assert ".mcp.json:6:23 critical literal-model-api-key" in out
    assert "lint.sarif" in err
    assert (tmp_path / "lint.sarif").exists()
    assert not Path("-").exists()


def test_a_dash_takes_the_format_that_is_asked_for(tmp_path: Path) -> None:
    _, out, _ = run(folder(tmp_path), "-o", "-", "--format", "sarif")

    assert json.loads(out)["version"] == "2.1.0"


@pytest.mark.parametrize(
    "form", ["json", "sarif", "gitlab", "junit", "markdown", "github", "table"]
)
def test_a_folder_whose_name_is_no_text_is_named_by_numbers(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = os.fsdecode(b"gr\xf6\xdfe")
    folder(tmp_path / name)
    monkeypatch.chdir(tmp_path)

    code, out, _ = run(name, "--format", form)

    assert code == 1
    assert "xf6" in out


def test_why_a_run_fails_is_said_with_what_decides_it(tmp_path: Path) -> None:
    where = folder(tmp_path / "in")
    (tmp_path / "in" / "compose.yaml").write_text("services: {a: [\n")

    code, _, said = run(where, "--fail-on", "critical")
    calm = run(folder(tmp_path / "calm", risky=False))

    assert code == 4
    assert said.splitlines()[-1] == (
        "exit code 4: 1 finding of critical or above (--fail-on),"
        " and 1 file not read whole (--allow-incomplete)"
    )
    assert "exit code" not in calm[2]


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("ignore agent-as-root for a demo", "names no rule in brackets"),
        ("ignore[limits] for a demo", "limits is a family: a comment names each rule"),
        ("ignore[agent-as-rot] for a demo", "called agent-as-rot; did you mean agent-as-root"),
    ],
)
def test_a_comment_that_was_meant_to_suppress_is_told_how(
    tmp_path: Path, comment: str, told: str
) -> None:
    (tmp_path / "Dockerfile").write_text(f"# agentaudit: {comment}\nFROM python:3.13\n")

    _, out, _ = run(str(tmp_path))

    assert "unused-suppression" in out
    assert told in " ".join(out.split())


def test_a_comment_of_several_lines_names_its_rule_in_the_first(tmp_path: Path) -> None:
    """It had been told to name none."""
    key = f"key: {fake('openai_key')}"
    comment = "<!-- agentaudit: ignore[literal-model-api-key] it was\nrevoked -->"
    (tmp_path / "AGENTS.md").write_text(f"{key} {comment}\n")

    code, out, _ = run(str(tmp_path), "--select", "literal-model-api-key")

    assert code == 0
    assert "1 suppressed" in out
    assert "unused-suppression" not in out


def test_names_are_given_one_by_one_or_parted_by_commas(tmp_path: Path) -> None:
    where = folder(tmp_path)
    apart = run(where, "--select", "gateway", "--select", "tools", "--format", "json")
    joined = run(where, "--select", "gateway, tools", "--format", "json")

    assert joined == apart
    assert joined != run(where, "--select", "gateway", "--format", "json")
    with pytest.raises(UsageError, match=r"no rule or family is called tols; did you mean tools\?"):
        run(where, "--ignore", "iam,tols")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("",), "[PATH]...: the path is empty"),
        (("-o", ""), "--output: the path is empty"),
        (("--baseline", ""), "--baseline: the path is empty"),
        (("--diff", ""), "--diff: the commit is empty"),
        (("--select", ""), "one is empty"),
        (("--ignore", "iam,"), "one is empty"),
    ],
)
def test_an_empty_variable_is_an_error_and_never_the_current_folder(
    arguments: tuple[str, ...], told: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(told)):
        run(*arguments)


@pytest.mark.parametrize("form", ["table", "markdown", "github"])
def test_what_is_not_shown_is_no_all_clear(form: str, tmp_path: Path) -> None:
    """The first sentence had been `No findings.` where all were below what was shown."""
    where = folder(tmp_path)
    (tmp_path / "compose.yaml").write_text("services: {a: {image: redis}}\n")
    code, out, _ = run(
        where, "--select", "missing-gatekeeper", "--severity", "critical", "--format", form
    )

    assert code == 1
    assert "No findings among those shown; 1 more not shown." in out


def test_a_report_of_what_is_not_shown_computes_nothing(tmp_path: Path) -> None:
    where, artifact = folder(tmp_path / "in"), tmp_path / "findings.json"
    run(where, "--select", "missing-gatekeeper", "--severity", "critical", "--json", str(artifact))
    kept = read_artifact(artifact)
    assert isinstance(kept, LintResult)

    gates = {gate.id: gate for gate in report_of(subject="in", created_at="", lint=kept).gates}

    assert kept.hidden == 1
    assert gates["findings"].status is GateStatus.NOT_COMPUTED
