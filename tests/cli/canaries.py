"""Canaries: secrets of every kind, planted in files of every format, that no output may show."""

import json
from collections.abc import Iterator
from pathlib import Path

from agentaudit.rules.fakes import FAKES, fake

VALUES = {kind.upper(): fake(kind) for kind in FAKES} | {"JWT": fake("jwt")}


def leaked(output: str) -> list[str]:
    """The names of the canaries of which the output shows the whole, a line or a good part."""
    return [name for name, value in VALUES.items() if any(part in output for part in _parts(value))]


def _parts(value: str) -> list[str]:
    """Of an address only its last word is secret."""
    second_line = value.replace("\\n", "\n").split("\n")[1:2]
    secret = value.rpartition("/")[2] if "://" in value else value
    return [value, *second_line, secret[12:32], secret[12:32].lower()]


def _planned(pairs: tuple[tuple[str, str], ...]) -> Iterator[dict[str, object]]:
    """One function of a plan for each value: the first half in the open, the rest sensitive."""
    for number, (name, value) in enumerate(pairs):
        marks = {"environment": [{"variables": {f"{name}_KEY": number % 2 == 0}}]}
        yield {
            "address": f"aws_lambda_function.{name.lower()}",
            "mode": "managed",
            "type": "aws_lambda_function",
            "name": name.lower(),
            "values": {
                "function_name": f"{number}-{VALUES['JWT']}",
                "environment": [{"variables": {f"{name}_KEY": value}}],
                "tags": {value: value},
            },
            "sensitive_values": marks,
        }


def planted(folder: Path) -> None:
    """One file of every format, with every value wherever the format has settings."""
    pairs = tuple(VALUES.items())
    token = VALUES["OPENAI_KEY"]
    texts = {
        ".mcp.json": json.dumps(
            {
                "mcpServers": {
                    "env": {"command": "a-mcp", "env": dict(pairs)},
                    "args": {
                        "command": "b-mcp",
                        "args": [f"--token={value}" for _, value in pairs],
                    },
                    "url": {"url": f"https://user:{VALUES['PASSWORD']}@mcp.acme.example/{token}"},
                    "head": {"url": "https://x.example", "headers": {"X-Api-Key": token}},
                    token: {"command": VALUES["GITHUB_CLASSIC"]},
                    VALUES["SLACK_BOT"]: {"command": "npx", "args": ["-y", "some-mcp"]},
                }
            }
        ),
        ".env": "".join(f"{name}_TOKEN={value}\n" for name, value in pairs),
        "compose.yaml": "services:\n  agent:\n    image: agent\n    environment:\n"
        + "".join(f"      {name}_KEY: '{value}'\n" for name, value in pairs)
        + f"    command: serve --redis redis://:{VALUES['PASSWORD']}@db:6379\n",
        "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: agent}\nspec:\n"
        "  containers:\n    - name: agent\n      image: agent\n      env:\n"
        + "".join(f"        - {{name: {name}, value: '{value}'}}\n" for name, value in pairs),
        "main.tf": 'resource "aws_lambda_function" "agent" {\n  environment {\n    variables = {\n'
        + "".join(f'      {name} = "{value}"\n' for name, value in pairs if "\\" not in value)
        + "    }\n  }\n}\n",
        "agent.py": "".join(f"{name} = {value!r}\n" for name, value in pairs)
        + f"client = connect('postgresql://agent:{VALUES['PASSWORD']}@db/agent')\n",
        "Dockerfile": "FROM python:3.12\n"
        + "".join(f"ENV {name}={value}\n" for name, value in pairs if "\\" not in value)
        + f"RUN curl -H 'Authorization: Bearer {token}' https://x.example\n",
        "CLAUDE.md": "# Notes\n\n"
        + "".join(f"Use {name} {value} here.\n" for name, value in pairs),
        "redis.conf": f"requirepass {VALUES['PASSWORD']}\n",
        ".github/workflows/agent.yml": "on: [push]\nenv:\n"
        + "".join(f"  {name}: '{value}'\n" for name, value in pairs)
        + "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        f"      - run: deploy --token {token}\n",
        "plan/plan.json": json.dumps(
            {
                "format_version": "1.2",
                "terraform_version": "1.11.4",
                "variables": {name: {"value": value} for name, value in pairs},
                "planned_values": {"root_module": {"resources": list(_planned(pairs))}},
            }
        ),
        "template.yaml": "Parameters:\n"
        + "".join(f"  {name}Token: {{Type: String, Default: '{value}'}}\n" for name, value in pairs)
        + "Resources:\n  T: {Type: AWS::DynamoDB::Table}\n",
        "terraform.tfvars": "".join(
            f'{name}_token = "{value}"\n' for name, value in pairs if "\\" not in value
        ),
        "tls/agent.pem": VALUES["PRIVATE_KEY"].replace("\\n", "\n"),
        ".gitlab-ci.yml": "variables:\n"
        + "".join(f"  {name}_TOKEN: '{value}'\n" for name, value in pairs)
        + "agent:\n  script: [run-agent]\n",
        "serverless.yml": "service: agent\nprovider:\n  name: aws\n  environment:\n"
        + "".join(f"    {name}_KEY: '{value}'\n" for name, value in pairs),
        "broken/.mcp.json": f'{{"mcpServers": {{"{token}": {{"env": {{"A_KEY": "{token}"',
        "langgraph.json": json.dumps({"graphs": {"agent": "./a.py:g"}, "env": dict(pairs)}),
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
