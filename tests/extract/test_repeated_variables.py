"""Variables that are set again: a process sees the last value, and every secret is told."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known
from agentaudit.model.facts.credentials import CredentialForm

_SECRET = "sk-proj-" + "Zx8Qw3Er5Ty7Ui9Op2As4Df6" * 2
_LISTED = "services: {{agent: {{build: ., environment: [CHAT_TTL={0}, CHAT_TTL={1}]}}}}"
_POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: agent}}
spec:
  containers:
    - name: agent
      image: acme/support-agent:1
      env: [{{name: CHAT_TTL, value: "{0}"}}, {{name: CHAT_TTL, value: "{1}"}}]
"""


@pytest.mark.parametrize(
    ("values", "ttl"), [(("3600", "0"), Known.NONE), (("0", "3600"), Known.SET)]
)
@pytest.mark.parametrize(
    "files",
    [
        {
            "compose.yaml": "services: {{agent: {{build: ., env_file: .env}}}}",
            ".env": "CHAT_TTL={0}\nCHAT_TTL={1}\n",
        },
        {
            "compose.yaml": "services: {{agent: {{build: ., env_file: [a.env, b.env]}}}}",
            "a.env": "CHAT_TTL={0}\n",
            "b.env": "CHAT_TTL={1}\n",
        },
        {"compose.yaml": _LISTED},
        {"pod.yaml": _POD},
        {
            "compose.yaml": "services: {{agent: {{build: .}}}}",
            "Dockerfile": "FROM python\nENV CHAT_TTL={0}\nENV CHAT_TTL={1}\n",
        },
    ],
    ids=["one file", "two files", "list", "pod", "image"],
)
def test_the_last_value_counts(files: dict[str, str], values: tuple[str, str], ttl: Known) -> None:
    deployment = deployment_of({name: text.format(*values) for name, text in files.items()})
    assert {store.ttl for store in deployment.memory_stores} == {ttl}


def test_what_is_set_where_the_service_runs_overrules_its_files() -> None:
    service = "services: {agent: {build: ., env_file: .env, environment: {CHAT_TTL: '60'}}}"
    stores = deployment_of({"compose.yaml": service, ".env": "CHAT_TTL=0\n"}).memory_stores
    assert [store.ttl_s for store in stores] == [60]


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        (".env", f"OPENAI_API_KEY=${{KEY}}\nOPENAI_API_KEY={_SECRET}\n", 2),
        (".env", f"OPENAI_API_KEY={_SECRET}\nOPENAI_API_KEY=${{KEY}}\n", 1),
        ("Dockerfile", f"FROM python\nENV OPENAI_API_KEY=$KEY\nENV OPENAI_API_KEY={_SECRET}\n", 3),
    ],
)
def test_a_secret_beside_a_reference_of_its_name_is_told(file: str, text: str, line: int) -> None:
    (credential,) = deployment_of({file: text}).credentials
    assert credential.form is CredentialForm.LITERAL
    assert credential.evidence[0].line == line


def test_a_file_that_another_overrules_is_no_process_of_its_own() -> None:
    files = {
        "compose.yaml": "services: {agent: {build: ., env_file: [a/.env, b/.env]}}",
        "a/.env": "OPENAI_API_KEY=${A}\n",
        "b/.env": "OPENAI_API_KEY=${B}\n",
    }
    assert [runtime.kind for runtime in deployment_of(files).runtimes] == ["container"]
