"""Memory that services keep: configurations of mem0 in three writings, and Zep's server."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.rules.fakes import fake

MEM0: dict[str, object] = {
    "vector_store": {"provider": "qdrant", "config": {"collection_name": "notes"}},
    "embedder": {"provider": "openai", "config": {"api_key": fake("openai_key")}},
}
APART = "".join(f"{name.upper()} = {value!r}\n" for name, value in MEM0.items())
WHOLE = "{" + ", ".join(f"{name!r}: {name.upper()}" for name in MEM0) + "}"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("mem0.json", json.dumps(MEM0)),
        ("config.yaml", json.dumps({"memory": MEM0})),
        ("app.py", f"from mem0 import Memory\nmemory = Memory.from_config({MEM0!r})\n"),
        ("app.py", f"from mem0 import Memory\nCONFIG = {MEM0!r}\nMemory.from_config(CONFIG)\n"),
        ("app.py", f"from mem0 import Memory\n{APART}Memory.from_config({WHOLE})\n"),
    ],
)
def test_a_configuration_of_mem0_is_the_same_in_every_writing(file: str, text: str) -> None:
    deployment = deployment_of({file: text})

    assert [
        (store.name, store.kind, store.backend, store.ttl) for store in (deployment.memory_stores)
    ] == [("notes", "vector", "qdrant", Known.NONE)]
    assert [(item.form, item.holder) for item in deployment.credentials] == [("literal", "agent")]
    assert fake("openai_key") not in repr(deployment)


def test_other_vector_stores_are_none_of_mem0s() -> None:
    other = {"vector_store": {"provider": "qdrant"}, "agent": {"name": "x"}}
    python = f"import redis\nconfig = {MEM0!r}\n"

    assert deployment_of({"rag.json": json.dumps(other)}).memory_stores == ()
    assert deployment_of({"app.py": python}).memory_stores == ()


def test_an_expiry_that_code_gives_leaves_it_open() -> None:
    code = "from mem0 import Memory\nMemory().add([], user_id='u', expiration_date='2027-01-01')\n"
    deployment = deployment_of({"mem0.json": json.dumps(MEM0), "app.py": code})

    assert deployment.memory_stores[0].ttl is Known.UNKNOWN
    assert "some memories in notes are given an expiry by code" in {
        end.what for end in deployment.unresolved
    }


def test_relations_and_history_are_stores_of_their_own() -> None:
    tree = {**MEM0, "graph_store": {"provider": "neo4j"}, "history_db_path": ":memory:"}
    stores = deployment_of({"mem0.json": json.dumps(tree)}).memory_stores

    assert {(store.backend, store.persistent) for store in stores} == {
        ("qdrant", Truth.YES),
        ("neo4j", Truth.YES),
        ("sqlite", Truth.NO),
    }


def test_agents_of_the_same_code_remember_there() -> None:
    code = (
        "from crewai import Agent\nfrom mem0 import Memory\n"
        f"memory = Memory.from_config({MEM0!r})\nagent = Agent(role='r', goal='g')\n"
    )
    deployment = deployment_of({"app.py": code})

    assert any(edge.kind is EdgeKind.PERSISTS_TO for edge in deployment.edges)


def test_what_does_not_fold_holds_no_credential() -> None:
    code = (
        "import os\nfrom mem0 import Memory\nMemory.from_config({'vector_store': {'provider': "
        "'qdrant'}, 'llm': {'provider': 'openai', 'config': {'api_key': os.getenv('KEY')}}})\n"
    )

    assert deployment_of({"app.py": code}).credentials == ()


@pytest.mark.parametrize(
    ("code", "backend"),
    [
        ("memory = Memory()", "qdrant"),
        ("memory = AsyncMemory()", "qdrant"),
        ("memory = Memory.from_config({'llm': {'provider': 'openai'}})", "qdrant"),
        ("memory = Memory.from_config(config_dict={'version': 'v1.1'})", "qdrant"),
        ("memory = Memory.from_config(settings)", "mem0"),
        ("memory = Memory.from_config({**settings, 'version': 'v1.1'})", "mem0"),
        ("memory = Memory.from_config(**settings)", "mem0"),
        ("memory = Memory(config=MemoryConfig())", "mem0"),
    ],
)
def test_mem0_keeps_memories_somewhere_where_nobody_says(code: str, backend: str) -> None:
    deployment = deployment_of({"app.py": f"from mem0 import AsyncMemory, Memory\n{code}\n"})

    assert [(store.backend, store.ttl) for store in deployment.memory_stores] == [
        (backend, Known.NONE)
    ]


@pytest.mark.parametrize(
    "code",
    [
        "from mem0 import Memory\ndef keep(memory=None):\n    return memory or Memory()\n",
        "from mem0 import MemoryItem\nfrom ours import Memory\nmemory = Memory()\n",
    ],
)
def test_what_somebody_else_gives_or_defines_is_none_of_mem0s(code: str) -> None:
    assert deployment_of({"app.py": code}).memory_stores == ()


def test_a_configuration_beside_it_says_where_what_is_not_read_is_kept() -> None:
    code = "from mem0 import Memory\nmemory = Memory.from_config(load('mem0.json'))\n"
    stores = deployment_of({"mem0.json": json.dumps(MEM0), "app.py": code}).memory_stores

    assert [store.name for store in stores] == ["notes"]


@pytest.mark.parametrize(
    ("code", "backends"),
    [
        (
            (
                "from zep_cloud.client import Zep\nzep = Zep(api_key=key)\n"
                "zep.thread.add_messages(thread, messages)\n"
            ),
            ["zep"],
        ),
        (
            (
                "from zep_cloud.client import Zep\nzep = Zep(api_key=key)\n"
                "zep.memory.add(session_id=session, messages=messages)\n"
            ),
            ["zep"],
        ),
        (
            (
                "from zep_cloud.client import AsyncZep\nzep = AsyncZep(api_key=key)\n"
                "zep.context.create_context_template(template_id='t', template='x')\n"
            ),
            [],
        ),
        (
            (
                "from graphiti_core import Graphiti\nfrom graphiti_core.nodes import EpisodeType\n"
                "graph = Graphiti(uri, user, password)\n"
                "graph.add_episode(name='n', episode_body=b, source=EpisodeType.message)\n"
            ),
            ["graphiti"],
        ),
        (
            (
                "from graphiti_core import Graphiti\nfrom graphiti_core.nodes import EpisodeType\n"
                "graph = Graphiti(uri, user, password)\n"
                "graph.add_episode(name='n', episode_body=b, source=EpisodeType.text)\n"
            ),
            [],
        ),
    ],
    ids=["Zep", "Zep before threads", "documents in Zep", "Graphiti", "documents in Graphiti"],
)
def test_what_is_said_stays_with_zep_and_graphiti(code: str, backends: list[str]) -> None:
    stores = deployment_of({"app.py": code}).memory_stores

    assert [(store.backend, store.ttl) for store in stores] == [
        (backend, Known.NONE) for backend in backends
    ]


ZEP = "store: {type: postgres}\nextractors: {messages: {summarizer: {enabled: true}}}\n"


@pytest.mark.parametrize(
    ("auth", "environment", "expected"),
    [
        ("auth: {required: false}\n", "{}", (Truth.NO, True)),
        ("auth: {required: true}\n", "{}", (Truth.YES, False)),
        ("auth: {}\n", "{}", (Truth.NO, True)),
        ("", "{}", (Truth.UNKNOWN, False)),
        ("auth: {required: false}\n", '{ZEP_AUTH_REQUIRED: "true"}', (Truth.YES, False)),
        ("auth: {required: true}\n", '{ZEP_AUTH_REQUIRED: "${ASK}"}', (Truth.UNKNOWN, False)),
    ],
)
def test_the_environment_of_zep_goes_before_its_file(
    auth: str, environment: str, expected: tuple[Truth, bool]
) -> None:
    compose = (
        "services:\n  zep:\n    image: zepai/zep:0.27\n    ports: ['8000:8000']\n"
        f"    environment: {environment}\n"
    )
    (server,) = deployment_of({"config.yaml": ZEP + auth, "compose.yaml": compose}).tool_servers

    assert (server.authenticated, server.exposed) == expected


def test_zep_keeps_messages_for_ever_and_summarises_them() -> None:
    (store,) = deployment_of(
        {"config.yaml": f"{ZEP}memory: {{message_window: 12}}\n"}
    ).memory_stores

    assert (store.kind, store.ttl, store.max_turns_count) == ("history", Known.NONE, 12)
    assert store.compaction is Known.SET


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from mem0 import MemoryClient\nm = MemoryClient()\n", ("managed", "mem0", Known.NONE)),
        (
            (
                "from mem0 import MemoryClient\nm = MemoryClient()\n"
                "m.add(said, user_id=user, expiration_date=day)\n"
            ),
            ("managed", "mem0", Known.UNKNOWN),
        ),
        (
            (
                "from mem0 import Memory\n"
                "m = Memory.from_config({'vector_store': {'provider': 'qdrant', 'config': {}}})\n"
            ),
            ("vector", "qdrant", Known.NONE),
        ),
        (
            "from letta_client import Letta\nclient = Letta(base_url=where)\n",
            ("managed", "letta", Known.NONE),
        ),
        (
            (
                "from llama_index.storage.chat_store.redis import RedisChatStore\n"
                "kept = RedisChatStore(redis_url=where, ttl=300)\n"
            ),
            ("history", "redis", Known.SET),
        ),
        (
            (
                "from llama_index.storage.chat_store.mongo import MongoChatStore\n"
                "kept = MongoChatStore(mongo_uri=where)\n"
            ),
            ("history", "mongodb", Known.NONE),
        ),
        (
            "from agno.db.sqlite import AsyncSqliteDb\nkept = AsyncSqliteDb(db_file='a.db')\n",
            ("history", "sqlite", Known.NONE),
        ),
        (
            "from agent_framework.mem0 import Mem0ContextProvider\nm = Mem0ContextProvider('m')\n",
            ("managed", "mem0", Known.NONE),
        ),
    ],
)
def test_a_client_of_a_store_in_python_is_what_it_keeps(
    code: str, found: tuple[str, str, Known]
) -> None:
    (store,) = deployment_of({"agent.py": code}).memory_stores

    assert (store.kind, store.backend, store.ttl) == found
    assert store.persistent is Truth.YES
    assert store.evidence[0].line == 2


def test_a_class_of_a_store_elsewhere_is_another() -> None:
    code = "from ours import MemoryClient, Letta\nm = MemoryClient()\nl = Letta()\n"

    assert not deployment_of({"agent.py": f"import langchain\n{code}"}).memory_stores
