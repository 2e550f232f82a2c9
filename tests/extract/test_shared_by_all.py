"""Memory that everybody shares who calls, and what a script or its one user keeps."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.facts.memory import MemoryStore

APP = "from fastapi import FastAPI\napp = FastAPI()\n"
AGENTS = f"{APP}from agents import Agent, Runner, SQLiteSession\ndesk = Agent(name='desk')\n"
GRAPH = (
    f"{APP}from langgraph.checkpoint.memory import InMemorySaver\n"
    "graph = build(checkpointer=InMemorySaver())\n"
)
ALL = '{"configurable": {"thread_id": "1"}}'
MEM0 = f"{APP}from mem0 import Memory\nmemory = Memory()\n"
CHAIN = (
    f"{APP}from langchain.chains import ConversationChain\n"
    "from langchain.memory import ConversationBufferWindowMemory\n"
)
ADK = (
    f"{APP}from google.adk.runners import Runner\n"
    "from google.adk.sessions import DatabaseSessionService\n"
    "kept = DatabaseSessionService(db_url=url)\n"
    "runner = Runner(agent=desk, app_name='desk', session_service=kept)\n"
)
LANGMEM = (
    f"{APP}from langgraph.prebuilt import create_react_agent\n"
    "from langgraph.store.postgres import PostgresStore\n"
    "from langmem import create_manage_memory_tool, create_search_memory_tool\n"
    "kept = PostgresStore(connection)\n"
)


def shared(files: dict[str, str]) -> list[MemoryStore]:
    stores = deployment_of(files).memory_stores
    assert stores
    return [store for store in stores if store.constant_session_key]


@pytest.mark.parametrize(
    "code",
    [
        f'{GRAPH}@app.post("/ask")\ndef ask(text):\n    return graph.invoke(text, {ALL})\n',
        (
            f"{GRAPH}run = {ALL}\n"
            '@app.post("/ask")\nasync def ask(text):\n    return await graph.ainvoke(text, run)\n'
        ),
        (
            f"{GRAPH}def answer(text):\n    return graph.invoke(text, {ALL})\n"
            '@app.post("/ask")\ndef ask(text):\n    return answer(text)\n'
        ),
        f"{GRAPH}def handler(event, context):\n    return graph.invoke(event, {ALL})\n",
        f"{GRAPH}@app.entrypoint\ndef serve(payload):\n    return graph.invoke(payload, {ALL})\n",
        (
            f'{AGENTS}kept = SQLiteSession("one")\n'
            '@app.post("/ask")\ndef ask(text):\n    return Runner.run(desk, text, session=kept)\n'
        ),
        (
            f'{AGENTS}@app.post("/ask")\ndef ask(text):\n'
            '    return Runner.run(desk, text, session=SQLiteSession("one", "kept.db"))\n'
        ),
        (
            f"{CHAIN}chain = ConversationChain(llm=m, memory=ConversationBufferWindowMemory(k=9))\n"
            '@app.post("/ask")\ndef ask(text):\n    return chain.predict(input=text)\n'
        ),
        (
            f"{CHAIN}memory = ConversationBufferWindowMemory(k=9)\n"
            "chain = ConversationChain(llm=m, memory=memory)\n"
            '@app.post("/ask")\ndef ask(text):\n    return chain.predict(input=text)\n'
        ),
        f'{MEM0}@app.post("/ask")\ndef ask(text):\n    memory.add(text, user_id="default")\n',
        (
            f'{MEM0}USER = "default"\n'
            '@app.post("/ask")\ndef ask(text):\n    return memory.search(text, user_id=USER)\n'
        ),
        (
            f"{LANGMEM}desk = create_react_agent(m, store=kept, "
            'tools=[create_manage_memory_tool(namespace=("memories",))])\n'
            '@app.post("/ask")\ndef ask(text):\n    return desk.invoke(text)\n'
        ),
        (
            f'{ADK}USER = "user"\n@app.post("/ask")\ndef ask(text):\n'
            '    return runner.run(user_id=USER, session_id="one", new_message=text)\n'
        ),
    ],
)
def test_one_memory_is_everybodys_where_requests_are_answered(code: str) -> None:
    (store,) = shared({"app.py": code})

    assert store.scope == "global"


@pytest.mark.parametrize(
    "code",
    [
        f"{GRAPH}print(graph.invoke(text, {ALL}))\n",
        f"{GRAPH}def main():\n    return graph.invoke(text, {ALL})\n",
        (
            f'{GRAPH}@app.post("/ask")\ndef ask(text):\n    return other(text)\n'
            f"def main():\n    return graph.invoke(text, {ALL})\n"
        ),
        f'{AGENTS}Runner.run_sync(desk, "Hi", session=SQLiteSession("one", "kept.db"))\n',
        (
            f'{CHAIN}@app.get("/")\ndef ask(t):\n    kept = ConversationBufferWindowMemory(k=9)\n'
            "    return ConversationChain(llm=m, memory=kept).predict(input=t)\n"
        ),
        (
            f"{CHAIN}memory = ConversationBufferWindowMemory(k=9)\n"
            "chain = ConversationChain(llm=m, memory=memory)\nprint(chain.predict(input='Hi'))\n"
        ),
        f'{MEM0}memory.add("Likes tea", user_id="alice")\n',
        f'{MEM0}@app.post("/ask")\ndef ask(text, user):\n    memory.add(text, user_id=user)\n',
        (
            f'{MEM0}@app.post("/ask")\ndef ask(text, user):\n'
            '    memory.add(text, user_id=user, agent_id="desk")\n'
        ),
        (
            f"{LANGMEM}desk = create_react_agent(m, store=kept, "
            'tools=[create_manage_memory_tool(namespace=("memories", "{user_id}"))])\n'
            '@app.post("/ask")\ndef ask(text):\n    return desk.invoke(text)\n'
        ),
        f'{ADK}runner.run(user_id="user", session_id="one", new_message="Hi")\n',
        (
            f'{ADK}@app.post("/ask")\ndef ask(text, user):\n'
            '    return runner.run(user_id=user, session_id="one", new_message=text)\n'
        ),
    ],
)
def test_a_script_a_person_or_one_request_shares_nothing(code: str) -> None:
    assert shared({"app.py": code}) == []


def test_a_function_answers_whose_caller_in_another_file_does() -> None:
    graph = f"{GRAPH}def answer(text):\n    return graph.invoke(text, {ALL})\n"
    served = (
        f"{APP}from langchain_core.messages import HumanMessage\nfrom desk import answer\n"
        '@app.post("/ask")\ndef ask(text):\n    return answer(text)\n'
    )
    script = "from desk import answer\nprint(answer('Hi'))\n"

    assert len(shared({"desk.py": graph, "app.py": served})) == 1
    assert shared({"desk.py": graph, "run.py": script}) == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ('app.post("/ask", async (req, res) => res.send(await graph.invoke(req.body, run)));', 1),
        ('app.post("/ask", (req) => graph.invoke(req, { configurable: { thread_id: "1" } }));', 1),
        ("export async function POST(req) { return graph.invoke(req, run); }", 1),
        ("export const POST = async (req) => graph.invoke(req, run);", 1),
        ("console.log(await graph.invoke(input, run));", 0),
        (
            'app.post("/ask", (req) => graph.invoke(req, { configurable: { thread_id: id } }));',
            0,
        ),
    ],
)
def test_scripts_answer_requests_in_their_own_ways(code: str, count: int) -> None:
    head = (
        "import { MemorySaver } from '@langchain/langgraph';\n"
        "const saver = new MemorySaver();\n"
        'const run = { configurable: { thread_id: "main" } };\n'
    )
    assert len(shared({"server.ts": f"{head}{code}\n"})) == count


def test_what_langmem_gives_an_agent_is_known() -> None:
    code = (
        f"{LANGMEM}desk = create_react_agent(m, [create_manage_memory_tool(('memories',)), "
        "create_search_memory_tool(('memories',))])\n"
    )
    deployment = deployment_of({"app.py": code})

    assert {tool.name: tool.effects for tool in deployment.tools} == {
        "manage_memory": ("read", "write", "delete"),
        "search_memory": ("read",),
    }


def test_what_the_columns_of_a_table_are_called_is_no_thread() -> None:
    """A program of a terminal lists its threads so, and asks for one that somebody chose."""
    names = ("thread_id", "agent_name", "messages", "created_at", "updated_at", "prompt")
    labels = ", ".join(f'"{name}": "{name.title()}"' for name in names)
    code = (
        f"{GRAPH}LABELS = {{{labels}}}\n"
        '@app.post("/threads")\ndef threads(user_id):\n    return graph, LABELS\n'
    )

    assert shared({"app.py": code}) == []
