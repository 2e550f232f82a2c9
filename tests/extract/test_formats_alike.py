"""What one format can say wrong is known of every other that can say it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.rules.fakes import fake

KIND = {"name": "desk-agent", "image": "registry.example/desk-agent:1.4"}


def compose(**more: object) -> dict[str, str]:
    return {
        "compose.yaml": json.dumps({"services": {"desk-agent": {"image": KIND["image"], **more}}})
    }


def task(definition: Mapping[str, object], **more: object) -> dict[str, object]:
    return {"family": "desk", "containerDefinitions": [{**KIND, **definition}], **more}


def task_file(definition: Mapping[str, object], **more: object) -> dict[str, str]:
    return {"task-definition.json": json.dumps(task(definition, **more))}


def described(definition: Mapping[str, object], **more: object) -> dict[str, str]:
    """As `aws ecs describe-task-definition` answers."""
    return {"ecs/desk.json": json.dumps({"taskDefinition": task(definition, **more), "tags": []})}


def terraform_task(definition: Mapping[str, object], more: str = "") -> dict[str, str]:
    listed = json.dumps([{**KIND, **definition}])
    text = f"""
resource "aws_ecs_task_definition" "desk" {{
  family                = "desk"
  container_definitions = jsonencode({listed})
  {more}
}}
"""
    return {"main.tf": text}


def template(definition: Mapping[str, object], **more: object) -> dict[str, str]:
    listed = [{key[0].upper() + key[1:]: value for key, value in {**KIND, **definition}.items()}]
    properties = {"Family": "desk", "ContainerDefinitions": listed, **more}
    desk = {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}
    return {"template.json": json.dumps({"Resources": {"Desk": desk}})}


def runtime_in(texts: Mapping[str, str]) -> Runtime:
    (runtime,) = deployment_of(texts).runtimes
    return runtime


@pytest.mark.parametrize(
    "texts",
    [
        compose(user="0:0"),
        task_file({"user": "root"}),
        described({"user": "0"}),
        terraform_task({"user": "0:0"}),
        template({"user": "root"}),
    ],
)
def test_an_agent_that_is_root_is_so_whatever_starts_it(texts: dict[str, str]) -> None:
    runtime = runtime_in(texts)

    assert (runtime.runs_agent, runtime.runs_as_root) == (True, Truth.YES)


SOCKET = "/var/run/docker.sock"
POINT = {"mountPoints": [{"sourceVolume": "engine", "containerPath": SOCKET}]}


@pytest.mark.parametrize(
    "texts",
    [
        compose(volumes=[f"{SOCKET}:{SOCKET}"]),
        task_file(POINT, volumes=[{"name": "engine", "host": {"sourcePath": SOCKET}}]),
        terraform_task(POINT, f'volume {{\n name = "engine"\n host_path = "{SOCKET}"\n }}'),
        template(
            {"mountPoints": [{"SourceVolume": "engine", "ContainerPath": SOCKET}]},
            Volumes=[{"Name": "engine", "Host": {"SourcePath": SOCKET}}],
        ),
        {
            "main.tf": f"""
resource "kubernetes_pod_v1" "desk" {{
  metadata {{ name = "desk-agent" }}
  spec {{
    container {{
      name  = "desk-agent"
      image = "registry.example/desk-agent:1.4"
      volume_mount {{
        name       = "engine"
        mount_path = "{SOCKET}"
      }}
    }}
    volume {{
      name = "engine"
      host_path {{ path = "{SOCKET}" }}
    }}
  }}
}}
"""
        },
    ],
)
def test_the_socket_of_an_engine_is_one_whatever_mounts_it(texts: dict[str, str]) -> None:
    assert runtime_in(texts).docker_socket


def test_a_volume_of_a_task_that_no_container_mounts_is_none_of_its_agent() -> None:
    texts = task_file({}, volumes=[{"name": "engine", "host": {"sourcePath": SOCKET}}])

    assert not runtime_in(texts).docker_socket


@pytest.mark.parametrize(
    "texts",
    [
        compose(network_mode="host"),
        task_file({}, networkMode="host"),
        terraform_task({}, 'network_mode = "host"'),
        template({}, NetworkMode="host"),
    ],
)
def test_a_network_of_the_host_is_one_whatever_gives_it(texts: dict[str, str]) -> None:
    assert runtime_in(texts).host_network


def test_a_list_of_containers_without_images_is_no_task() -> None:
    texts = {"notes.json": json.dumps({"containerDefinitions": [{"name": "agent"}]})}

    assert not deployment_of(texts).runtimes


def test_tasks_of_one_name_in_several_files_are_each_their_own() -> None:
    texts = {f"{stage}/task.json": json.dumps(task({})) for stage in ("dev", "prod")}

    assert len(deployment_of(texts).runtimes) == len(texts)


SERVES = ["--model", "acme/reader", "--trust-remote-code"]
ARGUMENTS = json.dumps(SERVES)
VLLM = "vllm/vllm-openai:v0.11.0"


@pytest.mark.parametrize(
    "texts",
    [
        {"compose.yaml": json.dumps({"services": {"reader": {"image": VLLM, "command": SERVES}}})},
        {
            "task.json": json.dumps(
                {"containerDefinitions": [{"name": "reader", "image": VLLM, "command": SERVES}]}
            )
        },
        {
            "main.tf": f"""
resource "google_cloud_run_v2_service" "reader" {{
  name = "reader"
  template {{
    containers {{
      image = "{VLLM}"
      args  = {ARGUMENTS}
    }}
  }}
}}
"""
        },
        {
            "main.tf": f"""
resource "kubernetes_deployment_v1" "reader" {{
  metadata {{ name = "reader" }}
  spec {{
    template {{
      spec {{
        container {{
          name  = "reader"
          image = "{VLLM}"
          args  = {ARGUMENTS}
        }}
      }}
    }}
  }}
}}
"""
        },
        {
            "main.tf": f"""
resource "azurerm_container_app" "reader" {{
  name = "reader"
  template {{
    container {{
      name  = "reader"
      image = "{VLLM}"
      args  = {ARGUMENTS}
    }}
  }}
}}
"""
        },
        {
            "main.bicep": f"""
resource reader 'Microsoft.App/containerApps@2024-03-01' = {{
  name: 'reader'
  properties: {{
    template: {{
      containers: [
        {{
          name: 'reader'
          image: '{VLLM}'
          args: ['--model', 'acme/reader', '--trust-remote-code']
        }}
      ]
    }}
  }}
}}
"""
        },
    ],
)
def test_a_server_of_a_model_is_asked_what_it_is_started_with(texts: dict[str, str]) -> None:
    (model,) = deployment_of(texts).models

    assert model.runs_fetched_code


@pytest.mark.parametrize("value", ["0", "${NODE_TLS_REJECT_UNAUTHORIZED:-0}"])
@pytest.mark.parametrize("image", ["desk-agent:1", "tickets-mcp:1", "berriai/litellm:v1"])
def test_verification_is_off_for_whatever_is_told_so(image: str, value: str) -> None:
    service = {"image": image, "environment": {"NODE_TLS_REJECT_UNAUTHORIZED": value}}
    texts = {"compose.yaml": json.dumps({"services": {"it": service}})}

    assert runtime_in(texts).tls_verification_off


@pytest.mark.parametrize(
    ("file", "root", "server"),
    [
        (".mcp.json", "mcpServers", {"command": "tickets", "env": {"SSL_VERIFY": "false"}}),
        (".vscode/mcp.json", "servers", {"command": "tickets", "env": {"SSL_VERIFY": "0"}}),
        (
            "opencode.json",
            "mcp",
            {"type": "local", "command": ["tickets"], "environment": {"SSL_VERIFY": "0"}},
        ),
    ],
)
def test_a_server_is_told_to_take_any_certificate(
    file: str, root: str, server: dict[str, object]
) -> None:
    (found,) = deployment_of({file: json.dumps({root: {"tickets": server}})}).tool_servers

    assert found.tls_verification_off


@pytest.mark.parametrize(("value", "enabled"), [("true", Truth.NO), ("false", Truth.YES)])
def test_a_default_of_compose_is_what_a_variable_says(value: str, enabled: Truth) -> None:
    texts = compose(environment={"OTEL_SDK_DISABLED": f"${{OTEL_SDK_DISABLED:-{value}}}"})
    (log,) = deployment_of(texts).audit_logs

    assert log.enabled is enabled


@pytest.mark.parametrize(("level", "logs"), [("DEBUG", 1), ("INFO", 0), ("True", 0)])
def test_a_gateway_that_prints_what_it_passes_on_logs_it(level: str, logs: int) -> None:
    service = {"image": "berriai/litellm:v1", "environment": {"LITELLM_LOG": level}}
    texts = {"compose.yaml": json.dumps({"services": {"models": service}})}

    assert sum(log.content_logged for log in deployment_of(texts).audit_logs) == logs


def test_models_of_litellm_are_all_unverified_where_one_setting_says_so() -> None:
    models = [{"model_name": name, "litellm_params": {"model": name}} for name in ("a/b", "c/d")]
    config = {"model_list": models, "litellm_settings": {"ssl_verify": False}}
    found = deployment_of({"litellm.yaml": json.dumps(config)}).models

    assert [model.tls_verification_off for model in found] == [True, True]


TARGET = """
resource "{provider}_bedrockagentcore_gateway" "desk" {{
  count           = 1
  name            = "desk"
  authorizer_type = "AWS_IAM"
}}
resource "{provider}_bedrockagentcore_gateway_target" "crm" {{
  name               = "crm"
  gateway_identifier = {provider}_bedrockagentcore_gateway.desk[0].gateway_identifier
  {proof}
}}
"""


@pytest.mark.parametrize(
    ("provider", "proof"),
    [
        ("aws", "credential_provider_configuration {\n jwt_passthrough {}\n }"),
        (
            "awscc",
            'credential_provider_configurations = [{credential_provider_type = "JWT_PASSTHROUGH"}]',
        ),
    ],
)
def test_a_target_is_its_gateways_whoever_provides_both(provider: str, proof: str) -> None:
    (gateway,) = deployment_of({"main.tf": TARGET.format(provider=provider, proof=proof)}).gateways

    assert gateway.token_passthrough


def test_functions_that_pulumi_gives_an_agent_are_its_tools() -> None:
    function = {"name": "delete_order", "parameters": [{"mapBlockKey": "query", "type": "string"}]}
    resources = {
        "desk": {"type": "aws:bedrock:AgentAgent", "properties": {"agentName": "desk"}},
        "orders": {
            "type": "aws:bedrock:AgentAgentActionGroup",
            "properties": {
                "agentId": "${desk.agentId}",
                "functionSchema": {"memberFunctions": {"functions": [function]}},
            },
        },
    }
    program = {"name": "desk", "runtime": "yaml", "resources": resources}
    (tool,) = deployment_of({"Pulumi.yaml": json.dumps(program)}).tools

    assert (tool.name, tool.effects, tool.approval) == ("delete_order", ("delete",), Truth.NO)


OPEN = """
variable "idle" {}
resource "aws_bedrockagent_agent" "desk" {
  agent_name                  = "desk"
  idle_session_ttl_in_seconds = var.idle
}
"""
PARAMETERS: dict[str, dict[str, str]] = {"Idle": {"Type": "Number"}}


@pytest.mark.parametrize(
    "texts",
    [
        {"main.tf": OPEN},
        {
            "template.json": json.dumps(
                {
                    "Parameters": PARAMETERS,
                    "Resources": {
                        "Desk": {
                            "Type": "AWS::Bedrock::Agent",
                            "Properties": {"IdleSessionTTLInSeconds": {"Ref": "Idle"}},
                        }
                    },
                }
            )
        },
        {
            "Pulumi.yaml": json.dumps(
                {
                    "name": "desk",
                    "runtime": "yaml",
                    "resources": {
                        "desk": {
                            "type": "aws:bedrock:AgentAgent",
                            "properties": {"idleSessionTtlInSeconds": "${idle}"},
                        }
                    },
                }
            )
        },
    ],
)
def test_a_value_that_no_file_decides_is_open(texts: dict[str, str]) -> None:
    found = deployment_of(texts).unresolved

    assert any("idle_session_ttl_in_seconds" in each.what for each in found)


def test_a_value_that_a_file_decides_is_not_open() -> None:
    found = deployment_of({"main.tf": OPEN, "terraform.tfvars": "idle = 600\n"}).unresolved

    assert not found


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".claude/settings.json", json.dumps({"env": {"OTEL_LOG_USER_PROMPTS": "1"}})),
        (".gemini/settings.json", json.dumps({"telemetry": {"enabled": True, "logPrompts": True}})),
        (".codex/config.toml", '[otel]\nlog_user_prompt = true\nexporter = "otlp-http"\n'),
    ],
)
def test_what_people_ask_a_coding_agent_is_sent_elsewhere(file: str, text: str) -> None:
    (log,) = deployment_of({file: text}).audit_logs

    assert log.content_logged


TOKEN = fake("github_classic")
TOLD = f"Call GitHub with {TOKEN} where you need to."


def terraform(text: str) -> dict[str, str]:
    return {"main.tf": f'resource "aws_bedrockagent_agent" "d" {{\n  {text} = "{TOLD}"\n}}\n'}


@pytest.mark.parametrize(
    "texts",
    [
        {"AGENTS.md": TOLD},
        {"desk.py": f'from agents import Agent\ndesk = Agent(name="d", instructions="{TOLD}")\n'},
        {"desk.py": f'SYSTEM_PROMPT = """{TOLD}"""\n'},
        {
            "desk.ts": (
                "import { Agent } from '@openai/agents';\n"
                f"export const desk = new Agent({{ name: 'd', instructions: '{TOLD}' }});\n"
            )
        },
        {"config/agents.yaml": f"desk:\n  role: d\n  backstory: {TOLD}\n  goal: g\n"},
        {"agent.yaml": f"kind: Prompt\nname: d\ninstructions: {TOLD}\n"},
        terraform("instruction"),
    ],
)
def test_a_secret_that_a_model_reads_is_in_its_prompt(texts: dict[str, str]) -> None:
    assert {each.exposure for each in deployment_of(texts).credentials} == {"prompt"}


@pytest.mark.parametrize("texts", [terraform("description"), {"notes.yaml": f"prompt: {TOKEN}\n"}])
def test_a_secret_elsewhere_is_in_none(texts: dict[str, str]) -> None:
    assert {each.exposure for each in deployment_of(texts).credentials} == {"file"}


CREW = 'from crewai import Agent\ndesk = Agent(role="d", goal="g", backstory="b", {more})\n'


@pytest.mark.parametrize(
    ("texts", "sandboxed"),
    [
        ({"crew.py": CREW.format(more="allow_code_execution=True")}, Truth.YES),
        (
            {
                "crew.py": CREW.format(
                    more='allow_code_execution=True, code_execution_mode="unsafe"'
                )
            },
            Truth.NO,
        ),
        (
            {
                "config/agents.yaml": (
                    "desk:\n  role: d\n  goal: g\n  backstory: b\n  allow_code_execution: true\n"
                    "  code_execution_mode: unsafe\n"
                )
            },
            Truth.NO,
        ),
    ],
)
def test_an_agent_of_a_crew_runs_code_that_it_writes(
    texts: dict[str, str], sandboxed: Truth
) -> None:
    (tool,) = deployment_of(texts).tools

    assert ("execute" in tool.effects, tool.sandboxed) == (True, sandboxed)


def test_an_agent_of_a_crew_that_may_run_no_code_has_no_interpreter() -> None:
    texts = {"crew.py": CREW.format(more="allow_code_execution=False")}

    assert not deployment_of(texts).tools


PLAIN = "http://crm.acme.example.com/mcp"
LISTED = json.dumps({"mcpServers": {"crm": {"type": "http", "url": PLAIN}}})
STEP = "on: workflow_dispatch\njobs:\n  desk:\n    runs-on: ubuntu-latest\n    steps:\n      - "


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        (".mcp.json", LISTED, 1),
        (
            "goose/config.yaml",
            f"extensions:\n  crm:\n    type: streamable_http\n    uri: {PLAIN}\n",
            2,
        ),
        (
            ".github/workflows/desk.yml",
            (
                f"{STEP}uses: acme/desk@v1\n        with:\n          claude_args: >-\n"
                f"            --max-turns 5\n            --mcp-config '{LISTED}'\n"
            ),
            9,
        ),
        (
            ".github/workflows/desk.yml",
            f"{STEP}run: |\n          cat > .mcp.json <<'END'\n          {LISTED}\n          END\n",
            8,
        ),
        (
            "desk.py",
            (
                "from crewai import Agent\nfrom crewai_tools import MCPServerAdapter\n"
                f'crm = {{"url": "{PLAIN}", "transport": "streamable-http"}}\n'
                "with MCPServerAdapter([crm]) as tools:\n"
                '    desk = Agent(role="d", goal="g", backstory="b", tools=tools)\n'
            ),
            4,
        ),
    ],
)
def test_a_server_is_one_wherever_it_is_named(file: str, text: str, line: int) -> None:
    (server,) = deployment_of({file: text}).tool_servers

    assert (server.url, server.tls, server.evidence[0].line) == (PLAIN, Truth.NO, line)


@pytest.mark.parametrize("broken", [LISTED[:-1], "{" * 90_000 + '"mcpServers"', '"mcpServers": {}'])
def test_words_around_no_servers_name_none(broken: str) -> None:
    text = f"{STEP}run: |\n          echo {broken}\n"

    assert not deployment_of({".github/workflows/desk.yml": text}).tool_servers


APP = {"name": "agent", "image": "registry.example/agent:1"}


def container_app(**scale: int) -> dict[str, str]:
    properties = {"template": {"containers": [APP], "scale": scale}}
    app = {"type": "Microsoft.App/containerApps", "name": "agent", "properties": properties}
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"azuredeploy.json": json.dumps({"$schema": schema, "resources": [app]})}


@pytest.mark.parametrize(("scale", "most"), [({"maxReplicas": 300}, 300), ({}, 10)])
def test_a_container_app_runs_so_often_whatever_declares_it(
    scale: dict[str, int], most: int
) -> None:
    assert runtime_in(container_app(**scale)).instances_count == most


@pytest.mark.parametrize("version", ["", "_v2"])
def test_a_binding_of_either_version_opens_a_service(version: str) -> None:
    text = f"""
resource "google_cloud_run_v2_service" "desk" {{
  name = "desk-agent"
  template {{
    containers {{ image = "registry.example/desk-agent:1" }}
  }}
}}
resource "google_cloud_run{version}_service_iam_binding" "all" {{
  service = google_cloud_run_v2_service.desk.name
  role    = "roles/run.invoker"
  members = ["allUsers"]
}}
"""
    (agent,) = deployment_of({"main.tf": text}).agents

    assert agent.authenticated is Truth.NO


BUILT: dict[str, Any] = {"build": ".", "environment": {"OPENAI_MODEL": "gpt-5"}}
OFF = "ENV NODE_TLS_REJECT_UNAUTHORIZED=0\n"


@pytest.mark.parametrize(
    ("dockerfile", "more", "off"),
    [
        (f"FROM node:22\n{OFF}CMD node agent.js\n", {}, True),
        (f"FROM node:22 AS made\n{OFF}FROM node:22\nCMD node agent.js\n", {}, False),
        (f"FROM node:22\n{OFF}CMD node a.js\n", {"NODE_TLS_REJECT_UNAUTHORIZED": "1"}, False),
    ],
)
def test_what_an_image_sets_holds_for_its_containers(
    dockerfile: str, more: dict[str, str], *, off: bool
) -> None:
    service = {**BUILT, "environment": {**BUILT["environment"], **more}}
    texts = {"compose.yaml": json.dumps({"services": {"desk-agent": service}})}

    assert runtime_in({**texts, "Dockerfile": dockerfile}).tls_verification_off is off


def test_what_an_image_sets_says_how_long_its_memory_is() -> None:
    texts = {"compose.yaml": json.dumps({"services": {"desk-agent": BUILT}})}
    dockerfile = "FROM node:22\nENV CHAT_HISTORY_MAX_MESSAGES=5000\nCMD node agent.js\n"
    (store,) = deployment_of({**texts, "Dockerfile": dockerfile}).memory_stores

    assert store.max_turns_count == 5000
