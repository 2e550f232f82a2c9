"""A name ends in what it names; a word before that says less, until something else agrees."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.facts.runtimes import Runtime

AGENT = """\
from crewai import Agent

triage = Agent(role="Triage", goal="Sort mail", backstory="Careful.", tools=[read_mail])
"""


def runtime_of(name: str, more: str = "image: registry.example/team:1", **files: str) -> Runtime:
    compose = f"services:\n  {name}:\n    {more}\n"
    return next(
        item
        for item in deployment_of({"compose.yaml": compose, **files}).runtimes
        if item.evidence[0].file == "compose.yaml"
    )


@pytest.mark.parametrize(
    "name", ["agent-platform-keycloak", "chatbot-frontend", "langgraph-case01", "copilot-telegram"]
)
def test_a_word_within_a_name_is_a_resemblance(name: str) -> None:
    runtime = runtime_of(name)

    assert (runtime.runs_agent, runtime.resembles_agent) == (True, True)


@pytest.mark.parametrize("name", ["support-agent", "agent-service", "chatbot-2", "autogen-bot"])
def test_the_last_word_of_a_name_says_what_it_is(name: str) -> None:
    runtime = runtime_of(name)

    assert (runtime.runs_agent, runtime.resembles_agent) == (True, False)


@pytest.mark.parametrize(
    "more",
    [
        "image: registry.example/support-agent:1.4",
        "image: python:3.12\n    command: python agent.py",
        "image: python:3.12\n    environment: {OPENAI_BASE_URL: 'http://gateway:4000'}",
        "image: node:24\n    environment: ['CLAUDE_CODE_OAUTH_TOKEN=${TOKEN}']",
    ],
)
def test_an_image_a_command_or_a_setting_agrees_with_the_name(more: str) -> None:
    assert not runtime_of("crewai-triage", more).resembles_agent


def test_agents_in_the_folder_that_it_is_built_from_agree_with_the_name() -> None:
    alone = runtime_of("crewai-triage", "build: ./triage")
    beside = runtime_of("crewai-triage", "build: ./triage", **{"triage/main.py": AGENT})

    assert (alone.resembles_agent, beside.resembles_agent) == (True, False)


@pytest.mark.parametrize("image", ["caddy:2-alpine", "quay.io/keycloak/keycloak:26.0", "nginx"])
def test_what_stands_before_a_server_or_an_agent_may_be_called_after_it(image: str) -> None:
    for name in ("mcp-front", "agent"):
        compose = f"services:\n  {name}:\n    image: {image}\n    ports: ['80:80']\n"
        found = deployment_of({"compose.yaml": compose})

        assert (found.tool_servers, [item.runs_agent for item in found.runtimes]) == ((), [False])


@pytest.mark.parametrize(("image", "servers"), [("mcp/grafana", 1), ("grafana/grafana", 0)])
def test_a_server_of_tools_may_be_called_after_what_it_asks(image: str, servers: int) -> None:
    compose = f"services: {{metrics: {{image: 'docker.io/{image}:1'}}}}\n"

    assert len(deployment_of({"compose.yaml": compose}).tool_servers) == servers


@pytest.mark.parametrize(
    ("name", "servers"),
    [
        ("ai-mcp-dashboard", 0),
        ("mcp-ui", 0),
        ("mcp-client", 0),
        ("mcp-github", 1),
        ("excalidraw-mcp", 1),
        ("mcp-server-prod", 1),
    ],
)
def test_a_page_before_a_server_of_tools_is_none(name: str, servers: int) -> None:
    compose = f"services:\n  {name}:\n    build: ./here\n    ports: ['80:80']\n"

    assert len(deployment_of({"compose.yaml": compose}).tool_servers) == servers


def test_what_the_platform_calls_an_agent_is_one() -> None:
    terraform = """\
    resource "aws_bedrockagentcore_agent_runtime" "agent_pages" {
      agent_runtime_name = "agent_pages"
    }
    """
    (runtime,) = deployment_of({"main.tf": terraform}).runtimes

    assert (runtime.runs_agent, runtime.resembles_agent) == (True, False)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("agent", "image: gcr.io/datadoghq/agent:7.60.1"),
        ("portainer-agent", "image: portainer/agent:2.21"),
        ("build", "image: jenkins/inbound-agent:3283"),
        ("cloudwatch-agent", "image: registry.example/metrics:4"),
        ("metrics", "image: alloy:1\n    command: /usr/bin/grafana-agent --config.file=a"),
        ("exporter-agent", "image: registry.example/node-exporter:1.9"),
        ("cadvisor-agent", "image: registry.example/measuring:1"),
        ("daemon", "image: registry.example/calico-node:3\n    command: [felix-agent]"),
    ],
)
def test_agents_of_other_trades_ask_no_model(name: str, more: str) -> None:
    assert not runtime_of(name, more).runs_agent


def test_a_page_is_called_after_the_agent_whose_image_it_shares() -> None:
    page = runtime_of("family-assistant-frontend", "image: registry.example/family-assistant:4")
    agent = runtime_of("family-assistant-backend", "image: registry.example/family-assistant:4")

    assert (page.resembles_agent, agent.resembles_agent) == (True, False)


def test_a_page_that_is_given_the_settings_behind_it_only_resembles_an_agent() -> None:
    told = "    environment: {LLM_API_KEY: '${LLM_API_KEY}'}"
    page = runtime_of("shop", f"image: registry.example/shop-frontend:4\n{told}")
    agent = runtime_of("shop", f"image: registry.example/shop-backend:4\n{told}")

    assert (page.resembles_agent, agent.resembles_agent) == (True, False)


@pytest.mark.parametrize(
    ("name", "settings", "resembles"),
    [
        ("dashboard", "LITELLM_API_URL: 'http://litellm:4000'", True),
        ("dashboard", "LITELLM_API_KEY: '${KEY}'", False),
        ("reporter", "LITELLM_API_URL: 'http://litellm:4000'", False),
        ("eval-answers", "OPENAI_API_KEY: '${KEY}'", True),
        ("desk-benchmark", "OPENAI_API_KEY: '${KEY}'", True),
        ("evaluator", "OPENAI_API_KEY: '${KEY}'", False),
        ("evaluation-agent", "OPENAI_API_KEY: '${KEY}'", False),
        ("agent-evals", "OPENAI_API_KEY: '${KEY}'", True),
    ],
)
def test_what_shows_or_measures_an_agent_only_resembles_one(
    name: str, settings: str, *, resembles: bool
) -> None:
    found = runtime_of(name, f"image: registry.example/team:1\n    environment: {{{settings}}}")

    assert found.resembles_agent is resembles


def test_the_console_of_a_database_with_an_assistant_only_resembles_an_agent() -> None:
    told = "environment: {OPENAI_API_KEY: '${KEY}'}"
    console = runtime_of("studio", f"image: supabase/studio:2026.07.07\n    {told}")
    other = runtime_of("studio", f"image: acme/studio:1\n    {told}")

    assert (console.resembles_agent, other.resembles_agent) == (True, False)


@pytest.mark.parametrize(
    "image", ["ghcr.io/openhands/openhands:1.2", "mintplexlabs/anythingllm", "letta/letta:0.11"]
)
def test_the_image_of_a_known_agent_is_one_whatever_else_it_is_told(image: str) -> None:
    told = "environment: {LLM_API_KEY: '${KEY}', WORKSPACE: /w, LOG_EVENTS: '1'}"
    runtime = runtime_of("hands", f"image: {image}\n    {told}")

    assert (runtime.role, runtime.resembles_agent) == ("agent", False)


@pytest.mark.parametrize(
    ("image", "resembles"),
    [
        ("acme/agent:1", True),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/agent:1", False),
        ("registry:5000/agent:1", False),
    ],
)
def test_a_registry_is_no_product_that_an_agent_is_of(image: str, *, resembles: bool) -> None:
    told = "environment: {AWS_REGION: eu-west-1, TABLE: orders}"

    assert runtime_of("agent", f"image: {image}\n    {told}").resembles_agent is resembles


def test_a_registry_is_no_project_that_an_image_is_called_after() -> None:
    told = "environment: {OPENAI_API_KEY: '${KEY}', TABLE: orders, REGION: eu}"
    own = runtime_of("desk", f"image: acme-prod.registry.example/acme:1\n    {told}")
    other = runtime_of("desk", f"image: acme-prod/acme:1\n    {told}")

    assert (own.resembles_agent, other.resembles_agent) == (False, True)


def test_whoever_has_a_guardrail_look_at_a_text_is_no_agent() -> None:
    guarded = "image: python:3.12\n    environment: {BEDROCK_GUARDRAIL_ID: gr-1}"
    asking = "image: python:3.12\n    environment: {BEDROCK_MODEL_ID: amazon.nova-pro}"

    assert not runtime_of("api", guarded).runs_agent
    assert runtime_of("api", asking).runs_agent


def test_what_starts_agents_elsewhere_is_none() -> None:
    starting = "{AGENT_IMAGE_PREFIX: acme, AGENT_IMAGE_TAG: '4', AGENT_STORAGE_CLASS: fast}"

    assert not runtime_of("control", f"image: acme/cp:4\n    environment: {starting}").runs_agent


def test_what_a_proxy_is_told_may_be_for_those_behind_it() -> None:
    told = "image: python:3.13-slim\n    environment: {ANTHROPIC_BASE_URL: 'https://models'}"
    proxy, agent = runtime_of("openrouter-proxy", told), runtime_of("openrouter", told)

    assert (proxy.runs_agent, proxy.resembles_agent) == (True, True)
    assert (agent.runs_agent, agent.resembles_agent) == (True, False)


@pytest.mark.parametrize(
    ("base", "target", "agent"),
    [
        ("nginx:1.27-alpine", "", False),
        ("nginx:1.27-alpine", ", target: build", True),
        ("python:3.13", "", True),
        ("acme/nginx-agent:1", "", True),
    ],
)
def test_what_is_built_from_a_server_of_pages_serves_pages(
    base: str, target: str, *, agent: bool
) -> None:
    build = f"build: {{context: web{target}}}"
    image = f"FROM node:22 AS build\nRUN make\nFROM {base}\nCOPY --from=build /app/dist /srv\n"

    assert runtime_of("shop-chatbot", build, **{"web/Dockerfile": image}).runs_agent is agent


@pytest.mark.parametrize(
    ("name", "base", "agent"),
    [
        ("llm", "vllm/vllm-openai:v0.8.4", False),
        ("llm-agent", "ollama/ollama:0.9\nCMD python agent.py", True),
        ("llm", "python:3.13", True),
    ],
)
def test_what_is_built_from_a_server_of_models_serves_one(
    name: str, base: str, *, agent: bool
) -> None:
    build = "build: llm\n    environment: {LLM_BACKEND: vllm}"

    assert runtime_of(name, build, **{"llm/Dockerfile": f"FROM {base}\n"}).runs_agent is agent


@pytest.mark.parametrize(
    ("command", "another"),
    [
        ("python -m pytest tests/ -v", True),
        ("[sh, -c, 'pip install --quiet pytest && pytest -q']", True),
        ("jupyter-lab --no-browser --allow-root", True),
        ("[/bin/sh, -c, 'sleep 300']", True),
        (
            "[sh, -ec, 'until curl -fs http://log:1/up; do sleep 1; done; T=$(date) curl log:1']",
            True,
        ),
        ("[sh, -ec, 'ADDRESS=http://log:1; curl -fs $ADDRESS']", True),
        ("sleep infinity", False),
        ("[sh, -c, 'DEBUG=1 sh']", False),
        ("python agent.py", False),
        ("[sh, -c, 'sleep 5; python agent.py']", False),
        ("[sh, -c, 'REPLY=$(python agent.py)']", False),
        ("[sh, -c, 'curl -fs http://setup:1 | sh']", False),
        ("npm start", False),
    ],
)
def test_what_runs_tests_or_waits_in_the_image_of_an_agent_is_none(
    command: str, *, another: bool
) -> None:
    more = f"build: ./triage\n    environment: {{OPENAI_API_KEY: x}}\n    command: {command}"
    runtime = runtime_of("triage-agent", more, **{"triage/main.py": AGENT})

    assert (runtime.runs_agent, runtime.resembles_agent) == (True, another)


@pytest.mark.parametrize(
    ("name", "gateways"), [("gateway-engine", 1), ("gateway-core", 1), ("gateway-engineer", 0)]
)
def test_a_gateway_may_be_called_by_what_it_is_built_around(name: str, gateways: int) -> None:
    settings = "{LITELLM_URL: 'http://litellm:4000', LITELLM_MASTER_KEY: '${LITELLM_MASTER_KEY}'}"
    compose = f"services: {{{name}: {{build: ./gate, environment: {settings}}}}}\n"
    found = deployment_of({"compose.yaml": compose})

    assert len(found.gateways) == gateways


@pytest.mark.parametrize(
    ("compose", "processes"),
    [
        ("services: {a: {image: 'a:1', environment: {K: '${OPENAI_API_KEY}'}}}\n", 0),
        ("services: {a: {image: 'a:1'}}\n", 1),
        ("services: {a: {image: 'a:1', environment: {K: '${OPENAI_API_KEY_OLD}'}}}\n", 1),
    ],
)
def test_variables_for_compose_are_the_environment_of_no_process(
    compose: str, processes: int
) -> None:
    files = {"desk/.env.op": "OPENAI_API_KEY=op://desk/openai\n", "desk/compose.yaml": compose}
    found = deployment_of(files).runtimes

    assert sum(item.kind == "process" for item in found) == processes


@pytest.mark.parametrize(
    ("image", "agent"),
    [
        ("hashicorp/consul:1.20", False),
        ("hashicorp/nomad", False),
        ("registry.example/team:1", True),
    ],
)
def test_the_command_agent_of_another_trade_makes_none(image: str, *, agent: bool) -> None:
    runtime = runtime_of("mesh", f"image: {image}\n    command: [agent, -config-file=/etc/x.hcl]")

    assert runtime.runs_agent is agent


@pytest.mark.parametrize(
    ("name", "service", "agent"),
    [
        ("desk-api", "environment: {AGENT_NAME: desk-api}", False),
        ("desk_api", "environment: {AGENT_NAME: Desk API}", False),
        ("desk", "container_name: acme-desk\n    environment: {AGENT_NAME: acme-desk}", False),
        ("desk", "hostname: edge-1\n    environment: {AGENT_NAME: edge-1}", False),
        ("desk", "environment: {AGENT_NAME: '${HOSTNAME}'}", False),
        ("desk", "environment: {AGENT_NAME: helper}", True),
        ("llm-server", "environment: {MODEL_NAME: small}", False),
        ("desk", "environment: {MODEL_NAME: small}", True),
        ("llm-server", "environment: {OPENAI_API_KEY: '${KEY}'}", True),
        ("idp", "environment: {AGENT_TOKEN_EXCHANGE_SECRET: '${SECRET}'}", False),
        ("idp", "environment: {AGENT_CLIENT_SECRET: '${SECRET}'}", False),
        ("idp", "environment: {AGENT_SECRET: '${SECRET}'}", True),
        ("lambda", "command: /app/${DESK_AGENT_HANDLER}.run", False),
        ("lambda", "command: /app/desk-agent.run", True),
    ],
)
def test_who_is_told_of_an_agent_is_none(name: str, service: str, *, agent: bool) -> None:
    """How it is called itself, which model it serves, an agent's secret, or a variable's name."""
    text = f"services:\n  {name}:\n    image: acme/program:1\n    {service}\n"
    (runtime,) = deployment_of({"compose.yaml": text}).runtimes

    assert runtime.runs_agent is agent


def test_a_name_of_its_own_makes_no_agent_where_all_begin_alike() -> None:
    """What all names of a project begin with is no word on what one of them runs."""
    services = "".join(
        f"  {name}: {{image: acme/program:1, container_name: acme-{name},"
        f" environment: {{AGENT_NAME: acme-{name}}}}}\n"
        for name in ("desk", "mail", "wiki", "shop")
    )
    runtimes = deployment_of({"compose.yaml": f"services:\n{services}"}).runtimes

    assert not any(runtime.runs_agent for runtime in runtimes)
