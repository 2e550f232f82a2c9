"""Agents of VoltAgent that a server answers for, which may ask nobody who calls."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent

HEAD = """\
import { VoltAgent, Agent } from '@voltagent/core';
import { honoServer, jwtAuth } from '@voltagent/server-hono';
import { elysiaServer } from '@voltagent/server-elysia';
import { desk } from './desk';
"""
DESK = """\
import { Agent } from '@voltagent/core';
export const desk = new Agent({ name: 'desk', model: 'openai/gpt-5' });
"""
OPEN = ("whether the server of agents asks who calls", "it may not")


def served(server: str, agents: str = "{ desk }", before: str = "") -> Deployment:
    made = f"{before}\nnew VoltAgent({{ agents: {agents}, server: {server} }});\n"
    return deployment_of({"src/index.ts": HEAD + made, "src/desk.ts": DESK})


def desk_of(found: Deployment) -> Agent:
    (agent,) = found.agents
    return agent


@pytest.mark.parametrize(
    ("server", "before"),
    [
        ("honoServer()", ""),
        ("honoServer({ port: 3141 })", ""),
        ("elysiaServer({ port: 3141 })", ""),
        ("server", "const server = honoServer({ port: 3141 });"),
        ("honoServer({ hostname: '0.0.0.0' })", ""),
        ("honoServer({ authNext: undefined })", ""),
    ],
)
def test_a_server_without_authentication_lets_anybody_call_its_agents(
    server: str, before: str
) -> None:
    found = served(server, before=before)
    agent = desk_of(found)

    assert agent.authenticated is Truth.NO
    assert agent.open_place.startswith("src/index.ts:")
    assert [place.file for place in agent.evidence] == ["src/desk.ts", "src/index.ts"]
    assert not found.unresolved


@pytest.mark.parametrize(
    "server",
    [
        "honoServer({ authNext: { provider: jwtAuth({ secret: SECRET }) } })",
        "honoServer({ auth: jwtAuth({ secret: SECRET }) })",
        "honoServer({ auth })",
        "honoServer({ hostname: '127.0.0.1' })",
        "otherServer()",
    ],
)
def test_a_server_that_asks_or_stays_at_home_is_none_of_these(server: str) -> None:
    found = served(server)

    assert desk_of(found).authenticated is Truth.UNKNOWN
    assert not found.unresolved


@pytest.mark.parametrize(
    "server",
    ["honoServer(settings)", "honoServer({ ...settings })", "honoServer({ configureApp: guard })"],
)
def test_what_may_ask_elsewhere_is_left_open(server: str) -> None:
    found = served(server)

    assert desk_of(found).authenticated is Truth.UNKNOWN
    assert OPEN in {(each.what, each.effect) for each in found.unresolved}


def test_an_agent_that_is_not_known_is_named() -> None:
    found = served("honoServer()", agents="{ desk, other: made() }")

    assert desk_of(found).authenticated is Truth.NO
    assert {each.what for each in found.unresolved} == {
        "an agent that a server without authentication answers for is not known"
    }
