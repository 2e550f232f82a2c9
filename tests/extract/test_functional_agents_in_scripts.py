"""Agents that LangGraph.js' functional API makes of functions."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.known_tools import EVERYTHING
from agentaudit.model.deployment import Deployment, EdgeKind, FileStatus
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent
from tests.extract.invoked import tools_of

HEAD = """\
import { entrypoint, task, MemorySaver } from '@langchain/langgraph';
import { ChatOpenAI } from '@langchain/openai';
import { tool } from '@langchain/core/tools';
import { execSync } from 'child_process';
import { z } from 'zod';
import { asked } from './model';
const sh = tool(async ({ command }) => execSync(command).toString(),
  { name: 'sh', schema: z.object({ command: z.string() }) });
const model = new ChatOpenAI({ model: 'gpt-5' }).bindTools([sh]);
const checkpointer = new MemorySaver();
const callModel = task('call', async (messages) => model.invoke(messages));
"""
MODEL = """\
import { ChatOpenAI } from '@langchain/openai';
export const asked = async (messages) => new ChatOpenAI({ model: 'gpt-5' }).invoke(messages);
"""
FOREVER = """\
  let answer = await callModel(messages);
  while (answer.tool_calls?.length) {
    messages = [...messages, answer, await sh.invoke(answer.tool_calls[0])];
    answer = await callModel(messages);
  }
  return answer;
"""


def deployed(body: str, options: str = "{ name: 'desk', checkpointer }") -> Deployment:
    made = f"export const it = entrypoint({options}, async (messages) => {{\n{body}}});\n"
    return deployment_of({"agent.ts": HEAD + made, "model.ts": MODEL})


def agent_of(body: str, options: str = "{ name: 'desk', checkpointer }") -> Agent:
    (agent,) = deployed(body, options).agents
    return agent


def test_an_entry_point_is_an_agent_with_its_tools_and_its_memory() -> None:
    found = deployed(FOREVER)
    (agent,), (store,), known = found.agents, found.memory_stores, tools_of(found)

    assert (agent.name, agent.framework) == ("desk", "langgraph-js")
    assert set(known["sh"].effects) == set(EVERYTHING)
    assert store.kind == "checkpoint"
    assert (EdgeKind.PERSISTS_TO, agent.id, store.id) in {
        (edge.kind, edge.src, edge.dst) for edge in found.edges
    }
    assert found.coverage[0].status is FileStatus.READ
    assert not found.unresolved


@pytest.mark.parametrize(
    ("body", "known", "count"),
    [
        (FOREVER, Known.NONE, None),
        (FOREVER.replace("callModel(", "model.invoke("), Known.NONE, None),
        (FOREVER.replace("callModel(", "asked("), Known.NONE, None),
        ("  for (let i = 0; i < 8; i++) {\n    await callModel(messages);\n  }\n", Known.SET, 8),
        ("  return callModel(messages);\n", Known.SET, 1),
    ],
)
def test_it_goes_round_as_often_as_its_function_says(
    body: str, known: Known, count: int | None
) -> None:
    """No recursion limit counts the rounds of a function's own loop."""
    agent = agent_of(body)

    assert (agent.max_iterations, agent.max_iterations_count) == (known, count)
    assert agent.never_repeats is (count == 1)


def test_it_is_called_what_its_first_argument_says() -> None:
    assert agent_of(FOREVER, "'desk'").name == "desk"
    assert agent_of(FOREVER, "{ checkpointer }").name == "it"


ADDS = """\
import { entrypoint } from '@langchain/langgraph';
export const add = entrypoint('add', async (n) => n + 1);
"""
OTHER = """\
import { entrypoint } from './framework';
import { Annotation } from '@langchain/langgraph';
export const it = entrypoint('it', async (said) => model.invoke(said));
"""


@pytest.mark.parametrize("code", [ADDS, OTHER])
def test_a_workflow_without_a_model_is_no_agent(code: str) -> None:
    """Nor is what another framework calls by that name one of LangGraph's."""
    assert deployment_of({"agent.ts": code}).agents == ()


def test_one_whose_function_is_not_known_is_named() -> None:
    code = (
        "import { entrypoint } from '@langchain/langgraph';\nimport { run } from 'elsewhere';\n"
        "export const it = entrypoint('it', run);\n"
    )
    found = deployment_of({"agent.ts": code})

    assert {each.what for each in found.unresolved} == {
        "what an entry point of LangGraph does is not known"
    }
