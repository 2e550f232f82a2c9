"""Builds of AWS CodeBuild: what they run, what they hold, and on which machine."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.finding import Severity
from tests.linting.severities import found

AWS_HALF = "wJalrXUtnFEMIK7MDENGbPxRfiCYzK3hQ8LpVd2T"
MODEL_KEY = "sk-proj-Zt8bQ2mXw4Lr7VnKc1Yh5Jp9Ds3Fg6Ae0Ui"
AGENT = 'claude -p "mend it" --dangerously-skip-permissions'


def build(*env: str, run: str = "make") -> str:
    lines = "".join(f"  {line}\n" for line in env)
    return f"""version: 0.2
env:
{lines}phases:
  build:
    commands:
      - {run}
    finally:
      - echo done
"""


def test_variables_in_plain_view_are_told_and_those_of_a_store_are_not() -> None:
    plain = build("variables:", f"  OPENAI_API_KEY: {MODEL_KEY}")
    kept = build("secrets-manager:", "  OPENAI_API_KEY: prod/openai:key", "parameter-store:")

    assert "literal-model-api-key" in found({"buildspec.yml": plain})
    assert found({"buildspec.yml": kept}) == {}


def test_a_key_of_aws_is_needless_where_the_project_has_a_role() -> None:
    stored = build("secrets-manager:", "  AWS_SECRET_ACCESS_KEY: prod/aws:secret")

    assert "static-cloud-key-in-ci" in found({"ci/buildspec-test.yaml": stored})


def test_half_of_a_pair_in_plain_view_is_not_hidden_by_a_name_that_is_not() -> None:
    text = build(
        "variables:",
        f"  AWS_SECRET_ACCESS_KEY: {AWS_HALF}",
        "secrets-manager:",
        "  AWS_ACCESS_KEY_ID: prod/aws:id",
    )

    assert found({"buildspec.yml": text})["literal-aws-access-key"] is Severity.CRITICAL


def test_an_agent_in_a_phase_is_one() -> None:
    deployment = deployment_of({"buildspec.yml": build("shell: bash", run=AGENT)})
    (agent,) = deployment.agents

    assert (agent.permission_mode, agent.evidence[0].line) == ("bypass", 7)
    assert [workflow.runs_agent for workflow in deployment.workflows] == [True]


TRIGGER = "      - echo $CODEBUILD_WEBHOOK_HEAD_REF | " + AGENT


def test_what_a_branch_is_called_is_text_of_whoever_called_it_so() -> None:
    text = build("shell: bash") + "  post_build:\n    commands:\n" + TRIGGER + "\n"
    (workflow,) = deployment_of({"buildspec.yml": text}).workflows

    assert workflow.interpolates_event


def project(source: str, *environment: str, more: str = "") -> dict[str, str]:
    lines = "\n".join(f"    {line}" for line in environment)
    return {
        "main.tf": f"""
resource "aws_iam_role" "build" {{
  name               = "build"
  assume_role_policy = jsonencode({{Statement = []}})
}}
resource "aws_codebuild_project" "desk" {{
  name         = "desk"
  service_role = aws_iam_role.build.arn
  environment {{
    image = "aws/codebuild/standard:7.0"
{lines}
  }}
  source {{
    type = "GITHUB"
    {source}
  }}
}}
{more}
"""
    }


INLINE = "buildspec = <<-EOT\n" + build("shell: bash", run=AGENT) + "EOT\n"
PRIVILEGED = "privileged_mode = true"


def test_a_project_runs_its_specification_as_its_role() -> None:
    deployment = deployment_of(project(INLINE, PRIVILEGED))
    (runtime,) = deployment.runtimes
    (identity,) = deployment.identities

    assert (runtime.privileged, runtime.runs_agent) == (True, True)
    acting = [edge for edge in deployment.edges if edge.kind is EdgeKind.AUTHENTICATES_AS]
    assert (runtime.id, identity.id) in [(edge.src, edge.dst) for edge in acting]
    assert "agent-owns-host" in found(project(INLINE, PRIVILEGED))


def test_the_role_of_a_build_without_an_agent_is_told_as_any_other() -> None:
    """It deploys what may run some."""
    deployment = deployment_of(project('buildspec = "make.yml"', PRIVILEGED))

    assert EdgeKind.AUTHENTICATES_AS not in {edge.kind for edge in deployment.edges}


@pytest.mark.parametrize(
    ("source", "environment"),
    [(INLINE, ()), ('buildspec = "make.yml"', (PRIVILEGED,)), ("", (PRIVILEGED,))],
)
def test_a_machine_that_is_owned_matters_where_an_agent_runs(
    source: str, environment: tuple[str, ...]
) -> None:
    assert "agent-owns-host" not in found(project(source, *environment))


@pytest.mark.parametrize(
    ("source", "file"),
    [("", "buildspec.yml"), ('buildspec = "ci/buildspec-desk.yml"', "ci/buildspec-desk.yml")],
)
def test_a_file_of_the_repository_is_what_a_project_runs(source: str, file: str) -> None:
    files = {file: build("shell: bash", run=AGENT), **project(source, PRIVILEGED)}

    assert "agent-owns-host" in found(files)


def test_what_a_file_of_the_repository_runs_stands_in_that_file() -> None:
    files = {"buildspec.yml": build("shell: bash", run=AGENT), **project("", PRIVILEGED)}
    (agent,) = deployment_of(files).agents

    assert agent.evidence[0].file == "buildspec.yml"


def test_a_file_that_a_project_runs_is_told_of_with_it_and_once() -> None:
    variables = build("variables:", f"  OPENAI_API_KEY: {MODEL_KEY}", run=AGENT)
    read = deployment_of({"buildspec.yml": variables, **project("")})
    alone = deployment_of({"other/buildspec.yml": variables, **project("")})

    assert [workflow.name for workflow in read.workflows] == ["desk"]
    assert [key.evidence[0].file for key in read.credentials] == ["buildspec.yml"]
    assert {workflow.name for workflow in alone.workflows} == {"desk", "buildspec.yml"}


def test_variables_of_a_project_are_plain_unless_they_say_otherwise() -> None:
    def variable(value: str, kind: str = "") -> str:
        typed = f'type = "{kind}"' if kind else ""
        return f'environment_variable {{\n name = "OPENAI_API_KEY"\n value = "{value}"\n{typed}\n}}'

    plain, kept = variable(MODEL_KEY), variable("prod/openai:key", "SECRETS_MANAGER")

    assert "literal-model-api-key" in found(project("", plain))
    assert "literal-model-api-key" not in found(project("", kept))


HOOK = """
resource "aws_codebuild_webhook" "desk" {
  project_name = aws_codebuild_project.desk.name
  filter_group {
    filter {
      type    = "EVENT"
      pattern = "PULL_REQUEST_CREATED,PULL_REQUEST_UPDATED"
    }
    %s
  }
}
"""
MEMBERS = 'filter {\n type = "ACTOR_ACCOUNT_ID"\n pattern = "^123$"\n }'


@pytest.mark.parametrize(("more", "told"), [("", True), (MEMBERS, False)])
def test_strangers_start_what_answers_pull_requests_unless_it_says_whose(
    more: str, told: object
) -> None:
    (workflow,) = deployment_of(project(INLINE, more=HOOK % more)).workflows

    assert workflow.untrusted_trigger is told


def test_a_secret_of_the_machine_is_one_of_the_build_though_no_line_asks_for_it() -> None:
    variable = 'environment_variable {\n name = "OPENAI_API_KEY"\n value = "k"\n type = "%s"\n}'
    kept = project(INLINE, variable % "SECRETS_MANAGER", more=HOOK % "")

    assert "strangers-steer-ci-agent" in found(kept)
    assert "strangers-steer-ci-agent" not in found(project(INLINE, more=HOOK % ""))


def test_templates_declare_projects_too() -> None:
    variables = [
        {"Name": "OPENAI_API_KEY", "Value": MODEL_KEY},
        {"Name": "DB_PASSWORD", "Type": "PARAMETER_STORE", "Value": "/prod/db"},
    ]
    properties = {
        "Name": "desk",
        "Environment": {"PrivilegedMode": True, "EnvironmentVariables": variables},
        "Source": {"Type": "GITHUB", "BuildSpec": build("shell: bash", run=AGENT)},
        "Triggers": {"FilterGroups": [[{"Type": "EVENT", "Pattern": "PULL_REQUEST_CREATED"}]]},
    }
    resources = {"Desk": {"Type": "AWS::CodeBuild::Project", "Properties": properties}}
    files = {"template.json": json.dumps({"Resources": resources})}

    told = found(files)

    assert {"agent-owns-host", "literal-model-api-key", "permission-bypass"} <= set(told)
    assert [flow.untrusted_trigger for flow in deployment_of(files).workflows] == [True]


def test_a_template_in_a_folder_of_templates_is_no_workflow_to_be_copied() -> None:
    (text,) = project(INLINE, PRIVILEGED).values()

    assert found({"templates/main.tf": text})["permission-bypass"] is Severity.CRITICAL


BATCH = """
batch:
  build-list:
    - identifier: one
      env:
        privileged-mode: true
        variables:
          OPENAI_API_KEY: DRAWN
"""


def test_builds_of_a_batch_have_variables_and_machines_of_their_own() -> None:
    text = build("shell: bash", run=AGENT) + BATCH.replace("DRAWN", MODEL_KEY)
    told = found({"buildspec.yml": text})

    assert {"agent-owns-host", "literal-model-api-key"} <= set(told)
