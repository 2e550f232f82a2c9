"""Variables that a container or function is given, and that no file decides."""

import pytest

from agentaudit.extract.deployment import deployment_of

KEY = "sk-proj-R7fQ2mZc9Xw4TbKd8LpYhGj3FsAe6UoI5xV1tN0wE"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: desk-agent, namespace: desk}
spec:
  containers:
    - name: desk-agent
      image: registry.example/desk-agent:1.4
      env: [{name: HISTORY_URL, valueFrom: {configMapKeyRef: {name: places, key: history}}}]
"""
PLACES = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: places, namespace: desk}\ndata: {a: b}\n"
)
TASK = """\
resource "aws_ecs_task_definition" "desk" {
  family                = "desk-agent"
  container_definitions = file("task.json")
}
"""
SERVICE = """\
service: desk
provider:
  name: aws
  stage: ${opt:stage, 'test'}
  environment: ${file(./FILE):values}
functions: {desk-agent: {handler: a.b}}
"""


def test_a_variable_of_a_config_map_of_elsewhere_is_open() -> None:
    (end,) = deployment_of({"pod.yaml": POD}).unresolved

    assert (end.what, end.effect) == (
        "the ConfigMap places is not among the files",
        "what HISTORY_URL is set to is open",
    )
    assert end.evidence.line == 8
    assert not deployment_of({"pod.yaml": POD, "places.yaml": PLACES}).unresolved


def test_a_task_may_take_variables_from_a_bucket() -> None:
    item = (
        '{"name": "desk-agent", "image": "x", "environmentFiles": [{"value": "arn:aws:s3:::a/x"}]}'
    )
    (end,) = deployment_of({"main.tf": TASK, "task.json": f"[{item}]"}).unresolved

    assert end.what == "the environment file arn:aws:s3:::a/x is not among the files"
    assert (end.evidence.file, end.evidence.line) == ("task.json", 1)


@pytest.mark.parametrize("file", ["env.test.yml", "env.${self:provider.stage}.yml"])
def test_variables_within_variables_are_followed(file: str) -> None:
    files = {
        "serverless.yml": SERVICE.replace("FILE", file),
        "env.test.yml": f"values: {{OPENAI_API_KEY: {KEY}}}\n",
    }
    found = deployment_of(files)
    (credential,) = found.credentials

    assert credential.holder == "agent"
    assert not [end for end in found.unresolved if "variables" in end.what]


def test_variables_of_a_file_that_is_not_there_are_open() -> None:
    found = deployment_of({"serverless.yml": SERVICE.replace("FILE", "gone.yml")})

    assert "which secrets they hold is open" in {end.effect for end in found.unresolved}
