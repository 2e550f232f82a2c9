"""AutoGen's components: when a team stops, what its agents may call and what they keep."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.rules.fakes import fake

Component = dict[str, object]


def component(path: str, /, **config: object) -> Component:
    return {"provider": f"autogen_{path}", "config": config}


def assistant(name: str = "writer", **config: object) -> Component:
    client = component("ext.models.openai.OpenAIChatCompletionClient", model="gpt-5")
    return component(
        "agentchat.agents.AssistantAgent", name=name, **{"model_client": client, **config}
    )


def condition(name: str, **config: object) -> Component:
    return component(f"agentchat.conditions.{name}", **config)


def either(*conditions: Component) -> Component:
    return component("agentchat.base.OrTerminationCondition", conditions=list(conditions))


def team(*agents: Component, kind: str = "RoundRobinGroupChat", **config: object) -> Component:
    return component(f"agentchat.teams.{kind}", participants=list(agents), **config)


def read(tree: Mapping[str, object]) -> Deployment:
    return deployment_of({"team.json": json.dumps(tree)})


def agent_of(tree: Mapping[str, object]) -> Agent:
    (agent,) = read(tree).agents
    return agent


WORD = condition("TextMentionTermination", text="TERMINATE")


@given(
    st.lists(st.sampled_from(["word", "bound"]), min_size=1, max_size=6),
    st.integers(min_value=1, max_value=10**6),
)
def test_one_bound_among_conditions_of_which_each_is_enough_bounds_the_team(
    kinds: list[str], most: int
) -> None:
    bound = condition("MaxMessageTermination", max_messages=most)
    listed = [bound if kind == "bound" else WORD for kind in kinds]
    agent = agent_of(team(assistant(), termination_condition=either(*listed)))

    expected = (Known.SET, most) if "bound" in kinds else (Known.NONE, None)
    assert (agent.max_iterations, agent.max_iterations_count) == expected


def test_conditions_that_must_hold_together_leave_it_open() -> None:
    bound = condition("MaxMessageTermination", max_messages=5)
    both = component("agentchat.base.AndTerminationCondition", conditions=[WORD, bound])
    agent = agent_of(team(assistant(), termination_condition=both))

    assert agent.max_iterations is Known.UNKNOWN


def test_a_bound_of_another_kind_keeps_the_turns_open() -> None:
    seconds = condition("TimeoutTermination", timeout_seconds=60)
    agent = agent_of(team(assistant(), termination_condition=seconds))

    assert (agent.timeout, agent.timeout_s) == (Known.SET, 60)
    assert (agent.max_iterations, agent.budget) == (Known.UNKNOWN, Known.UNKNOWN)


def test_tokens_are_a_budget() -> None:
    tokens = condition("TokenUsageTermination", max_total_token=10_000)

    assert agent_of(team(assistant(), termination_condition=tokens)).budget is Known.SET


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Swarm", (Known.NONE, None)),
        ("MagenticOneGroupChat", (Known.SET, 20)),
        ("GraphFlow", (Known.UNKNOWN, None)),
    ],
)
def test_teams_without_a_condition_differ(kind: str, expected: tuple[Known, int | None]) -> None:
    agent = agent_of(team(assistant(), kind=kind))

    assert (agent.max_iterations, agent.max_iterations_count) == expected


def test_the_narrowest_of_nested_teams_counts() -> None:
    inner = team(assistant(), max_turns=5)
    agent = agent_of(team(inner, max_turns=50))

    assert agent.max_iterations_count == 5


def test_an_assistant_alone_calls_tools_once_a_turn() -> None:
    assert agent_of(assistant()).max_iterations_count == 1
    assert agent_of(assistant(max_tool_iterations=7)).max_iterations_count == 7


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (None, ("buffer", Known.NONE, Known.NONE)),
        (
            component("core.model_context.UnboundedChatCompletionContext"),
            ("buffer", "none", "none"),
        ),
        (
            component("core.model_context.BufferedChatCompletionContext", buffer_size=10),
            ("window", Known.SET, Known.NONE),
        ),
        (
            component(
                "core.model_context.HeadAndTailChatCompletionContext", head_size=1, tail_size=4
            ),
            ("window", Known.SET, Known.NONE),
        ),
        (
            component("ext.model_context.TokenLimitedChatCompletionContext", token_limit=4000),
            ("window", Known.NONE, Known.SET),
        ),
        (component("ext.model_context.Mine"), ("window", Known.UNKNOWN, Known.NONE)),
    ],
)
def test_a_context_has_the_bound_that_its_class_gives_it(
    context: Component | None, expected: tuple[str, str, str]
) -> None:
    tree = assistant() if context is None else assistant(model_context=context)
    (store,) = read(tree).memory_stores

    assert (store.kind, store.max_turns, store.max_tokens) == expected


def test_a_function_is_read_by_its_source() -> None:
    source = "def remove(path: str) -> str:\n    import os\n    os.remove(path)\n    return path\n"
    tool = component("core.tools.FunctionTool", name="remove", source_code=source)
    bench = component("core.tools.StaticWorkbench", tools=[tool])
    deployment = read(assistant(workbench=[bench]))
    (found,) = deployment.tools

    assert (found.name, found.typed, found.free_form_parameters) == ("remove", Truth.YES, ("path",))
    assert found.evidence[0].file == "team.json"


def test_a_function_whose_source_is_broken_is_open() -> None:
    tool = component("core.tools.FunctionTool", name="f", source_code="def f(:\n")
    deployment = read(assistant(tools=[tool]))

    assert "the source of the tool f cannot be read" in {end.what for end in deployment.unresolved}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("local.LocalCommandLineCodeExecutor", Truth.NO),
        ("docker.DockerCommandLineCodeExecutor", Truth.YES),
        ("mine.Executor", Truth.UNKNOWN),
    ],
)
def test_executors_are_contained_or_not_or_nobody_knows(name: str, expected: Truth) -> None:
    executor = component(f"ext.code_executors.{name}", timeout=60)
    tree = component("agentchat.agents.CodeExecutorAgent", name="coder", code_executor=executor)
    (tool,) = read(tree).tools

    assert (tool.sandboxed, "execute" in tool.effects) == (expected, True)


def test_servers_of_workbenches_are_tool_servers_of_the_agent() -> None:
    parameters = {"type": "StdioServerParams", "command": "uvx", "args": ["mcp-server-fetch"]}
    bench = component("ext.tools.mcp.McpWorkbench", server_params=parameters)
    deployment = read(assistant(workbench=bench))
    (server,) = deployment.tool_servers

    assert (server.transport, server.package, server.pinned) == (
        "stdio",
        "mcp-server-fetch",
        Truth.NO,
    )
    assert any(edge.kind is EdgeKind.EXPOSES and edge.dst == server.id for edge in deployment.edges)


def test_keys_in_components_are_held_by_the_agent_and_never_shown() -> None:
    key = fake("openai_key")
    client = component("ext.models.openai.OpenAIChatCompletionClient", model="gpt-5", api_key=key)
    deployment = read(assistant(model_client=client))
    (credential,) = deployment.credentials

    assert (credential.holder, credential.form) == ("agent", "literal")
    assert key not in repr(deployment)


def test_a_masked_key_is_none() -> None:
    client = component(
        "ext.models.openai.OpenAIChatCompletionClient", model="gpt-5", api_key="**********"
    )

    assert read(assistant(model_client=client)).credentials == ()


def test_handoffs_lead_to_agents_of_the_same_team() -> None:
    swarm = team(
        assistant("triage", handoffs=["sales"]), assistant("sales"), kind="Swarm", max_turns=9
    )
    deployment = read({"components": {"teams": [swarm], "agents": [assistant("sales")]}})
    handed = [edge for edge in deployment.edges if edge.kind is EdgeKind.DELEGATES_TO]

    assert len(deployment.agents) == 3
    assert len(handed) == 1


def test_people_in_a_team_are_no_agents() -> None:
    human = component("agentchat.agents.UserProxyAgent", name="user")

    assert [agent.name for agent in read(team(human, assistant())).agents] == ["writer"]


@pytest.mark.parametrize(("kind", "paced"), [("RoundRobinGroupChat", True), ("Swarm", False)])
def test_a_person_who_is_asked_in_turn_paces_a_team(kind: str, paced: bool) -> None:  # noqa: FBT001, a parameter of the table
    human = component("agentchat.agents.UserProxyAgent", name="user")

    assert agent_of(team(assistant(), human, kind=kind)).paced_by_person is paced
    assert not agent_of(team(assistant())).paced_by_person


@pytest.mark.parametrize("file", ["OAI_CONFIG_LIST", "OAI_CONFIG_LIST.json", "x/OAI_CONFIG_LIST"])
def test_a_list_of_models_holds_their_keys(file: str) -> None:
    key = fake("openai_key")
    entries = [
        {"model": "gpt-5", "api_key": key, "tags": ["big"]},
        {"model": "local", "base_url": "http://localhost:11434/v1", "api_key": "ollama"},
    ]
    deployment = deployment_of({file: json.dumps(entries)})

    assert [(model.name, model.provider) for model in deployment.models] == [
        ("gpt-5", "openai"),
        ("local", ""),
    ]
    assert [item.form for item in deployment.credentials] == ["literal"]
