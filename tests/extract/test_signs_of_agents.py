"""What speaks of an agent in some containers, and of something else in others."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.facts.runtimes import Runtime

POD = """\
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}, namespace: tools}}
spec:
  template:
    spec:
      containers:
        - name: {name}
          image: {image}
          env: [{env}]
"""
SHOP = "{name: SHOP_URL, value: a}, {name: SMTP_HOST, value: b}, {name: TZ, value: c}"
KEY = "{name: OPENAI_API_KEY, valueFrom: {secretKeyRef: {name: keys, key: key}}}"


def pod(image: str, *, name: str = "app", kind: str = "Deployment", env: str = "") -> Runtime:
    text = POD.format(kind=kind, name=name, image=image, env=env)
    return deployment_of({"pod.yaml": text}).runtimes[0]


def service(name: str, settings: str, image: str = "registry.example/team:1") -> Runtime:
    text = f"services:\n  {name}: {{image: '{image}', environment: {{{settings}}}}}\n"
    return deployment_of({"compose.yaml": text}).runtimes[0]


@pytest.mark.parametrize(
    ("image", "env", "resembles"),
    [
        ("ghcr.io/bookmarker/bookmarker:2", f"{KEY}, {SHOP}", True),
        ("ghcr.io/bookmarker-app/bookmarker:2", f"{KEY}, {SHOP}", True),
        ("ghcr.io/bookmarker/bookmarker:2", KEY, False),
        ("ghcr.io/acme/bookmarker:2", f"{KEY}, {SHOP}", False),
        ("ghcr.io/acme/acme-api:2", f"{KEY}, {SHOP}", False),
        ("ghcr.io/open-webui/open-webui:2", f"{KEY}, {SHOP}", False),
        ("docker.io/deskchat/deskchat:2", f"{KEY}, {SHOP}", False),
    ],
)
def test_a_product_of_another_kind_that_can_ask_a_model_resembles_an_agent(
    image: str, env: str, *, resembles: bool
) -> None:
    """An image is a product where its project is called after it; most settings say what it is."""
    runtime = pod(image, env=env)

    assert (runtime.runs_agent, runtime.resembles_agent) == (True, resembles)


@pytest.mark.parametrize(
    ("kind", "env", "resembles"),
    [("DaemonSet", "", True), ("DaemonSet", KEY, False), ("Deployment", "", False)],
)
def test_what_runs_on_every_node_and_asks_no_model_is_an_agent_of_another_trade(
    kind: str, env: str, *, resembles: bool
) -> None:
    runtime = pod("registry.example/store:1", name="store-agent", kind=kind, env=env)

    assert (runtime.runs_agent, runtime.resembles_agent) == (True, resembles)


def test_what_runs_on_every_node_may_be_told_of_a_model_where_nobody_reads_it() -> None:
    text = POD.format(kind="DaemonSet", name="doctor-agent", image="registry.example/a:1", env="")
    unread = text.replace("env: []", "envFrom: [{secretRef: {name: keys}}]")

    assert not deployment_of({"pod.yaml": unread}).runtimes[0].resembles_agent


@pytest.mark.parametrize(
    ("settings", "resembles"),
    [
        ("MODEL_NAME: card.fraud.onnx", True),
        ("MODEL_NAME: gpt-4o-mini", False),
        ("MODEL_NAME: 'bedrock/us.anthropic.claude-sonnet-4'", False),
        ("MODEL_PROVIDER: openai", False),
        ("AGENT_PORT: '4000'", True),
        ("AGENT_MODEL: team-large", False),
        ("AGENT_PROMPT: Review the last commit.", False),
        ("MODEL_LIST_CONFIG_JSON: models.json", False),
        ("AGENT_TIMEOUT: '600', DEFAULT_LLM_PROVIDER: acme", False),
        ("AGENT_REVIEW_INSTRUCTIONS: Be brief.", False),
    ],
)
def test_a_word_that_other_trades_use_needs_a_second_sign(
    settings: str, *, resembles: bool
) -> None:
    runtime = service("upload", settings)

    assert (runtime.runs_agent, runtime.resembles_agent) == (True, resembles)


@pytest.mark.parametrize("settings", ["AGENT_BUCKET: files", "GEMINI_VERSION: v1beta"])
def test_where_files_of_agents_lie_and_which_version_it_is_make_none(settings: str) -> None:
    assert not service("backend", settings).runs_agent


def test_an_agent_of_another_trade_has_settings_of_its_own() -> None:
    told = "AGENT_USERNAME: desk, AGENT_PASSWORD: '${PASSWORD}'"

    assert not service("crowdsec-agent", told, "crowdsecurity/crowdsec:1").runs_agent


@pytest.mark.parametrize(
    ("image", "settings", "resembles"),
    [
        ("ghcr.io/getarcade/agent:2", "AGENT_TOKEN: '${TOKEN}'", True),
        ("codeberg.org/tunnel/tunnel-agent:1", "TZ: UTC", True),
        ("codeberg.org/tunnel/tunnel-agent:1", "LLM_API_KEY: '${KEY}'", False),
        ("ghcr.io/openai/agent:2", "TZ: UTC", False),
        ("agent:2", "TZ: UTC", False),
        ("ghcr.io/acme/support-agent:2", "TZ: UTC", False),
    ],
)
def test_the_agent_of_a_product_that_is_told_of_no_model_asks_none(
    image: str, settings: str, *, resembles: bool
) -> None:
    assert service("night-agent", settings, image).resembles_agent is resembles


def test_an_agent_whose_settings_stand_elsewhere_may_ask_one() -> None:
    text = "services: {night-agent: {image: 'tunnel/tunnel-agent:1', env_file: [other.env]}}\n"

    assert not deployment_of({"compose.yaml": text}).runtimes[0].resembles_agent


@pytest.mark.parametrize(
    ("name", "image", "servers"),
    [
        ("crm-mcp-setup", "bitnami/kubectl:1", 0),
        ("mcp-shared", "tailscale/tailscale:1", 0),
        ("crm-mcp", "registry.example/crm:1", 1),
    ],
)
def test_what_prepares_a_server_of_tools_or_opens_a_way_to_it_is_none(
    name: str, image: str, servers: int
) -> None:
    text = f"services: {{{name}: {{image: '{image}'}}}}\n"

    assert len(deployment_of({"compose.yaml": text}).tool_servers) == servers


@pytest.mark.parametrize(
    ("base", "told"),
    [("mcr.microsoft.com/devcontainers/base:ubuntu", "unknown"), ("ubuntu:24.04", "yes")],
)
def test_who_works_in_a_container_for_development_its_labels_say(base: str, told: str) -> None:
    image = f'FROM {base}\nRUN npm install -g @anthropic-ai/claude-code\nCMD ["claude"]\n'
    found = deployment_of({"Dockerfile": image})

    assert found.runtimes[0].runs_as_root == told
    open_ends = [end.what for end in found.unresolved]
    assert ("as which user image of Dockerfile runs" in open_ends) is (told == "unknown")


def test_a_key_of_a_model_agrees_with_a_name() -> None:
    key = "GOOGLE_API_KEY: '${KEY}'"

    assert not service("agent-obo", key).resembles_agent
    assert service("agent-obo", "TZ: UTC").resembles_agent
    assert not service("maps", key).runs_agent


@pytest.mark.parametrize(
    ("image", "resembles"), [("bookmarker/bookmarker:2", True), ("acme/bookmarker:2", False)]
)
def test_what_it_holds_is_held_by_what_resembles_an_agent(image: str, *, resembles: bool) -> None:
    text = POD.format(kind="Deployment", name="app", image=image, env=f"{KEY}, {SHOP}")
    (key,) = deployment_of({"pod.yaml": text}).credentials

    assert (key.holder, key.agent_reachable, key.holder_resembles) == ("agent", True, resembles)


@pytest.mark.parametrize(
    ("name", "keys", "agent"),
    [
        ("costs", ("ANTHROPIC_ADMIN_KEY",), False),
        ("costs", ("OPENAI_ADMIN_API_KEY",), False),
        ("costs", ("ANTHROPIC_ADMIN_KEY", "ANTHROPIC_API_KEY"), True),
        ("costs", ("LITELLM_ADMIN_KEY",), True),
        ("desk-agent", ("ANTHROPIC_ADMIN_KEY",), True),
    ],
)
def test_with_a_vendors_key_for_administrators_nothing_asks_a_model(
    name: str, keys: tuple[str, ...], *, agent: bool
) -> None:
    """It reads what was spent and who may use keys; a gateway answers its administrators."""
    settings = ", ".join(f"{key}: '${{{key}}}'" for key in keys)

    assert service(name, settings).runs_agent is agent


@pytest.mark.parametrize(
    ("image", "agent"),
    [("ubuntu/squid:latest", False), ("certbot/certbot", False), ("acme/desk:1", True)],
)
def test_what_gets_the_settings_of_all_services_may_be_none(image: str, *, agent: bool) -> None:
    """One file of variables is often handed to the proxy and to what renews certificates, too."""
    assert service("edge", "OPENAI_API_KEY: '${OPENAI_API_KEY}'", image).runs_agent is agent
