"""Memory: what bounds it, whichever way it is declared."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore


def store_of(settings: dict[str, str], extra: dict[str, str] | None = None) -> MemoryStore:
    lines = "".join(f"      {key}: {json.dumps(value)}\n" for key, value in settings.items())
    text = f"services:\n  agent:\n    image: agent\n    environment:\n{lines}"
    text += "  redis:\n    image: redis:8\n" + (extra or {}).get("redis", "")
    return deployment_of({"compose.yaml": text, **(extra or {})}).memory_stores[0]


@pytest.mark.parametrize(
    ("name", "value", "known", "seconds"),
    [
        ("CHAT_HISTORY_TTL", "0", Known.NONE, None),
        ("CHAT_HISTORY_TTL", "-1", Known.NONE, None),
        ("CHAT_HISTORY_TTL", "", Known.NONE, None),
        ("CHAT_HISTORY_TTL", "never", Known.NONE, None),
        ("CHAT_HISTORY_TTL", "3600", Known.SET, 3600),
        ("SESSION_TTL_MINUTES", "30", Known.SET, 1800),
        ("MEMORY_EXPIRE_DAYS", "7", Known.SET, 604_800),
        ("CONVERSATION_TTL", "24h", Known.SET, 86_400),
        ("CONVERSATION_TTL", "${TTL}", Known.UNKNOWN, None),
        ("CONVERSATION_TTL", "${TTL:-60}", Known.SET, 60),
        ("CONVERSATION_TTL", "soon", Known.UNKNOWN, None),
    ],
)
def test_a_variable_bounds_the_life_of_conversations(
    name: str, value: str, known: Known, seconds: int | None
) -> None:
    store = store_of({name: value})

    assert (store.ttl, store.ttl_s) == (known, seconds)


@pytest.mark.parametrize(
    ("value", "known", "count"),
    [
        ("40", Known.SET, 40),
        ("0", Known.NONE, 0),
        ("many", Known.UNKNOWN, None),
        ("9" * 5_000, Known.UNKNOWN, None),
    ],
)
def test_a_variable_bounds_the_window(value: str, known: Known, count: int | None) -> None:
    store = store_of({"CHAT_HISTORY_MAX_MESSAGES": value})

    assert (store.max_turns, store.max_turns_count) == (known, count)


def test_how_large_one_message_may_be_bounds_no_memory() -> None:
    limits = "{POSTFIX_MESSAGE_SIZE_LIMIT: '52428800', GRPC_MAX_MESSAGE_LENGTH: '4194304'}"
    text = f"services:\n  agent: {{image: agent, environment: {limits}}}\n"

    assert deployment_of({"compose.yaml": text}).memory_stores == ()


@pytest.mark.parametrize(
    ("name", "stores"),
    [
        ("STREAM_HISTORY_LIMIT", 0),
        ("ORDERS_HISTORY_MAX", 0),
        ("TELEGRAM_CHAT_ID", 0),
        ("HISTORY_LIMIT", 1),
        ("AGENT_HISTORY_LIMIT", 1),
        ("ACME_HISTORY_LIMIT", 1),
        ("CHAT_SESSION_ID", 1),
    ],
)
def test_a_history_of_something_else_is_no_memory(name: str, stores: int) -> None:
    text = f"services:\n  agent: {{image: agent, environment: {{{name}: '9000'}}}}\n"

    assert len(deployment_of({"compose.yaml": text}).memory_stores) == stores


@pytest.mark.parametrize(
    ("service", "stores"),
    [
        ("image: docker.io/axllent/mailpit:1, environment: {MP_MAX_MESSAGES: '5000'}", 0),
        ("image: registry.example/team:1, environment: {CHAT_MAX_MESSAGES: '5000'}", 1),
        ("build: ., environment: {MAX_MESSAGES: '5000'}", 1),
        ("image: registry.example/desk-agent:1, environment: {MAX_MESSAGES: '5000'}", 1),
    ],
)
def test_how_many_mails_are_kept_bounds_no_memory(service: str, stores: int) -> None:
    found = deployment_of({"compose.yaml": f"services:\n  inbox: {{{service}}}\n"})

    assert len(found.memory_stores) == stores


def test_a_bare_redis_is_nobodys_memory() -> None:
    text = "services:\n  agent: {image: agent, environment: {REDIS_URL: 'redis://redis'}}\n"

    assert deployment_of({"compose.yaml": text + "  redis: {image: redis}\n"}).memory_stores == ()


@pytest.mark.parametrize(
    ("value", "constant", "scope"),
    [("chat_history", True, "global"), ("{tenant}:{user}", False, "session")],
)
def test_one_key_for_all_sessions_is_seen(value: str, constant: bool, scope: str) -> None:  # noqa: FBT001, a parameter of the table
    store = store_of({"CHAT_TTL": "5", "CHAT_SESSION_KEY": value})

    assert (store.constant_session_key, store.scope) == (constant, scope)


URL = {"CHAT_MEMORY_URL": "redis://redis:6379/0"}


def test_a_redis_without_limits_has_the_defaults_of_redis() -> None:
    store = store_of(URL)

    assert (store.max_bytes, store.eviction, store.persistent) == (
        Known.NONE,
        "noeviction",
        Truth.YES,
    )


def test_arguments_and_files_bound_a_redis() -> None:
    by_words = store_of(
        URL, {"redis": "    command: redis-server --maxmemory 1gb --maxmemory-policy allkeys-lru\n"}
    )
    by_file = store_of(
        URL,
        {
            "redis": "    command: [redis-server, /etc/redis.conf]\n"
            "    volumes: ['./redis.conf:/etc/redis.conf']\n",
            "redis.conf": 'maxmemory 512mb\nmaxmemory-policy volatile-ttl\nsave ""\n',
        },
    )

    assert (by_words.max_bytes_count, by_words.eviction) == (1024**3, "allkeys-lru")
    assert (by_file.max_bytes_count, by_file.eviction) == (512 * 1024**2, "volatile-ttl")
    assert by_file.persistent is Truth.NO
    assert {place.file for place in by_file.evidence} == {"compose.yaml", "redis.conf"}


def test_a_managed_redis_keeps_its_eviction_unsaid() -> None:
    store = store_of({"CHAT_MEMORY_URL": "rediss://x.cache.amazonaws.com:6379"})

    assert store.managed_service
    assert store.eviction == ""


def langgraph(**keys: object) -> dict[str, MemoryStore]:
    text = json.dumps({"dependencies": ["."], "graphs": {"a": "./a.py:g"}, **keys})
    return {store.name: store for store in deployment_of({"langgraph.json": text}).memory_stores}


def test_threads_without_ttl_stay_for_ever() -> None:
    assert langgraph()["checkpointer"].ttl is Known.NONE


@pytest.mark.parametrize("minutes", ["1e999", 1e308, "nan", -1])
def test_minutes_that_never_end_are_no_limit(minutes: object) -> None:
    found = langgraph(checkpointer={"ttl": {"default_ttl": minutes}})

    assert (found["checkpointer"].ttl, found["checkpointer"].ttl_s) == (Known.NONE, None)


def test_a_store_is_swept_only_when_told_and_refreshed_unless_told() -> None:
    found = langgraph(checkpointer={"ttl": {"default_ttl": 60}}, store={"ttl": {"default_ttl": 10}})

    assert (found["checkpointer"].ttl_s, found["checkpointer"].sweep) == (3600, Known.SET)
    assert (found["store"].ttl_s, found["store"].sweep) == (600, Known.NONE)
    assert found["store"].refresh_on_read is Truth.YES


def python_store(code: str) -> MemoryStore:
    packages = (
        *("langchain.memory", "langchain.agents.middleware", "langchain_redis"),
        *("langgraph.checkpoint.redis", "langgraph.checkpoint.postgres"),
        *("agents.extensions.memory", "agent_framework", "strands.agent", "autogen_core"),
        "strands.session",
    )
    names = "".join(f"from {package} import *\n" for package in packages)
    head = "from langchain.agents import create_agent\n"
    deployment = deployment_of({"a.py": head + names + code + "\ngraph = create_agent()\n"})
    return deployment.memory_stores[0]


@pytest.mark.parametrize(
    ("code", "field", "known", "number"),
    [
        ("m = ConversationBufferMemory()", "max_turns", Known.NONE, None),
        ("m = ConversationBufferWindowMemory()", "max_turns", Known.SET, 5),
        ("m = ConversationBufferWindowMemory(k=9)", "max_turns", Known.SET, 9),
        ("m = ConversationBufferWindowMemory(k=size())", "max_turns", Known.UNKNOWN, None),
        ("m = ConversationBufferWindowMemory(**given)", "max_turns", Known.UNKNOWN, None),
        ("m = ConversationTokenBufferMemory(max_token_limit=7)", "max_tokens", Known.SET, 7),
        ("m = RedisHistoryProvider(max_messages=0)", "max_turns", Known.NONE, None),
        ("m = FileSessionManager(session_id=s)", "max_turns", Known.SET, 40),
    ],
)
def test_classes_bound_what_they_keep(
    code: str, field: str, known: Known, number: int | None
) -> None:
    store = python_store(code)

    assert (getattr(store, field), getattr(store, f"{field}_count")) == (known, number)


@pytest.mark.parametrize(
    ("code", "known", "seconds"),
    [
        ("m = RedisChatMessageHistory('s')", Known.NONE, None),
        ("m = RedisChatMessageHistory('s', ttl=None)", Known.NONE, None),
        ("m = RedisChatMessageHistory('s', ttl=60 * 60)", Known.SET, 3600),
        ("m = RedisChatMessageHistory('s', ttl=LIFE)", Known.UNKNOWN, None),
        ("m = RedisChatMessageHistory('s', **given)", Known.UNKNOWN, None),
        ("m = EncryptedSession()", Known.SET, 600),
        ("m = RedisSaver(ttl={'default_ttl': 5, 'refresh_on_read': True})", Known.SET, 300),
        ("m = RedisSaver(ttl={})", Known.NONE, None),
        ("m = PostgresSaver.from_conn_string(url)", Known.NONE, None),
    ],
)
def test_histories_live_as_long_as_they_are_told(
    code: str, known: Known, seconds: int | None
) -> None:
    store = python_store(code)

    assert (store.ttl, store.ttl_s) == (known, seconds)


@pytest.mark.parametrize(
    ("arguments", "compaction"),
    [
        ("", Known.NONE),
        ("trigger=('tokens', 9)", Known.SET),
        ("max_tokens_before_summary=9", Known.SET),
        ("**given", Known.UNKNOWN),
    ],
)
def test_a_summary_without_a_trigger_never_happens(arguments: str, compaction: Known) -> None:
    assert python_store(f"m = SummarizationMiddleware({arguments})").compaction is compaction


def test_a_class_of_the_files_own_is_somebody_elses() -> None:
    code = "from langgraph.graph import StateGraph\nclass RedisSaver: ...\nsaver = RedisSaver()\n"

    assert deployment_of({"a.py": code}).memory_stores == ()


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ("", {"kept"}),
        ("print(first.conn)\n", {"first", "kept"}),
        ("graph.compile(checkpointer=first)\n", {"first", "kept"}),
    ],
)
def test_what_only_lays_out_its_tables_keeps_nothing(more: str, kept: set[str]) -> None:
    code = (
        "from langgraph.checkpoint.postgres import PostgresSaver\n"
        "first = PostgresSaver(url)\nfirst.setup()\nkept = PostgresSaver(pool)\n"
    )
    stores = deployment_of({"a.py": code + more}).memory_stores

    assert {store.name for store in stores} == kept


@pytest.mark.parametrize(
    ("asked", "kept"),
    [("tools.upsert_from_function(func=add)", 0), ("agents.create(name='a')", 1)],
)
def test_a_client_of_letta_that_only_lays_out_tools_keeps_nothing(asked: str, kept: int) -> None:
    code = f"from letta_client import Letta\nclient = Letta(base_url=url)\nclient.{asked}\n"

    assert len(deployment_of({"a.py": code}).memory_stores) == kept


@pytest.mark.parametrize(
    ("used", "turns"),
    [
        ("await Runner.run(agent, 'Hi', session=s)", Known.NONE),
        ("await shown(s)", Known.NONE),
        ("await s.add_items([{'role': 'user', 'content': 'Hi'}])", Known.UNKNOWN),
    ],
)
def test_what_is_shown_of_a_session_that_no_run_is_handed_is_open(used: str, turns: Known) -> None:
    code = (
        "from agents import Runner\nfrom agents.extensions.memory import DaprSession\n"
        "async def main(where, name):\n"
        "    async with DaprSession.from_address(name, dapr_address=where) as s:\n"
        f"        await s.ping()\n        {used}\n"
    )
    (store,) = deployment_of({"a.py": code}).memory_stores

    assert (store.max_turns, store.ttl) == (turns, Known.NONE)


def test_agents_that_are_called_memory_are_none() -> None:
    text = '{"desk": {"systemPrompt": "Help."}, "memory": {"systemPrompt": "Remember."}}'

    assert not deployment_of({"config/agents.json": text}).memory_stores


def test_crew_memory_has_no_ttl() -> None:
    text = '{"memory": true, "agents": [] /* jsonc */}'
    store = deployment_of({"crew.jsonc": text}).memory_stores[0]

    assert (store.ttl, store.compaction, store.backend) == (Known.NONE, Known.SET, "lancedb")


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"app.py": "from langgraph.checkpoint.redis import RedisSaver as Saver\nSaver()\n"}, True),
        ({"app.py": "import langchain.memory as m\nm.ConversationBufferMemory()\n"}, True),
        (
            {
                "app/run.py": "from app.memory import Saver\nSaver()\n",
                "app/memory/__init__.py": "from .savers import Saver\n",
                "app/memory/savers.py": "from langgraph.redis import RedisSaver as Saver\n",
            },
            True,
        ),
        (
            {
                "app/run.py": "from .memory import RedisSaver\nRedisSaver()\n",
                "app/memory.py": "class RedisSaver: ...\n",
            },
            False,
        ),
        (
            {
                "src/run.py": "from agents.sessions import RedisSession\nRedisSession()\n",
                "src/agents/sessions.py": "class RedisSession: ...\n",
            },
            False,
        ),
        ({"run.py": "from agents.extensions.memory import RedisSession\nRedisSession()\n"}, True),
        ({"run.py": "from acme_kit import RedisSaver\nRedisSaver()\n"}, False),
        ({"run.py": "class C:\n  def f(self): self.kit.RedisSaver()\n"}, False),
        (
            {
                "langgraph_a.py": "from langgraph_b import RedisSaver\nRedisSaver()\n",
                "langgraph_b.py": "from langgraph_a import RedisSaver\n",
            },
            True,
        ),
    ],
    ids=[
        *("renamed", "by its module", "passed on", "own class", "own package of the name"),
        *("the package of the name", "another package", "an attribute", "imports in a circle"),
    ],
)
def test_a_class_is_the_frameworks_by_where_it_comes_from(
    files: dict[str, str], *, found: bool
) -> None:
    gated = {path: f"import redis\nimport langgraph\n{text}" for path, text in files.items()}

    assert bool(deployment_of(gated).memory_stores) is found


@pytest.mark.parametrize(
    ("arguments", "backend", "persistent"),
    [
        ("'s'", "in_memory", Truth.NO),
        ("'s', ':memory:'", "in_memory", Truth.NO),
        ("'s', db_path=':memory:'", "in_memory", Truth.NO),
        ("'s', 'talks.db'", "sqlite", Truth.YES),
        ("'s', db_path=PATH", "sqlite", Truth.YES),
        ("**options", "sqlite", Truth.YES),
    ],
)
def test_a_session_without_a_file_ends_with_its_process(
    arguments: str, backend: str, persistent: Truth
) -> None:
    code = f"from agents import SQLiteSession\nsession = SQLiteSession({arguments})\n"
    store = deployment_of({"a.py": code}).memory_stores[0]

    assert (store.backend, store.persistent) == (backend, persistent)


def test_what_a_compacting_session_wraps_is_compacted_and_kept() -> None:
    code = (
        "from agents import OpenAIResponsesCompactionSession, SQLiteSession\n"
        "kept = SQLiteSession('s', 'talks.db')\n"
        "session = OpenAIResponsesCompactionSession(session_id='s', underlying_session=kept)\n"
        "other = SQLiteSession('t', 'talks.db')\n"
    )
    stores = {store.name: store for store in deployment_of({"a.py": code}).memory_stores}

    assert {name: store.compaction for name, store in stores.items()} == {
        "kept": Known.SET,
        "other": Known.NONE,
        "session": Known.SET,
    }
    assert stores["kept"].ttl is Known.NONE


@pytest.mark.parametrize(
    ("told", "compaction"),
    [
        ("session_input_callback=newest", Known.UNKNOWN),
        ("call_model_input_filter=newest", Known.UNKNOWN),
        ("session_input_callback=None", Known.NONE),
        ("model='m'", Known.NONE),
    ],
)
def test_what_a_run_lets_a_function_choose_is_open(told: str, compaction: Known) -> None:
    """Where one file makes the session and another runs the agent, and nowhere else."""
    made = "from agents import SQLiteSession\nsession = SQLiteSession('s', 'talks.db')\n"
    run = f"from agents import RunConfig\nfrom kept import session\nasked = RunConfig({told})\n"
    found = deployment_of({"kept.py": made, "run.py": run, "other.py": made}).memory_stores
    stores = {store.evidence[0].file: store.compaction for store in found}

    assert stores == {"kept.py": compaction, "other.py": Known.NONE}


@pytest.mark.parametrize(
    "given", ["given or InMemoryStore()", "InMemoryStore() if given is None else given"]
)
@pytest.mark.parametrize(
    ("head", "ttl"),
    [
        ("class Kept(BaseStore):\n  def __init__(self, given=None):\n    ", Known.UNKNOWN),
        ("class Agent:\n  def __init__(self, given=None):\n    ", Known.NONE),
        ("class Kept(BaseStore):\n  def __init__(self, other=None):\n    ", Known.NONE),
        ("def build(given=None):\n    ", Known.NONE),
    ],
    ids=["a store of one's own", "an agent", "no argument", "a function"],
)
def test_what_a_store_makes_where_it_is_given_none_is_chosen_by_who_makes_it(
    head: str, ttl: Known, given: str
) -> None:
    names = "from langgraph.store.memory import BaseStore, InMemoryStore\n"
    (store,) = deployment_of({"a.py": f"{names}{head}self.kept = {given}\n"}).memory_stores

    assert store.ttl is ttl


STRANDS = "from strands import Agent\nfrom strands.agent import NullConversationManager\n"


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("def f(): Agent(tools=[], conversation_manager=NullConversationManager())", Known.UNKNOWN),
        ("Agent(tools=[], conversation_manager=NullConversationManager())", Known.NONE),
        ("def f(): Agent(tools=[t], conversation_manager=NullConversationManager())", Known.NONE),
        ("def f(whole=False):\n  if whole: m = NullConversationManager()", Known.UNKNOWN),
        ("def f(*, whole=None):\n  if self.whole: m = NullConversationManager()", Known.UNKNOWN),
        ("def f(whole=True):\n  if whole: m = NullConversationManager()", Known.NONE),
        ("def f(whole):\n  if whole: m = NullConversationManager()", Known.NONE),
        ("def f(whole=False):\n  if not whole: m = NullConversationManager()", Known.NONE),
        ("def f(kind):\n  if kind == 'none': m = NullConversationManager()", Known.UNKNOWN),
        ("def f(kind):\n  if other == 'none': m = NullConversationManager()", Known.NONE),
        ("def f(kind):\n  if kind == other: m = NullConversationManager()", Known.NONE),
    ],
)
def test_what_keeps_a_whole_conversation_may_hold_one_answer_or_be_off(
    code: str, known: Known
) -> None:
    (store,) = deployment_of({"a.py": f"{STRANDS}{code}\n"}).memory_stores

    assert store.max_turns is known


FRAMEWORK = (
    "from agent_framework import Agent, CompactionProvider, InMemoryHistoryProvider\n"
    "other = InMemoryHistoryProvider()\n"
)


@pytest.mark.parametrize(
    "code",
    [
        "kept = InMemoryHistoryProvider()\nCompactionProvider(history_source_id=kept.source_id)\n",
        (
            "kept = InMemoryHistoryProvider()\nshort = CompactionProvider()\n"
            "Agent(context_providers=[kept, short])\n"
        ),
        "Agent(context_providers=[InMemoryHistoryProvider(), CompactionProvider()])\n",
    ],
    ids=["named to it", "listed with it", "made in the list"],
)
def test_a_provider_that_compacts_shortens_the_history_beside_it(code: str) -> None:
    stores = deployment_of({"a.py": FRAMEWORK + code}).memory_stores

    assert sorted(store.compaction for store in stores) == [Known.NONE, Known.SET]


def test_of_a_history_that_is_not_loaded_nothing_reaches_the_model() -> None:
    code = "kept = InMemoryHistoryProvider(load_messages=False)\n"
    stores = {
        store.name: store for store in deployment_of({"a.py": FRAMEWORK + code}).memory_stores
    }

    assert {name: store.max_turns for name, store in stores.items()} == {
        "kept": Known.SET,
        "other": Known.NONE,
    }
