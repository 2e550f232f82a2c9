"""Databases in containers: whether they ask who calls, who reaches them, and whose they are."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.runtimes import Runtime

AGENT = """\
services:
  support-agent:
    image: ghcr.io/acme/support-agent:1.4.2
    environment: {STORE_URL: "http://store:1234"}
"""


def composed(image: str, lines: str, *, agent: str = AGENT, **files: str) -> Deployment:
    store = f"  store:\n    image: {image}\n    ports: ['1234:1234']\n{lines}"
    return deployment_of({"compose.yaml": agent + store, **files})


def database(image: str, lines: str = "", *, agent: str = AGENT, **files: str) -> Runtime:
    found = composed(image, lines, agent=agent, **files).runtimes
    return next(runtime for runtime in found if runtime.name == "store")


@pytest.mark.parametrize(
    ("image", "lines", "expected"),
    [
        ("redis:8.2", "", Truth.NO),
        ("docker.io/library/redis:8.2", "    command: redis-server --appendonly yes", Truth.NO),
        ("registry.acme.example:9996/redis:8.2", "    environment: {REDIS_PASSWORD: x}", Truth.NO),
        ("redis:8.2", "    command: redis-server --requirepass ${PASSWORD}", Truth.YES),
        ("redis:8.2", "    command: sh -c 'redis-server --requirepass $$P'", Truth.YES),
        ("redis:8.2", "    command: /scripts/start", Truth.UNKNOWN),
        ("redis:8.2", "    env_file: .env.redis", Truth.UNKNOWN),
        ("redis:8.2", "    volumes: ['/srv/redis.conf:/etc/redis.conf']", Truth.UNKNOWN),
        ("redis:8.2", "    configs: [redis]", Truth.UNKNOWN),
        ("redis:8.2", "    volumes: ['/etc/localtime:/etc/localtime']", Truth.NO),
        ("acme/redis:8.2", "", Truth.UNKNOWN),
        ("postgres:18", "    environment: {POSTGRES_PASSWORD_FILE: /run/p}", Truth.YES),
        ("postgres:18", "    environment: {POSTGRES_HOST_AUTH_METHOD: trust}", Truth.NO),
        ("mongo:8", "", Truth.NO),
        ("mongo:8", "    command: [--auth]", Truth.YES),
        ("mongo:8", "    environment: {MONGO_INITDB_ROOT_USERNAME: a}", Truth.YES),
        ("qdrant/qdrant:v1.16.3", "", Truth.NO),
        ("qdrant/qdrant:v1.16.3", "    environment: {QDRANT__SERVICE__API_KEY: $K}", Truth.YES),
        ("ghcr.io/chroma-core/chroma:1.3.0", "", Truth.NO),
        ("milvusdb/milvus:v2.6", "    command: milvus run standalone", Truth.NO),
        (
            "milvusdb/milvus:v2.6",
            "    environment: {COMMON_SECURITY_AUTHORIZATIONENABLED: true}",
            Truth.YES,
        ),
        ("cr.weaviate.io/semitechnologies/weaviate:1.33", "", Truth.NO),
        (
            "cr.weaviate.io/semitechnologies/weaviate:1.33",
            "    environment: {AUTHENTICATION_APIKEY_ENABLED: 'true'}",
            Truth.YES,
        ),
        ("neo4j:5", "", Truth.UNKNOWN),
        ("neo4j:5", "    environment: {NEO4J_AUTH: none}", Truth.NO),
        ("neo4j:5", "    environment: {NEO4J_AUTH: 'neo4j/${P}'}", Truth.YES),
        ("elasticsearch:9.2.0", "    environment: [xpack.security.enabled=false]", Truth.NO),
        ("mysql:9", "    environment: {MYSQL_ALLOW_EMPTY_PASSWORD: 'yes'}", Truth.NO),
    ],
)
def test_a_database_asks_as_its_image_and_settings_say(
    image: str, lines: str, expected: Truth
) -> None:
    assert database(image, f"{lines}\n").authenticated is expected


def test_a_configuration_of_redis_is_read() -> None:
    lines = "    volumes: ['./redis.conf:/etc/redis.conf']\n"

    guarded = database("redis:8.2", lines, **{"redis.conf": "requirepass odd-and-long\n"})

    assert guarded.authenticated is Truth.YES
    assert "odd-and-long" not in str(guarded)


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ("1234:1234", True),
        ("127.0.0.1:1234:1234", False),
        ("${BIND:-127.0.0.1}:1234:1234", False),
        ("${PORT:-1234}:1234", True),
    ],
)
def test_what_is_published_on_the_own_machine_is_not_exposed(port: str, *, expected: bool) -> None:
    text = f"services:\n  store:\n    image: redis:8.2\n    ports: ['{port}']\n"

    (found,) = deployment_of({"compose.yaml": text}).runtimes

    assert found.exposed is expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("    environment: {REDIS_URL: 'redis://:x@store:6379/0'}\n", True),
        ("    environment: {MEMORY_HOST: store}\n", True),
        ("    environment: {CACHE: store}\n", False),
        ("    environment: {REDIS_URL: 'redis://store.acme.example'}\n", True),
        ("    environment: {REDIS_URL: 'redis://restore:6379'}\n", False),
        ("    depends_on: {store: {condition: service_started}}\n", True),
        ("", False),
    ],
)
def test_a_database_is_an_agents_where_the_agent_names_it(lines: str, *, expected: bool) -> None:
    agent = f"services:\n  support-agent:\n    image: ghcr.io/acme/support-agent:1\n{lines}"

    assert database("redis:8.2", agent=agent).serves_agents is expected


def test_another_service_makes_it_nobodys() -> None:
    assert not database("redis:8.2", agent=AGENT.replace("support-agent", "shop")).serves_agents


def test_what_is_not_known_of_an_open_one_is_said() -> None:
    ends = composed("redis:8.2", "    command: /scripts/start\n").unresolved

    assert "whether the redis of store asks who calls" in {end.what for end in ends}


CLUSTER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: support-agent, namespace: ai}}
spec:
  template:
    spec:
      containers:
      - {{name: agent, image: "ghcr.io/acme/support-agent:1", env: [{{name: REDIS_URL, value: "redis://{host}:6379"}}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: kept, namespace: ai}}
spec:
  template:
    metadata: {{labels: {{app: kept}}}}
    spec: {{containers: [{{name: kept, image: "redis:8.2", ports: [{{containerPort: 6379}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: memory, namespace: ai}}
spec: {{type: NodePort, selector: {{app: kept}}, ports: [{{port: 6379}}]}}
"""


@pytest.mark.parametrize(("host", "expected"), [("memory", True), ("memories", False)])
def test_what_opens_a_database_to_others_leads_an_agent_to_it(host: str, *, expected: bool) -> None:
    found = deployment_of({"k8s.yaml": CLUSTER.format(host=host)}).runtimes
    (store,) = (runtime for runtime in found if runtime.database)

    assert store.exposed
    assert store.services == ("memory",)
    assert store.serves_agents is expected


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ("pages: {build: .}\n  store: {image: qdrant/qdrant, ports: ['6333:6333']}", True),
        ("store: {image: qdrant/qdrant, ports: ['6333:6333']}", False),
        ("pages: {build: .}\n  store: {image: 'redis:8', ports: ['6379:6379']}", False),
        ("pages: {build: .}\n  store: {image: qdrant/qdrant}", False),
        (
            "queue: {image: 'redis:8'}\n  store: {image: qdrant/qdrant, ports: ['6333:6333']}",
            False,
        ),
    ],
)
def test_what_keeps_embeddings_beside_a_program_finds_texts_for_models(
    services: str, *, expected: bool
) -> None:
    found = deployment_of({"compose.yaml": f"services:\n  {services}\n"})

    assert any(runtime.holds_embeddings for runtime in found.runtimes) is expected


def test_what_is_not_known_of_one_with_embeddings_is_said() -> None:
    store = "store: {image: qdrant/qdrant, env_file: .env, ports: ['6333:6333']}"
    found = deployment_of({"compose.yaml": f"services:\n  pages: {{build: .}}\n  {store}\n"})

    assert any(each.what.startswith("whether the qdrant of store") for each in found.unresolved)
