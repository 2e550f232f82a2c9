"""What scripts and pipelines have clouds make: keys, and services that anybody may call."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.credentials import Credential
from tests.linting.severities import found

YEAR = 365 * 86_400


def made(text: str, file: str = "setup.sh") -> tuple[Credential, ...]:
    credentials = deployment_of({file: text}).credentials
    return tuple(each for each in credentials if each.exposure == "made")


@pytest.mark.parametrize(
    ("command", "provider", "kind", "ttl_s"),
    [
        ("gcloud iam service-accounts keys create k.json", "google", "key_file", None),
        ("gcloud --project p iam service-accounts keys create k.json", "google", "key_file", None),
        ("gcloud services api-keys create --display-name=desk", "google", "api_key", None),
        ("KEY=$(aws iam create-access-key --user-name desk)", "aws", "access_key", None),
        (
            "aws iam create-service-specific-credential --credential-age-days 30",
            "aws",
            "api_key",
            30 * 86_400,
        ),
        ("sudo az ad sp create-for-rbac --name desk", "azure", "client_secret", YEAR),
        ("az ad app credential reset --id $ID --years 2", "azure", "client_secret", 2 * YEAR),
        ("@gcloud iam service-accounts keys create k.json", "google", "key_file", None),
    ],
)
def test_a_command_makes_a_key(command: str, provider: str, kind: str, ttl_s: int | None) -> None:
    (credential,) = made(f"#!/bin/sh\n{command}\n")

    assert (credential.provider, credential.kind, credential.ttl_s) == (provider, kind, ttl_s)
    assert (credential.holder, credential.evidence[0].line) == ("repository", 2)


def test_a_command_goes_on_in_the_next_line() -> None:
    (credential,) = made(
        "az ad sp \\\n  create-for-rbac \\\n  --name desk \\\n  --years 3\naz ad sp list\n"
    )

    assert (credential.ttl_s, credential.evidence[0].line) == (3 * YEAR, 1)


@pytest.mark.parametrize(
    "line",
    [
        "# gcloud iam service-accounts keys create k.json",
        'echo "now run: aws iam create-access-key"',
        "log_info 'az ad sp create-for-rbac; then log in'",
        "az ad sp create-for-rbac --name desk --create-password false",
        "az ad sp create-for-rbac --name desk --create-cert",
        "gcloud iam service-accounts keys list  # not service-accounts keys create",
        "my-gcloud iam service-accounts keys create k.json",
    ],
)
def test_what_is_said_or_makes_no_secret_is_none(line: str) -> None:
    assert not made(f"#!/bin/sh\n{line}\n")


STEP = "aws iam create-access-key --user-name desk"


@pytest.mark.parametrize("line", [f"echo go; {STEP}", f'echo "a|b" | {STEP}', f"echo go && {STEP}"])
def test_what_stands_behind_a_message_is_run(line: str) -> None:
    (credential,) = made(f"#!/bin/sh\n{line}\n")

    assert credential.exposure == "made"


def test_what_a_script_shows_people_over_several_lines_is_not_run() -> None:
    shown = f"cat <<'END'\n  {STEP}\nEND\n"

    assert not made(shown)
    assert [each.evidence[0].line for each in made(f"{shown}{STEP}\n")] == [4]
    assert made(f"cat <<END | bash\n{STEP}\nEND\n")
    assert made(f"cat > make.sh <<END\n{STEP}\nEND\n")


def test_a_command_goes_on_for_as_long_as_one_may_be_and_no_longer() -> None:
    """Lines of a sign alone have no length of their own; they are not read as one for ever."""
    (credential,) = made(f"#!/bin/sh\n{chr(92)}\n" + f"{chr(92)}\n" * 6_000 + f"{STEP}\n")

    assert credential.evidence[0].line > 4_000


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".github/workflows/a.yml", f"on: push\njobs:\n  a:\n    steps:\n      - run: {STEP}\n"),
        (".gitlab-ci.yml", f"a:\n  script:\n    - echo go\n    - {STEP}\n"),
        ("azure-pipelines.yml", f"steps:\n  - script: |\n      echo go\n      {STEP}\n"),
    ],
)
def test_so_do_steps_of_pipelines(file: str, text: str) -> None:
    (credential,) = made(text, file)

    assert credential.holder == "ci"


AGENT = """
from agents import Agent
desk = Agent(name="desk", instructions="Answer.")
"""
OPEN = "gcloud run deploy desk --source . --allow-unauthenticated"


def asks(files: dict[str, str]) -> list[Truth]:
    return [agent.authenticated for agent in deployment_of(files).agents]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("desk/deploy.sh", f"{OPEN}\n"),
        ("desk/deploy.sh", "gcloud beta run deploy \\\n  desk --image i --allow-unauthenticated\n"),
        ("deploy.sh", "gcloud functions deploy desk --source=./desk --allow-unauthenticated\n"),
        ("desk/Makefile", f"deploy:\n\t@{OPEN}\n"),
        (
            "desk/open.sh",
            "gcloud run services add-iam-policy-binding desk --member='allUsers' --role=r\n",
        ),
        (
            "desk/cloudbuild.yaml",
            "steps:\n  - args: [run, deploy, desk, --image, i, --allow-unauthenticated]\n",
        ),
        (
            ".github/workflows/a.yml",
            f"on: push\njobs:\n  a:\n    steps:\n      - run: {OPEN.replace('.', 'desk')}\n",
        ),
    ],
)
def test_what_is_deployed_for_everybody_asks_nobody(file: str, text: str) -> None:
    files = {"desk/agent.py": AGENT, file: text}

    assert asks(files) == [Truth.NO]
    assert "unauthenticated-agent" in found(files)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("desk/deploy.sh", "gcloud run deploy desk --source . --no-allow-unauthenticated\n"),
        ("desk/deploy.sh", f"{OPEN} --ingress internal-and-cloud-load-balancing\n"),
        ("desk/deploy.sh", f"{OPEN} --iap\n"),
        ("site/deploy.sh", f"{OPEN}\n"),
        ("desk/deploy.sh", "gcloud run deploy site --source ../site --allow-unauthenticated\n"),
        ("deploy.sh", "gcloud run deploy desk --image i --allow-unauthenticated\n"),
        ("desk/bind.sh", "gcloud run services add-iam-policy-binding desk --member=user:a@b.c\n"),
        ("desk/deploy.sh", f"echo {OPEN}\n"),
    ],
)
def test_what_is_kept_from_others_or_is_something_else_leaves_it_open(file: str, text: str) -> None:
    assert asks({"desk/agent.py": AGENT, file: text}) == [Truth.UNKNOWN]


def test_agents_of_editors_and_pipelines_are_no_part_of_a_service() -> None:
    files = {
        ".mcp.json": '{"mcpServers": {"a": {"command": "npx", "args": ["-y", "a@1.0.0"]}}}',
        ".github/workflows/review.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n"
        "    steps:\n      - uses: anthropics/claude-code-action@v1\n",
        ".github/workflows/deploy.yml": f"on: push\njobs:\n  a:\n    steps:\n      - run: {OPEN}\n",
        "desk/agent.py": AGENT,
    }
    known = {agent.name: agent.authenticated for agent in deployment_of(files).agents}

    assert {name for name, truth in known.items() if truth is Truth.NO} == {"desk"}


def test_only_the_agent_before_the_others_is_told() -> None:
    team = AGENT + 'lead = Agent(name="lead", instructions="Hand over.", handoffs=[desk])\n'
    files = {"desk/agent.py": team, "desk/deploy.sh": f"{OPEN}\n"}
    known = {agent.name: agent.authenticated for agent in deployment_of(files).agents}

    assert known == {"desk": Truth.UNKNOWN, "lead": Truth.NO}
