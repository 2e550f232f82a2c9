"""
Long texts that an expression of ours nearly matches, at each of their characters.

Each is read in a moment. An expression that takes the square of a text would be at it for hours.
"""

import json

import pytest

from agentaudit.extract.credentials.command_secrets import without_given
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import FileStatus

LONG = 300_000


def server(**options: object) -> str:
    return json.dumps({"mcpServers": {"agent": {"command": "npx", **options}}})


def many(key: str) -> dict[str, str]:
    """Names as long as a file may have them, one after the other."""
    return {f"{key * (3_800 // len(key))}{number}": "a" for number in range(40)}


def service(**options: object) -> str:
    return json.dumps({"services": {"agent": {"image": "agent:1", **options}}})


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.yaml", f"a: {'begin ' * LONG}\nb: private\n"),
        (".mcp.json", server(args=["--" + "key" * LONG])),
        (".mcp.json", server(args=["eyJ" * 1_300] * 40)),
        (".mcp.json", server(args=["bedrock-api-key-" * 240] * 40)),
        (".mcp.json", server(args=["-y", f"a@1.{'1' * LONG}-"])),
        (".mcp.json", server(args=[f"https://github.com/a/a/releases/download/{'1' * LONG}"])),
        (".mcp.json", server(env={"API_KEY": "${a" + "-" * LONG})),
        (".mcp.json", server(env={"API_KEY": "${a" + "-" * LONG + "}}"})),
        (".mcp.json", server(env={f"A{at}_API_KEY": "<" * 19_000 for at in range(20)})),
        (".mcp.json", server(env={f"A{at}_API_KEY": "${" * 9_900 for at in range(20)})),
        (".mcp.json", server(env={f"A{at}_API_KEY": "{{" * 9_900 for at in range(20)})),
        (".mcp.json", server(env=many("_AWS_"))),
        ("compose.json", service(environment=many("chat"))),
        ("compose.json", service(environment=many("max"))),
        ("compose.json", service(environment=many("CORS_"))),
        ("compose.json", service(environment=many("_AWS_"))),
        ("compose.yaml", f"services:\n  a:\n    image: |\n      {':' * LONG}\n      a\n"),
        (".env", f"A=x{' ' * LONG}y\n"),
        (".env", f'A="{" " * LONG}x\n'),
        (".claude/agents/a.md", f"---\n[\na: b{' ' * LONG}\x01c\n---\n"),
        ("agent.pem", f"-----BEGIN CERTIFICATE-----{' ' * LONG}"),
        ("Dockerfile", f"FROM a\nENV A=b {'a' * LONG}\n"),
        ("main.tf", f'a = "{"${" * 19_000}b{"}" * 19_000} {"b" * 100_000}"\n'),
        ("mcp.json", f"{server()} /* agentaudit: ignore[a]{' ' * LONG}x\ny*/"),
        (
            ".claude/settings.json",
            json.dumps(
                {
                    "hooks": {
                        "Stop": [
                            {
                                "hooks": [
                                    {"type": "command", "command": f"echo {'-echo ' * 660}{at}"}
                                    for at in range(40)
                                ]
                            }
                        ]
                    }
                }
            ),
        ),
    ],
)
def test_a_text_that_nearly_matches_takes_no_square_of_its_length(file: str, text: str) -> None:
    """Each is read but the first, which is held against what tells whether it is to be."""
    (coverage,) = deployment_of({file: text}).coverage

    assert coverage.status in (
        {FileStatus.SKIPPED} if file == "a.yaml" else {FileStatus.READ, FileStatus.PARTIAL}
    )


def test_a_quote_that_a_command_lacks_is_not_looked_for_to_its_end() -> None:
    command = "curl -u a:b " * 10_000

    assert without_given(command) == command
    assert without_given("curl -u 'a:two words' b") == "curl -u 'a:…' b"


def test_a_name_of_a_file_of_values_takes_no_power_of_its_length() -> None:
    """Each hyphen could begin a part of it, or stand within one."""
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deployment{}.json#"
    template = {
        "$schema": schema.format("Template"),
        "resources": [{"type": "Microsoft.Web/sites", "name": "a"}],
    }
    values = {
        "$schema": schema.format("Parameters"),
        "parameters": {"a": {"value": "b"}},
    }
    name = f"a.param{'-a' * 60}!.json"
    deployment = deployment_of({"a.json": json.dumps(template), name: json.dumps(values)})

    assert len(deployment.coverage) == 2


def test_suppressions_beyond_some_thousands_are_told_and_suppress_nothing() -> None:
    rules = ",".join(f"a{number}" for number in range(2_500))
    text = f"services:\n  a:\n    image: agent\n# agentaudit: ignore[{rules}] because\n"
    deployment = deployment_of({"compose.yaml": text})
    (coverage,) = deployment.coverage

    assert len(deployment.suppressions) == 2_000
    assert coverage.status is FileStatus.PARTIAL
    assert "suppressions after 2,000" in coverage.reason


def test_words_of_a_command_beyond_some_thousands_are_told() -> None:
    text = f"services:\n  a:\n    image: a:1\n    command: {'b ' * 10_001}\n"
    (coverage,) = deployment_of({"compose.yaml": text}).coverage

    assert coverage.status is FileStatus.PARTIAL
    assert "the words of a command after 10,000" in coverage.reason


def test_a_longer_name_of_an_image_than_any_registry_takes_is_told() -> None:
    image = f"registry.example/desk-agent-{'a' * 600}:1"
    (coverage,) = deployment_of({"compose.yaml": f"services: {{a: {{image: '{image}'}}}}"}).coverage

    assert coverage.status is FileStatus.PARTIAL
    assert "an image by a name of more than 600 characters" in coverage.reason
