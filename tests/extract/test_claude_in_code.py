"""Agents of the Claude Agent SDK in Python."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.rules.fakes import fake

HEAD = (
    "import os\n"
    "from claude_agent_sdk import ClaudeAgentOptions, AgentDefinition, HookMatcher,"
    " create_sdk_mcp_server, query, tool\n"
)


BYPASSED = "permission_mode='bypassPermissions'"


def read(arguments: str, before: str = "") -> Deployment:
    return deployment_of({"a.py": f"{HEAD}{before}\noptions = ClaudeAgentOptions({arguments})\n"})


def agent_of(arguments: str) -> Agent:
    return read(arguments).agents[0]


@pytest.mark.parametrize(
    ("arguments", "mode"),
    [
        ("", ""),
        ("permission_mode='bypassPermissions'", "bypass"),
        ("permission_mode='acceptEdits'", "acceptEdits"),
        ("permission_mode='plan'", "plan"),
        (f"{BYPASSED}, tools=[], mcp_servers={{'db': create_sdk_mcp_server('db')}}", ""),
        (f"{BYPASSED}, tools=[], mcp_servers={{'db': {{'command': 'npx'}}}}", "bypass"),
        (f"{BYPASSED}, tools=[], mcp_servers=servers", "bypass"),
        (f"{BYPASSED}, mcp_servers={{'db': create_sdk_mcp_server('db')}}", "bypass"),
    ],
)
def test_the_mode_says_who_is_asked(arguments: str, mode: str) -> None:
    assert agent_of(arguments).permission_mode == mode


def test_a_mode_that_does_not_fold_is_left_open() -> None:
    deployment = read("permission_mode=mode, allowed_tools=tools")

    assert [item.what for item in deployment.unresolved] == [
        "permission_mode of a.py does not fold",
        "allowed_tools of a.py does not fold",
    ]


@pytest.mark.parametrize(
    ("arguments", "turns", "count", "budget"),
    [
        ("", Known.NONE, None, Known.NONE),
        ("max_turns=5", Known.SET, 5, Known.NONE),
        ("max_budget_usd=0.5", Known.UNKNOWN, None, Known.SET),
        ("max_turns=turns()", Known.UNKNOWN, None, Known.NONE),
        ("**settings", Known.UNKNOWN, None, Known.UNKNOWN),
    ],
)
def test_turns_and_money_end_a_query(
    arguments: str, turns: Known, count: int | None, budget: Known
) -> None:
    agent = agent_of(arguments)

    assert (agent.max_iterations, agent.max_iterations_count) == (turns, count)
    assert agent.budget is budget


@pytest.mark.parametrize(
    ("arguments", "unasked", "wide"),
    [
        ("allowed_tools=['Read', 'WebFetch']", {"Read", "WebFetch"}, False),
        ("allowed_tools=['Bash']", {"Bash"}, True),
        ("allowed_tools=['Bash(git status)']", set(), False),
        ("allowed_tools=['Bash(python *)']", {"Bash"}, False),
        ("allowed_tools=['mcp__mail__*']", set(), True),
        ("permission_mode='acceptEdits'", {"Write", "Edit"}, False),
        ("permission_mode='bypassPermissions', tools=['Read', 'Bash']", {"Read", "Bash"}, False),
        (
            "permission_mode='bypassPermissions', disallowed_tools=['Bash', 'WebFetch']",
            {"WebSearch", "Write", "Edit", "Read"},
            False,
        ),
    ],
)
def test_tools_run_unasked_where_a_rule_or_a_mode_says_so(
    arguments: str,
    unasked: set[str],
    wide: bool,  # noqa: FBT001, a column of the table
) -> None:
    deployment = read(arguments)

    assert {tool.name for tool in deployment.tools if tool.approval is Truth.NO} == unasked
    assert deployment.agents[0].wildcard_tools is wide


@pytest.mark.parametrize(
    ("arguments", "sandboxed"),
    [
        ("", Truth.UNKNOWN),
        ("sandbox={'enabled': True, 'allowUnsandboxedCommands': False}", Truth.YES),
        ("sandbox={'enabled': True, 'allowUnsandboxedCommands': True}", Truth.NO),
        ("sandbox={'enabled': True, 'failIfUnavailable': False}", Truth.NO),
        ("sandbox={'enabled': True, 'failIfUnavailable': True}", Truth.YES),
        ("sandbox={'enabled': False}", Truth.NO),
        ("sandbox=settings()", Truth.UNKNOWN),
    ],
)
def test_a_shell_is_in_a_sandbox_that_it_cannot_leave(arguments: str, sandboxed: Truth) -> None:
    deployment = read(f"allowed_tools=['Bash'], {arguments}")

    assert deployment.agents[0].sandboxed is sandboxed
    assert [tool.sandboxed for tool in deployment.tools] == [sandboxed]


def test_servers_in_the_process_have_the_tools_of_the_module() -> None:
    deployment = read(
        "mcp_servers={'shop': shop}",
        "@tool('pay', 'Pays.', {'amount': int})\nasync def pay(args): ...\n"
        "shop = create_sdk_mcp_server('shop', tools=[pay])",
    )
    (agent,) = deployment.agents
    edges = [edge for edge in deployment.edges if edge.kind is EdgeKind.INVOKES]

    assert [tool.name for tool in deployment.tools] == ["pay"]
    assert [edge.src for edge in edges] == [agent.id]
    assert not deployment.tool_servers


def test_servers_that_are_started_or_called_hold_what_they_are_given() -> None:
    secret = fake("github_classic")
    deployment = read(
        "mcp_servers={'github': {'command': 'npx', 'args': ['-y', '@modelcontextprotocol/"
        f"server-github'], 'env': {{'GITHUB_TOKEN': '{secret}'}}}},"
        " 'docs': {'type': 'http', 'url': 'https://docs.example/mcp',"
        " 'headers': {'Authorization': os.environ['DOCS_TOKEN']}}, 'other': made()}"
    )
    servers = {server.name: server for server in deployment.tool_servers}
    held = {item.variable: item.form for item in deployment.credentials}

    assert (servers["github"].transport, servers["github"].pinned) == ("stdio", Truth.NO)
    assert (servers["docs"].transport, servers["docs"].authenticated) == ("http", Truth.YES)
    assert (held["GITHUB_TOKEN"], held["Authorization"]) == ("literal", "env_ref")
    assert "the server other does not fold" in {item.what for item in deployment.unresolved}
    assert secret not in repr(deployment)


def test_what_asks_and_what_may_stop_a_tool_stand_before_it() -> None:
    hooks = "hooks={'PreToolUse': [HookMatcher(hooks=[check])]}"
    deployment = read(f"can_use_tool=ask, {hooks}")
    bypassed = read(f"can_use_tool=ask, {hooks}, permission_mode='bypassPermissions'")

    assert [item.name for item in deployment.approvals] == ["can_use_tool"]
    assert [item.product for item in deployment.guardrails] == ["hook"]
    assert not bypassed.approvals
    assert [item.product for item in bypassed.guardrails] == ["hook"]


def test_subagents_ask_no_more_than_their_agent_does() -> None:
    deployment = read(
        "permission_mode='bypassPermissions', max_turns=9, agents={"
        "'reviewer': AgentDefinition(description='d', prompt='p', tools=['Read'], maxTurns=3),"
        " 'writer': AgentDefinition(description='d', prompt='p')}"
    )
    found = {
        agent.name: (agent.permission_mode, agent.max_iterations_count)
        for agent in deployment.agents
    }

    assert found == {
        "a.py": ("bypass", 9),
        "reviewer": ("bypass", 3),
        "writer": ("bypass", None),
    }
    assert sum(edge.kind is EdgeKind.DELEGATES_TO for edge in deployment.edges) == 2


def test_names_of_mappings_of_names_are_read_as_far_as_people_write() -> None:
    """Ten keys on each of eight levels would be a hundred million nodes."""
    names = (", ".join(f"'k{key}': a{level + 1}" for key in range(10)) for level in range(8))
    levels = "".join(f"a{level} = {{{given}}}\n" for level, given in enumerate(names))
    code = f"{HEAD}{levels}a8 = 1\noptions = ClaudeAgentOptions(sandbox=a0)\n"

    assert deployment_of({"a.py": code}).agents[0].sandboxed is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("call", "agents"),
    [
        ("query(prompt='Hi')", 1),
        ("ClaudeSDKClient()", 1),
        ("query(prompt='Hi', options=given)", 0),
        ("query(**given)", 0),
        ("ClaudeSDKClient(given)", 0),
    ],
)
def test_an_agent_without_options_is_one(call: str, agents: int) -> None:
    code = f"from claude_agent_sdk import ClaudeSDKClient, query\n{call}\n"
    found = deployment_of({"a.py": code}).agents

    assert [(each.permission_mode, each.max_iterations) for each in found] == (
        [("", Known.NONE)] * agents
    )


def test_a_switch_of_the_command_line_may_be_among_other_arguments() -> None:
    switch = "'dangerously-skip-permissions': None"

    assert agent_of(f"extra_args={{{switch}}}").permission_mode == "bypass"
    assert agent_of("extra_args={'debug-to-stderr': None}").permission_mode == ""
