"""Cloud Functions of Google, in Terraform: what they hold, act as, and who may call them."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.runtimes import Runtime

SECOND = """
resource "google_cloudfunctions2_function" "agent" {{
  name     = "desk-agent"
  location = "europe-west4"
  build_config {{
    runtime     = "python312"
    entry_point = "answer"
  }}
  {trigger}
  service_config {{
    {service}
    environment_variables = {{
      OPENAI_MODEL = "gpt-5"
      CRM_TOKEN    = "q8vR2xLkQ9mP4Zt7wYs3nHc6dJf"
    }}
    secret_environment_variables {{
      key     = "OPENAI_API_KEY"
      secret  = "openai"
      version = "latest"
    }}
  }}
}}
"""
FIRST = """
resource "google_cloudfunctions_function" "agent" {{
  name         = "desk-agent"
  runtime      = "python312"
  {trigger}
  {service}
  environment_variables = {{ OPENAI_API_KEY = var.key, CRM_TOKEN = "q8vR2xLkQ9mP4Zt7wYs3nHc6dJf" }}
}}
"""
OPENED = """
resource "{type_}_iam_member" "invoker" {{
  {named}
  role   = "roles/run.invoker"
  member = "{member}"
}}
"""
OF_FUNCTION = "cloud_function = google_cloudfunctions2_function.agent.name"


def _found(form: str, service: str = "", trigger: str = "", more: str = "") -> Deployment:
    return deployment_of({"main.tf": form.format(service=service, trigger=trigger) + more})


def _runtime(found: Deployment) -> Runtime:
    (runtime,) = found.runtimes
    return runtime


def test_a_function_holds_its_variables_and_its_secrets() -> None:
    found = _found(SECOND)

    assert (_runtime(found).kind, _runtime(found).runs_agent) == ("cloud_function", True)
    assert {(each.variable, each.form) for each in found.credentials} == {
        ("CRM_TOKEN", CredentialForm.LITERAL),
        ("OPENAI_API_KEY", CredentialForm.SECRET_REF),
    }


@pytest.mark.parametrize(
    ("form", "service", "instances", "account"),
    [
        (SECOND, "", 100, "default compute service account"),
        (SECOND, "max_instance_count = 3", 3, "default compute service account"),
        (FIRST, "", 3000, "App Engine default service account"),
        (FIRST, "max_instances = 3", 3, "App Engine default service account"),
        (FIRST, 'service_account_email = "desk@acme.iam.gserviceaccount.com"', 3000, "desk"),
        (SECOND, 'service_account_email = "desk@acme.iam.gserviceaccount.com"', 100, "desk"),
    ],
)
def test_each_version_has_defaults_of_its_own(
    form: str, service: str, instances: int, account: str
) -> None:
    found = _found(form, service)
    acts = [edge.dst for edge in found.edges if edge.kind is EdgeKind.AUTHENTICATES_AS]

    assert _runtime(found).instances_count == instances
    assert [each.name for each in found.identities if each.id in acts] == [account]


@pytest.mark.parametrize(
    ("form", "parts", "opening", "authenticated"),
    [
        (SECOND, ("", ""), ("google_cloudfunctions2_function", OF_FUNCTION, "allUsers"), Truth.NO),
        (
            SECOND,
            ("", ""),
            ("google_cloud_run_service", 'service = "desk-agent"', "allUsers"),
            Truth.NO,
        ),
        (
            SECOND,
            ("", ""),
            (
                "google_cloud_run_v2_service",
                "name = google_cloudfunctions2_function.agent.service_config[0].service",
                "allUsers",
            ),
            Truth.NO,
        ),
        (
            FIRST,
            ("", "trigger_http = true"),
            ("google_cloudfunctions_function", 'cloud_function = "desk-agent"', "allUsers"),
            Truth.NO,
        ),
        (
            FIRST,
            ("", 'event_trigger {\n event_type = "a"\n resource = "b"\n}'),
            ("google_cloudfunctions_function", 'cloud_function = "desk-agent"', "allUsers"),
            Truth.UNKNOWN,
        ),
        (
            SECOND,
            ('ingress_settings = "ALLOW_INTERNAL_ONLY"', ""),
            ("google_cloudfunctions2_function", OF_FUNCTION, "allUsers"),
            Truth.UNKNOWN,
        ),
        (
            SECOND,
            ("", ""),
            ("google_cloudfunctions2_function", OF_FUNCTION, "group:desk@acme.example"),
            Truth.UNKNOWN,
        ),
        (
            SECOND,
            ("", ""),
            ("google_cloudfunctions2_function", 'cloud_function = "other"', "allUsers"),
            Truth.UNKNOWN,
        ),
    ],
)
def test_a_function_is_open_where_a_binding_lets_anybody_call_it(
    form: str, parts: tuple[str, str], opening: tuple[str, str, str], authenticated: Truth
) -> None:
    type_, named, member = opening
    binding = OPENED.format(type_=type_, named=named, member=member)
    (agent,) = _found(form, *parts, more=binding).agents

    assert agent.authenticated is authenticated
