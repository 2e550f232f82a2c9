"""Memory and secrets in TypeScript and JavaScript."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Known
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.memory import MemoryStore
from agentaudit.rules.fakes import fake

REDIS = "import { RedisChatMessageHistory } from '@langchain/redis';\n"
STORES = "@langchain/community/stores/message"


def only_store(code: str) -> MemoryStore:
    (store,) = deployment_of({"memory.ts": code}).memory_stores
    return store


@pytest.mark.parametrize(
    ("code", "backend", "ttl", "seconds"),
    [
        (f"{REDIS}new RedisChatMessageHistory({{ sessionId: id }});", "redis", Known.NONE, None),
        (
            f"{REDIS}new RedisChatMessageHistory({{ sessionId: id, sessionTTL: 5 * 60 }});",
            "redis",
            Known.SET,
            300,
        ),
        (f"{REDIS}new RedisChatMessageHistory({{ sessionTTL: 0 }});", "redis", Known.NONE, None),
        (f"{REDIS}new RedisChatMessageHistory(options);", "redis", Known.UNKNOWN, None),
        (
            f"{REDIS}const o = {{ sessionTTL: 60 }};\nnew RedisChatMessageHistory(o);",
            "redis",
            Known.SET,
            60,
        ),
        (
            (
                f"import {{ UpstashRedisChatMessageHistory }} from '{STORES}/upstash_redis';\n"
                "new UpstashRedisChatMessageHistory({ sessionId: id });"
            ),
            "redis",
            Known.NONE,
            None,
        ),
        (
            (
                f"import {{ DynamoDBChatMessageHistory }} from '{STORES}/dynamodb';\n"
                "new DynamoDBChatMessageHistory({ tableName: 'a', sessionId: id });"
            ),
            "dynamodb",
            Known.NONE,
            None,
        ),
    ],
)
def test_a_history_of_chats_expires_or_does_not(
    code: str, backend: str, ttl: Known, seconds: int | None
) -> None:
    store = only_store(code)

    assert (store.kind, store.backend, store.ttl, store.ttl_s) == (
        ("history", backend, ttl, seconds)
    )


@pytest.mark.parametrize(
    ("code", "kind", "backend", "turns"),
    [
        (
            "import { MemorySaver } from '@langchain/langgraph';\nnew MemorySaver();",
            "checkpoint",
            "in_memory",
            None,
        ),
        (
            (
                "import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';\n"
                "const c = PostgresSaver.fromConnString(process.env.URL!);"
            ),
            "checkpoint",
            "postgres",
            None,
        ),
        (
            "import { BufferMemory } from 'langchain/memory';\nnew BufferMemory();",
            "buffer",
            "in_memory",
            None,
        ),
        (
            "import { BufferWindowMemory as B } from 'langchain/memory';\nnew B({ k: 3 });",
            "window",
            "in_memory",
            3,
        ),
        ("import { Memory } from '@mastra/memory';\nnew Memory();", "window", "", 10),
        (
            (
                "import { Memory } from '@mastra/memory';\n"
                "import { LibSQLStore } from '@mastra/libsql';\n"
                "new Memory({ storage: new LibSQLStore({}), options: { lastMessages: 500 } });"
            ),
            "history",
            "sqlite",
            500,
        ),
        (
            (
                "import { Memory } from '@voltagent/core';\n"
                "import { PostgreSQLMemoryAdapter as P } from '@voltagent/postgres';\n"
                "new Memory({ storage: new P({}) });"
            ),
            "history",
            "postgres",
            None,
        ),
        ("import { Memory } from '@voltagent/core';\nnew Memory({});", "buffer", "", None),
        (
            "import { Agent } from '@convex-dev/agent';\nnew Agent(all.agent, { name: 'a' });",
            "history",
            "convex",
            100,
        ),
        (
            (
                "import { Agent } from '@convex-dev/agent';\n"
                "new Agent(a, { contextOptions: { recentMessages: 7 } });"
            ),
            "history",
            "convex",
            7,
        ),
        (
            "import { Memory } from '@mastra/memory';\nnew Memory({ ...given });",
            "window",
            "",
            None,
        ),
    ],
)
def test_a_memory_is_bounded_by_what_it_is_given(
    code: str, kind: str, backend: str, turns: int | None
) -> None:
    store = only_store(code)

    assert (store.kind, store.backend, store.max_turns_count) == (kind, backend, turns)


@pytest.mark.parametrize(
    "code",
    [
        (
            "import { RedisChatMessageHistory } from './own';\nimport 'langchain';\n"
            "new RedisChatMessageHistory({});"
        ),
        "import { tool } from 'langchain';\nclass MemorySaver {}\nnew MemorySaver();",
    ],
)
def test_what_is_called_the_same_is_another(code: str) -> None:
    assert not deployment_of({"memory.ts": code}).memory_stores


@pytest.mark.parametrize("kept", [0, 1])
def test_what_lays_out_its_tables_and_is_gone_keeps_nothing(kept: int) -> None:
    code = (
        "import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';\n"
        "const address = process.env.DB;\nawait PostgresSaver.fromConnString(address).setup();\n"
    )
    kept_one = "export const saver = PostgresSaver.fromConnString(address);\n"

    assert len(deployment_of({"memory.ts": code + kept_one * kept}).memory_stores) == kept


def test_an_agent_keeps_what_it_is_given_a_store_for() -> None:
    found = deployment_of(
        {
            "agent.ts": "import { Agent } from '@mastra/core/agent';\n"
            "import { Memory } from '@mastra/memory';\nconst memory = new Memory();\n"
            "export const a = new Agent({ id: 'a', memory });\n"
            "export const b = new Agent({ id: 'b' });\n"
        }
    )
    ((source, confidence),) = {
        (edge.src, edge.confidence) for edge in found.edges if edge.kind is EdgeKind.PERSISTS_TO
    }

    assert source == found.agents[0].id
    assert found.agents[0].name == "a"
    assert confidence is Confidence.LIKELY


MASTRA = "import { Agent } from '@mastra/core/agent';\n"


def test_an_agent_keeps_what_another_file_makes() -> None:
    found = deployment_of(
        {
            "agent.ts": f"{MASTRA}import {{ m }} from './kept';\nnew Agent({{ memory: m }});",
            "kept.ts": "import { Memory } from '@mastra/memory';\nexport const m = new Memory();",
        }
    )

    ((source, kept),) = {
        (edge.src, edge.dst) for edge in found.edges if edge.kind is EdgeKind.PERSISTS_TO
    }
    assert (source, kept) == (found.agents[0].id, found.memory_stores[0].id)
    assert not found.unresolved


@pytest.mark.parametrize(("memory", "told"), [("given", True), ("make(1)", True), ("false", False)])
def test_what_an_agent_remembers_by_is_told_where_nobody_sees_it(
    memory: str, *, told: bool
) -> None:
    found = deployment_of({"agent.ts": f"{MASTRA}new Agent({{ id: 'a', memory: {memory} }});"})

    assert bool(found.unresolved) is told
    assert {end.what for end in found.unresolved} <= {"what a remembers by is not known"}


AGENT = "import { Agent } from '@openai/agents';\n"
SECRET = "k7Qw-" + "Zr2xLp9Vb4TnYc8M"


@pytest.mark.parametrize(
    "code",
    [
        "const apiKey = 'SECRET';",
        "new Client({ 'api-key': 'SECRET' });",
        "config.dbPassword = `SECRET`;",
        "const key = process.env.API_KEY ?? 'SECRET';",
        "const key = process.env['API_KEY'] || 'SECRET';",
        "class A { private readonly clientSecret = 'SECRET'; }",
    ],
)
def test_a_secret_is_found_under_its_name(code: str) -> None:
    found = deployment_of({"agent.ts": AGENT + code.replace("SECRET", SECRET)})
    (credential,) = found.credentials

    assert credential.form is CredentialForm.LITERAL
    assert credential.evidence[0].line == 2
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    "code",
    [
        "const apiKey = process.env.API_KEY;",
        "const apiKey = process.env.API_KEY ?? '';",
        "const apiKey = process.env.API_KEY ?? 'your-api-key-here';",
        "const tokenUrl = 'https://login.example.test/token';",
        "type A = { apiKey: 'literal-type-of-a-key' };",
    ],
)
def test_references_and_placeholders_are_no_secrets(code: str) -> None:
    assert not deployment_of({"agent.ts": AGENT + code}).credentials


def test_a_key_of_a_known_form_is_found_once_and_belongs_to_the_agent() -> None:
    key = fake("openai_key")
    code = f"{AGENT}const a = new Agent({{ name: 'a' }});\nconst apiKey = '{key}'; // {key}\n"
    found = deployment_of({"agent.ts": code})
    (credential,) = found.credentials

    assert (credential.holder, credential.holder_id) == ("agent", found.agents[0].id)
    assert (credential.evidence[0].line, credential.evidence[0].column) == (3, 17)


@pytest.mark.parametrize("file", ["tests/agent.ts", "src/agent.test.ts", "integration-tests/a.mjs"])
def test_what_tests_try_is_possibly_a_secret(file: str) -> None:
    code = f"{AGENT}const secretAccessKey = 'minioadmin';\n"
    (credential,) = deployment_of({file: code}).credentials

    assert credential.confidence is Confidence.POSSIBLE


@pytest.mark.parametrize(
    ("body", "ttl"),
    [
        ("this.sql`INSERT INTO messages (text) VALUES (${text})`;", [Known.NONE]),
        ("this.sql<Row>`insert or replace into chat_history values (${text})`;", [Known.NONE]),
        ("this.setState({ ...this.state, messages: [text] });", [Known.NONE]),
        (
            "this.sql`INSERT INTO messages VALUES (${text})`; this.sql`DELETE FROM messages`;",
            [Known.UNKNOWN],
        ),
        ("this.sql`INSERT INTO messages VALUES (${text})`; this.destroy();", [Known.UNKNOWN]),
        ("this.sql`INSERT INTO orders (id) VALUES (${text})`;", []),
        ("this.sql`SELECT * FROM messages`;", []),
        ("this.setState({ count: 1 });", []),
    ],
)
def test_an_agent_of_cloudflare_keeps_what_it_says_it_does(body: str, ttl: list[Known]) -> None:
    code = (
        "import { Agent } from 'agents';\n"
        f"export class Desk extends Agent {{\n  async onMessage(_, text) {{ {body} }}\n}}\n"
    )
    stores = deployment_of({"desk.ts": code}).memory_stores

    assert [(store.backend, store.ttl) for store in stores] == [
        ("durable_object", each) for each in ttl
    ]


def test_an_agent_of_cloudflare_keeps_nothing_of_what_stands_beside_it_on_its_line() -> None:
    """Of what a bundler wrote on one line, each class is searched, and not the whole line."""
    keeping = "export class Desk extends Agent { keep(m) { this.setState({ messages: m }); } }"
    code = f"import {{ Agent }} from 'agents';\n{keeping} export class Bell extends Agent {{}}\n"
    (store,) = deployment_of({"desk.ts": code}).memory_stores

    assert "desk" in store.name.lower()


OBJECT = """\
import {{ DurableObject }} from 'cloudflare:workers';
export class Desk extends DurableObject {{
  async say(text) {{
    const history = (await this.ctx.storage.get('history')) ?? [];
    history.push({{ role: '{role}', content: text }});
    {body}
  }}
}}
"""


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("await this.ctx.storage.put('history', history);", [(Known.NONE, Known.NONE)]),
        ("await this.ctx.storage.put({ history });", [(Known.NONE, Known.NONE)]),
        ("await this.ctx.storage.put('history', history.slice(-20));", [(Known.NONE, Known.SET)]),
        (
            (
                "while (history.length > MOST) history.shift();\n"
                "    await this.ctx.storage.put('history', history);"
            ),
            [(Known.NONE, Known.SET)],
        ),
        (
            "const next = this.queue.shift();\n    await this.ctx.storage.put('history', history);",
            [(Known.NONE, Known.UNKNOWN)],
        ),
        (
            (
                "await this.ctx.storage.put('history', history);\n"
                "    await this.ctx.storage.setAlarm(Date.now() + WEEK);"
            ),
            [(Known.UNKNOWN, Known.NONE)],
        ),
        (
            "this.ctx.storage.sql.exec('INSERT INTO messages (text) VALUES (?)', text);",
            [(Known.NONE, Known.NONE)],
        ),
        (
            (
                "this.sql.exec(`INSERT INTO messages (text) VALUES (?)`, text);\n"
                "    this.sql.exec(`DELETE FROM messages WHERE at < ?`, then);"
            ),
            [(Known.UNKNOWN, Known.NONE)],
        ),
        ("await this.ctx.storage.put('count', history.length);", []),
        ("await this.ctx.storage.put('orders', orders);", []),
    ],
)
def test_a_durable_object_keeps_what_it_says_it_does(
    body: str, kept: list[tuple[Known, Known]]
) -> None:
    stores = deployment_of({"desk.ts": OBJECT.format(role="assistant", body=body)}).memory_stores

    assert [(store.ttl, store.max_turns) for store in stores] == kept
    assert all(store.backend == "durable_object" for store in stores)


def test_a_room_in_which_people_talk_is_no_memory_of_a_model() -> None:
    code = OBJECT.format(role="guest", body="await this.ctx.storage.put('messages', messages);")
    asked = code.replace("say(text) {", "say(text) { await this.env.AI.run(MODEL, { prompt });")

    assert not deployment_of({"room.ts": code}).memory_stores
    assert deployment_of({"room.ts": asked}).memory_stores
