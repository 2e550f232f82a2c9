"""Google Cloud: Cloud Run in Terraform and in YAML, machines, and agents of Agent Engine."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.runtimes import Runtime

SERVICE = """
resource "google_service_account" "app" { account_id = "app" }
resource "google_cloud_run_v2_service" "agent" {
  name     = "support-agent"
  location = "europe-west1"
  %(service)s
  template {
    %(template)s
    containers {
      image = "europe-docker.pkg.dev/acme/agents/support:1.4.2"
      env {
        name = "OPENAI_API_KEY"
        value_source {
          secret_key_ref {
            secret  = "openai"
            version = "latest"
          }
        }
      }
      env {
        name  = "DB_PASSWORD"
        value = "opens-no-door-db-83"
      }
      %(env)s
    }
  }
}
%(more)s
"""
EVERYBODY = """
resource "google_cloud_run_v2_service_iam_member" "all" {
  name   = google_cloud_run_v2_service.agent.name
  role   = "roles/run.invoker"
  member = "allUsers"
}
"""
OWN = "service_account = google_service_account.app.email"
YAML = """\
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: support-agent
  namespace: '123456789012'
  annotations: {run.googleapis.com/ingress: all}
spec:
  template:
    metadata:
      annotations: {autoscaling.knative.dev/maxScale: '40'}
    spec:
      timeoutSeconds: 900
      serviceAccountName: app@acme.iam.gserviceaccount.com
      containers:
        - image: europe-docker.pkg.dev/acme/agents/support:1.4.2
          env:
            - name: OPENAI_API_KEY
              valueFrom: {secretKeyRef: {name: openai, key: latest}}
            - {name: DB_PASSWORD, value: opens-no-door-db-83}
"""
JOB = """\
apiVersion: run.googleapis.com/v1
kind: Job
metadata: {name: nightly-agent}
spec:
  template:
    spec:
      template:
        spec:
          containers: [{image: europe-docker.pkg.dev/acme/agents/nightly:1.4.2}]
"""


def service(**parts: str) -> Deployment:
    given = {"service": "", "template": OWN, "env": "", "more": "", **parts}
    return deployment_of({"main.tf": SERVICE % given})


def runtime_of(found: Deployment) -> Runtime:
    (runtime,) = found.runtimes
    return runtime


@pytest.mark.parametrize(
    ("found", "instances"), [(service(), 100), (deployment_of({"service.yaml": YAML}), 40)]
)
def test_a_service_of_cloud_run_has_the_limits_of_its_platform(
    found: Deployment, instances: int
) -> None:
    runtime = runtime_of(found)

    assert (runtime.kind, runtime.instances_count) == ("cloud_run", instances)
    assert (runtime.cpu_limit, runtime.memory_limit) == (Known.SET, Known.SET)


@pytest.mark.parametrize("found", [service(), deployment_of({"service.yaml": YAML})])
def test_secrets_of_a_service_are_told_from_plain_values(found: Deployment) -> None:
    forms = {credential.variable: credential.form for credential in found.credentials}

    assert forms["OPENAI_API_KEY"] is CredentialForm.SECRET_REF
    assert forms["DB_PASSWORD"] is CredentialForm.LITERAL
    assert "opens-no-door" not in repr(found)


@pytest.mark.parametrize(
    ("parts", "authenticated"),
    [
        ({}, Truth.UNKNOWN),
        ({"more": EVERYBODY}, Truth.NO),
        ({"service": "invoker_iam_disabled = true"}, Truth.NO),
        (
            {"more": EVERYBODY, "service": 'ingress = "INGRESS_TRAFFIC_INTERNAL_ONLY"'},
            Truth.UNKNOWN,
        ),
        ({"more": EVERYBODY, "service": "iap_enabled = true"}, Truth.UNKNOWN),
        (
            {"more": EVERYBODY, "env": 'env {\n name = "OIDC_ISSUER"\n value = "https://id"\n }'},
            Truth.UNKNOWN,
        ),
        ({"more": EVERYBODY.replace("allUsers", "user:a@acme.example")}, Truth.UNKNOWN),
        ({"more": EVERYBODY.replace("v2_service.agent", "v2_service.other")}, Truth.UNKNOWN),
    ],
)
def test_an_agent_answers_everybody_where_nothing_asks(
    parts: dict[str, str], authenticated: Truth
) -> None:
    (agent,) = service(**parts).agents

    assert agent.authenticated is authenticated


@pytest.mark.parametrize(
    ("called", "authenticated"), [("agent-webhook", Truth.UNKNOWN), ("webhook-agent", Truth.NO)]
)
def test_what_stands_before_an_agent_says_not_whom_the_agent_answers(
    called: str, authenticated: Truth
) -> None:
    """A webhook may check who calls before it asks the agent; its name alone speaks of one."""
    text = f"""
resource "google_cloud_run_v2_service" "front" {{
  name = "front"
  template {{
    containers {{ image = "europe-docker.pkg.dev/acme/desk/{called}:1.4.2" }}
  }}
}}
{EVERYBODY.replace("v2_service.agent", "v2_service.front")}
"""
    code = "from agents import Agent\ndesk = Agent(name='desk', tools=[look_up])\n"
    (agent,) = deployment_of({"iac/main.tf": text, "desk.py": code}).agents

    assert (agent.name, agent.authenticated) == ("desk", authenticated)


@pytest.mark.parametrize(
    ("parts", "seconds"),
    [({}, 300), ({"template": 'timeout = "3600s"'}, 3600), ({"template": 'timeout = "1.5s"'}, 1)],
)
def test_cloud_run_ends_a_request(parts: dict[str, str], seconds: int) -> None:
    (agent,) = service(**parts).agents

    assert (agent.timeout, agent.timeout_s) == (Known.SET, seconds)


def test_what_names_no_account_acts_as_the_default_one() -> None:
    named, unnamed = service(), service(template="")
    open_ = service(template='service_account = "x@y.iam.gserviceaccount.com"')

    assert [item.name for item in named.identities if item.agent_reachable] == ["app"]
    assert [item.default_account for item in unnamed.identities if item.agent_reachable] == [True]
    assert runtime_of(unnamed).service_account == "default"
    assert [item.what for item in open_.unresolved] == [
        "the account of google_cloud_run_v2_service.agent"
    ]


def test_a_job_of_cloud_run_is_no_pod() -> None:
    found = deployment_of({"job.yaml": JOB})

    assert (runtime_of(found).kind, runtime_of(found).instances) == ("cloud_run", Known.UNKNOWN)
    assert [agent.timeout_s for agent in found.agents] == [600]


def test_a_service_of_knative_without_a_mark_of_cloud_run_stays_a_pod() -> None:
    text = YAML.replace("  annotations: {run.googleapis.com/ingress: all}\n", "")

    assert runtime_of(deployment_of({"service.yaml": text})).kind == "pod"


ENGINE = """
resource "google_vertex_ai_reasoning_engine" "e" {
  display_name = "desk"
  spec {
    agent_framework = "google-adk"
    %(spec)s
    deployment_spec {
      max_instances = 20
      secret_env {
        name = "CRM_API_KEY"
        secret_ref {
          secret  = "crm"
          version = "1"
        }
      }
    }
  }
  %(context)s
}
"""
WIDE = 'scopes = ["cloud-platform"]'
GRANULAR = 'create_ttl = "60s"\n generate_created_ttl = "900s"'
BANK = "context_spec {\n memory_bank_config {\n %s\n }\n }"


def engine(spec: str = "", context: str = "") -> Deployment:
    return deployment_of({"main.tf": ENGINE % {"spec": spec, "context": context}})


def test_an_agent_of_agent_engine_runs_on_its_own_runtime() -> None:
    found = engine()
    (agent,), (runtime,) = found.agents, found.runtimes

    assert (agent.framework, agent.authenticated) == ("agent-engine", Truth.YES)
    assert (runtime.instances_count, runtime.service_account) == (20, "default")
    assert [item.kind for item in found.edges if item.src == agent.id] == [EdgeKind.RUNS_ON]
    assert [item.form for item in found.credentials] == [CredentialForm.SECRET_REF]


def test_an_agent_with_an_identity_of_its_own_shares_none() -> None:
    found = engine('identity_type = "AGENT_IDENTITY"')

    assert found.identities == ()
    assert runtime_of(found).service_account == ""


@pytest.mark.parametrize(
    ("block", "ttl", "seconds"),
    [
        ('ttl_config {\n default_ttl = "2592000s"\n }', Known.SET, 2_592_000),
        ('ttl_config {\n granular_ttl_config { create_ttl = "60s" }\n }', Known.SET, 60),
        (
            f"ttl_config {{\n granular_ttl_config {{\n {GRANULAR}\n }}\n }}",
            Known.SET,
            900,
        ),
        ("", Known.NONE, None),
    ],
)
def test_a_memory_bank_keeps_memories_until_they_expire(
    block: str, ttl: Known, seconds: int | None
) -> None:
    (store,) = engine(context=BANK % block).memory_stores

    assert (store.backend, store.ttl, store.ttl_s) == ("vertex", ttl, seconds)


@pytest.mark.parametrize(
    ("block", "accounts"),
    [
        ("", []),
        (f"service_account {{\n {WIDE}\n }}", [True]),
        ('service_account {\n scopes = ["https://www.googleapis.com/auth/logging.write"]\n }', []),
        (
            f"service_account {{\n email = google_service_account.a.email\n {WIDE}\n }}",
            [False],
        ),
    ],
)
def test_a_machine_acts_as_its_account(block: str, accounts: list[bool]) -> None:
    text = 'resource "google_service_account" "a" { account_id = "a" }\n'
    text += f'resource "google_compute_instance" "m" {{\n name = "agent-vm"\n {block}\n}}\n'
    found = deployment_of({"main.tf": text})
    acting = {edge.dst for edge in found.edges if edge.kind is EdgeKind.AUTHENTICATES_AS}

    assert [item.default_account for item in found.identities if item.id in acting] == accounts


DEPLOYED = """
import vertexai
from google.adk.agents import Agent
from vertexai.agent_engines import AdkApp

root_agent = Agent(name="desk", model="gemini-2.5-flash", instruction="Help.")
client = vertexai.Client(project="acme", location="europe-west1")
remote = client.agent_engines.create(%s)
"""
OLD = """
from vertexai import agent_engines

remote = agent_engines.create(app, display_name="desk", %s)
"""


def deployed_in(text: str) -> Deployment:
    return deployment_of({"deploy.py": text})


@pytest.mark.parametrize(
    ("text", "account", "instances"),
    [
        (DEPLOYED % 'agent=app, config={"display_name": "desk"}', "default", 100),
        (DEPLOYED % 'agent=app, config={"max_instances": 300}', "default", 300),
        (DEPLOYED % 'agent=app, config={"service_account": "a@b"}', "", 100),
        (DEPLOYED % 'agent=app, config={"identity_type": KIND}', "", 100),
        (DEPLOYED % "agent=app, config=settings", "", None),
        (DEPLOYED % "agent=app, **settings", "", None),
        (OLD % "max_instances=7", "default", 7),
    ],
)
def test_code_that_deploys_to_agent_engine_says_as_whom(
    text: str, account: str, instances: int | None
) -> None:
    runtime = runtime_of(deployed_in(text))

    assert (runtime.kind, runtime.service_account) == ("agent_engine", account)
    assert runtime.instances_count == instances


@pytest.mark.parametrize("call", ['display_name="sessions"', 'config={"display_name": "x"}', ""])
def test_an_engine_without_an_agent_runs_none(call: str) -> None:
    assert deployed_in(DEPLOYED % call).runtimes == ()


@pytest.mark.parametrize(
    ("bank", "ttl", "seconds"),
    [
        ('{"ttl_config": {"default_ttl": "2592000s"}}', Known.SET, 2_592_000),
        ('{"ttl_config": {"granular_ttl_config": {"create_ttl": "60s"}}}', Known.SET, None),
        ('{"ttl_config": {"default_ttl": given()}}', Known.UNKNOWN, None),
        ("{}", Known.NONE, None),
        ("bank", Known.UNKNOWN, None),
    ],
)
def test_a_memory_bank_in_code_has_its_time_to_live(
    bank: str, ttl: Known, seconds: int | None
) -> None:
    config = f'{{"context_spec": {{"memory_bank_config": {bank}}}}}'
    (store,) = deployed_in(DEPLOYED % f"agent=app, config={config}").memory_stores

    assert (store.ttl, store.ttl_s) == (ttl, seconds)


@pytest.mark.parametrize(
    ("member", "open_to"),
    [
        ("allUsers", "anybody"),
        ("allAuthenticatedUsers", "any_account"),
        ("user:a@acme.example", None),
    ],
)
@pytest.mark.parametrize("on", ["secret_manager_secret", "service_account"])
def test_what_everybody_is_given_on_a_secret_or_an_account_is_told(
    on: str, member: str, open_to: str | None
) -> None:
    body = f'{{\n  role = "roles/x"\n  members = ["{member}"]\n}}'
    text = f'resource "google_{on}_iam_binding" "b" {body}'
    grants = deployment_of({"main.tf": text}).grants

    assert [grant.open_to for grant in grants] == ([] if open_to is None else [open_to])


def test_a_project_says_who_of_its_members_is_everybody() -> None:
    text = 'resource "google_project_iam_binding" "b" {\n  role = "roles/viewer"\n  members = %s\n}'
    members = '["allUsers", "user:a@acme.example"]'
    grants = deployment_of({"main.tf": text % members}).grants

    assert {grant.principal: grant.open_to for grant in grants} == {
        "allUsers": "anybody",
        "user:a@acme.example": "",
    }


@pytest.mark.parametrize(
    ("account", "default"),
    [
        ('"123456789012-compute@developer.gserviceaccount.com"', True),
        ('"support@appspot.gserviceaccount.com"', True),
        ("data.google_compute_default_service_account.default.email", True),
        ('"agent@support.iam.gserviceaccount.com"', False),
    ],
)
def test_the_default_account_by_its_name_is_the_default_account(
    account: str, *, default: bool
) -> None:
    found = service(template=f"service_account = {account}")

    assert (runtime_of(found).service_account == "default") is default
