"""What three files say of one memory together: the code, the container, the Redis behind it."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.summaries import memory_summaries
from agentaudit.model.evidence import Known
from agentaudit.model.facts.memory import MemoryStore

COMPOSE = """\
services:
  agent:
    build: .
    environment: {CHAT_MEMORY_URL: "redis://redis:6379/0"}
  redis:
    image: redis:8
    command: redis-server /etc/redis.conf
    volumes: ["./redis.conf:/etc/redis.conf"]
    mem_limit: 256m
"""
REDIS = "maxmemory 128mb\nmaxmemory-policy volatile-lru\n"
CODE = """\
import os
from langchain.agents import create_agent
from langchain.agents.middleware import SummarizationMiddleware
from langchain_redis import RedisChatMessageHistory

history = RedisChatMessageHistory(session_id=user, ttl={ttl})
graph = create_agent(model="m", middleware=[{middleware}])
"""


def stores_of(ttl: str = "3600", middleware: str = "") -> dict[str, MemoryStore]:
    """The stores by the name of the file that declares each."""
    code = CODE.format(ttl=ttl, middleware=middleware)
    files = {"compose.yaml": COMPOSE, "redis.conf": REDIS, "agent.py": code, "Dockerfile": "FROM x"}
    found = deployment_of(files).memory_stores
    return {store.evidence[0].file: store for store in found if store.kind == "history"}


def test_one_store_has_the_limits_of_code_and_configuration() -> None:
    store = stores_of()["compose.yaml"]

    assert (store.ttl, store.ttl_s) == (Known.SET, 3600)
    assert (store.max_bytes_count, store.eviction) == (128 * 1024**2, "volatile-lru")
    assert {place.file for place in store.evidence} >= {"compose.yaml", "redis.conf", "agent.py"}


@pytest.mark.parametrize(
    ("middleware", "compaction"),
    [
        ("", Known.NONE),
        ('SummarizationMiddleware(model="m", trigger=("tokens", 4000))', Known.SET),
        ('SummarizationMiddleware(model="m")', Known.NONE),
    ],
)
def test_a_summary_in_the_code_bounds_what_of_a_history_reaches_the_model(
    middleware: str, compaction: Known
) -> None:
    assert stores_of(middleware=middleware)["agent.py"].compaction is compaction


def test_that_a_limit_is_absent_in_the_code_is_told_there_alone() -> None:
    stores = stores_of(ttl="None")

    assert (stores["agent.py"].ttl, stores["compose.yaml"].ttl) == (Known.NONE, Known.UNKNOWN)


def test_the_summary_of_a_memory_joins_what_the_files_say() -> None:
    code = CODE.format(ttl="3600", middleware="")
    files = {"compose.yaml": COMPOSE, "redis.conf": REDIS, "agent.py": code, "Dockerfile": "FROM x"}
    rows = {row.evidence.file: row for row in memory_summaries(deployment_of(files))}

    assert (rows["compose.yaml"].ttl, rows["compose.yaml"].eviction) == ("1 h", "volatile-lru")


@pytest.mark.parametrize(
    ("resource", "eviction"),
    [
        ('"google_redis_cluster" "sessions" {\n redis_configs = POLICY\n}', "noeviction"),
        ('"google_memorystore_instance" "sessions" {\n engine_configs = POLICY\n}', "noeviction"),
        ('"google_memorystore_instance" "sessions" {\n}', "volatile-lru"),
        ('"azurerm_managed_redis" "sessions" {\n default_database {\n AZURE\n }\n}', "allkeys-lru"),
        ('"azurerm_managed_redis" "sessions" {\n}', "volatile-lru"),
        ('"azurerm_redis_enterprise_database" "sessions" {\n AZURE\n}', "allkeys-lru"),
    ],
)
def test_each_managed_redis_says_what_it_evicts(resource: str, eviction: str) -> None:
    text = resource.replace("POLICY", '{ maxmemory-policy = "noeviction" }')
    text = text.replace("AZURE", 'eviction_policy = "AllKeysLRU"')
    (store,) = deployment_of({"main.tf": f"resource {text}\n"}).memory_stores

    assert (store.backend, store.eviction, store.managed_service) == ("redis", eviction, True)
    assert store.holds_conversation


KEPT = (
    "import os\nfrom langchain_redis import RedisChatMessageHistory\n\n\n"
    "def history(session):\n"
    "    return RedisChatMessageHistory(session, redis_url=os.environ['REDIS_URL'], ttl=60)\n"
)
SERVED = """
services:
  agent:
    build: app
    environment: {REDIS_URL: "redis://redis:6379/0", CACHE_URL: "redis://other:6379/0"}
  redis:
    image: redis:8
    command: redis-server --maxmemory 2gb --maxmemory-policy volatile-lru
    mem_limit: 512m
"""


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (KEPT, [(2 * 1024**3, True, "volatile-lru")]),
        (KEPT.replace("REDIS_URL", "REDIS_ADDRESS"), []),
        ("import os\nimport redis\nr = redis.from_url(os.environ['REDIS_URL'])\n", []),
    ],
)
def test_a_redis_that_code_keeps_conversations_in_is_the_one_that_its_variable_names(
    code: str, found: list[tuple[int, bool, str]]
) -> None:
    stores = deployment_of({"app/agent.py": code, "compose.yaml": SERVED}).memory_stores
    named = [store for store in stores if store.evidence[0].file == "compose.yaml"]

    assert [
        (store.max_bytes_count, (store.host_bytes_count or 0) > 0, store.eviction)
        for store in named
    ] == found


KEPT = "appendonly yes\nmaxmemory 0\n"
LOCAL = """\
import os
from langchain_community.chat_message_histories import RedisChatMessageHistory

history = RedisChatMessageHistory(session_id=user, url={url}, ttl=3600)
"""


@pytest.mark.parametrize(
    ("url", "more", "bounds"),
    [
        ('"redis://localhost:6379"', {}, Known.NONE),
        ('os.environ["REDIS_URL"]', {}, Known.NONE),
        ('"redis://cache.example.com:6379"', {}, Known.UNKNOWN),
        ('os.environ["REDIS_URL"]', {"other/redis.conf": "maxmemory 1gb\n"}, Known.UNKNOWN),
        (
            'os.environ["REDIS_URL"]',
            {"compose.yaml": "services: {redis: {image: redis:8}}"},
            Known.UNKNOWN,
        ),
    ],
    ids=["here", "unsaid", "elsewhere", "which of two", "another runs"],
)
def test_the_one_redis_conf_bounds_what_code_keeps_where_no_file_runs_a_redis(
    url: str, more: dict[str, str], bounds: Known
) -> None:
    files = {"agent.py": LOCAL.format(url=url), "redis.conf": KEPT, **more}
    (store,) = deployment_of(files).memory_stores

    assert store.max_bytes is bounds
    assert ("redis.conf" in {place.file for place in store.evidence}) is (bounds is Known.NONE)


def test_that_is_told_once_where_a_variable_says_it_too() -> None:
    service = 'services: {agent: {build: ., environment: {CHAT_REDIS_URL: "redis://cache"}}}'
    files = {"agent.py": LOCAL.format(url='"redis://cache"'), "redis.conf": KEPT}
    stores = deployment_of({**files, "compose.yaml": service}).memory_stores

    assert [store.max_bytes for store in stores].count(Known.NONE) == 1
