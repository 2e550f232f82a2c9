"""An image that starts an agent with a shell is that agent's, without any manifest."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.finding import Severity
from agentaudit.rules.ours import lint_rules

SHELL = (
    "import subprocess\nfrom langchain.agents import create_agent\n"
    "from langchain_core.tools import tool\n"
    '@tool\ndef run(command: str) -> str:\n    """Runs."""\n'
    "    return subprocess.run(command, shell=True)\n"
    "desk = create_agent(m, tools=[run])\n"
)
HARMLESS = SHELL.replace("subprocess.run(command, shell=True)", "command")
SCRIPT = (
    "import { generateText, tool } from 'ai';\nimport { exec } from 'child_process';\n"
    "const run = tool({ inputSchema: shape, execute: async ({ q }) => exec(q) });\n"
    "export const desk = () => generateText({ model, prompt, tools: { run } });\n"
)
RUN = "import { tool } from 'ai';\nimport { desk } from './desk';\n"
MAIN = "from langchain_core.messages import HumanMessage\n"
BASE = "FROM python:3.12-slim\nCOPY . /app\n"


def roots(files: dict[str, str]) -> list[Severity]:
    result = lint(deployment_of(files), lint_rules(), names={"agent-as-root"})
    return [finding.severity for finding in result.findings]


@pytest.mark.parametrize(
    ("code", "command"),
    [
        ({"desk.py": SHELL}, '["python", "desk.py"]'),
        ({"desk.py": SHELL}, "python /app/desk.py"),
        ({"desk.py": SHELL}, '["sh", "-c", "mkdir -p /data; exec python desk.py"]'),
        ({"app/desk.py": SHELL}, '["python", "-m", "app.desk"]'),
        ({"src/desk/__main__.py": SHELL}, '["python", "-m", "desk"]'),
        ({"app/main.py": SHELL}, '["uvicorn", "app.main:app", "--host", "0.0.0.0"]'),
        ({"app/desk.py": SHELL, "main.py": f"{MAIN}from app.desk import desk\n"}, "python main.py"),
        ({"app/desk.py": SHELL, "main.py": f"{MAIN}from app import desk\n"}, "python main.py"),
        ({"src/desk.ts": SCRIPT}, '["node", "dist/desk.js"]'),
        (
            {"desk.ts": SCRIPT, "run.ts": RUN},
            "tsx run.ts",
        ),
    ],
)
def test_what_an_image_starts_says_whose_it_is(code: dict[str, str], command: str) -> None:
    below = {f"desk/{file}": text for file, text in code.items()}

    assert roots({"desk/Dockerfile": f"{BASE}CMD {command}\n", **below}) == [Severity.MEDIUM]


@pytest.mark.parametrize(
    ("code", "last"),
    [
        ({"desk.py": SHELL}, "USER 1000\nCMD python desk.py"),
        ({"desk.py": SHELL}, "CMD python other.py"),
        ({"desk.py": SHELL}, ""),
        ({"desk.py": HARMLESS}, "CMD python desk.py"),
        ({"desk.py": SHELL, "other.py": MAIN}, "CMD python other.py"),
    ],
    ids=["another user", "another file", "nothing", "no shell", "a file without it"],
)
def test_one_sign_alone_says_nothing(code: dict[str, str], last: str) -> None:
    assert roots({"Dockerfile": f"{BASE}{last}\n", **code}) == []


def test_a_manifest_says_it_where_there_is_one() -> None:
    compose = "services:\n  web: {build: ., user: '1000'}\n"
    files = {"desk.py": SHELL, "Dockerfile": f"{BASE}CMD python desk.py\n", "compose.yaml": compose}

    assert roots(files) == []
