"""What a Blueprint of Render says of the agents that it starts."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.credentials import CredentialForm

BLUEPRINT = """
services:
  - type: web
    name: desk-agent
    runtime: docker
    rootDir: agents/desk
    envVars:
      - {key: PORT, value: "8080"}
      - {key: OPENAI_API_KEY, sync: false}
      - {key: CRM_TOKEN, value: q8vR2xLkQ9mP4Zt7wYs3nHc6dJf}
      - {key: GATEWAY_TOKEN, generateValue: true}
      - {fromGroup: models}
  - {type: keyvalue, name: kept}
envVarGroups:
  - name: models
    envVars: [{key: TAVILY_API_KEY, sync: false}]
"""


def test_a_service_of_a_blueprint_is_a_container_of_its_own() -> None:
    found = deployment_of(
        {
            "render.yaml": BLUEPRINT,
            "agents/desk/agent.py": "from strands import Agent\na = Agent()\n",
        }
    )
    (runtime,) = found.runtimes

    assert (runtime.name, runtime.runs_agent) == ("desk-agent", True)
    assert (runtime.memory_limit, runtime.published_ports) == (Known.SET, ("443",))
    assert {(each.variable, each.form) for each in found.credentials} == {
        ("OPENAI_API_KEY", CredentialForm.SECRET_REF),
        ("CRM_TOKEN", CredentialForm.LITERAL),
        ("GATEWAY_TOKEN", CredentialForm.SECRET_REF),
        ("TAVILY_API_KEY", CredentialForm.SECRET_REF),
    }
    (runs,) = [edge for edge in found.edges if edge.kind is EdgeKind.RUNS_ON]
    assert runs.src == found.agents[0].id


@pytest.mark.parametrize(
    ("said", "folder"), [("./agents/desk/", "agents/desk"), (".agents/desk", ".agents/desk")]
)
def test_the_folder_of_a_service_may_be_written_in_many_ways(said: str, folder: str) -> None:
    program = {f"{folder}/agent.py": "from strands import Agent\na = Agent()\n"}
    text = BLUEPRINT.replace("agents/desk", said)

    found = deployment_of({"render.yaml": text, **program})

    assert [edge.src for edge in found.edges if edge.kind is EdgeKind.RUNS_ON] == [
        found.agents[0].id
    ]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("render.yaml", "services: {a: {image: agent}}\n"),
        ("render.yaml", "services: [{name: agent}]\n"),
        ("config.yaml", BLUEPRINT),
    ],
)
def test_other_files_are_no_blueprints(file: str, text: str) -> None:
    assert not any(each.published_ports for each in deployment_of({file: text}).runtimes)


def test_a_group_of_variables_that_is_made_by_hand_leaves_open_whether_a_server_asks() -> None:
    text = "services: [{type: web, name: desk-mcp, envVars: [{fromGroup: %s}]}]\n"
    own = text + "envVarGroups: [{name: a, envVars: [{key: PORT, value: 80}]}]\n"
    asked = [
        deployment_of({"render.yaml": own % group}).tool_servers[0].authenticated
        for group in ("a", "b")
    ]

    assert asked == [Truth.NO, Truth.UNKNOWN]


def test_the_image_of_a_service_is_pinned_or_not() -> None:
    text = "services: [{type: worker, name: agent, image: {url: acme/agent:latest}}]\n"
    (runtime,) = deployment_of({"render.yaml": text}).runtimes

    assert runtime.image_pinned is Truth.NO
    assert runtime.published_ports == ()


@pytest.mark.parametrize(
    ("said", "root"),
    [
        ("docker", Truth.YES),
        ("python", Truth.UNKNOWN),
        ("docker, dockerfilePath: other/Dockerfile", Truth.NO),
    ],
)
def test_what_render_builds_itself_is_built_by_no_dockerfile(said: str, root: Truth) -> None:
    text = f"services:\n  - {{type: web, name: desk-agent, runtime: {said}}}\n"
    files = {
        "Dockerfile": "FROM python:3.12\n",
        "other/Dockerfile": "FROM python:3.12\nUSER 1000\n",
    }
    found = deployment_of({"render.yaml": text, **files}).runtimes

    (runtime,) = (each for each in found if each.name == "desk-agent")
    assert runtime.runs_as_root is root
