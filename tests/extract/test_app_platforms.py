"""Agents on platforms that run an app from a short file: Fly.io, DigitalOcean and Railway."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind, FileStatus
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.runtimes import Runtime

AGENT = {"agent.py": "from strands import Agent\na = Agent()\n", "jobs.py": "import queue\n"}
FLY = """
app = "desk"
primary_region = "ams"
[env]
  PORT = "8080"
  CRM_TOKEN = "q8vR2xLkQ9mP4Zt7wYs3nHc6dJf"
[processes]
  web = "python agent.py"
  worker = "python jobs.py"
[http_service]
  internal_port = 8080
  processes = ["web"]
[[services]]
  internal_port = 25
  processes = ["worker"]
  [[services.ports]]
    port = 2525
[[vm]]
  memory = "1gb"
"""
DIGITAL_OCEAN = """
name: desk
envs:
  - {key: CRM_TOKEN, value: q8vR2xLkQ9mP4Zt7wYs3nHc6dJf, scope: RUN_TIME}
services:
  - name: desk-agent
    github: {repo: acme/desk, branch: main}
    run_command: python agent.py
    http_port: 8080
    envs:
      - {key: OPENAI_API_KEY, type: SECRET, value: "EV[1:kN3x:Zm9v]"}
      - {key: TAVILY_API_KEY, type: SECRET}
      - {key: GATEWAY_TOKEN, type: SECRET, value: r8vR2xLkQ9mP4Zt7wYs3nHc6dJf}
      - {key: DATABASE_URL, value: "${db.DATABASE_URL}"}
workers:
  - name: queue
    image: {registry_type: GHCR, registry: acme, repository: queue, tag: latest}
    instance_size_slug: basic-xxs
"""


def _named(found: Deployment, name: str) -> Runtime:
    return next(each for each in found.runtimes if each.name == name)


def test_a_group_of_processes_is_a_container_of_its_own() -> None:
    found = deployment_of({"fly.toml": FLY, **AGENT})
    web, worker = _named(found, "desk-web"), _named(found, "desk-worker")

    assert (web.published_ports, worker.published_ports) == (("443",), ("2525",))
    assert (web.memory_limit, web.cpu_limit) == (Known.SET, Known.SET)
    held = {each.variable: each.form for each in found.credentials}
    assert held["CRM_TOKEN"] is CredentialForm.LITERAL
    assert "PORT" not in held
    runs = {(edge.src, edge.dst) for edge in found.edges if edge.kind is EdgeKind.RUNS_ON}
    assert (found.agents[0].id, web.id) in runs
    assert (found.agents[0].id, worker.id) not in runs


@pytest.mark.parametrize(
    ("services", "ports"),
    [
        ("[http_service]\ninternal_port = 80\n", ("443",)),
        ("[[services]]\ninternal_port = 80\n[[services.ports]]\nport = 443\n", ("443",)),
        ("[[services]]\ninternal_port = 80\n", ()),
        ("", ()),
    ],
)
def test_an_app_is_open_where_a_service_of_it_has_a_port(
    services: str, ports: tuple[str, ...]
) -> None:
    text = f'app = "desk"\nprimary_region = "ams"\n{services}'
    (runtime,) = deployment_of({"fly.toml": text}).runtimes

    assert (runtime.name, runtime.published_ports) == ("desk", ports)


def test_an_app_runs_its_image_or_what_lies_beside() -> None:
    image = 'app = "desk"\n[build]\nimage = "ghcr.io/acme/agent:latest"\n'
    built = 'app = "desk"\n[build]\ndockerfile = "deploy/Dockerfile"\n'
    files = {"a/deploy/Dockerfile": "FROM python:3.12\nUSER 1000\n"}

    assert _named(deployment_of({"fly.toml": image}), "desk").image_pinned is Truth.NO
    found = deployment_of({"a/fly.toml": built, **files})
    assert _named(found, "desk").runs_as_root is Truth.NO


def test_secrets_of_an_app_of_fly_are_beside_its_file_so_a_server_may_ask() -> None:
    text = 'app = "desk-mcp"\n[http_service]\ninternal_port = 80\n'
    (server,) = deployment_of({"fly.toml": text}).tool_servers

    assert (server.exposed, server.authenticated) == (True, Truth.UNKNOWN)


@pytest.mark.parametrize("file", ["fly.toml", "fly.production.toml", "a/fly-staging.toml"])
def test_apps_of_fly_have_many_files(file: str) -> None:
    assert deployment_of({file: FLY}).runtimes


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("butterfly.toml", FLY),
        ("fly.toml", 'title = "desk"\n'),
        ("app.yaml", "services: [{name: agent}]\nname: desk\n"),
        ("values.yaml", DIGITAL_OCEAN),
        ("railway.json", '{"deployed": true}'),
    ],
)
def test_other_files_deploy_nothing(file: str, text: str) -> None:
    assert not deployment_of({file: text}).runtimes


def test_a_component_of_digitalocean_gets_its_variables_and_those_of_the_app() -> None:
    found = deployment_of({".do/app.yaml": DIGITAL_OCEAN, **AGENT})
    agent, queue = _named(found, "desk-agent"), _named(found, "queue")

    assert (agent.published_ports, queue.published_ports) == (("443",), ())
    assert (agent.memory_limit, queue.image) == (Known.SET, "acme/queue:latest")
    forms = {(each.variable, each.form) for each in found.credentials}
    assert forms >= {
        ("CRM_TOKEN", CredentialForm.LITERAL),
        ("GATEWAY_TOKEN", CredentialForm.LITERAL),
        ("OPENAI_API_KEY", CredentialForm.SECRET_REF),
        ("TAVILY_API_KEY", CredentialForm.SECRET_REF),
    }
    assert ("DATABASE_URL", CredentialForm.LITERAL) not in forms


def test_what_the_platform_puts_in_from_another_component_needs_no_other_channel() -> None:
    spec = DIGITAL_OCEAN.replace(
        '"${db.DATABASE_URL}"',
        '"${db.DATABASE_URL}"}\n      - {key: STRIPE_API_KEY, value: "${STRIPE_API_KEY}"',
    )
    found = deployment_of({".do/app.yaml": spec, **AGENT})

    channels = {each.variable: each.unused_channel for each in found.credentials}

    assert (channels["DATABASE_URL"], channels["OPENAI_API_KEY"]) == ("", "")
    assert channels["STRIPE_API_KEY"] == "`type: SECRET`"


@pytest.mark.parametrize(
    ("more", "root"),
    [
        ("dockerfile_path: Dockerfile", Truth.YES),
        ("environment_slug: python", Truth.UNKNOWN),
        ("environment_slug: python\n    dockerfile_path: Dockerfile", Truth.YES),
        ("source_dir: /", Truth.YES),
    ],
)
def test_a_buildpack_of_digitalocean_heeds_no_dockerfile(more: str, root: Truth) -> None:
    spec = DIGITAL_OCEAN.replace("http_port: 8080", f"http_port: 8080\n    {more}")
    image = "FROM python:3.13\nCOPY . .\nCMD python agent.py\n"
    found = deployment_of({".do/app.yaml": spec, "Dockerfile": image, **AGENT})

    assert _named(found, "desk-agent").runs_as_root is root


def test_a_template_for_a_button_of_digitalocean_holds_the_same() -> None:
    inner = DIGITAL_OCEAN.strip().replace("\n", "\n  ")
    found = deployment_of({".do/deploy.template.yaml": f"spec:\n  {inner}\n"})

    assert {each.name for each in found.runtimes} == {"desk-agent", "queue"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a/railway.toml", '[deploy]\nstartCommand = "python agent.py"\n'),
        ("a/railway.json", '{"deploy": {"startCommand": "python agent.py"}}'),
    ],
)
def test_what_railway_keeps_beside_its_file_is_open(file: str, text: str) -> None:
    found = deployment_of({file: text, "a/agent.py": AGENT["agent.py"]})
    (runtime,) = found.runtimes

    (runs,) = [edge for edge in found.edges if edge.kind is EdgeKind.RUNS_ON]
    assert (runs.src, runs.dst) == (found.agents[0].id, runtime.id)
    assert any("variables and domains that Railway" in end.what for end in found.unresolved)


def test_many_groups_share_variables_within_limits() -> None:
    """What is not followed is told, and its file counts as read in part."""
    variables = "".join(f'V{number} = "1"\n' for number in range(400))
    groups = "".join(f'g{number} = "python jobs.py"\n' for number in range(400))
    text = f'app = "desk"\n[env]\n{variables}[processes]\n{groups}'
    found = deployment_of({"fly.toml": text})

    assert len(found.runtimes) == 400
    assert any("more groups of processes" in end.what for end in found.unresolved)
    assert [each.status for each in found.coverage] == [FileStatus.PARTIAL]
