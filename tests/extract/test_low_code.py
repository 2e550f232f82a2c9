"""What n8n, Flowise and Dify export: agents, their memory, their tools, who may start them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.model.facts.memory import MemoryStore

LANGCHAIN = "@n8n/n8n-nodes-langchain"
Export = dict[str, Any]


def n8n(*nodes: Export, **links: str) -> Export:
    """An agent named Helper, and the nodes connected to it by the kind of link."""
    agent = {"name": "Helper", "type": f"{LANGCHAIN}.agent", "typeVersion": 1.9, "parameters": {}}
    targets = {
        name: {kind: [[{"node": "Helper", "type": kind, "index": 0}]]}
        for name, kind in links.items()
    }
    return {"name": "flow", "nodes": [agent, *nodes], "connections": targets}


def node(name: str, kind: str, version: float = 1, **parameters: object) -> Export:
    return {"name": name, "type": kind, "typeVersion": version, "parameters": parameters}


def read(export: Export) -> Deployment:
    return deployment_of({"flow.json": json.dumps(export, indent=1)})


def n8n_store(kind: str, version: float, parameters: Mapping[str, object]) -> MemoryStore:
    memory = node("Memory", f"{LANGCHAIN}.{kind}", version, **parameters)
    (store,) = read(n8n(memory, Memory="ai_memory")).memory_stores
    return store


@pytest.mark.parametrize(
    ("parameters", "ttl", "seconds"),
    [
        ({}, Known.NONE, None),
        ({"sessionTTL": 0}, Known.NONE, None),
        ({"sessionTTL": 3600}, Known.SET, 3600),
        ({"sessionTTL": "={{ $vars.ttl }}"}, Known.UNKNOWN, None),
    ],
)
def test_sessions_of_n8n_in_redis_expire_only_where_that_is_set(
    parameters: Mapping[str, object], ttl: Known, seconds: int | None
) -> None:
    store = n8n_store("memoryRedisChat", 1.5, parameters)

    assert (store.backend, store.ttl, store.ttl_s) == ("redis", ttl, seconds)


@pytest.mark.parametrize(
    ("kind", "version", "parameters", "turns"),
    [
        ("memoryRedisChat", 1.2, {}, (Known.NONE, None)),
        ("memoryRedisChat", 1.3, {}, (Known.SET, 5)),
        ("memoryRedisChat", 1.5, {"contextWindowLength": 400}, (Known.SET, 400)),
        ("memoryRedisChat", 1.5, {"contextWindowLength": "={{ 3 }}"}, (Known.UNKNOWN, None)),
        ("memoryPostgresChat", 1, {}, (Known.NONE, None)),
        ("memoryBufferWindow", 1.3, {}, (Known.SET, 5)),
        ("memoryZep", 1.3, {}, (Known.UNKNOWN, None)),
    ],
)
def test_the_version_of_a_node_says_whether_it_knows_a_window(
    kind: str, version: float, parameters: Mapping[str, object], turns: tuple[Known, int | None]
) -> None:
    store = n8n_store(kind, version, parameters)

    assert (store.max_turns, store.max_turns_count) == turns


@pytest.mark.parametrize(
    ("version", "parameters", "constant", "scope"),
    [
        (1, {}, True, "global"),
        (1.1, {}, False, "session"),
        (1.5, {"sessionIdType": "customKey", "sessionKey": "main"}, True, "global"),
        (1.5, {"sessionIdType": "customKey", "sessionKey": "={{ $json.user }}"}, False, "user"),
        (1.5, {"sessionIdType": "fromInput"}, False, "session"),
    ],
)
def test_a_key_without_an_expression_is_the_same_for_everybody(
    version: float,
    parameters: Mapping[str, object],
    constant: bool,  # noqa: FBT001, a parameter of the table
    scope: str,
) -> None:
    store = n8n_store("memoryRedisChat", version, parameters)

    assert (store.constant_session_key, store.scope) == (constant, scope)


@pytest.mark.parametrize(
    ("title", "scoped"),
    [
        ("Screening of tenants", Truth.UNKNOWN),
        ("={{ $json.tenantId }}", Truth.NO),
    ],
)
def test_tenants_are_those_that_an_expression_names(title: str, scoped: Truth) -> None:
    store = n8n_store("memoryRedisChat", 1.5, {"title": title})

    assert store.tenant_scoped is scoped


@pytest.mark.parametrize(
    ("trigger", "authenticated", "sources"),
    [
        (node("Door", "n8n-nodes-base.webhook"), Truth.NO, ["calls of a webhook"]),
        (
            node("Door", "n8n-nodes-base.webhook", authentication="headerAuth"),
            Truth.YES,
            ["calls of a webhook"],
        ),
        (node("Door", f"{LANGCHAIN}.chatTrigger", public=True), Truth.NO, ["a public chat"]),
        (node("Door", f"{LANGCHAIN}.chatTrigger"), Truth.UNKNOWN, []),
        (node("Door", "n8n-nodes-base.gmailTrigger"), Truth.UNKNOWN, ["mail"]),
    ],
)
def test_a_trigger_says_who_may_start_an_agent(
    trigger: Export, authenticated: Truth, sources: list[str]
) -> None:
    between = node("Edit", "n8n-nodes-base.set")
    export = n8n(trigger, between, Edit="main")
    export["connections"]["Door"] = {"main": [[{"node": "Edit", "type": "main", "index": 0}]]}
    deployment = read(export)

    assert deployment.agents[0].authenticated is authenticated
    assert [source.name for source in deployment.sources] == sources


def test_tools_of_n8n_do_what_their_type_and_operation_say() -> None:
    deployment = read(
        n8n(
            node("Code", f"{LANGCHAIN}.toolCode"),
            node("Fetch", "n8n-nodes-base.httpRequestTool", url="={{ $fromAI('url') }}"),
            node("Drop", "n8n-nodes-base.postgresTool", operation="deleteTable"),
            node("Odd", "n8n-nodes-base.somethingTool"),
            Code="ai_tool",
            Fetch="ai_tool",
            Drop="ai_tool",
            Odd="ai_tool",
        )
    )
    effects = {tool.name: tool.effects for tool in deployment.tools}

    assert effects == {"Code": (), "Fetch": ("read",), "Drop": ("delete",), "Odd": ()}
    assert {tool.name: tool.egress for tool in deployment.tools}["Fetch"] is Truth.YES
    assert {"the tool Odd is not known", "the tool Code is not known"} <= {
        item.what for item in deployment.unresolved
    }


def test_servers_and_credentials_of_n8n_are_named_and_never_shown() -> None:
    client = node("MCP", f"{LANGCHAIN}.mcpClientTool", endpointUrl="https://t.test/mcp?key=abc")
    client["credentials"] = {"httpHeaderAuth": {"id": "7", "name": "Header"}}
    deployment = read(n8n(client, MCP="ai_tool"))
    (server,) = deployment.tool_servers

    assert (server.url, server.authenticated, server.tls) == (
        "https://t.test/mcp",
        Truth.NO,
        Truth.YES,
    )
    assert {item.form for item in deployment.credentials if item.name == "Header"} == {
        CredentialForm.SECRET_REF
    }


def flowise(name: str, inputs: Mapping[str, object]) -> Deployment:
    def data(identifier: str, name: str, category: str, inputs: Mapping[str, object]) -> Export:
        described = {"name": name, "label": name, "category": category, "inputParams": []}
        return {"id": identifier, "data": {**described, "inputs": inputs}}

    nodes = [
        data("agent_0", "toolAgent", "Agents", {"maxIterations": "7"}),
        data("memory_0", name, "Memory", inputs),
        data("tool_0", "requestsGet", "Tools", {}),
    ]
    edges = [{"source": source, "target": "agent_0"} for source in ("memory_0", "tool_0")]
    return read({"nodes": nodes, "edges": edges})


@pytest.mark.parametrize(
    ("name", "inputs", "kind", "bounds"),
    [
        ("RedisBackedChatMemory", {}, "history", (Known.NONE, Known.NONE)),
        (
            "RedisBackedChatMemory",
            {"sessionTTL": "60", "windowSize": 9},
            "history",
            (Known.SET, Known.SET),
        ),
        ("bufferMemory", {}, "buffer", (Known.UNKNOWN, Known.NONE)),
        ("bufferWindowMemory", {"k": ""}, "window", (Known.UNKNOWN, Known.SET)),
        ("conversationSummaryBufferMemory", {}, "summary", (Known.UNKNOWN, Known.NONE)),
    ],
)
def test_memory_of_flowise_is_bounded_by_its_inputs(
    name: str, inputs: Mapping[str, object], kind: str, bounds: tuple[Known, Known]
) -> None:
    deployment = flowise(name, inputs)
    (store,) = deployment.memory_stores

    assert (store.kind, (store.ttl, store.max_turns)) == (kind, bounds)
    assert (deployment.agents[0].framework, deployment.agents[0].max_iterations_count) == (
        "flowise",
        7,
    )
    assert [tool.name for tool in deployment.tools] == ["requestsGet"]


def test_an_agent_of_an_agentflow_holds_its_memory_and_tools_itself() -> None:
    tools = [{"agentSelectedTool": "searXNG", "agentSelectedToolRequiresHumanInput": True}]
    inputs = {"agentEnableMemory": True, "agentMemoryType": "allMessages", "agentTools": tools}
    described = {"name": "agentAgentflow", "label": "Guide", "category": "Agent Flows"}
    data = {**described, "inputParams": [], "inputs": inputs}
    deployment = read({"nodes": [{"id": "a", "data": data}], "edges": []})

    assert (deployment.memory_stores[0].kind, deployment.memory_stores[0].max_turns) == (
        "buffer",
        Known.NONE,
    )
    assert (deployment.tools[0].name, deployment.tools[0].approval) == ("searXNG", Truth.YES)


DIFY = """\
app: {{mode: advanced-chat, name: helper}}
kind: app
version: 0.3.1
workflow:
  environment_variables:
  - {{name: SEARCH_TOKEN, value_type: secret, value: {secret}}}
  graph:
    edges: []
    nodes:
    - id: llm
      data:
        type: llm
        title: Answerer
        memory:
          window: {{enabled: {enabled}, size: 10}}
"""


@pytest.mark.parametrize(("enabled", "count"), [("true", 10), ("false", 500)])
def test_a_window_of_dify_that_is_off_lets_500_messages_through(enabled: str, count: int) -> None:
    text = DIFY.format(enabled=enabled, secret="''")  # noqa: S106, it is empty
    (store,) = deployment_of({"app.yml": text}).memory_stores

    assert (store.max_turns, store.max_turns_count) == (Known.SET, count)


def test_a_secret_that_dify_exported_is_found_and_not_shown() -> None:
    planted = "q8Zr2LmT5vXw0bNc7HdK"
    deployment = deployment_of({"app.yml": DIFY.format(enabled="true", secret=planted)})

    assert [item.variable for item in deployment.credentials] == ["SEARCH_TOKEN"]
    assert planted not in repr(deployment)


@pytest.mark.parametrize(
    "text",
    ['{"nodes": []}', '{"nodes": [1, "x", {}]}', '{"nodes": [{"type": "n8n-nodes-base.x"}]}'],
)
def test_other_files_with_nodes_are_nobodys_agents(text: str) -> None:
    assert deployment_of({"graph.json": text}).agents == ()


def test_agents_write_to_the_memory_that_feeds_them() -> None:
    memory = node("Memory", f"{LANGCHAIN}.memoryRedisChat", 1.5)
    deployment = read(n8n(memory, Memory="ai_memory"))
    kinds = {edge.kind for edge in deployment.edges if edge.dst == deployment.memory_stores[0].id}

    assert kinds == {EdgeKind.PERSISTS_TO, EdgeKind.RECALLS_FROM}


def test_a_crew_remembers_for_the_agents_of_its_folder() -> None:
    agent = """{
      // the newer layout
      "role": "Researcher", "goal": "find", "settings": {"max_iter": 0},
      "mcps": ["https://tools.test/mcp#look", "snowflake"]
    }"""
    deployment = deployment_of(
        {
            "crew/agents/researcher.jsonc": agent,
            "crew/crew.jsonc": '{"agents": ["researcher"], "memory": true, "tasks": []}',
        }
    )
    (store,), (helper,) = deployment.memory_stores, deployment.agents
    edges = {(edge.kind, edge.src) for edge in deployment.edges if edge.dst == store.id}

    assert edges == {(EdgeKind.PERSISTS_TO, helper.id), (EdgeKind.RECALLS_FROM, helper.id)}
    assert helper.max_iterations is Known.NONE
    assert [server.url for server in deployment.tool_servers] == ["https://tools.test/mcp"]
    assert "the integration snowflake is connected elsewhere" in {
        item.what for item in deployment.unresolved
    }


LOOK_UP = {
    "id": "7f2c",
    "name": "look_up",
    "description": "Runs a statement",
    "schema": json.dumps(
        [
            {"id": 1, "property": "sql", "type": "string", "required": True},
            {"id": 2, "property": "limit", "type": "number", "required": False},
        ]
    ),
    "func": "return await db.query($sql)",
    "iconSrc": "",
}


def written(tool: object, chosen: str = "7f2c", *, asks: bool | None = None) -> Deployment:
    """A flow with an agent, which has a tool that somebody wrote."""
    described = {"label": "desk", "inputParams": []}
    inputs: dict[str, object] = {}
    nodes: list[Export] = []
    if asks is None:
        node = {"name": "customTool", "category": "Tools", **described}
        nodes.append({"id": "t", "data": {**node, "inputs": {"selectedTool": chosen}}})
    else:
        inputs["agentTools"] = [
            {
                "agentSelectedTool": "customTool",
                "agentSelectedToolConfig": {"selectedTool": chosen},
                "agentSelectedToolRequiresHumanInput": asks,
            }
        ]
    flows = asks is not None
    name, category = ("agentAgentflow", "Agent Flows") if flows else ("toolAgent", "Agents")
    agent = {"name": name, "category": category, **described, "inputs": inputs}
    nodes.append({"id": "a", "data": agent})
    flow = {"nodes": nodes, "edges": [{"source": "t", "target": "a"}]}
    return read({"AgentFlow": [flow], "Tool": [tool]})


@pytest.mark.parametrize(
    ("asks", "approval"), [(None, Truth.UNKNOWN), (False, Truth.UNKNOWN), (True, Truth.YES)]
)
def test_a_tool_that_somebody_wrote_in_flowise_takes_what_its_schema_says(
    asks: bool | None,  # noqa: FBT001, a parameter of the table
    approval: Truth,
) -> None:
    found = written(LOOK_UP, asks=asks)
    (tool,) = found.tools

    assert (tool.name, tool.typed, tool.free_form_parameters) == ("look_up", Truth.YES, ("sql",))
    assert tool.approval is approval
    assert [(edge.src, edge.dst) for edge in found.edges if edge.kind is EdgeKind.INVOKES] == [
        (found.agents[0].id, tool.id)
    ]
    assert "the tool look_up is not known" in {end.what for end in found.unresolved}


def test_a_tool_whose_record_is_elsewhere_is_open_under_the_name_of_its_node() -> None:
    found = written(LOOK_UP, "another")

    assert sorted(tool.name for tool in found.tools) == ["customTool", "look_up"]


def test_a_tool_alone_is_read_and_given_to_nobody() -> None:
    found = read({key: value for key, value in LOOK_UP.items() if key != "id"})

    assert [(tool.name, tool.effects_known) for tool in found.tools] == [("look_up", False)]
    assert not [edge for edge in found.edges if edge.kind is EdgeKind.INVOKES]


def test_a_schema_that_is_no_text_of_json_says_nothing() -> None:
    (tool,) = read({**LOOK_UP, "schema": "z.object({})"}).tools

    assert tool.typed is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("parameter", "text", "names"),
    [
        ("jsCode", "const crmToken = 'q8vR2xLkQ9mP4Zt7wYs3'; const n = 'desk';", ["crmToken"]),
        ("jsonBody", '{"user": "desk", "password": "DeskApi-4711"}', ["password"]),
        ("jsonBody", "={{ JSON.stringify({ Password: 'DeskApi-4711' }) }}", ["Password"]),
        ("jsCode", "const token = $json.token; const password = 'your-password';", []),
        ("jsCode", "headers.authorization = `Bearer ${key}`", []),
    ],
)
def test_what_an_author_writes_into_code_is_a_secret_by_its_name(
    parameter: str, text: str, names: list[str]
) -> None:
    node = {"name": "ask", "type": "n8n-nodes-base.code", "parameters": {parameter: text}}
    found = deployment_of({"flow.json": json.dumps({"nodes": [node], "connections": {}})})

    assert [credential.variable for credential in found.credentials] == names
    assert not any("q8vR2" in each.evidence[0].snippet for each in found.credentials)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"options": {"allowUnauthorizedCerts": True}}, True),
        ({"allowUnauthorizedCerts": True}, True),
        ({"options": {"allowUnauthorizedCerts": False}}, False),
        ({"options": {}}, False),
    ],
)
def test_a_request_of_n8n_may_take_any_certificate(
    parameters: dict[str, object], *, expected: bool
) -> None:
    request = node("Ask", "n8n-nodes-base.httpRequest", 4.2, **parameters)
    (agent,) = read(n8n(request, Ask="main")).agents

    assert agent.tls_verification_off is expected
