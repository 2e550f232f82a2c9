"""Sessions in Python whose key leaves out the tenant that the code around it knows."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore

HEAD = "from langchain_redis import RedisChatMessageHistory as H\n"


def store(code: str) -> MemoryStore:
    (found,) = deployment_of({"a.py": code}).memory_stores
    return found


@pytest.mark.parametrize(
    ("body", "scoped"),
    [
        ("def f(tenant_id, sid): return H(session_id=sid)", Truth.NO),
        ("def f(request, sid):\n  org = request.org_id\n  return H(session_id=sid)", Truth.NO),
        ('def f(request, sid):\n  t = request["tenant_id"]\n  return H(session_id=sid)', Truth.NO),
        ('def f(tenant_id, sid): return H(session_id=f"{tenant_id}:{sid}")', Truth.YES),
        ('def f(tenant_id, sid): return H(session_id=sid, key_prefix=f"{tenant_id}:")', Truth.YES),
        ('def f(user_id, sid): return H(session_id=f"{user_id}")', Truth.YES),
        ("def f(tenant_id, s):\n  k = tenant_id + s\n  return H(session_id=k)", Truth.YES),
        ("def f(tenant_id, s):\n  k: str = tenant_id + s\n  return H(session_id=k)", Truth.YES),
        ("def f(tenant_id, s):\n  if k := tenant_id + s: return H(session_id=k)", Truth.YES),
        ("def f(tenant_id, s):\n  k = tenant_id\n  k += s\n  return H(session_id=k)", Truth.YES),
        (
            "def f(tenant_id, sid):\n  check(tenant_id, sid)\n  return H(session_id=sid)",
            Truth.UNKNOWN,
        ),
        ("def f(azure_tenant_id, sid): return H(session_id=sid)", Truth.UNKNOWN),
        ("def f(sid): return H(session_id=sid)", Truth.UNKNOWN),
        ("def g(tenant_id): ...\ndef f(sid): return H(session_id=sid)", Truth.UNKNOWN),
        ("tenant_id = 'x'\nh = H(session_id=sid)", Truth.UNKNOWN),
    ],
)
def test_a_key_is_a_tenants_by_what_it_is_made_of(body: str, scoped: Truth) -> None:
    assert store(f"{HEAD}{body}\n").tenant_scoped is scoped


def test_the_key_of_a_thread_stands_where_the_graph_is_run() -> None:
    code = (
        "from langgraph.checkpoint.memory import InMemorySaver\n"
        "saver = InMemorySaver()\n"
        "def run(graph, tenant_id, thread):\n"
        '  return graph.invoke({}, {"configurable": {"thread_id": thread}})\n'
    )
    found = store(code)

    assert found.tenant_scoped is Truth.NO
    assert [place.line for place in found.evidence] == [2, 4]
    assert store(code.replace(": thread}", ": tenant_id + thread}")).tenant_scoped is Truth.UNKNOWN


ADK = (
    "from google.adk.apps import App\n"
    "from google.adk.runners import Runner\n"
    "from google.adk.sessions import DatabaseSessionService, InMemorySessionService\n"
    "from google.adk.plugins.context_filter_plugin import ContextFilterPlugin\n"
    "from google.adk.plugins import LoggingPlugin\n"
    "kept = DatabaseSessionService(db_url=url)\n"
)


@pytest.mark.parametrize(
    ("call", "compaction"),
    [
        ("App(name='a', root_agent=r)", Known.NONE),
        ("App(name='a', root_agent=r, events_compaction_config=None)", Known.NONE),
        ("App(name='a', root_agent=r, events_compaction_config=given)", Known.UNKNOWN),
        ("App(name='a', root_agent=r, events_compaction_config=Compaction(9))", Known.SET),
        ("App(name='a', root_agent=r, plugins=[ContextFilterPlugin(5)])", Known.SET),
        ("App(name='a', root_agent=r, plugins=[LoggingPlugin()])", Known.NONE),
        ("App(name='a', root_agent=r, plugins=[Ours()])", Known.UNKNOWN),
        ("App(name='a', root_agent=r, plugins=given)", Known.UNKNOWN),
        ("App(**given)", Known.UNKNOWN),
        ("Runner(agent=r, app_name='a', session_service=kept)", Known.NONE),
    ],
)
def test_an_application_of_adk_compacts_when_it_is_told(call: str, compaction: Known) -> None:
    assert store(f"{ADK}x = {call}\n").compaction is compaction


@pytest.mark.parametrize(
    "call",
    [
        "Runner(app=app, session_service=kept)",
        "Runner(agent=r, session_service=InMemorySessionService())",
        "Runner(agent=r, session_service=given)",
        "flask.App(name='a')",
    ],
)
def test_a_runner_says_nothing_of_what_its_application_or_its_process_ends(call: str) -> None:
    assert deployment_of({"a.py": f"{ADK}x = {call}\n"}).memory_stores == ()


@pytest.mark.parametrize(
    ("mark", "key", "constant"),
    [
        ('@app.post("/chat")', '"everybody"', True),
        ('@app.post("/chat")', "request.session", False),
        ('@app.post("/chat")', "*given", False),
        ("", '"everybody"', False),
    ],
)
def test_the_key_of_a_session_may_be_its_first_argument(
    mark: str,
    key: str,
    constant: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    """In a script it is the one conversation of whoever runs that."""
    code = f"{HEAD}{mark}\ndef chat(request):\n    return H({key}, redis_url='redis://cache')\n"

    assert store(code).constant_session_key is constant


def test_a_session_that_ends_with_its_process_mixes_up_nobody() -> None:
    code = 'from agents import SQLiteSession\ns = SQLiteSession("conversation-1")\n'

    assert not store(code).constant_session_key


@pytest.mark.parametrize(
    ("mark", "thread", "constant"),
    [
        ('@app.post("/chat")', '"1"', True),
        ('@app.post("/chat")', "THREAD", True),
        ('@app.post("/chat")', "request.session", False),
        ("@traced", '"1"', False),
        ("", '"1"', False),
    ],
)
def test_a_thread_is_one_for_all_where_requests_are_answered(
    mark: str,
    thread: str,
    constant: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    """In a script it is the one conversation of whoever runs that."""
    code = (
        "from langgraph.checkpoint.postgres import PostgresSaver\n"
        'THREAD = "main"\nsaver = PostgresSaver(connection)\n'
        f"{mark}\ndef chat(request):\n"
        f'    return graph.invoke({{}}, {{"configurable": {{"thread_id": {thread}}}}})\n'
    )

    assert store(code).constant_session_key is constant


@pytest.mark.parametrize(
    ("body", "constant"),
    [
        ("return saver.get(config)", False),
        ("print(saver.get_tuple(config))", False),
        ("return saver.get({**config})", False),
        ("saver.get(config)\n    return graph.invoke({}, config)", True),
        ("return keep(config)", True),
        ("return config", True),
    ],
)
def test_nothing_is_kept_under_a_key_that_is_only_looked_up(
    body: str,
    constant: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    code = (
        "from langgraph.checkpoint.postgres import PostgresSaver\n"
        "saver = PostgresSaver(connection)\n"
        '@app.get("/live")\ndef live(request):\n'
        f'    config = {{"configurable": {{"thread_id": "1"}}}}\n    {body}\n'
    )

    assert store(code).constant_session_key is constant


@pytest.mark.parametrize(
    ("made", "around", "constant"),
    [
        ("SQLiteSession(session_id='desk')", "def main(): ", False),
        ("SQLiteSession(session_id='desk')", "@app.post('/chat')\ndef chat(): ", True),
        ("SQLiteSession(session_id='desk', db_path='kept.db')", "def main(): ", True),
        ("EncryptedSession(session_id='desk', underlying_session=kept)", "def main(): ", True),
    ],
    ids=["a script", "a path", "a file", "a cover"],
)
def test_one_key_of_a_session_that_ends_with_its_script_is_that_of_one_conversation(
    made: str, around: str, *, constant: bool
) -> None:
    code = f"from agents import EncryptedSession, SQLiteSession\n{around}return {made}\n"

    assert store(code).constant_session_key is constant


AGNO = """\
from agno.agent import Agent
from agno.db.sqlite import SqliteDb

db = SqliteDb(db_file="desk.db")
agent = Agent(db=db{made})

{mark}
def ask(text, request):
    return agent.run(text{run})
"""


@pytest.mark.parametrize(
    ("made", "run", "mark", "constant"),
    [
        ("", ", session_id='desk'", "@app.post('/ask')", True),
        (", session_id='desk'", "", "@app.post('/ask')", True),
        ("", ", session_id='desk', user_id='all'", "@app.post('/ask')", True),
        ("", ", session_id='desk', user_id=request.user", "@app.post('/ask')", False),
        ("", ", session_id=request.session", "@app.post('/ask')", False),
        ("", "", "@app.post('/ask')", False),
        ("", ", session_id='desk'", "", False),
    ],
)
def test_a_session_of_agno_is_one_for_all_where_requests_are_answered(
    made: str, run: str, mark: str, *, constant: bool
) -> None:
    code = AGNO.format(made=made, run=run, mark=mark)

    assert store(code).constant_session_key is constant


GRAPH = """\
from langgraph.checkpoint.postgres import PostgresSaver
graph = builder.compile(checkpointer=PostgresSaver(connection))
"""
SERVER = """\
from fastapi import FastAPI
from {module} import graph

app = FastAPI()
{mark}
def ask(text, request):
    return graph.invoke(text, {{"configurable": {{"thread_id": {thread}}}}})
"""


@pytest.mark.parametrize(
    ("files", "constant"),
    [
        (("desk/agent.py", "desk/main.py", "desk.agent", "@app.post('/ask')", "'1'"), True),
        (("desk/agent.py", "desk/main.py", ".agent", "@app.post('/ask')", "'1'"), True),
        (("desk/agent.py", "desk/main.py", "desk.agent", "@app.post('/ask')", "request.id"), False),
        (("desk/agent.py", "desk/main.py", "desk.agent", "", "'1'"), False),
        (("desk/agent.py", "desk/main.py", "elsewhere", "@app.post('/ask')", "'1'"), False),
    ],
)
def test_a_program_of_fastapi_imports_what_it_runs(
    files: tuple[str, str, str, str, str], *, constant: bool
) -> None:
    """It names no framework of agents itself."""
    agent, server, module, mark, thread = files
    texts = {agent: GRAPH, server: SERVER.format(module=module, mark=mark, thread=thread)}

    assert [each.constant_session_key for each in deployment_of(texts).memory_stores] == [constant]


@pytest.mark.parametrize(("mark", "constant"), [("@app.post('/ask')", True), ("", False)])
def test_what_it_calls_is_asked_by_whoever_calls_it(mark: str, *, constant: bool) -> None:
    """The thread stands in the file that makes the graph, and the path in the other."""
    function = (
        'def chat(text):\n    return graph.invoke(text, {"configurable": {"thread_id": "1"}})\n'
    )
    server = (
        "import flask\nfrom agent import chat\napp = flask.Flask()\n"
        f"{mark}\ndef ask(text):\n    return chat(text)\n"
    )
    texts = {"agent.py": GRAPH + function, "main.py": server}

    assert [each.constant_session_key for each in deployment_of(texts).memory_stores] == [constant]


OWN = (
    "from langgraph.checkpoint.memory import InMemorySaver\n"
    "from langgraph.graph import StateGraph\n"
)
UNDER_ONE = '{"configurable": {"thread_id": "1"}}'


@pytest.mark.parametrize(
    ("server", "blamed"),
    [
        # another graph is run under the key, and what the file defines is called without one
        (
            (
                f"{OWN}from agent import graph, look\n"
                "own = StateGraph(dict).compile(checkpointer=InMemorySaver())\n"
                "@app.post('/ask')\ndef ask(text):\n"
                f"    look(text)\n    return own.invoke(text, {UNDER_ONE})\n"
            ),
            ["main.py"],
        ),
        # the key goes by a name, and what is run is made of the file's graph
        (
            (
                f"from agent import graph\nconfig = {UNDER_ONE}\nrun = graph.with_retry()\n"
                "@app.post('/ask')\ndef ask(text):\n    return run.invoke(text, config=config)\n"
            ),
            ["agent.py"],
        ),
        # what makes a value of the key is not what is given it
        (
            (
                "from agent import graph\nfrom langchain_core.runnables import RunnableConfig\n"
                "@app.post('/ask')\ndef ask(text):\n"
                f"    config = RunnableConfig(**{UNDER_ONE})\n"
                "    return graph.invoke(text, config)\n"
            ),
            ["agent.py"],
        ),
        # a function of its own, which nobody follows, may run anything
        (
            (
                "from agent import graph\n"
                "def run(text, config):\n    return graph.invoke(text, config)\n"
                f"@app.post('/ask')\ndef ask(text):\n    return run(text, {UNDER_ONE})\n"
            ),
            ["agent.py"],
        ),
        # an object of its own, whose class runs the file's graph
        (
            (
                "from agent import graph\nclass Desk:\n    def run(self, text, config):\n"
                "        return graph.invoke(text, config)\ndesk = Desk()\n"
                f"@app.post('/ask')\ndef ask(text):\n    return desk.run(text, {UNDER_ONE})\n"
            ),
            ["agent.py"],
        ),
        # what is run comes from elsewhere, and nobody knows what it is
        (
            (
                "from agent import graph, look\n@app.post('/ask')\ndef ask(text, run):\n"
                f"    look(text)\n    return run.invoke(text, {UNDER_ONE})\n"
            ),
            ["agent.py"],
        ),
    ],
)
def test_a_key_blames_what_it_is_given_to(server: str, blamed: list[str]) -> None:
    texts = {
        "agent.py": f"{GRAPH}def look(text):\n    return text\n",
        "main.py": f"import flask\napp = flask.Flask()\n{server}",
    }
    stores = deployment_of(texts).memory_stores

    assert [each.evidence[0].file for each in stores if each.constant_session_key] == blamed
