"""Files of Compose that it lays over one another, and those that somebody has to name."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.model.evidence import Known
from agentaudit.model.facts.runtimes import Runtime
from tests.linting.severities import found

BASE = """
services:
  agent:
    image: registry.example/desk-agent:1.4
    command: serve
    ports: ["8080:80"]
    volumes: ["./data:/data", "/etc:/host:ro"]
    environment: [STAGE=one, REGION=eu]
"""
LIMITS = "services: {agent: {mem_limit: 1g, cpus: 1, pids_limit: 100}}"


def one(deployment: Deployment) -> Runtime:
    (runtime,) = deployment.runtimes
    return runtime


@pytest.mark.parametrize(
    ("base", "override"),
    [
        ("compose.yaml", "compose.override.yaml"),
        ("compose.yml", "docker-compose.override.yml"),
        ("docker-compose.yml", "docker-compose.override.yaml"),
        ("docker-compose.yaml", "compose.override.yml"),
    ],
)
def test_an_override_is_laid_over_the_file_beside_it(base: str, override: str) -> None:
    above = "services: {agent: {privileged: true, mem_limit: 1g, cpus: 1}, more: {image: x}}"
    deployment = deployment_of({f"a/{base}": BASE, f"a/{override}": above})
    agent = next(each for each in deployment.runtimes if each.name == "agent")

    assert {each.name for each in deployment.runtimes} == {"agent", "more"}
    assert (agent.privileged, agent.memory_limit) == (True, Known.SET)
    assert agent.image == "registry.example/desk-agent:1.4"
    assert [place.file for place in agent.evidence] == [f"a/{base}", f"a/{override}"]


@pytest.mark.parametrize(
    ("above", "ports", "mounts"),
    [
        ("{ports: ['9090:90']}", ("8080:80", "9090:90"), ("/etc",)),
        ("{ports: !override ['9090:90']}", ("9090:90",), ("/etc",)),
        ("{ports: !reset []}", (), ("/etc",)),
        ("{volumes: ['./etc:/host']}", ("8080:80",), ()),
        ("{volumes: [{type: bind, source: /root, target: /host}]}", ("8080:80",), ("/root",)),
        ("{volumes: ['/var:/var']}", ("8080:80",), ("/etc", "/var")),
    ],
)
def test_lists_are_joined_and_volumes_by_where_they_are_mounted(
    above: str, ports: tuple[str, ...], mounts: tuple[str, ...]
) -> None:
    override = f"services:\n  agent: {above}\n"
    agent = one(deployment_of({"compose.yaml": BASE, "compose.override.yaml": override}))

    assert (agent.published_ports, agent.host_mounts) == (ports, mounts)


def test_a_key_of_an_override_stands_there_and_one_that_it_replaces_where_it_was() -> None:
    key = "sk-proj-R7fQ2mZc9Xw4TbKd8LpYhGj3FsAe6UoI5xV1tN0wE"
    base = (
        f"services:\n  agent:\n    image: desk-agent:1\n    environment: [OPENAI_API_KEY={key}]\n"
    )
    above = "services:\n  agent:\n    environment:\n      OPENAI_API_KEY: ${KEY}\n      STAGE: x\n"
    deployment = deployment_of({"compose.yaml": base, "compose.override.yaml": above})

    assert {(each.evidence[0].file, str(each.form)) for each in deployment.credentials} == {
        ("compose.yaml", "literal"),
        ("compose.override.yaml", "env_ref"),
    }


def test_the_list_of_files_in_env_counts_instead() -> None:
    files = {
        "docker-compose.yml": BASE,
        "docker-compose.prod.yml": LIMITS,
        "docker-compose.override.yml": "services: {agent: {privileged: true}}",
        ".env": "COMPOSE_FILE=docker-compose.yml:docker-compose.prod.yml:gone.yml",
    }
    by_file = {each.evidence[0].file: each for each in deployment_of(files).runtimes}

    assert by_file["docker-compose.yml"].memory_limit is Known.SET
    assert not by_file["docker-compose.yml"].privileged
    assert set(by_file) == {"docker-compose.yml", "docker-compose.override.yml"}


@pytest.mark.parametrize("file", ["compose.prod.yaml", "docker-compose.production.yml"])
def test_limits_of_a_file_for_production_leave_open_whether_there_are_some(file: str) -> None:
    files = {"compose.yaml": BASE, file: LIMITS}
    deployment = deployment_of(files)
    base = next(each for each in deployment.runtimes if each.evidence[0].file == "compose.yaml")

    assert (base.memory_limit, base.cpu_limit) == (Known.UNKNOWN, Known.UNKNOWN)
    assert [(end.what, end.evidence.line) for end in deployment.unresolved] == [
        (f"{file} limits agent where somebody lays it over this file", 3)
    ]
    assert "agent-without-resource-limits" not in found(files)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("compose.dev.yaml", LIMITS),
        ("compose.non-prod.yaml", LIMITS),
        ("b/compose.prod.yaml", LIMITS),
        ("compose.prod.yaml", LIMITS.replace("agent", "other")),
        ("compose.prod.yaml", LIMITS.replace("mem_limit", "image: desk-agent:2, mem_limit")),
        ("compose.prod.yaml", "services: {agent: {restart: always}}"),
        ("compose.override.yaml", "services: {agent: {restart: always}}"),
    ],
)
def test_a_service_that_no_such_file_limits_has_no_limits(file: str, text: str) -> None:
    assert "agent-without-resource-limits" in found({"compose.yaml": BASE, file: text})


def test_an_override_alone_is_read_by_itself() -> None:
    text = "services: {agent: {privileged: true, ports: !override ['9090:90']}}"
    agent = one(deployment_of({"compose.override.yaml": text}))

    assert (agent.privileged, agent.published_ports) == (True, ("9090:90",))


@pytest.mark.parametrize("first", [BASE, "name: desk\n"], ids=["services", "a name alone"])
def test_of_several_documents_each_is_laid_over_those_before_it(first: str) -> None:
    above = "services:\n  agent: {image: 'x/desk-agent:2', privileged: true}\n  more: {image: x}\n"
    deployment = deployment_of({"compose.yaml": f"{first}---\n{above}"})
    agent = next(each for each in deployment.runtimes if each.name == "agent")

    assert {each.name for each in deployment.runtimes} == {"agent", "more"}
    assert (agent.image, agent.privileged) == ("x/desk-agent:2", True)


def test_objects_of_a_cluster_beside_services_are_no_compose_file() -> None:
    service = "services: {agent: {image: 'x/desk-agent:2'}}"
    files = {"all.yaml": f"apiVersion: v1\nkind: ConfigMap\n---\n{service}\n"}

    assert deployment_of(files).runtimes == ()


def test_of_very_many_documents_the_first_are_read_and_the_others_named() -> None:
    text = "---\n".join(f"services: {{s{at}: {{image: x}}}}\n" for at in range(2_000))
    deployment = deployment_of({"compose.yaml": text})
    (file,) = deployment.coverage

    assert len(deployment.runtimes) == 20
    assert (file.status, file.line) == (FileStatus.PARTIAL, 41)
    assert "the documents after the first 20" in file.reason
