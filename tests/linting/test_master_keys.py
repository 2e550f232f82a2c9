"""The master key of a gateway: under which name an agent has it, and which gateways ask for it."""

from collections.abc import Mapping

import pytest

from agentaudit.extract.credentials.key_addresses import opens_other_store
from agentaudit.extract.settings import Setting
from agentaudit.model.finding import Severity
from agentaudit.readers.syntax import parse
from tests.linting.severities import found

COMPOSE = """\
services:
  desk-agent:
    image: registry.example/desk-agent:1
    environment: {{OPENAI_API_KEY: "${{{name}}}", OPENAI_BASE_URL: "http://litellm:4000"}}
"""
EXTERNAL = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {{name: desk, namespace: desk}}
spec: {{target: {{name: desk, template: {{data: {{OPENAI_API_KEY: "{{{{ .{name} }}}}"}}}}}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: desk-agent, namespace: desk}}
spec:
  containers:
    - name: desk-agent
      image: registry.example/desk-agent:1
      envFrom: [{{secretRef: {{name: desk}}}}]
"""
REFERENCE = """\
apiVersion: v1
kind: Pod
metadata: {{name: desk-agent, namespace: desk}}
spec:
  containers:
    - name: desk-agent
      image: registry.example/desk-agent:1
      env: [{{name: OPENAI_API_KEY, valueFrom: {{secretKeyRef: {{name: keys, key: {name}}}}}}}]
"""
FETCHED = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {{name: keys, namespace: desk}}
spec: {{data: [{{secretKey: {key}, remoteRef: {{key: prod/{vault}, property: {part}}}}}]}}
"""
SEALED = """\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {{name: keys, namespace: desk}}
spec: {{encryptedData: {{{name}: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq}}}}
"""
JOB = """\
on: push
jobs:
  review:
    runs-on: ubuntu-latest
    steps:
      - uses: openai/codex-action@v1
        with: {{openai-api-key: "{key}", prompt: Review this.}}
"""
VALUES = """\
apiVersion: v1
kind: Secret
metadata: {{name: keys, namespace: desk}}
stringData: {{{name}: sk-q7Zk2PvW9sLx4Rt8}}
"""
PROXY = """\
services:
  litellm{number}:
    image: ghcr.io/berriai/litellm:v1.80.0
    ports: ["4000:4000"]
    environment: {{{settings}}}
    volumes: ["./litellm/config.yaml:/app/config.yaml"]
"""
MODELS = "model_list:\n  - {model_name: fast, litellm_params: {model: openai/gpt-5-mini}}\n"
KEY = "LITELLM_MASTER_KEY: '${LITELLM_MASTER_KEY}'"


@pytest.mark.parametrize("text", [COMPOSE, EXTERNAL, REFERENCE])
def test_a_master_key_is_one_under_any_name(text: str) -> None:
    master, own = (
        found({"deploy.yaml": text.format(name=name)})
        for name in ("LITELLM_MASTER_KEY", "LITELLM_DESK_KEY")
    )

    assert master["model-admin-key-in-reach"] is Severity.CRITICAL
    assert "model-admin-key-in-reach" not in own


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("${OPENAI_API_KEY:-${LITELLM_MASTER_KEY}}", True),
        ("${OPENAI_API_KEY:-$LITELLM_MASTER_KEY}", True),
        ("${DESK_KEY:-${OPENAI_API_KEY:-${LITELLM_MASTER_KEY}}}", True),
        ("${LITELLM_MASTER_KEY:-${OPENAI_API_KEY}}", True),
        ("${OPENAI_API_KEY:-${LITELLM_DESK_KEY}}", False),
    ],
)
def test_so_it_is_where_it_is_a_default(value: str, *, told: bool) -> None:
    text = COMPOSE.format(name="VALUE").replace("${VALUE}", value)
    name = "LITELLM_MASTER_KEY" if told else "LITELLM_DESK_KEY"
    beside = {"compose.yaml": text, ".env": f"{name}=sk-q7Zk2PvW9sLx4Rt8\n"}

    assert ("model-admin-key-in-reach" in found({"compose.yaml": text})) is told
    assert ("model-admin-key-in-reach" in found(beside)) is told


def test_a_default_of_a_default_is_the_value_itself() -> None:
    text = COMPOSE.format(name="A:-${B:-sk-q7Zk2PvW9sLx4Rt8Bn6Ty}")

    assert "literal-service-token" in found({"compose.yaml": text})


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ("secrets.LITELLM_MASTER_KEY", True),
        ("secrets['LITELLM_MASTER_KEY']", True),
        ("secrets.DESK_KEY || secrets.LITELLM_MASTER_KEY", True),
        ("secrets.OPENAI_API_KEY", False),
    ],
)
def test_so_it_is_where_a_pipeline_gives_it_to_an_agent(secret: str, *, told: bool) -> None:
    text = JOB.format(key=f"${{{{ {secret} }}}}")

    assert ("model-admin-key-in-reach" in found({".github/workflows/review.yml": text})) is told


def test_a_job_that_runs_no_agent_may_be_the_one_that_manages_keys() -> None:
    text = JOB.format(key="${{ secrets.LITELLM_MASTER_KEY }}")
    job = text.partition("      - uses")[0] + "      - run: terraform apply\n"
    job = job.replace(
        "    steps", '    env: {LITELLM_API_KEY: "${{ secrets.LITELLM_MASTER_KEY }}"}\n    steps'
    )
    severity = {
        name: found({".github/workflows/keys.yml": each})["model-admin-key-in-reach"]
        for name, each in (("agent", text), ("other", job))
    }

    assert severity == {"agent": Severity.CRITICAL, "other": Severity.LOW}


@pytest.mark.parametrize(
    ("vault", "part", "told"),
    [("litellm", "master_key", True), ("litellm-master-key", "''", True), ("desk", "key", False)],
)
def test_so_it_is_where_a_vault_has_it(vault: str, part: str, *, told: bool) -> None:
    made = FETCHED.format(key="OPENAI_API_KEY", vault=vault, part=part)
    text = f"{REFERENCE.format(name='OPENAI_API_KEY')}---\n{made}"

    assert ("model-admin-key-in-reach" in found({"deploy.yaml": text})) is told


@pytest.mark.parametrize(("name", "told"), [("LITELLM_MASTER_KEY", True), ("DESK_KEY", False)])
def test_so_it_is_where_nobody_can_read_its_value(name: str, *, told: bool) -> None:
    sealed = f"{REFERENCE}---\n{SEALED}".format(name=name)
    later = f"{REFERENCE}---\n{VALUES}".format(name=name).replace("sk-q7Zk2PvW9sLx4Rt8", '"${X}"')
    given = f"{REFERENCE}---\n{VALUES}".format(name="GIVEN")
    given = given.replace("sk-q7Zk2PvW9sLx4Rt8", f'"${{{name}}}"')

    for text in (sealed, later, given):
        assert ("model-admin-key-in-reach" in found({"deploy.yaml": text})) is told


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [(KEY, KEY, False), ("A: b", "A: b", True), (KEY, "A: b", True)],
)
def test_a_proxy_asks_by_its_environment_wherever_its_file_is(
    first: str, second: str, *, told: bool
) -> None:
    files = {
        "compose.yaml": PROXY.format(number=1, settings=first),
        "compose.eu.yaml": PROXY.format(number=2, settings=second),
        "litellm/config.yaml": MODELS,
    }

    assert ("unauthenticated-gateway" in found(files)) is told


def test_a_proxy_that_is_handed_another_file_says_nothing_of_this_one() -> None:
    files = {
        "compose.yaml": PROXY.format(number=1, settings=KEY),
        "old/compose.yaml": PROXY.format(number=2, settings="A: b"),
        "litellm/config.yaml": MODELS,
    }

    assert "unauthenticated-gateway" not in found(files)
    assert "unauthenticated-gateway" in found({**files, "old/litellm/config.yaml": MODELS})


def test_names_that_are_bound_are_no_listeners_of_a_gateway() -> None:
    dns = "binds: [{listen_address: '127.0.0.2:53', protocol: Do53}]\n"
    route = "{backends: [{mcp: {targets: [{name: desk, stdio: {cmd: desk-mcp}}]}}]}"
    gateway = f"binds: [{{port: 3000, listeners: [{{routes: [{route}]}}]}}]\n"

    assert "unauthenticated-gateway" not in found({"dnsdist.yml": dns})
    assert "unauthenticated-gateway" in found({"config.yaml": gateway})


def planned(secrets: Mapping[str, str]) -> bool:
    """Whether a pipeline that has these in its environment is told to keep a key of a cloud."""
    given = "".join(
        f"          {name}: ${{{{ secrets.{kept} }}}}\n" for name, kept in secrets.items()
    )
    text = f"""\
on: push
jobs:
  plan:
    runs-on: ubuntu-latest
    steps:
      - run: terraform plan
        env:
{given}"""
    return "static-cloud-key-in-ci" in found({".github/workflows/plan.yml": text})


@pytest.mark.parametrize(("store", "told"), [("MINIO", False), ("AWS", True)])
def test_a_store_of_ones_own_issues_no_sessions(store: str, *, told: bool) -> None:
    key, secret = f"{store}_USER", f"{store}_PASSWORD"

    assert planned({"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}) is told


def test_no_session_of_aws_stands_for_the_key_of_a_machine() -> None:
    """A private key of a pair of EC2 is what somebody logs in with."""
    assert not planned({"AWS_PRIVATE_KEY": "KEY"})
    assert planned({"AWS_ACCESS_KEY_ID": "KEY"})
    assert planned({"AWS_PRIVATE_KEY": "KEY", "AWS_SECRET_ACCESS_KEY": "SECRET"})


def test_the_characters_of_a_key_name_no_store() -> None:
    """Two of its forty may be those of a product by chance."""
    document = parse(
        ".env", "dotenv", "A=q7Zk/b2/vW9sLx4Rt8mQq7Zk2PvW9sLx4Rt8mQ0v\nB=op://desk/b2/key\n"
    )
    drawn, kept = (
        Setting(key="AWS_SECRET_ACCESS_KEY", value=value, document=document, route="")
        for _, value in document.root.entries
    )

    assert not opens_other_store(drawn)
    assert opens_other_store(kept)


@pytest.mark.parametrize(("name", "told"), [("LITELLM_MASTER_KEY", True), ("DESK_KEY", False)])
def test_so_it_is_where_a_file_beside_has_its_value(name: str, *, told: bool) -> None:
    beside = {"compose.yaml": COMPOSE.format(name=name), ".env": f"{name}=sk-q7Zk2PvW9sLx4Rt8\n"}
    within = {"deploy.yaml": f"{REFERENCE}---\n{VALUES}".format(name=name)}

    assert ("model-admin-key-in-reach" in found(beside)) is told
    assert ("model-admin-key-in-reach" in found(within)) is told
