"""Agents of the repository's own code that jobs of pipelines run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.pipelines.run_files import run_by
from agentaudit.model.deployment import Deployment, EdgeKind

AGENT = """\
import os

from agents import Agent, Runner

triage = Agent(name="triage")
Runner.run_sync(triage, os.environ["BODY"])
"""
WORKFLOW = """\
on: {issues: {types: [opened]}}
permissions: {issues: write}
jobs:
  triage:
    runs-on: ubuntu-latest
    steps:
      - run: COMMAND
        env:
          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}
          BODY: ${{ github.event.issue.body }}
"""


def deployment(command: str, **files: str) -> Deployment:
    texts = {name.replace("__", "/").replace("_py", ".py"): text for name, text in files.items()}
    workflow = WORKFLOW.replace("COMMAND", f'"{command}"')
    return deployment_of({".github/workflows/a.yml": workflow, **texts})


def run(command: str, **files: str) -> list[str]:
    """The agents that the job runs."""
    found = deployment(command, **files)
    names = {agent.id: agent.name for agent in found.agents}
    jobs = {each.id for each in found.runtimes if each.kind == "job"}
    return [
        names[edge.src]
        for edge in found.edges
        if edge.kind is EdgeKind.RUNS_ON and edge.dst in jobs
    ]


@pytest.mark.parametrize(
    "command",
    [
        "python scripts/triage.py",
        "python3.13 -u ./scripts/triage.py --dry-run",
        "cd scripts && python triage.py",
        "uv run --with openai-agents scripts/triage.py",
        "uv run python scripts/triage.py",
        "PYTHONPATH=. timeout 5m poetry run python -m scripts.triage",
        "pip install openai-agents; ./scripts/triage.py",
        "git diff | python scripts/triage.py > out.txt",
    ],
)
def test_a_job_runs_the_agent_of_the_file_that_its_command_names(command: str) -> None:
    assert run(command, scripts__triage_py=AGENT) == ["triage"]


@pytest.mark.parametrize(
    "command",
    [
        "ruff check scripts/triage.py",
        "uv run ruff check scripts/triage.py",
        "uv run pytest scripts/triage.py",
        "python -m pytest scripts/triage.py",
        "python -m py_compile scripts/triage.py",
        "git add scripts/triage.py",
        "python scripts/other.py scripts/triage.py",
        "echo python scripts/triage.py",
        "# python scripts/triage.py",
        "python deploy.py --create",
        "uv run scripts/generate_reference_docs.py",
    ],
)
def test_what_looks_at_a_file_runs_it_not(command: str) -> None:
    files = {
        "scripts__triage_py": AGENT,
        "scripts__other_py": "import agents\n",
        "scripts__generate_reference_docs_py": AGENT,
        "deploy_py": AGENT,
    }

    assert run(command, **files) == []


def test_an_agent_of_a_file_that_is_imported_is_run_as_well() -> None:
    main = (
        "from agents import Runner\nfrom desk.agent import triage\n\nRunner.run_sync(triage, 1)\n"
    )

    assert run("python main.py", main_py=main, desk__agent_py=AGENT) == ["triage"]


def test_a_test_that_builds_an_agent_is_no_agent_of_the_job() -> None:
    assert run("python tests/triage.py", tests__triage_py=AGENT) == []


def test_a_package_keeps_its_commands_under_names() -> None:
    program = (
        'import { Agent, run } from "@openai/agents";\n'
        'export const desk = new Agent({ name: "desk", instructions: "help" });\n'
        "await run(desk, process.env.BODY);\n"
    )
    manifest = '{"scripts": {"review": "tsx src/review.ts", "loop": "npm run loop"}}'
    texts = {"package.json": manifest, "src/review.ts": program}

    for command, expected in (("npm run review", 1), ("pnpm review", 1), ("npm run loop", 0)):
        workflow = WORKFLOW.replace("COMMAND", command)
        found = deployment_of({".github/workflows/a.yml": workflow, **texts})
        jobs = {each.id for each in found.runtimes if each.kind == "job"}
        assert sum(edge.dst in jobs for edge in found.edges if edge.kind == "runs_on") == expected


def test_the_workflow_runs_an_agent_that_strangers_reach_with_its_key() -> None:
    found = deployment("python scripts/triage.py", scripts__triage_py=AGENT)
    [workflow] = found.workflows
    [agent] = found.agents
    seen = {edge.src for edge in found.edges if edge.kind == "visible_to" and edge.dst == agent.id}

    assert (workflow.runs_agent, workflow.interpolates_event) == (True, True)
    assert {each.name for each in found.credentials if each.id in seen} == {"OPENAI_API_KEY"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".gitlab-ci.yml", "triage: {script: [python scripts/triage.py]}\n"),
        (
            ".circleci/config.yml",
            (
                "version: 2.1\njobs:\n  triage:\n    docker: [{image: 'python:3.13'}]\n"
                "    steps: [{run: python scripts/triage.py}]\n"
            ),
        ),
    ],
)
def test_so_do_jobs_of_other_forges(file: str, text: str) -> None:
    found = deployment_of({file: text, "scripts/triage.py": AGENT})
    [agent] = found.agents
    jobs = {each.id for each in found.runtimes if each.kind == "job" and each.runs_agent}

    assert [edge.src for edge in found.edges if edge.dst in jobs] == [agent.id]


@given(st.lists(st.sampled_from(["uv", "run", "python", "-m", "-c", "a.py", "--with", "x", "-u"])))
def test_what_is_run_stands_in_the_command(words: list[str]) -> None:
    assert not words or set(run_by(words)) <= set(words)


MAKEFILE = """\
.PHONY: triage
PYTHON := python3
all: lint

lint:
\truff check .

prepare:
\t@echo ready

triage: prepare
\t@$(PYTHON) --version
\t-$(PYTHON) \\
\t  scripts/triage.py
claude:
\tclaude --dangerously-skip-permissions -p "$(BODY)"
"""


@pytest.mark.parametrize(
    ("command", "agents"),
    [
        ("make triage", ["triage"]),
        ("make -s triage BODY=hi", ["triage"]),
        ("make claude", ["Claude Code of Makefile"]),
        ("make lint", []),
        ("make", []),
        ("make release", []),
        ("echo make triage", []),
    ],
)
def test_a_target_runs_what_its_commands_do(command: str, agents: list[str]) -> None:
    assert run(command, scripts__triage_py=AGENT, Makefile=MAKEFILE) == agents


@pytest.mark.parametrize(
    "text",
    [
        "agent: other\n\techo hi\nother:\n\tpython scripts/triage.py\n",
        "agent other:\n\tpython scripts/triage.py\n",
        "agent:: # asks\n\t@python scripts/triage.py\n",
        "agent:\n\t$(MAKE) other\n\tmake other\nother:\n\tpython scripts/triage.py\n",
        "PY ?= uv run python\nagent:\n\t$(PY) scripts/triage.py\n",
        "agent: agent\n\tmake agent\n\tpython scripts/triage.py\n",
    ],
)
def test_so_does_the_first_and_what_it_needs(text: str) -> None:
    assert run("make", scripts__triage_py=AGENT, Makefile=text) == ["triage"]


def test_a_makefile_of_a_folder_is_run_there() -> None:
    files = {"tools__Makefile": "agent:\n\tpython triage.py\n", "tools__triage_py": AGENT}

    assert run("make -C tools agent", **files) == ["triage"]
    assert run("cd tools && make", **files) == ["triage"]
    assert run("make agent", **files) == []


def test_a_script_may_start_the_program_of_an_agent_and_nothing_else() -> None:
    files = {"scripts__triage_py": AGENT, "run.sh": "set -e\nexec python scripts/triage.py\n"}

    assert run("bash run.sh", **files) == ["triage"]
