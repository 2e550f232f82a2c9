"""A Secret for many containers says of none that it asks a model; one of its own does."""

from agentaudit.model.finding import Severity
from tests.linting.severities import found

SHARED = """\
apiVersion: v1
kind: Secret
metadata: {name: shop, namespace: shop}
stringData: {OPENAI_API_KEY: "${KEY}", DB_HOST: db}
"""
POD = """\
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop}}
spec:
  containers:
    - name: {name}
      image: registry.example/{name}:1
      envFrom: [{{secretRef: {{name: shop}}}}]
      env: {env}
"""
PARTS = ("web", "mail", "search", "jobs")


def worth(*names: str, env: str = "[]") -> Severity:
    pods = (POD.format(name=name, env=env) for name in names)
    return found({"shop.yaml": SHARED + "".join(pods)})["default-service-account"]


def test_what_many_containers_share_makes_none_an_agent() -> None:
    assert worth(*PARTS[:3]) is Severity.MEDIUM
    assert worth(*PARTS) is Severity.LOW


def test_a_name_still_does() -> None:
    assert worth(*(f"{name}-agent" for name in PARTS)) is Severity.MEDIUM


def test_so_does_a_setting_of_its_own() -> None:
    own = "[{name: LLM_MODEL, value: gpt-5}]"

    assert worth(*PARTS, env=own) is Severity.MEDIUM
