"""Agents of LlamaIndex.TS: their tools, their memory, and to whom they hand work."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.known_tools import EVERYTHING
from agentaudit.model.deployment import Deployment, EdgeKind, FileStatus
from agentaudit.model.evidence import Known
from tests.extract.invoked import tools_of

HEAD = """\
import { agent, multiAgent } from '@llamaindex/workflow';
import { tool, FunctionTool, createMemory, Memory } from 'llamaindex';
import { execSync } from 'child_process';
import { z } from 'zod';
const parameters = z.object({ command: z.string() });
"""
BY_OPTIONS = "tool({ name: 'sh', parameters, execute: ({ command }) => execSync(command) })"


def deployed(code: str, tool: str = BY_OPTIONS) -> Deployment:
    return deployment_of({"agent.ts": f"{HEAD}const sh = {tool};\n{code}\n"})


@pytest.mark.parametrize(
    "tool",
    [
        BY_OPTIONS,
        BY_OPTIONS.replace("tool(", "FunctionTool.from("),
        "tool(({ command }) => execSync(command), { name: 'sh', parameters })",
        "FunctionTool.from(({ command }) => execSync(command), { name: 'sh', parameters })",
        "new FunctionTool(({ command }) => execSync(command), { name: 'sh', parameters })",
    ],
)
def test_an_agent_has_its_tools_and_nothing_ends_it(tool: str) -> None:
    found = deployed("const desk = agent({ name: 'desk', tools: [sh], llm });", tool)
    (agent,), known = found.agents, tools_of(found)

    assert (agent.name, agent.framework) == ("desk", "llamaindex-ts")
    assert (agent.max_iterations, agent.timeout) == (Known.NONE, Known.NONE)
    assert set(known["sh"].effects) == set(EVERYTHING)
    assert known["sh"].free_form_parameters == ("command",)
    assert found.coverage[0].status is FileStatus.READ


def test_a_tool_that_runs_nothing_does_nothing_known() -> None:
    harmless = "tool({ name: 'sh', parameters, execute: ({ command }) => command.length })"
    known = tools_of(deployed("const desk = agent({ tools: [sh], llm });", harmless))

    assert known["sh"].effects == ()


@pytest.mark.parametrize(
    ("made", "count"),
    [
        ("createMemory({ tokenLimit: 40000 })", 40_000),
        ("createMemory()", 30_000),
        ("new Memory([], { tokenLimit: 5000 })", 5_000),
    ],
)
def test_its_memory_shows_so_many_tokens(made: str, count: int) -> None:
    found = deployed(f"const memory = {made};\nconst desk = agent({{ tools: [sh], memory }});")
    (agent,), (store,) = found.agents, found.memory_stores

    assert (store.kind, store.max_tokens, store.max_tokens_count) == ("window", Known.SET, count)
    assert (EdgeKind.PERSISTS_TO, agent.id, store.id) in {
        (edge.kind, edge.src, edge.dst) for edge in found.edges
    }


def test_work_is_handed_to_the_agents_that_are_named() -> None:
    found = deployed(
        "const one = agent({ name: 'one', tools: [sh] });\n"
        "const two = agent({ name: 'two', tools: [], canHandoffTo: [one] });\n"
        "const all = multiAgent({ agents: [one, two], rootAgent: two });"
    )
    names = {each.id: each.name for each in found.agents}
    handed = {
        (names[edge.src], names[edge.dst])
        for edge in found.edges
        if edge.kind is EdgeKind.DELEGATES_TO
    }

    assert handed == {("two", "one"), ("all", "one"), ("all", "two")}


@pytest.mark.parametrize(
    "code",
    [
        "import { agent } from './agents';\nexport const a = agent({ tools: [] });\n",
        "import { Document, VectorStoreIndex } from 'llamaindex';\nnew Document({ text: 'a' });\n",
    ],
)
def test_what_only_looks_like_one_is_none(code: str) -> None:
    assert deployment_of({"agent.ts": code}).agents == ()
