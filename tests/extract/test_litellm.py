"""LiteLLM's proxy: what limits its callers, what it keeps, and what of it no file says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.controls import Gateway

MODEL = {"model_name": "m", "litellm_params": {"model": "openai/gpt-5"}}
DATABASE = {"database_url": "os.environ/DATABASE_URL"}
LIMITS = [
    ("litellm_settings", "max_budget"),
    ("litellm_settings", "max_internal_user_budget"),
    ("litellm_settings", "upperbound_key_generate_params", "tpm_limit"),
    ("litellm_settings", "default_internal_user_params", "max_budget"),
    ("litellm_settings", "default_team_params", "rpm_limit"),
    ("litellm_settings", "tag_budget_config", "app:x", "max_budget"),
    ("router_settings", "provider_budget_config", "openai", "budget_limit"),
]


def read(configuration: dict[str, object]) -> Deployment:
    return deployment_of({"litellm.json": json.dumps({"model_list": [MODEL], **configuration})})


def gateway(configuration: dict[str, object]) -> Gateway:
    (found,) = read(configuration).gateways
    return found


def guarded(**settings: object) -> dict[str, object]:
    parameters = {"guardrail": "generic_guardrail_api", "mode": "pre_call", **settings}
    return {"guardrail_name": "pii", "litellm_params": parameters}


def nested(path: tuple[str, ...], value: object) -> dict[str, object]:
    for key in reversed(path):
        value = {key: value}
    return value  # type: ignore[return-value]  # a path has at least one key


@given(
    path=st.sampled_from(LIMITS),
    amount=st.integers(min_value=1, max_value=10**9) | st.floats(min_value=0.001, max_value=1e9),
)
def test_a_limit_wherever_it_stands_is_a_budget(path: tuple[str, ...], amount: float) -> None:
    assert gateway(nested(path, amount)).budget is Known.SET


@given(path=st.sampled_from(LIMITS), amount=st.sampled_from([0, None, -1, "", "0.0", "nan", "inf"]))
def test_an_amount_that_limits_nothing_is_none(path: tuple[str, ...], amount: object) -> None:
    assert gateway(nested(path, amount)).budget is Known.NONE


@pytest.mark.parametrize("path", LIMITS)
def test_a_limit_that_the_environment_sets_is_open(path: tuple[str, ...]) -> None:
    deployment = read(nested(path, "os.environ/BUDGET"))

    assert deployment.gateways[0].budget is Known.UNKNOWN
    assert "a budget that is set elsewhere" in {end.what for end in deployment.unresolved}


def test_with_a_database_budgets_are_open_and_keys_are_handed_out() -> None:
    deployment = read({"general_settings": DATABASE})
    (issued,) = [item for item in deployment.credentials if item.kind == "issued_token"]

    assert deployment.gateways[0].budget is Known.UNKNOWN
    assert deployment.gateways[0].logged is Truth.YES
    assert (issued.ttl_s, issued.lifetime) == (None, "static")
    assert any("database" in end.what for end in deployment.unresolved)


@pytest.mark.parametrize("nowhere", [{"database_url": None}, {"database_url": ""}])
def test_without_a_database_no_keys_are_handed_out(nowhere: dict[str, object]) -> None:
    deployment = read({"general_settings": {**nowhere, "master_key": "os.environ/MASTER"}})

    assert not [item for item in deployment.credentials if item.kind == "issued_token"]


def test_a_proxy_that_keeps_its_models_in_a_database_hands_out_keys() -> None:
    deployment = read({"general_settings": {"store_model_in_db": True}})

    assert [item for item in deployment.credentials if item.kind == "issued_token"]


def test_a_database_of_the_container_counts_as_one_of_the_file() -> None:
    compose = """
services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.80.0
    environment: {DATABASE_URL: "${DATABASE_URL}"}
    volumes: ["./litellm.json:/app/config.yaml"]
"""
    files = {"litellm.json": json.dumps({"model_list": [MODEL]}), "compose.yaml": compose}
    (found,) = deployment_of(files).gateways

    assert (found.budget, found.logged) == (Known.UNKNOWN, Truth.YES)
    assert len(found.evidence) == 2


def test_an_environment_that_is_not_there_leaves_budgets_open() -> None:
    compose = """
services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.80.0
    env_file: .env.litellm
"""
    files = {"litellm.json": json.dumps({"model_list": [MODEL]}), "compose.yaml": compose}
    there = {**files, ".env.litellm": "OPENAI_API_KEY=${OPENAI_API_KEY}\n"}

    assert deployment_of(files).gateways[0].budget is Known.UNKNOWN
    assert deployment_of(there).gateways[0].budget is Known.NONE


def test_rates_bound_the_spending_when_every_paid_model_has_one() -> None:
    limited = {"model_name": "n", "litellm_params": {"model": "openai/gpt-5", "rpm": 10}}
    local = {"model_name": "l", "litellm_params": {"model": "ollama/llama3"}}

    assert gateway({"model_list": [limited, local]}).budget is Known.SET
    assert gateway({"model_list": [local]}).budget is Known.UNKNOWN
    assert gateway({"model_list": [limited, MODEL]}).budget is Known.NONE


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ("redis", Known.SET, 60)),
        ({"type": "local"}, ("local", Known.SET, 600)),
        ({"type": "redis", "ttl": 3600}, ("redis", Known.SET, 3600)),
        ({"type": "redis-semantic"}, ("redis-semantic", Known.NONE, None)),
        ({"type": "s3", "ttl": 60}, ("s3", Known.UNKNOWN, None)),
        ({"type": "disk", "ttl": "os.environ/TTL"}, ("disk", Known.UNKNOWN, None)),
    ],
)
def test_a_cache_keeps_answers_for_its_time(
    parameters: dict[str, object], expected: tuple[str, Known, int | None]
) -> None:
    settings = {"cache": True, "cache_params": parameters}
    (store,) = read({"litellm_settings": settings}).memory_stores

    assert (store.backend, store.ttl, store.ttl_s) == expected


def test_a_cache_says_which_calls_it_keeps() -> None:
    settings = {"cache": True, "cache_params": {"supported_call_types": ["acompletion"]}}
    (store,) = read({"litellm_settings": settings}).memory_stores

    assert store.name == "cache of acompletion"
    assert read({"litellm_settings": {"cache": False}}).memory_stores == ()


def test_a_list_of_models_that_is_not_litellms_is_no_gateway() -> None:
    other = {"model_list": ["vicuna-7b"], "controller": "http://agent-controller"}

    assert deployment_of({"serve.json": json.dumps(other)}).gateways == ()


def test_a_configuration_in_a_config_map_has_the_places_of_its_file() -> None:
    text = """apiVersion: v1
kind: ConfigMap
metadata: {name: litellm}
data:
  config.yaml: |
    model_list:
      - model_name: fast
        litellm_params:
          model: openai/gpt-5
"""
    deployment = deployment_of({"cm.yaml": text})
    (model,) = deployment.models

    assert (model.evidence[0].line, model.evidence[0].column) == (7, 21)
    assert text.splitlines()[6][20:] == "fast"


def test_a_broken_configuration_in_a_config_map_is_open() -> None:
    text = """apiVersion: v1
kind: ConfigMap
metadata: {name: litellm}
data:
  config.yaml: |
    model_list: [{litellm_params: {
"""
    deployment = deployment_of({"cm.yaml": text})

    assert [end.what for end in deployment.unresolved] == ["a configuration of LiteLLM"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"general_settings": {"allow_requests_on_db_unavailable": True}}, True),
        ({"general_settings": {"allow_requests_on_db_unavailable": "True"}}, True),
        ({"general_settings": {"allow_requests_on_db_unavailable": False}}, False),
        ({"guardrails": [guarded(unreachable_fallback="fail_open")]}, True),
        ({"guardrails": [guarded(unreachable_fallback="fail_closed")]}, False),
        ({"guardrails": [guarded(fail_on_error=False)]}, True),
        ({"guardrails": [guarded(fail_on_error=True)]}, False),
    ],
)
def test_what_goes_through_unchecked_is_told(settings: dict[str, object], *, told: bool) -> None:
    assert bool(gateway(settings).fails_open) is told


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"guardrails": [guarded(default_on=True)]}, Truth.YES),
        ({"guardrails": [guarded(default_on=False)]}, Truth.NO),
        ({"guardrails": [guarded()]}, Truth.NO),
        ({"guardrails": [guarded(default_on="os.environ/ON")]}, Truth.UNKNOWN),
        ({"guardrails": [guarded()], "general_settings": DATABASE}, Truth.UNKNOWN),
    ],
)
def test_a_guardrail_checks_every_call_or_those_that_ask(
    settings: dict[str, object], expected: Truth
) -> None:
    (found,) = read(settings).guardrails

    assert found.always is expected


def test_a_guardrail_that_nobody_must_ask_for_is_no_policy() -> None:
    assert gateway({"guardrails": [guarded()]}).policy_enforced is Truth.UNKNOWN
    assert gateway({"guardrails": [guarded(default_on=True)]}).policy_enforced is Truth.YES


def test_a_guardrail_that_the_environment_switches_on_is_open() -> None:
    deployment = read({"guardrails": [guarded(default_on="os.environ/ON")]})

    assert deployment.gateways[0].policy_enforced is Truth.UNKNOWN
    assert "which calls the guardrail pii checks" in {end.what for end in deployment.unresolved}


CHARTED = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: proxy, namespace: ai}
spec:
  chart: {spec: {chart: %s}}
  values: {%s}
"""


@pytest.mark.parametrize(
    ("chart", "values", "budget"),
    [
        ("litellm-helm", "", Known.UNKNOWN),
        ("litellm-helm", "db: {useExisting: true, deployStandalone: false}", Known.UNKNOWN),
        ("litellm-helm", "db: {deployStandalone: false}", Known.NONE),
        ("another", "", Known.NONE),
    ],
)
def test_the_chart_gives_the_proxy_a_database(chart: str, values: str, budget: Known) -> None:
    files = {
        "litellm.json": json.dumps({"model_list": [MODEL]}),
        "hr.yaml": CHARTED % (chart, values),
    }

    assert deployment_of(files).gateways[0].budget is budget


def test_an_application_of_argo_cd_releases_the_chart_too() -> None:
    application = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: proxy, namespace: argocd}
spec: {source: {chart: litellm-helm}}
"""
    files = {"litellm.json": json.dumps({"model_list": [MODEL]}), "app.yaml": application}

    assert deployment_of(files).gateways[0].logged is Truth.YES


def test_the_servers_of_a_gateway_are_not_all_one_agents() -> None:
    servers = {f"s{number}": {"url": "https://mcp.acme.example"} for number in range(3)}
    (agent,) = read({"mcp_servers": servers}).agents

    assert (agent.name, agent.tool_servers) == ("agents behind litellm.json", 0)


def test_people_choose_among_the_servers_of_a_chat() -> None:
    text = "mcpServers: {time: {url: 'https://mcp.acme.example', type: sse}}\n"
    (chat,) = deployment_of({"librechat.yaml": text}).agents
    (other,) = deployment_of({"client.yaml": text}).agents

    assert (chat.tool_servers, other.tool_servers) == (0, 1)


PROXY = """\
services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.80.0
    ENVIRONMENT
"""


@pytest.mark.parametrize(
    ("settings", "environment", "authorizer"),
    [
        ("general_settings: {}", "environment: {LOG: x}", Known.NONE),
        ("general_settings: {}", "environment: [LITELLM_MASTER_KEY]", Known.SET),
        ("general_settings: {}", "environment: {LITELLM_MASTER_KEY: ''}", Known.NONE),
        ("general_settings: {}", "env_file: gone.env", Known.UNKNOWN),
        ("general_settings: {custom_auth: asks.who}", "environment: {LOG: x}", Known.SET),
        ("environment_variables: {LITELLM_MASTER_KEY: x}", "environment: {LOG: x}", Known.SET),
    ],
)
def test_a_proxy_without_a_master_key_asks_nobody(
    settings: str, environment: str, authorizer: Known
) -> None:
    text = f"model_list: [{{model_name: a, litellm_params: {{model: x/a}}}}]\n{settings}\n"
    files = {"compose.yaml": PROXY.replace("ENVIRONMENT", environment), "litellm.yaml": text}
    deployment = deployment_of(files)
    told = {end.what for end in deployment.unresolved}

    assert [each.authorizer for each in deployment.gateways] == [authorizer]
    assert ("whether litellm asks who calls" in told) is (authorizer is Known.UNKNOWN)


@pytest.mark.parametrize(
    ("beside", "authorizer"), [("LITELLM_MASTER_KEY=x", Known.SET), ("A=b", Known.UNKNOWN)]
)
def test_the_environment_of_a_proxy_may_stand_in_a_file_beside_it(
    beside: str, authorizer: Known
) -> None:
    text = "model_list: [{model_name: a, litellm_params: {model: x/a}}]\n"
    (found,) = deployment_of({"litellm.yaml": text, ".env": beside}).gateways

    assert found.authorizer is authorizer


@pytest.mark.parametrize(
    ("name", "key", "known"),
    [
        ("LiteLLMContainer", "LITELLM_SALT_KEY", Known.UNKNOWN),
        ("LiteLLMContainer", "SALT_KEY", Known.NONE),
        ("RelayContainer", "LITELLM_SALT_KEY", Known.NONE),
    ],
)
def test_a_container_of_an_image_that_only_its_owner_knows_is_told_by_its_name(
    name: str, key: str, known: Known
) -> None:
    """And by a setting of the proxy's own: who stands before it may be called after it."""
    task = f"""
resource "aws_ecs_task_definition" "relay" {{
  family = "relay"
  container_definitions = jsonencode([{{
    name = "{name}", image = "${{var.image}}", cpu = 1
    secrets = [
      {{ name = "DATABASE_URL", valueFrom = "${{var.secret_arn}}" }},
      {{ name = "{key}", valueFrom = "${{var.key_arn}}" }}
    ]
  }}])
}}
"""
    files = {"c/proxy.json": json.dumps({"model_list": [MODEL]}), "ecs/main.tf": task}
    found = deployment_of(files).gateways
    (proxy,) = (each for each in found if "proxy.json" in each.evidence[0].file)

    assert proxy.budget is known
