"""Secrets within texts of many lines: told where they stand, once, and suppressed at their head."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.rules.ours import lint_rules

KEY = "sk-ant-api03-" + "Zr4Kq9Lm2Xv7Bt5Nc8HdWq3e" * 4 + "-AbCdEfAA"
SERVICE = "services:\n  agent:\n    image: acme/agent:1\n    environment:\n"
HEREDOC = f"FROM python:3.12\nRUN <<EOF\nset -e\nexport ANTHROPIC_API_KEY={KEY}\nEOF\n"
TEXTS = {
    "block of YAML": ("compose.yaml", f"{SERVICE}      API_KEY: |\n        {KEY}\n", (6, 9)),
    "heredoc of an image": ("Dockerfile", HEREDOC, (4, 26)),
    "continued line": (
        "Dockerfile",
        f"FROM python:3.12\nRUN curl -s \\\n  -H 'x-api-key: {KEY}' \\\n  https://a.io\n",
        (3, 18),
    ),
    "text of TOML": (
        ".codex/config.toml",
        f'[mcp_servers.a]\ncommand = "a"\nargs = ["""\n--key\n {KEY}"""]\n',
        (5, 2),
    ),
    "heredoc of Terraform": (
        "main.tf",
        f'resource "aws_instance" "a" {{\n  user_data = <<-E\n    x\n    A_KEY={KEY}\n  E\n}}\n',
        (4, 11),
    ),
}


@pytest.mark.parametrize(("file", "text", "place"), TEXTS.values(), ids=TEXTS)
def test_a_secret_within_a_text_of_lines_is_told_where_it_stands(
    file: str, text: str, place: tuple[int, int]
) -> None:
    (credential,) = deployment_of({file: text}).credentials
    first = credential.evidence[0]

    assert (first.line, first.column) == place
    assert (first.end_line, first.end_column) == (place[0], place[1] + len(KEY) - 1)


def test_a_comment_covers_the_whole_text_that_it_stands_over() -> None:
    """Within it there is no place for one."""
    comment = "# agentaudit: ignore[literal-model-api-key] revoked\n"
    text = HEREDOC.replace("RUN <<EOF", comment + "RUN <<EOF")
    result = lint(deployment_of({"Dockerfile": text}), lint_rules([]))
    (found,) = (each for each in result.findings if each.rule == "literal-model-api-key")

    assert found.evidence.line == 5
    assert found.suppression is not None


def test_a_value_of_the_old_form_stands_behind_all_blanks() -> None:
    found = deployment_of({"Dockerfile": f"FROM a:1\nENV ANTHROPIC_API_KEY   {KEY}\n"})

    assert [one.evidence[0].column for one in found.credentials] == [25]


def test_a_backtick_continues_lines_where_the_file_says_so() -> None:
    text = f"# escape=`\nFROM a:1\nENV A=C:\\ `\n  ANTHROPIC_API_KEY={KEY}\n"
    found = deployment_of({"Dockerfile": text})

    assert [one.evidence[0].line for one in found.credentials] == [4]
    assert not found.incomplete


def test_equal_attributes_of_terraform_are_said() -> None:
    found = deployment_of({"main.tf": 'resource "a" "b" {\n  name = "a"\n  name = "b"\n}\n'})
    (item,) = found.coverage

    assert (item.reason, item.line, item.column) == ("the key `name` stands here twice", 3, 3)
    assert found.incomplete
