"""Compose, Kubernetes, Dockerfiles and `.env`: runtimes, what they hold, and whose they are."""

import base64

import pytest

from agentaudit.extract.containers.roles import role_of
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.credentials import CredentialForm, Lifetime
from agentaudit.model.facts.runtimes import Runtime
from agentaudit.rules.fakes import fake

KEY = fake("openai_key")


def runtime_of(service: str, name: str = "agent") -> Runtime:
    lines = "\n".join(f"    {line}" for line in service.strip().split("\n"))
    (runtime,) = deployment_of({"compose.yaml": f"services:\n  {name}:\n{lines}\n"}).runtimes
    return runtime


@pytest.mark.parametrize(
    ("written", "size"),
    [("512m", 512 * 1024**2), ("1.5G", 3 * 1024**3 // 2), ("64mb", 64 * 1024**2), ("4096", 4096)],
)
def test_units_of_docker_are_powers_of_two(written: str, size: int) -> None:
    """Unlike those of Kubernetes, where `512M` are 512,000,000 bytes."""
    assert runtime_of(f"image: a\nmem_limit: {written}").memory_limit_bytes == size


def test_a_service_without_limits_has_none() -> None:
    runtime = runtime_of("image: agent:1.0")

    assert runtime.runs_agent
    assert (runtime.cpu_limit, runtime.memory_limit, runtime.pids_limit) == (Known.NONE,) * 3


def test_limits_are_read_in_both_places() -> None:
    old = runtime_of("image: a\nmem_limit: 512m\ncpus: 2\npids_limit: 100")
    new = runtime_of("image: a\ndeploy: {resources: {limits: {cpus: '2', memory: 1g, pids: 9}}}")

    assert old.memory_limit_bytes == 512 * 1024**2
    assert (new.cpu_limit, new.memory_limit, new.pids_limit) == (Known.SET,) * 3


@pytest.mark.parametrize(
    ("file", "service", "limited"),
    [
        ("compose.dev.yaml", "build: {target: dev}", Known.UNKNOWN),
        ("compose.dev.yaml", "environment: {LOG_LEVEL: debug}", Known.UNKNOWN),
        ("compose.trace-gateway.yaml", "environment: {LOG_LEVEL: debug}", Known.UNKNOWN),
        ("compose.dev.yaml", "mem_limit: 0", Known.NONE),
        ("compose.dev.yaml", "build: .", Known.NONE),
        ("compose.dev.yaml", "build: {context: ., target: dev}", Known.NONE),
        ("compose.dev.yaml", "image: agent", Known.NONE),
        ("compose.yaml", "environment: {LOG_LEVEL: debug}", Known.NONE),
        ("compose.yaml", "extends: {file: common.yaml, service: agent}", Known.UNKNOWN),
    ],
)
def test_what_a_file_only_overrides_may_be_limited_by_another(
    file: str, service: str, limited: Known
) -> None:
    (runtime,) = deployment_of({file: f"services:\n  agent:\n    {service}\n"}).runtimes

    assert runtime.memory_limit is limited


def test_what_only_waits_for_others_is_not_what_its_pod_is_called() -> None:
    """A sidecar stands among them as well, and goes on."""
    found = deployment_of(
        {
            "server.yaml": """
apiVersion: apps/v1
kind: Deployment
metadata: {name: desk-mcp-server}
spec:
  template:
    spec:
      initContainers:
        - {name: wait-for-db, image: "busybox:1.36", command: [sh, -c, "nc -z db 5432"]}
        - {name: settings, image: "desk-mcp-server:1", command: [sh, -c, "cp /settings /work"]}
        - {name: proxy, image: "proxy:1", restartPolicy: Always}
      containers:
        - {name: main, image: "desk:1"}
"""
        }
    )

    assert [server.evidence[0].line for server in found.tool_servers] == [13, 11]


@pytest.mark.parametrize(
    ("volume", "seen"),
    [
        ("/run/user/1000/docker.sock:/var/run/docker.sock", True),
        ("${SOCKET}:/var/run/docker.sock:ro", True),
        ("${SOCKET:-/run/user/${UID:-1000}/docker.sock}:/run/engine", True),
        ("/run/podman/podman.sock:/var/run/docker.sock", True),
        ("/run/crio/crio.sock:/run/engine", True),
        ("sockets:/var/run/docker.sock", False),
        ("/run/docker.sock.d:/run/engine", False),
        ("${" + "${A}" * 60 + ":/var/run/docker.sock", True),
    ],
)
def test_the_socket_of_an_engine_is_one_wherever_it_lies(volume: str, *, seen: bool) -> None:
    assert runtime_of(f"image: a\nvolumes: ['{volume}']").docker_socket is seen


def test_ways_to_the_host_are_seen() -> None:
    runtime = runtime_of(
        "image: a\nprivileged: true\nnetwork_mode: host\nuser: root\nvolumes:\n"
        "  - /var/run/docker.sock:/var/run/docker.sock\n"
        "  - {type: bind, source: /, target: /host}\n  - data:/data\n"
        "ports: ['127.0.0.1:1:1', '8080:8080', {published: 90, target: 9}]\n"
        "command: serve --host 0.0.0.0\ngpus: all"
    )

    assert runtime.docker_socket
    assert runtime.host_mounts == ("/",)
    assert runtime.privileged
    assert runtime.host_network
    assert runtime.runs_as_root is Truth.YES
    assert runtime.published_ports == ("8080:8080", "90")
    assert runtime.bind_all
    assert runtime.gpu


@pytest.mark.parametrize(
    ("image", "role"),
    [
        ("ghcr.io/berriai/litellm:v1", "gateway"),
        ("portkeyai/gateway:1.9", "gateway"),
        ("localhost:5000/mcp-gateway-server", "gateway"),
        ("ghcr.io/acme/mcp-gateway/test-server:1", "tool_server"),
        ("ghcr.io/acme/mcp-proxy:1", "tool_server"),
        ("ghcr.io/stacklok/toolhive/proxyrunner:v1", "gateway"),
        ("acme/kong-jwks-updater:1", "agent"),
        ("acme/chat-gateway:1", "gateway"),
        ("acme/litellm-llm-router:1", "gateway"),
        ("ghcr.io/acme/mcp-controller:1", ""),
        ("vllm/vllm-openai:v0.9", "model"),
        ("ghcr.io/acme/crm-mcp:1.0", "tool_server"),
        ("crystaldba/postgres-mcp:latest", "tool_server"),
        ("mcp/redis", "tool_server"),
        ("ghcr.io/acme/mcp-neo4j:1", "tool_server"),
        ("acme/support-agent:1", "agent"),
        ("ghcr.io/openclaw/openclaw:2026.6.1", "agent"),
        ("nginx:1.29", ""),
        ("zenika/alpine-chrome:124", ""),
        ("ghcr.io/browserless/chromium:2", ""),
        ("acme/chrome-agent:1", "agent"),
        ("getmeili/meilisearch:v1.12", ""),
        ("ghcr.io/acme/agent-pool-controller:2", ""),
        ("acme/agent-operator@sha256:00", ""),
        ("redis:8", ""),
    ],
)
def test_the_image_tells_the_role(image: str, role: str) -> None:
    text = f"services:\n  it:\n    image: {image}\n    environment: {{OPENAI_API_KEY: '{KEY}'}}\n"
    deployment = deployment_of({"compose.yaml": text})
    found = {
        "gateway": deployment.gateways,
        "model": deployment.models,
        "tool_server": deployment.tool_servers,
        "agent": deployment.agents,
    }

    assert [name for name, facts in found.items() if facts] == ([role] if role else [])


@pytest.mark.parametrize(
    ("image", "agents"),
    [
        ("onyxdotapp/onyx-backend:2.0", 1),
        ("langgenius/dify-api:1.9.2", 1),
        ("ghcr.io/danny-avila/librechat-dev:latest", 1),
        ("onyxdotapp/onyx-web-server:2.0", 0),
        ("langgenius/dify-web:1.9.2", 0),
        ("ghcr.io/acme/nanobots:1", 0),
    ],
)
def test_a_product_is_an_agent_by_its_image_alone(image: str, agents: int) -> None:
    found = deployment_of({"compose.yaml": f"services:\n  it:\n    image: {image}\n"})

    assert len(found.agents) == agents


def test_a_gateway_of_anything_is_one_of_models_where_it_is_told_how_to_reach_them() -> None:
    told = "services:\n  it:\n    image: acme/chat-gateway:1\n    environment: {%s: x}\n"

    assert deployment_of({"compose.yaml": told % "OPENAI_BASE_URL"}).gateways
    found = deployment_of({"compose.yaml": told % "SMTP_HOST"})
    assert (found.gateways, found.agents) == ((), ())


@pytest.mark.parametrize("setting", ["LITELLM_MASTER_KEY", "MCP_GATEWAY_AUTH_TOKEN"])
def test_the_key_that_a_gateway_asks_of_callers_is_none_that_it_resolves(setting: str) -> None:
    told = "services:\n  it:\n    image: acme/mcp-gateway:1\n    environment: {%s: x}\n"
    (asking,) = deployment_of({"compose.yaml": told % setting}).gateways
    (holding,) = deployment_of({"compose.yaml": told % "GITHUB_TOKEN"}).gateways

    assert (asking.authorizer, asking.brokers_credentials) == (Known.SET, Truth.UNKNOWN)
    assert (holding.authorizer, holding.brokers_credentials) == (Known.UNKNOWN, Truth.YES)


@pytest.mark.parametrize(
    ("command", "variable", "agents"),
    [
        ("[python, agent.py]", "PORT", 1),
        ('["sh", "-c", "echo start\\n# waits until the agent has ended\\nsleep 9"]', "PORT", 0),
        ('["sh", "-c", "exec python -m acme.agent --port 80"]', "PORT", 1),
        ("""["sh", "-c", "echo 'Hello from the Agent of Acme!' && sleep 9"]""", "PORT", 0),
        ("[serve]", "MODEL_ID", 1),
        ("[serve]", "SERVED_MODEL_NAME: y, MODEL_ID", 0),
        ("[serve]", "MODEL_RUNNER_URL", 1),
        ("[serve]", "AGENT_URL", 0),
        ("[serve]", "AGENT_RUNTIME_ARN", 0),
        ("[serve]", "LANGGRAPH_API_URL", 0),
        ("[serve]", "AGENT_REGISTRY_DIR", 0),
        ("celery -A app.agent:tasks worker -B", "PORT", 1),
        ("celery -A app.agent:tasks beat --loglevel=INFO", "PORT", 0),
        ('["celery", "-A", "app.agent:tasks", "flower"]', "LLM_API_KEY", 0),
        ("sh -c 'celery -A app.agent:t worker & celery -A app.agent:t beat'", "PORT", 1),
        ("sh -c 'wait-for db && celery -A app.agent:t beat > log 2>&1'", "LLM_API_KEY", 0),
        ("python -m pytest tests -v", "LLM_API_KEY", 0),
        ("jupyter lab --ip=0.0.0.0", "LLM_API_KEY", 0),
        ("python main.py --after pytest", "LLM_API_KEY", 1),
        ("sleep 365d", "LLM_API_KEY", 1),
        ("sh -c 'sleep 5; curl http://api:8080/warm'", "LLM_API_KEY", 0),
        ("python -m pytest_server", "LLM_API_KEY", 1),
        ("[serve]", "AGENT_MODEL", 1),
        ("[serve]", "MODEL_PATH", 0),
        ("[serve]", "MODEL_PATH: /models, MODEL_NAME", 1),
        ("[serve]", "HF_TOKEN: y, MODEL_ID", 0),
        ("[serve]", "LLM_API_UPSTREAM", 0),
        ("[serve]", "OPENAI_TARGET_API_URL", 0),
        ("[serve]", "OPENAI_TARGET_API_URL: y, OPENAI_API_KEY", 1),
        ("[serve]", "LITELLM_POSTGRES_PASSWORD", 0),
        ("[serve]", "LITELLM_OAUTH_CLIENT_SECRET", 0),
        ("[serve]", "LITELLM_HEALTH", 0),
        ("[serve]", "LITELLM_HEALTH: y, LITELLM_API_KEY", 1),
    ],
)
def test_what_a_container_is_told_makes_it_an_agent(
    command: str, variable: str, agents: int
) -> None:
    text = (
        f"services:\n  it:\n    image: acme/app:1\n    command: {command}\n"
        f"    environment: {{{variable}: x}}\n"
    )

    assert len(deployment_of({"compose.yaml": text}).agents) == agents


def test_what_stands_beside_an_agent_may_be_called_after_it() -> None:
    """Its settings may still say that it calls a model itself."""
    text = (
        "services:\n  app: {build: ., container_name: desk-agent}\n"
        "  proxy: {build: proxy, container_name: langgraph-proxy}\n"
        "  desk-agent-authorizer: {build: asks}\n  mcp-authorizer: {build: asks}\n"
        "  agent-squid: {build: squid, environment: {OPENAI_BASE_URL: 'http://models'}}\n"
    )

    deployment = deployment_of({"c.yml": text})
    found = {runtime.name for runtime in deployment.runtimes if runtime.runs_agent}
    assert found == {"app", "agent-squid"}
    assert not deployment.tool_servers


@pytest.mark.parametrize(
    ("names", "agents"),
    [
        (("multi-agent-exporter", "multi-agent-certbot", "multi-agent-db"), 0),
        (("multi-agent-exporter", "multi-agent-certbot", "certificates"), 2),
        (("acme-exporter", "acme-certbot", "acme-agent"), 1),
        (("multi-agent-exporter", "multi-agent-certbot"), 2),
    ],
)
def test_what_all_names_begin_with_tells_of_none_what_it_runs(
    names: tuple[str, ...], agents: int
) -> None:
    services = "".join(
        f"  s{number}: {{image: 'acme/s{number}:1', container_name: {name}}}\n"
        for number, name in enumerate(names)
    )

    assert len(deployment_of({"compose.yaml": f"services:\n{services}"}).agents) == agents


def test_what_compose_hands_a_model_to_is_an_agent_and_an_overlay_no_second_one() -> None:
    files = {
        "compose.yaml": "services: {app: {build: ., models: {small: {endpoint_var: BASE_URL}}}}\n",
        "compose.gpu.yaml": "services: {app: {models: [large]}}\n",
    }
    runtimes = {item.evidence[0].file: item for item in deployment_of(files).runtimes}

    assert all(item.runs_agent and not item.resembles_agent for item in runtimes.values())
    assert runtimes["compose.gpu.yaml"].memory_limit is Known.UNKNOWN


@pytest.mark.parametrize(
    ("image", "agents"), [("acme/agent:1", 1), ("registry.test/agent-project/router:1", 0)]
)
def test_the_project_of_an_image_makes_it_no_agent(image: str, agents: int) -> None:
    deployment = deployment_of({"compose.yaml": f"services: {{it: {{image: '{image}'}}}}"})

    assert len(deployment.agents) == agents


def test_the_same_service_in_two_files_is_one_agent() -> None:
    """The code, the container built from it, and the pod of its image are the same agent."""
    files = {
        "agent.py": "from langchain.agents import create_agent\ngraph = create_agent(model='x')\n",
        "langgraph.json": '{"dependencies": ["."], "graphs": {"support": "./agent.py:graph"}}',
        "compose.yaml": "services: {agent: {build: ., image: acme/a:1}}\n",
        "k8s/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n"
        "spec: {containers: [{name: agent, image: 'acme/a:1'}]}\n",
    }
    deployment = deployment_of(files)
    runs = [edge for edge in deployment.edges if edge.kind is EdgeKind.RUNS_ON]

    assert [agent.name for agent in deployment.agents] == ["support"]
    assert len(runs) == 2


def test_environment_files_and_references_lead_to_the_value() -> None:
    files = {
        "compose.yaml": "services:\n  agent:\n    image: agent\n    env_file: [agent.env]\n"
        "    environment:\n      - OPENAI_API_KEY=${THE_KEY}\n      - GITHUB_TOKEN\n",
        ".env": f"THE_KEY={KEY}\nGITHUB_TOKEN={fake('github_classic')}\n",
        "agent.env": f"SLACK_BOT_TOKEN={fake('slack_bot')}\n",
    }
    deployment = deployment_of(files)
    found = {
        credential.name: (str(credential.evidence[0]), credential.holder)
        for credential in deployment.credentials
    }

    assert found == {
        "OPENAI_API_KEY": (".env:1:9", "agent"),
        "GITHUB_TOKEN": (".env:2:14", "agent"),
        "SLACK_BOT_TOKEN": ("agent.env:1:17", "agent"),
    }
    assert {item.form for item in deployment.credentials} == {CredentialForm.LITERAL}


def test_secrets_of_compose_are_files() -> None:
    text = "services: {agent: {image: agent, secrets: [openai_api_key]}}\n"
    credential = deployment_of({"compose.yaml": text}).credentials[0]

    assert (credential.form, credential.provider) == (CredentialForm.FILE, "openai")


def test_a_key_pair_is_one_credential_and_a_session_token_makes_it_short() -> None:
    pair = (
        f"AWS_ACCESS_KEY_ID={fake('aws_access_key')}\n"
        f"AWS_SECRET_ACCESS_KEY={fake('aws_secret_key')}\n"
    )
    session = (
        f"AWS_ACCESS_KEY_ID={fake('aws_session_key')}\n"
        f"AWS_SECRET_ACCESS_KEY={fake('aws_secret_key')}\n"
        f"AWS_SESSION_TOKEN={fake('aws_session_token')}\n"
    )
    found = [deployment_of({".env": text}).credentials for text in (pair, session)]

    assert [[(item.kind, item.lifetime) for item in items] for items in found] == [
        [("access_key", Lifetime.STATIC)],
        [("session_key", Lifetime.SHORT)],
    ]
    assert len(found[0][0].evidence) == 2


POD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: support, namespace: prod}
spec:
  template:
    metadata: {labels: {app: support}}
    spec:
      serviceAccountName: agent
      containers:
        - name: agent
          image: acme/agent:1.0
          env:
            - {name: OPENAI_API_KEY, valueFrom: {secretKeyRef: {name: keys, key: openai}}}
            - {name: MODE, value: fast}
          envFrom: [{secretRef: {name: keys}, prefix: X_}, {configMapRef: {name: absent}}]
      volumes:
        - name: t
          projected: {sources: [{serviceAccountToken: {path: t, expirationSeconds: 86400}}]}
"""


def test_a_reference_to_a_secret_of_elsewhere_is_a_reference() -> None:
    deployment = deployment_of({"pod.yaml": POD})
    found = {item.name: (item.form, item.lifetime) for item in deployment.credentials}

    assert found == {
        "OPENAI_API_KEY": (CredentialForm.SECRET_REF, Lifetime.STATIC),
        "service account token": (CredentialForm.WORKLOAD_IDENTITY, Lifetime.SHORT),
    }
    assert {item.what for item in deployment.unresolved} == {
        "the Secret keys is not among the files",
        "the ConfigMap absent is not among the files",
    }


def test_a_secret_in_the_files_is_a_literal_where_it_stands() -> None:
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: prod}\n"
        f"stringData:\n  openai: {KEY}\n"
    )
    deployment = deployment_of({"pod.yaml": POD, "secret.yaml": secret})
    credential = next(item for item in deployment.credentials if item.name == "OPENAI_API_KEY")

    assert credential.form is CredentialForm.LITERAL
    assert [place.file for place in credential.evidence] == ["secret.yaml", "pod.yaml"]


def test_data_of_a_secret_is_decoded() -> None:
    encoded = base64.b64encode(KEY.encode()).decode()
    text = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata: {{api_key: {encoded}}}\n"

    assert [item.provider for item in deployment_of({"s.yaml": text}).credentials] == ["openai"]


def test_pods_run_as_accounts_that_assume_roles() -> None:
    account = (
        "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: agent\n  namespace: prod\n"
        "  annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::1:role/reader'}\n"
        "automountServiceAccountToken: false\n"
    )
    role = 'resource "aws_iam_role" "r" {\n  name = "reader"\n  assume_role_policy = "{}"\n}\n'
    deployment = deployment_of({"pod.yaml": POD, "sa.yaml": account, "main.tf": role})
    identities = {item.provider: item for item in deployment.identities}

    assert identities["kubernetes"].automount_token is Truth.NO
    assert identities["aws"].agent_reachable


@pytest.mark.parametrize(
    ("groups", "admin", "escalates"),
    [
        ('[""]', True, True),
        ('["*"]', True, True),
        ("[rbac.authorization.k8s.io]", True, True),
        ("[robots.acme.test]", False, False),
        ("[robots.acme.test, apps]", False, True),
        ("[batch]", False, True),
        ("[admissionregistration.k8s.io]", False, True),
        ("[certificates.k8s.io]", False, True),
        ("[policy, autoscaling, storage.k8s.io, discovery.k8s.io]", False, False),
        ("[metrics.k8s.io, gateway.networking.k8s.io, agents.x-k8s.io]", False, False),
    ],
)
def test_everything_of_ones_own_group_is_not_the_cluster(
    groups: str,
    admin: bool,  # noqa: FBT001, a parameter of the table
    escalates: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    text = f"""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: r}}
rules: [{{apiGroups: {groups}, resources: ["*"], verbs: ["*"]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: b}}
roleRef: {{kind: ClusterRole, name: r}}
subjects: [{{kind: ServiceAccount, name: agent, namespace: prod}}]
"""
    (grant,) = deployment_of({"rbac.yaml": text}).grants

    assert (grant.admin, bool(grant.escalations)) == (admin, escalates)


def test_a_server_whose_settings_are_not_all_there_may_ask() -> None:
    text = "services:\n  files-mcp: {image: acme/files-mcp:1, ports: ['80:80'], env_file: a.env}\n"
    open_, whole = (
        deployment_of({"compose.yaml": text, **more}) for more in ({}, {"a.env": "LEVEL=info\n"})
    )

    assert open_.tool_servers[0].authenticated is Truth.UNKNOWN
    assert "whether files-mcp asks who calls" in {end.what for end in open_.unresolved}
    assert whole.tool_servers[0].authenticated is Truth.NO


SERVER_POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: search-mcp}
spec:
  template:
    spec:
      containers:
        - name: search-mcp
          image: acme/search-mcp:1.2.3
          envFrom: [{secretRef: {name: search}}]
"""
ITS_SETTINGS = "apiVersion: v1\nkind: Secret\nmetadata: {name: search}\nstringData: {LOG: debug}\n"


def test_a_server_whose_secret_is_elsewhere_may_ask_who_calls() -> None:
    open_ = deployment_of({"pod.yaml": SERVER_POD})
    whole = deployment_of({"pod.yaml": SERVER_POD, "secret.yaml": ITS_SETTINGS})

    assert open_.tool_servers[0].authenticated is Truth.UNKNOWN
    assert whole.tool_servers[0].authenticated is Truth.NO


def test_who_only_asks_and_reports_writes_nothing() -> None:
    text = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [authentication.k8s.io], resources: [tokenreviews], verbs: [create]}
  - {apiGroups: [""], resources: [events], verbs: [create, patch]}
  - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create, update]}
  - {apiGroups: [acme.test], resources: [robots/status, robots/finalizers], verbs: [update]}
  - {apiGroups: [acme.test], resources: [robots, robots/status], verbs: [update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, name: agent, namespace: prod}]
"""
    writes = [grant.write_count for grant in deployment_of({"rbac.yaml": text}).grants]

    assert sorted(writes) == [0, 0, 0, 0, 1]


def test_rights_of_an_account_are_grants() -> None:
    text = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: prod}
rules: [{apiGroups: [""], resources: [secrets, pods/exec], verbs: [get, create]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: prod}
roleRef: {kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: agent, namespace: prod}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: c}
roleRef: {kind: ClusterRole, name: view}
subjects: [{kind: Group, name: everyone}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: d}
roleRef: {kind: ClusterRole, name: elsewhere}
subjects: [{kind: Group, name: everyone}]
"""
    deployment = deployment_of({"rbac.yaml": text, "pod.yaml": POD})
    grants = {grant.name: grant for grant in deployment.grants}

    assert grants["r for agent"].agent_reachable
    assert grants["r for agent"].escalations == ("read secrets", "execute in pods")
    assert grants["r for agent"].write_count == 2
    assert grants["view for everyone"].write_count == 0
    assert "the ClusterRole elsewhere is not among the files" in {
        item.what for item in deployment.unresolved
    }


@pytest.mark.parametrize(
    ("egress", "policy"),
    [
        ("[]", "none"),
        ("[{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]", "allowlist"),
        ("[{}]", "any"),
        ("[{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]", "any"),
    ],
)
def test_a_network_policy_replaces_the_open_network(egress: str, policy: str) -> None:
    text = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        "metadata: {name: n, namespace: prod}\nspec:\n"
        "  podSelector: {matchLabels: {app: support}}\n  policyTypes: [Egress]\n"
        f"  egress: {egress}\n"
    )
    deployment = deployment_of({"pod.yaml": POD, "net.yaml": text})

    assert [item.policy for item in deployment.egresses] == [policy]
    assert deployment.egresses[0].runtime_ids == (deployment.runtimes[0].id,)


@pytest.mark.parametrize(
    ("egress", "policy"),
    [
        ("[{}]", "none"),
        ("[{toFQDNs: [{matchName: api.example.org}]}]", "allowlist"),
        (
            "[{toEndpoints: [{matchLabels: {app: models}}], toPorts: [{ports: [{port: '80'}]}]}]",
            "allowlist",
        ),
        ("[{toPorts: [{ports: [{port: '443'}]}]}]", "any"),
        ("[{toEntities: [world]}]", "any"),
        ("[{toCIDRSet: [{cidr: 0.0.0.0/0}]}]", "any"),
    ],
)
def test_a_policy_of_cilium_replaces_the_open_network(egress: str, policy: str) -> None:
    """Its empty rule denies, unlike that of Kubernetes."""
    text = (
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
        "metadata: {name: n, namespace: prod}\nspec:\n"
        "  endpointSelector: {matchLabels: {'k8s:app': support}}\n"
        f"  egress: {egress}\n"
    )
    deployment = deployment_of({"pod.yaml": POD, "net.yaml": text})

    assert [item.policy for item in deployment.egresses] == [policy]


@pytest.mark.parametrize(
    ("labels", "more", "policy"),
    [
        ("{'k8s:app': support}", "", "none"),
        ("{'k8s:io.kubernetes.pod.namespace': prod}", "", "none"),
        ("{app: support, 'k8s:io.kubernetes.pod.namespace': prod}", "", "none"),
        ("{'k8s:io.kubernetes.pod.namespace': other}", "", "any"),
        ("{app: other}", "", "any"),
        ("{}", "", "none"),
        ("{}", "  enableDefaultDeny: {egress: false}\n", "any"),
    ],
)
def test_a_policy_of_cilium_for_the_cluster_selects_pods_of_all_namespaces(
    labels: str, more: str, policy: str
) -> None:
    text = (
        "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\n"
        f"metadata: {{name: n}}\nspec:\n  endpointSelector: {{matchLabels: {labels}}}\n"
        f"  egress: [{{}}]\n{more}"
    )
    (runtime,) = deployment_of({"pod.yaml": POD, "net.yaml": text}).runtimes

    assert runtime.egress == policy


def test_a_policy_of_cilium_that_selects_by_more_than_labels_is_left_open() -> None:
    text = (
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
        "metadata: {name: n, namespace: prod}\nspec:\n"
        "  endpointSelector: {matchExpressions: [{key: app, operator: Exists}]}\n"
        "  egress: [{}]\n"
    )

    assert [e.policy for e in deployment_of({"pod.yaml": POD, "net.yaml": text}).egresses] == [
        "any"
    ]


def test_an_internal_network_lets_nothing_out() -> None:
    text = (
        "services: {agent: {image: agent, networks: [in]}, web: {image: agent}}\n"
        "networks: {in: {internal: true}}\n"
    )
    found = {item.name: item.policy for item in deployment_of({"compose.yaml": text}).egresses}

    assert found == {"network of agent": "none", "network of web": "any"}


def test_an_image_says_its_base_its_user_and_its_secrets() -> None:
    text = (
        f"FROM python:latest\nENV OPENAI_API_KEY={KEY}\nCOPY .env .\n"
        f"RUN x --token={KEY}\nUSER app\n"
    )
    deployment = deployment_of({"app/Dockerfile": text})
    runtime = deployment.runtimes[0]

    assert (runtime.image_pinned, runtime.runs_as_root) == (Truth.NO, Truth.NO)
    assert {item.exposure for item in deployment.credentials} == {"image"}
    assert {item.kind for item in deployment.credentials} == {"api_key", "env_file"}


@pytest.mark.parametrize(
    ("text", "image", "pinned", "registries"),
    [
        ("FROM --platform=linux/amd64 a/b:latest AS last\n", "a/b:latest", Truth.NO, 1),
        ("FROM a/b:1 AS first\nFROM --platform=$BUILD first\n", "first", Truth.UNKNOWN, 0),
        ("FROM a/b:latest\nFROM a/b:latest\n", "a/b:latest", Truth.NO, 1),
        ("FROM --platform=linux/amd64\n", "", Truth.UNKNOWN, 0),
    ],
)
def test_a_base_is_an_image_wherever_it_stands_in_its_line(
    text: str, image: str, pinned: Truth, registries: int
) -> None:
    deployment = deployment_of({"Dockerfile": text})

    assert [(each.image, each.image_pinned) for each in deployment.runtimes] == [(image, pinned)]
    assert len(deployment.registries) == registries


def test_an_image_without_user_runs_as_root() -> None:
    files = {"Dockerfile": "FROM python:3.13\n", "compose.yaml": "services: {agent: {build: .}}\n"}

    assert deployment_of(files).runtimes[0].runs_as_root is Truth.YES


@pytest.mark.parametrize(
    ("build", "root"),
    [
        ("{context: .}", Truth.YES),
        ("{context: ., dockerfile: Dockerfile.agent}", Truth.NO),
        ("{context: app, dockerfile: ../Dockerfile.agent}", Truth.NO),
        ("{context: ., dockerfile: Dockerfile.other}", Truth.UNKNOWN),
        ("{context: ., dockerfile: '${FILE}'}", Truth.YES),
    ],
)
def test_of_several_files_for_images_one_builds_a_container(build: str, root: Truth) -> None:
    files = {
        "compose.yaml": f"services: {{agent: {{build: {build}}}}}\n",
        "Dockerfile": "FROM python:3.13\n",
        "Dockerfile.agent": "FROM python:3.13\nUSER 1000\n",
    }
    found = deployment_of(files).runtimes
    (runtime,) = [item for item in found if item.name == "agent"]

    assert runtime.runs_as_root is root


def test_a_lone_environment_file_is_a_process() -> None:
    deployment = deployment_of({".env.preview": f"OPENAI_API_KEY={KEY}\nVERIFY_SSL=false\n"})

    assert deployment.runtimes[0].environment == "preview"
    assert deployment.runtimes[0].tls_verification_off
    assert deployment.credentials[0].holder == "agent"


def test_a_template_of_an_environment_is_no_process() -> None:
    deployment = deployment_of({".env.example": "OPENAI_API_KEY=your-key-here\n"})

    assert (deployment.runtimes, deployment.credentials) == ((), ())


@pytest.mark.parametrize(
    ("image", "role"),
    [
        ("GHCR.io/BerriAI/LiteLLM:main", "gateway"),
        ("acme/llm-gateway@sha256:0", "gateway"),
        ("kong:3", "gateway"),
        ("vLLM/vLLM-openai:1", "model"),
        ("ghcr.io/ggml-org/llama.cpp:server", "model"),
        ("Redis:8", "store"),
        ("bitnami/postgresql", ""),
        ("acme/files-MCP:1", "tool_server"),
        ("acme/kongress:1", ""),
    ],
)
def test_an_image_tells_what_it_runs_however_it_is_written(image: str, role: str) -> None:
    assert role_of(image, (), (), ()) == role


@pytest.mark.parametrize(
    ("image", "role"),
    [
        ("ghcr.io/acme/weather-mcp/weather-api:1", ""),
        ("ghcr.io/acme/weather-mcp/weather-worker:1", ""),
        ("ghcr.io/acme/weather-mcp/weather-mcp:1", "tool_server"),
        ("ghcr.io/acme/weather-mcp/server:1", "tool_server"),
        ("ghcr.io/acme/weather/mcp-api:1", "tool_server"),
    ],
)
def test_a_repository_of_a_tool_server_publishes_other_images_too(image: str, role: str) -> None:
    assert role_of(image, (), (), ()) == role


@pytest.mark.parametrize(
    ("image", "role"),
    [
        ("ghcr.io/acme/broker-gateway:latest", ""),
        ("ghcr.io/acme/broker:latest", "tool_server"),
        ("ghcr.io/acme/mcp-broker-gateway:latest", "tool_server"),
        ("", "tool_server"),
    ],
)
def test_the_gateway_that_a_tool_server_reaches_is_none_by_its_name(image: str, role: str) -> None:
    assert role_of(image, ("mcp-broker-gateway-paper",), (), ()) == role


@pytest.mark.parametrize(
    ("name", "role"),
    [("LiteLLMContainer", "gateway"), ("LiteLLMService", "gateway"), ("LiteLLMContained", "")],
)
def test_a_template_writes_the_words_of_a_name_as_one(name: str, role: str) -> None:
    assert role_of("registry.example/program:1", (name,), (), ()) == role


def test_a_program_that_calls_a_tool_server_is_no_agent() -> None:
    text = "services:\n  client: {build: ., environment: {MCP_HOST: 'http://gateway:9011/mcp'}}\n"
    deployment = deployment_of({"compose.yaml": text})

    assert not deployment.agents
    assert not deployment.runtimes[0].runs_agent


_SERVED = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: desk, namespace: prod}
spec:
  template:
    metadata: {labels: {app: desk}}
    spec:
      containers:
        - {name: page, image: "page:1", ports: [{containerPort: 8080, name: http}]}
        - {name: tools, image: "acme/crm-mcp:1", ports: [{containerPort: 9090}]}
---
apiVersion: v1
kind: Service
metadata: {name: desk, namespace: prod}
spec: {selector: {app: desk}, ports: [{port: 80, targetPort: %s}]}
"""


@pytest.mark.parametrize(
    "route",
    [
        (
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"
            "metadata: {name: r, namespace: prod}\n"
            "spec: {rules: [{backendRefs: [{name: desk, port: 80}]}]}\n"
        ),
        (
            "apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\n"
            "metadata: {name: r, namespace: prod}\n"
            "spec: {routes: [{match: x, services: [{name: desk, port: 80}]}]}\n"
        ),
        (
            "apiVersion: route.openshift.io/v1\nkind: Route\n"
            "metadata: {name: r, namespace: prod}\nspec: {to: {kind: Service, name: desk}}\n"
        ),
    ],
)
@pytest.mark.parametrize(("target", "exposed"), [("9090", True), ("http", False)])
def test_a_route_opens_the_container_that_has_its_port(
    route: str,
    target: str,
    exposed: bool,  # noqa: FBT001, a column of the table
) -> None:
    found = deployment_of({"desk.yaml": _SERVED % target, "route.yaml": route})

    assert [server.exposed for server in found.tool_servers] == [exposed]
    assert not deployment_of({"desk.yaml": _SERVED % target}).tool_servers[0].exposed


@pytest.mark.parametrize(
    ("command", "package", "pinned"),
    [
        (
            '["sh", "-c", "set -e\\nexport A=b\\nnpx @acme/crm-mcp@latest --port 1\\n"]',
            "@acme/crm-mcp",
            Truth.NO,
        ),
        ('["npx", "-y", "@acme/crm-mcp@1.2.3"]', "@acme/crm-mcp", Truth.YES),
        ('["sh", "-c", "exec uvx crm-mcp"]', "crm-mcp", Truth.NO),
        ('["node", "server.js"]', "acme/base", Truth.YES),
    ],
)
def test_what_a_server_fetches_when_it_starts_is_what_it_runs(
    command: str, package: str, pinned: Truth
) -> None:
    image = f"acme/base@sha256:{'0a' * 32}"
    text = f"services:\n  crm-mcp:\n    image: {image}\n    command: {command}\n"
    (server,) = deployment_of({"compose.yaml": text}).tool_servers

    assert (server.package, server.pinned) == (package, pinned)


@pytest.mark.parametrize(
    ("taken", "kept"),
    [("/app/build", 0), ("/app/dist/ /app/public", 0), ("/app", 1), ("/app/.next", 1)],
)
def test_what_a_build_was_given_is_in_the_image_if_it_is_taken_over(taken: str, kept: int) -> None:
    text = (
        "FROM node:22 AS build\nCOPY web/.env ./\nRUN make\n"
        f"FROM python:3.13\nCOPY --from=build {taken} /srv/\n"
    )

    assert len(deployment_of({"Dockerfile": text}).credentials) == kept


def test_the_user_of_a_stage_before_it_is_not_that_of_the_image() -> None:
    apart = "FROM node:22 AS build\nUSER node\nRUN make\nFROM python:3.13\n"
    within = "FROM node:22 AS base\nUSER node\nFROM base\nRUN make\n"
    compose = "services: {a: {build: {context: ., target: build}}}"
    asked = {"Dockerfile": apart, "compose.yaml": compose}

    assert deployment_of({"Dockerfile": apart}).runtimes[0].runs_as_root is Truth.YES
    assert deployment_of(asked).runtimes[0].runs_as_root is Truth.NO
    assert deployment_of({"Dockerfile": within}).runtimes[0].runs_as_root is Truth.NO


@pytest.mark.parametrize(
    ("service", "role"),
    [
        ("image: acme/llm-manager\nenvironment: {VLLM_IMAGE: 'vllm/vllm-openai:v0.11.0'}", "model"),
        ("image: acme/manager\nenvironment: {BASE_IMAGE: 'python:3.13'}", ""),
        ("image: traefik:v3.5\ncontainer_name: traefik-gateway", ""),
        ("image: nginx:1.29\ncontainer_name: llm-gateway", "gateway"),
        ("image: jaegertracing/all-in-one:1.51\ncontainer_name: mcp-gateway-jaeger", ""),
    ],
)
def test_a_container_is_known_by_what_it_runs_or_starts(service: str, role: str) -> None:
    assert runtime_of(service, "one").role == role


@pytest.mark.parametrize(
    ("endpoint", "alternative"),
    [
        ("", "IRSA or EKS Pod Identity"),
        ("{name: S3_ENDPOINT, value: 'https://garage.example:3900'}", ""),
        ("{name: AWS_ENDPOINT_URL_S3, valueFrom: {secretKeyRef: {name: s, key: e}}}", ""),
        ("{name: S3_ENDPOINT, value: 'https://s3.amazonaws.com'}", "IRSA or EKS Pod Identity"),
        ("{name: RESTIC_REPOSITORY, value: 's3:https://s3.vendor.example/desk'}", ""),
        (
            "{name: RESTIC_REPOSITORY, value: 's3:s3.amazonaws.com/desk'}",
            "IRSA or EKS Pod Identity",
        ),
    ],
)
def test_a_store_that_speaks_as_aws_does_issues_no_sessions(
    endpoint: str, alternative: str
) -> None:
    key = "{name: AWS_ACCESS_KEY_ID, valueFrom: {secretKeyRef: {name: s, key: k}}}"
    text = (
        "kind: Pod\napiVersion: v1\nmetadata: {name: backup}\n"
        f"spec: {{containers: [{{name: up, image: 'a:1', env: [{key}, {endpoint}]}}]}}\n"
    )
    found = {each.name: each for each in deployment_of({"pod.yaml": text}).credentials}

    assert found["AWS_ACCESS_KEY_ID"].short_alternative == alternative


@pytest.mark.parametrize(
    ("address", "privileged", "host"),
    [
        ("tcp://localhost:2375", "true", True),
        ("tcp://127.0.0.1:2376", "true", True),
        ("tcp://localhost:2375", "false", False),
        ("tcp://docker-socket-proxy:2375", "true", False),
        ("ssh://build@elsewhere", "true", False),
    ],
)
def test_an_engine_in_the_pod_of_an_agent_is_a_way_to_its_host(
    address: str, privileged: str, *, host: bool
) -> None:
    text = (
        "kind: Pod\napiVersion: v1\nmetadata: {name: support-agent}\nspec:\n  containers:\n"
        f"    - {{name: agent, image: 'a:1', env: [{{name: DOCKER_HOST, value: '{address}'}}]}}\n"
        f"    - {{name: dind, image: dind, securityContext: {{privileged: {privileged}}}}}\n"
    )
    found = {each.name: each for each in deployment_of({"pod.yaml": text}).runtimes}

    assert found["support-agent/agent"].docker_socket is host


@pytest.mark.parametrize(("privileged", "host"), [("true", True), ("false", False)])
def test_so_is_one_that_compose_starts_beside_it(privileged: str, *, host: bool) -> None:
    text = (
        "services:\n"
        "  agent: {image: 'a:1', environment: {DOCKER_HOST: 'tcp://engine:2375'}}\n"
        f"  engine: {{image: 'docker:dind', privileged: {privileged}}}\n"
    )
    found = {each.name: each for each in deployment_of({"compose.yaml": text}).runtimes}

    assert (found["agent"].docker_socket, found["engine"].docker_socket) == (host, False)


ROOT = 'if [ "$(id -u)" = "0" ]; then'


@pytest.mark.parametrize(
    ("last", "root"),
    [
        ('exec gosu "$APP_USER" python agent.py', Truth.NO),
        ("exec su-exec app python agent.py", Truth.NO),
        ("exec gosu root python agent.py", Truth.YES),
        ("exec python agent.py", Truth.YES),
        ("exec gosu ${APP_USER:-root} python agent.py", Truth.YES),
        ("exec runuser --user=root -- python agent.py", Truth.YES),
        ("exec runuser -u app -- python agent.py", Truth.NO),
        ("exec setpriv --no-new-privs python agent.py", Truth.YES),
        ("exec setpriv --reuid=1000 --clear-groups python agent.py", Truth.NO),
        ("exec setpriv --reuid root python agent.py", Truth.YES),
        ("", Truth.YES),
        ("exec gosu app true\npython agent.py", Truth.YES),
        (f"{ROOT}\n  exec gosu app python agent.py\nfi\nexec python agent.py", Truth.NO),
        (
            (
                f"{ROOT}\n  if setpriv --reuid=app true; then\n    exec gosu app python agent.py\n"
                "  fi\n  exit 1\nfi\nexec python agent.py"
            ),
            Truth.NO,
        ),
        (f"{ROOT}\n  if ok; then\n    exec gosu app a\n  fi\nfi\nexec python agent.py", Truth.YES),
        (f"{ROOT}\n  exec gosu root python a.py\nfi\nexec python agent.py", Truth.YES),
        ('if [ "$FAST" = 0 ]; then\n  exec gosu app a\nfi\nexec python agent.py', Truth.YES),
        (f"{ROOT}\n  exit 1\nfi\nexec python agent.py", Truth.YES),
    ],
)
def test_an_entry_point_may_leave_root(last: str, root: Truth) -> None:
    """The images of databases do so; the script has to be there, and to end in it."""
    files = {
        "compose.yaml": "services: {desk-agent: {build: .}}\n",
        "Dockerfile": 'FROM python:3.12\nCOPY start.sh .\nENTRYPOINT ["/app/start.sh"]\n',
        "start.sh": f"#!/bin/sh\nchown -R app /data\n{last}\n",
    }
    (runtime,) = deployment_of(files).runtimes

    assert runtime.runs_as_root is root


@pytest.mark.parametrize(
    ("service", "start", "root"),
    [
        ("", 'ENTRYPOINT ["/app/start.sh"]', Truth.NO),
        ("command: [/bin/other]", 'ENTRYPOINT ["/app/start.sh"]', Truth.NO),
        ("entrypoint: [python, agent.py]", 'ENTRYPOINT ["/app/start.sh"]', Truth.YES),
        ("entrypoint: /app/start.sh", 'ENTRYPOINT ["python"]', Truth.NO),
        ("command: [python, agent.py]", 'CMD ["/app/start.sh"]', Truth.YES),
        ("command: [/app/start.sh]", 'CMD ["python"]', Truth.NO),
    ],
)
def test_a_service_may_start_what_leaves_root_or_what_does_not(
    service: str, start: str, root: Truth
) -> None:
    """Its entry point stands for that of its image, its command for what an image starts alone."""
    files = {
        "compose.yaml": f"services:\n  desk-agent:\n    build: .\n    {service}\n",
        "Dockerfile": f"FROM python:3.12\nCOPY start.sh .\n{start}\n",
        "start.sh": '#!/bin/sh\nexec gosu app "$@"\n',
    }
    (runtime,) = deployment_of(files).runtimes

    assert runtime.runs_as_root is root


@pytest.mark.parametrize(
    ("dockerfile", "root"),
    [
        ("FROM langchain/langgraph-api:3.12\n", Truth.YES),
        ("FROM python:3.12\nCMD uvicorn app:app\n", Truth.UNKNOWN),
    ],
)
def test_a_dockerfile_for_something_else_says_nothing_of_a_server(
    dockerfile: str, root: Truth
) -> None:
    graphs = '{"dependencies": ["."], "graphs": {"support": "./agent.py:graph"}}'
    runtimes = deployment_of({"langgraph.json": graphs, "Dockerfile": dockerfile}).runtimes
    server = next(item for item in runtimes if item.name == "langgraph server")

    assert server.runs_as_root is root


@pytest.mark.parametrize(
    ("profiles", "stage"),
    [("[demo]", "demonstration"), ("[dev, demo]", "development"), ("[demo, all]", ""), ("[]", "")],
)
def test_a_service_of_profiles_that_are_stages_belongs_to_one(profiles: str, stage: str) -> None:
    text = f"services: {{agent: {{image: 'a:1', profiles: {profiles}}}}}"
    (runtime,) = deployment_of({"compose.yaml": text}).runtimes

    assert runtime.environment == stage


def test_what_others_ask_as_a_proxy_for_models_is_a_gateway_for_them() -> None:
    services = """
services:
  hub: {build: ., environment: {ANTHROPIC_API_KEY: "${KEY}", HUB_MASTER_KEY: "${HUB_KEY}"}}
  coder: {image: "opencode:1", environment: {LITELLM_BASE_URL: "http://hub:4000/v1"}}
  other: {image: "other:1", environment: {ANTHROPIC_API_KEY: "${KEY}"}}
"""
    deployment = deployment_of({"compose.yaml": services})
    (gateway,) = deployment.gateways

    assert (gateway.name, gateway.fronts_tools) == ("hub", Truth.NO)
    assert (gateway.authorizer, gateway.brokers_credentials) == (Known.SET, Truth.YES)
    assert {each.name for each in deployment.runtimes if each.runs_agent} == {"coder", "other"}


def test_an_address_that_is_no_service_makes_none_a_gateway() -> None:
    services = """
services:
  hub: {image: "hub:1", environment: {ANTHROPIC_API_KEY: "${KEY}"}}
  coder: {image: "opencode:1", environment: {LITELLM_BASE_URL: "https://hub.acme.io/v1"}}
"""

    assert not deployment_of({"compose.yaml": services}).gateways
