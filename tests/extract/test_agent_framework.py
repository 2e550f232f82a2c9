"""Agents and workflows that Microsoft's Agent Framework declares in YAML."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Truth
from agentaudit.rules.fakes import fake

PROMPT = """kind: Prompt
name: docs
instructions: Answer.
tools:
  - kind: mcp
    name: docs
    url: https://learn.example.com/mcp
"""


def read(text: str) -> Deployment:
    return deployment_of({"agent.yaml": text})


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", (False, (), False, Truth.YES)),
        ("    approvalMode: always\n", (False, (), False, Truth.YES)),
        ("    approvalMode: {kind: always}\n", (False, (), False, Truth.YES)),
        ("    approvalMode: never\n", (True, (), True, Truth.NO)),
        (
            "    approvalMode: never\n    allowedTools: [search]\n",
            (True, ("search",), False, Truth.NO),
        ),
        (
            "    approvalMode:\n      kind: specify\n      neverRequireApprovalTools: [search]\n",
            (False, ("search",), False, Truth.UNKNOWN),
        ),
        ("    approvalMode: =Env.MODE\n", (False, (), False, Truth.UNKNOWN)),
    ],
)
def test_who_is_asked_before_a_tool_of_a_server_runs(
    lines: str, expected: tuple[bool, tuple[str, ...], bool, Truth]
) -> None:
    deployment = read(PROMPT + lines)
    (server,) = deployment.tool_servers
    (tool,) = deployment.tools

    found = (server.auto_approved, server.approved_tools, server.wildcard_tools, tool.approval)
    assert found == expected


@pytest.mark.parametrize("kind", ["key", "ApiKey", "reference", "remote", "Remote"])
def test_a_connection_proves_who_calls(kind: str) -> None:
    (server,) = read(f"{PROMPT}    connection: {{kind: {kind}, name: x}}\n").tool_servers

    assert server.authenticated is Truth.YES


def test_an_anonymous_connection_proves_nothing() -> None:
    (server,) = read(f"{PROMPT}    connection: {{kind: anonymous}}\n").tool_servers

    assert server.authenticated is Truth.NO


def test_an_address_of_the_environment_is_open() -> None:
    deployment = read(PROMPT.replace("https://learn.example.com/mcp", "=Env.DOCS_URL"))
    (server,) = deployment.tool_servers

    assert (server.url, server.authenticated, server.transport) == ("", Truth.UNKNOWN, "http")
    assert any("address of the server docs" in end.what for end in deployment.unresolved)


def test_a_key_of_the_environment_is_a_reference_and_a_written_one_is_not() -> None:
    key = fake("openai_key")
    text = "kind: Prompt\nname: a\nmodel:\n  id: gpt-5\n  provider: OpenAI\n  connection:\n"
    given = read(f"{text}    kind: key\n    apiKey: =Env.OPENAI_API_KEY\n")
    written = read(f"{text}    kind: key\n    key: {key}\n")

    assert [item.form for item in given.credentials] == ["env_ref"]
    assert [(item.form, item.holder) for item in written.credentials] == [("literal", "agent")]
    assert key not in repr(written)


def test_a_function_is_typed_when_every_parameter_is() -> None:
    tool = "tools:\n  - kind: function\n    name: f\n    parameters:\n      properties:\n"
    head = "kind: Prompt\nname: a\ninstructions: b\n"
    typed = read(f"{head}{tool}        x: {{kind: string}}\n")
    untyped = read(f"{head}{tool}        x: {{description: any}}\n")

    assert [typed.tools[0].typed, untyped.tools[0].typed] == [Truth.YES, Truth.NO]


def test_a_manifest_holds_its_agent_in_a_template() -> None:
    text = (
        "name: m\ntemplate:\n  kind: hosted\n  name: inner\n  protocols: [{protocol: responses}]\n"
    )

    assert [agent.name for agent in read(text).agents] == ["inner"]


def test_objects_of_kubernetes_are_other_agents() -> None:
    text = "apiVersion: example.com/v1\nkind: Agent\nname: x\nmodel: y\ninstructions: z\n"

    assert read(text).agents == ()


def test_a_workflow_hands_work_to_agents_by_name() -> None:
    workflow = """kind: Workflow
trigger:
  kind: OnConversationStart
  id: flow
  actions:
    - kind: ConditionGroup
      conditions:
        - actions:
            - kind: InvokeAzureAgent
              agent: {name: docs}
    - kind: InvokeAzureAgent
      agent: {name: elsewhere}
    - kind: InvokeAzureAgent
      agent: {name: =Local.Agent}
    - kind: HttpRequestAction
      id: fetch
      method: POST
      url: =Local.Url
"""
    deployment = deployment_of({"agent.yaml": PROMPT, "flow.yaml": workflow})
    handed = [edge.dst for edge in deployment.edges if edge.kind is EdgeKind.DELEGATES_TO]
    fetch = next(tool for tool in deployment.tools if tool.name == "fetch")

    assert [name.split("-")[0] for name in handed] == ["agent:docs"]
    assert (fetch.egress, fetch.effects) == (Truth.YES, ("read", "write"))
    assert {"the agent elsewhere is not among the files"} <= {
        end.what for end in deployment.unresolved
    }
