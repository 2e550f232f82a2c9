"""`agentaudit rules`: listed, shown and tested."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from agentaudit.cli.main import app
from agentaudit.cli.rules import print_rules
from agentaudit.cli.terminal import Terminal
from agentaudit.errors import AgentAuditError, InputError, UsageError
from agentaudit.rules.askable import asked_of, kinds
from agentaudit.rules.engine import fields_of
from agentaudit.rules.ours import lint_rules

RULE = """\
id: {name}
title: No S3
family: tools
severity: high
confidence: certain
applies_to: tool_server
when: tool_server.name == "s3"
message: "{{name}} is used."
why: We do not.
fix: Use files.
references: [cwe:CWE-250]
examples:
  matching:
    - {{path: .mcp.json, text: '{{"mcpServers": {{"{matching}": {{"command": "a-mcp"}}}}}}'}}
  other:
    - {{path: .mcp.json, text: '{{"mcpServers": {{"fs": {{"command": "fs-mcp"}}}}}}'}}
"""


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["rules", *arguments])
    if isinstance(done.exception, AgentAuditError):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def folder(path: Path, matching: str = "s3", name: str = "no-s3") -> str:
    (path / f"{name}.yaml").write_text(RULE.format(name=name, matching=matching))
    return str(path)


def test_what_conditions_may_ask_is_listed_with_what_it_holds() -> None:
    kinds = run("facts")[1]
    fields = run("facts", "agent")[1]

    assert "memory_store\n    Where an agent keeps what it remembers" in kinds
    assert 'agent.budget  "set" | "none" | "unknown"\n    Whether a rate, token or money' in fields
    assert "agent.timeout_s  number; unknown unless has(agent.timeout_s)" in fields
    assert "agent.root_paths  list of: text" in fields
    assert "evidence" not in fields
    with pytest.raises(UsageError, match="called 'agnt'; did you mean agent"):
        run("facts", "agnt")


def test_every_field_of_every_kind_is_told() -> None:
    for kind in kinds():
        assert [field.name for field in asked_of(kind)] == list(fields_of(kind))
        assert all(field.holds for field in asked_of(kind))


def test_the_rule_that_the_manual_shows_is_right(tmp_path: Path) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "lint.md").read_text()
    shown = next(block for block in manual.split("```") if block.startswith("yaml\n# our-rules/"))
    (tmp_path / "foreign-image.yaml").write_text(shown.removeprefix("yaml\n"))

    code, _, said = run("test", str(tmp_path))

    assert (code, said) == (0, "1 rule, 2 examples, 0 failed\n")


def test_the_list_has_a_line_for_each_rule(tmp_path: Path) -> None:
    code, out, said = run("list", "--rules", folder(tmp_path))

    assert code == 0
    assert f"{len(out.splitlines())} rules" in said
    assert any(line.split()[:3] == ["tools", "high", "no-s3"] for line in out.splitlines())


def test_a_narrow_terminal_gets_two_lines_a_rule() -> None:
    """And no line that its end breaks in the middle of a word."""
    screen = StringIO()
    console = Console(file=screen, width=80, force_terminal=True, color_system=None)
    rules = [rule.rule for rule in lint_rules()]
    print_rules(rules, Terminal(out=console, quiet=True))
    lines = screen.getvalue().splitlines()

    assert len(lines) == 2 * len(rules)
    assert max(map(len, lines)) <= 80


def test_the_list_can_be_of_one_family() -> None:
    _, out, _ = run("list", "--family", "credentials")

    assert {line.split()[0] for line in out.splitlines()} == {"credentials"}


def test_an_unknown_family_is_an_error() -> None:
    with pytest.raises(UsageError, match="no family is called colours"):
        run("list", "--family", "colours")


def test_a_rule_is_shown_with_its_examples(tmp_path: Path) -> None:
    _, out, _ = run("show", "no-s3", "--rules", folder(tmp_path))

    assert "Condition, for every tool server:" in out
    assert "CWE-250 Execution with Unnecessary Privileges" in out
    assert "Reported in .mcp.json:" in out
    assert "Not reported in .mcp.json:" in out


def test_pages_replace_their_own_and_leave_those_of_others(tmp_path: Path) -> None:
    pages, rules = tmp_path / "pages", folder(tmp_path)
    run("pages", str(pages), "--rules", rules)
    assert "{{fake:" in (pages / "literal-aws-access-key.md").read_text()
    page = (pages / "no-s3.md").read_text()
    (pages / "gone.md").write_text(page)
    (pages / "notes.md").write_text("mine")

    run("pages", str(pages))

    assert "a-mcp" in page
    assert not (pages / "no-s3.md").exists()
    assert not (pages / "gone.md").exists()
    assert (pages / "notes.md").read_text() == "mine"
    assert "no-s3" not in (pages / "README.md").read_text()


def test_a_misspelt_rule_gets_a_suggestion() -> None:
    with pytest.raises(UsageError, match="did you mean literal-aws-access-key"):
        run("show", "literal-aws-acces-key")
    with pytest.raises(UsageError, match="rules list"):
        run("show", "zzz")


def test_examples_that_hold_end_in_0(tmp_path: Path) -> None:
    assert run("test", folder(tmp_path))[0] == 0


def test_examples_that_fail_are_named(tmp_path: Path) -> None:
    code, out, said = run("test", folder(tmp_path, matching="s4"))

    assert code == 1
    assert "no-s3.yaml: matching example 1, .mcp.json: the rule does not hold" in out
    assert "1 failed" in said


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no rules"):
        run("test", str(tmp_path))


def test_the_reference_is_markdown() -> None:
    _, out, _ = run("list", "--markdown")

    assert out.startswith("# Lint rules")
    assert "| [literal-aws-access-key](lint/literal-aws-access-key.yaml) | critical" in out


def test_an_example_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    text = (
        RULE.format(name="no-s3", matching="s3")
        .replace("fs-mcp", "fs\\u0000")
        .replace("path: .mcp.json", "path: notes.txt", 1)
    )
    (tmp_path / "no-s3.yaml").write_text(text)
    code, out, _ = run("test", str(tmp_path))

    assert code == 1
    assert "matching example 1, notes.txt: notes.txt is skipped" in out


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("steps", "llm_inference"),
        ("spans", "gen_ai.operation.name = chat"),
        ("threats", "credential"),
    ],
)
def test_the_other_kinds_of_rules_are_listed(kind: str, said: str) -> None:
    code, out, _ = run("list", "--kind", kind)

    assert code == 0
    assert said in out
    assert len(out.splitlines()) > 3


def test_families_are_of_lint_rules() -> None:
    with pytest.raises(UsageError, match="are of lint rules"):
        run("list", "--kind", "steps", "--family", "memory")
