"""Profiles, documents and names of settings of Spring and Quarkus, as they may be written."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.facts.controls import AuditLog

LOGGED = "spring.ai.chat.observations.log-prompt"
STDIO = "spring.ai.mcp.client.stdio.connections"
MCP = "quarkus.langchain4j.mcp"
KEY = "8f2Kd93jQmXp71LzVn5RtY6bWc0HsA4e"


def of(text: str, file: str = "application.properties") -> Deployment:
    return deployment_of({f"src/main/resources/{file}": text})


def mapped(key: str, text: str) -> tuple[AuditLog, ...]:
    """The logs that a file in a ConfigMap tells of."""
    data = "".join(f"    {line}\n" for line in text.splitlines())
    head = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  {key}: |\n"
    return deployment_of({"k8s/desk.yaml": head + data}).audit_logs


@pytest.mark.parametrize("mark", ["#---", "!---"])
def test_properties_have_several_documents(mark: str) -> None:
    """A profile of the second is none of the first."""
    text = (
        f"{LOGGED}=true\n{mark}\nspring.config.activate.on-profile=dev\n{LOGGED}=true\n"
        f"{mark}\nspring.config.activate.on-profile=prod\n{LOGGED}=true\n"
    )
    logs = of(text).audit_logs
    in_map = mapped("application.properties", text)

    assert {(log.environment, log.evidence[0].line) for log in logs} == {("", 1), ("production", 7)}
    assert {log.evidence[0].line for log in in_map} == {6, 12}


def test_all_documents_of_yaml_in_a_config_map_are_read() -> None:
    texts = "a: b", f"---\n{LOGGED}: true"

    assert [log.evidence[0].line for log in mapped("application.yml", "\n".join(texts))] == [8]


@pytest.mark.parametrize(
    ("profile", "tried"),
    [
        *((each, True) for each in ('"local,dev"', "[local, test]", "dev | test", "dev & eu")),
        *((each, True) for each in ('"!prod & (dev | test)"', '" dev "')),
        *((each, False) for each in ('"!dev"', '"!(dev | test)"', "dev | prod", "[dev, prod]")),
        *((each, False) for each in ("prod", '"! (x & dev)"', '"dev,"')),
    ],
)
def test_a_setting_is_tried_where_all_its_profiles_are(profile: str, *, tried: bool) -> None:
    text = f"spring:\n  config.activate.on-profile: {profile}\n{LOGGED}: true\n"

    assert (of(text, "application.yml").audit_logs == ()) is tried


@pytest.mark.parametrize(("profile", "count"), [("dev", 0), ("prod", 1), ("{active: dev}", 1)])
def test_profiles_are_told_as_before_spring_boot_2_4(profile: str, count: int) -> None:
    text = f"spring:\n  profiles: {profile}\n  ai.chat.observations.log-prompt: true\n"

    assert len(of(text, "application.yml").audit_logs) == count


def test_profiles_of_quarkus_may_be_several() -> None:
    text = "%{}.quarkus.langchain4j.log-requests=true\n"

    assert not of(text.format("dev,test")).audit_logs
    assert of(text.format("dev,prod")).audit_logs


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            "application.yml",
            f"{STDIO}: {{'[my.Server]': {{command: npx, env: {{A_TOKEN: {KEY}}}}}}}",
        ),
        (
            "application.properties",
            f"{STDIO}[my.Server].command=npx\n{STDIO}[my.Server].env[A_TOKEN]={KEY}",
        ),
        (
            "application.properties",
            f'{MCP}."my.Server".command=npx\n{MCP}."my.Server".environment.A_TOKEN={KEY}',
        ),
    ],
)
def test_servers_have_the_names_that_are_written(file: str, text: str) -> None:
    found = of(text, file)

    assert [server.name for server in found.tool_servers] == ["my.Server"]
    assert [each.name for each in found.credentials] == ["A_TOKEN"]


@pytest.mark.parametrize(
    ("written", "name"), [("${APP:desk}", "desk"), ("deskAgent", "deskAgent"), ("desk", "desk")]
)
def test_an_application_is_called_as_its_default_says(written: str, name: str) -> None:
    found = of(f"spring.application.name={written}\n{STDIO}.GitHub.command=npx\n")

    assert [agent.name for agent in found.agents] == [name]
    assert [server.name for server in found.tool_servers] == ["GitHub"]
