"""Letta's agent files, of both forms and both writings, and the server that keeps their agents."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.readers.document import Document, Node
from agentaudit.rules.fakes import fake

Tree = dict[str, object]


def agent(**given: object) -> Tree:
    return {"id": "agent-0", "name": "support", "llm_config": {"model": "gpt-5"}, **given}


def read(tree: object) -> Deployment:
    return deployment_of({"support.af": json.dumps(tree)})


def test_an_agent_file_may_hold_its_json_in_a_text() -> None:
    tree = {"agents": [agent()], "tools": []}
    plain, wrapped = read(tree), read(json.dumps(tree))

    assert [item.name for item in plain.agents] == ["support"]
    assert [item.id for item in wrapped.agents] == [item.id for item in plain.agents]
    assert wrapped.agents[0].evidence[0].line == 1


def test_an_agent_file_that_holds_none_is_open() -> None:
    deployment = read("no JSON of an agent")

    assert [end.what for end in deployment.unresolved] == ["an agent file that holds no JSON"]


def test_an_agent_of_the_first_form_is_the_file() -> None:
    tree = agent(core_memory=[{"label": "human", "limit": 5000}], tools=[{"name": "web_search"}])
    deployment = read(tree)
    (blocks,) = [store for store in deployment.memory_stores if store.kind == "managed"]

    assert [tool.name for tool in deployment.tools] == ["web_search"]
    assert (blocks.max_bytes, blocks.max_bytes_count) == (Known.SET, 5000)


def test_blocks_and_tools_belong_to_the_agent_that_names_them() -> None:
    tree = {
        "agents": [agent(tool_ids=["t1"], block_ids=["b1"])],
        "blocks": [
            {"id": "b1", "label": "human", "limit": 100, "read_only": True},
            {"id": "b2", "label": "persona", "limit": 200},
        ],
        "tools": [{"id": "t1", "name": "run_code"}, {"id": "t2", "name": "web_search"}],
    }
    deployment = read(tree)
    (blocks,) = [store for store in deployment.memory_stores if store.kind == "managed"]

    assert (blocks.max_bytes_count, blocks.agent_writable) == (100, Truth.NO)
    assert [(tool.name, tool.sandboxed) for tool in deployment.tools] == [("run_code", Truth.YES)]
    assert sum(edge.kind is EdgeKind.PERSISTS_TO for edge in deployment.edges) == 2


def test_the_source_of_a_tool_is_read_once_however_many_agents_have_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sources: list[str] = []

    def tool_in(_document: Document, source: Node, _name: str) -> None:
        sources.append(source.text or "")

    monkeypatch.setattr("agentaudit.extract.frameworks.letta_tools.tool_in", tool_in)
    agents = [agent(name=f"a{number}", tool_ids=["t"]) for number in range(3)]
    tools = [{"id": "t", "name": "f", "source_code": "def f(): ..."}]
    deployment = read({"agents": agents, "tools": tools})

    assert len(deployment.tools) == 3
    assert sources == ["def f(): ..."]


@pytest.mark.parametrize(
    ("given", "rules", "expected"),
    [
        ({}, [], Truth.NO),
        ({"default_requires_approval": True}, [], Truth.YES),
        ({}, [{"type": "requires_approval", "tool_name": "f"}], Truth.YES),
        ({}, [{"type": "continue_loop", "tool_name": "f"}], Truth.NO),
    ],
)
def test_a_tool_waits_where_it_or_a_rule_says_so(
    given: Tree, rules: list[Tree], expected: Truth
) -> None:
    tool = {"id": "t", "name": "f", "source_code": "def f(x: int) -> int:\n    return x\n", **given}
    (found,) = read({"agents": [agent(tool_ids=["t"], tool_rules=rules)], "tools": [tool]}).tools

    assert (found.approval, found.typed) == (expected, Truth.YES)


@pytest.mark.parametrize(
    "secrets",
    [{"OPENAI_API_KEY": fake("openai_key")}, [{"key": "X_API_KEY", "value": fake("openai_key")}]],
)
def test_secrets_of_tools_are_the_agents(secrets: object) -> None:
    deployment = read({"agents": [agent(secrets=secrets)]})

    assert [(item.form, item.holder) for item in deployment.credentials] == [("literal", "agent")]
    assert fake("openai_key") not in repr(deployment)


def server(lines: str, **files: str) -> Deployment:
    text = f"services:\n  letta:\n    image: letta/letta:0.16.1\n{lines}"
    return deployment_of({"compose.yaml": text, **files})


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('    ports: ["8283:8283"]\n', Truth.NO),
        ('    ports: ["8283:8283"]\n    environment: {SECURE: "false"}\n', Truth.NO),
        ('    ports: ["8283:8283"]\n    environment: {SECURE: "true"}\n', Truth.YES),
        ('    ports: ["8283:8283"]\n    environment: {SECURE: "${SECURE}"}\n', Truth.UNKNOWN),
        ('    ports: ["8283:8283"]\n    env_file: .env.letta\n', Truth.UNKNOWN),
        ("    environment: {OPENAI_API_KEY: x}\n", Truth.UNKNOWN),
    ],
)
def test_a_server_asks_who_calls_where_it_is_told_to(lines: str, expected: Truth) -> None:
    (found,) = server(lines).agents

    assert (found.framework, found.authenticated) == ("letta", expected)


def test_a_servers_memory_is_kept_where_its_environment_says() -> None:
    uri = '    environment: {LETTA_PG_URI: "${LETTA_PG_URI}"}\n'

    assert [store.backend for store in server(uri).memory_stores] == ["postgres"]
