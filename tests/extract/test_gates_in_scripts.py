"""What stands between agents in TypeScript and JavaScript and their tools."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known, Truth

AI = "import { ToolLoopAgent, tool } from 'ai';\nconst drop = tool({ execute });\n"
MASTRA = "import { Agent } from '@mastra/core/agent';\n"

GATED = (
    "import { createAgent, tool, humanInTheLoopMiddleware, modelCallLimitMiddleware,\n"
    "  piiMiddleware } from 'langchain';\n"
    "const drop = tool(async () => 1, { name: 'drop' });\n"
    "const look = tool(async () => 1, { name: 'look' });\n"
)


def script(code: str) -> Deployment:
    return deployment_of({"agent.ts": code})


def asked(found: Deployment) -> dict[str, Truth]:
    return {tool.name: tool.approval for tool in found.tools}


def test_a_person_is_asked_before_the_tools_that_middleware_names() -> None:
    found = script(
        f"{GATED}createAgent({{ tools: [drop, look], middleware: [humanInTheLoopMiddleware({{\n"
        "  interruptOn: { drop: { allowedDecisions: ['approve'] }, look: false } })] });\n"
    )

    assert asked(found) == {"drop": Truth.YES, "look": Truth.NO}
    assert found.approvals[0].scope == ("drop",)


@pytest.mark.parametrize(
    ("code", "approvals"),
    [
        (
            (
                f"{AI}new ToolLoopAgent({{ tools: {{ drop, look: tool({{ execute }}) }},"
                "\n  toolApproval: { drop: 'user-approval', look: 'approved' } });"
            ),
            {"drop": Truth.YES, "look": Truth.UNKNOWN},
        ),
        (
            (
                f"{AI}new ToolLoopAgent({{ tools: {{ drop }},"
                " toolApproval: { drop: { type: 'user-approval' } } });"
            ),
            {"drop": Truth.YES},
        ),
        (
            (
                f"{MASTRA}import {{ createTool }} from '@mastra/core/tools';\n"
                "const a = new Agent({\n"
                "  tools: { drop: createTool({ id: 'drop' }) } });\n"
                "a.stream(m, { requireToolApproval: true });"
            ),
            {"drop": Truth.YES},
        ),
        (
            (
                f"{GATED}import {{ createDeepAgent }} from 'deepagents';\n"
                "createDeepAgent({ tools: [drop, look], interruptOn: { drop: true } });"
            ),
            {"drop": Truth.YES, "look": Truth.NO},
        ),
    ],
)
def test_every_framework_has_its_way_to_ask(code: str, approvals: dict[str, Truth]) -> None:
    assert asked(script(code)) == approvals


def test_a_question_about_what_nobody_can_read_is_open() -> None:
    found = script(
        f"{GATED}createAgent({{ tools: [drop], middleware: [\n"
        "  humanInTheLoopMiddleware({ interruptOn: given() })] });"
    )

    assert {end.what for end in found.unresolved} == {"interruptOn of agent.ts does not fold"}


def test_middleware_counts_calls_and_filters() -> None:
    found = script(
        f"{GATED}createAgent({{ tools: [], middleware: [piiMiddleware('email'),\n"
        "  modelCallLimitMiddleware({ runLimit: 7 })] });"
    )
    (agent,) = found.agents

    assert (agent.max_iterations_count, agent.budget) == (7, Known.SET)
    assert [guardrail.name for guardrail in found.guardrails] == ["piiMiddleware"]


def test_what_decides_whether_a_person_is_asked_may_not_be_known() -> None:
    found = script(
        f"{GATED}createAgent({{ tools: [drop, look], middleware: [\n"
        "  humanInTheLoopMiddleware({ interruptOn: { drop: process.env.ASK === '1' } })] });"
    )

    assert asked(found) == {"drop": Truth.UNKNOWN, "look": Truth.NO}
    assert not found.approvals
    assert {end.what for end in found.unresolved} == {"interruptOn of agent.ts does not fold"}


def test_a_tool_whose_name_is_computed_may_be_any() -> None:
    found = script(
        f"{GATED}createAgent({{ tools: [drop, look], middleware: [humanInTheLoopMiddleware({{\n"
        "  interruptOn: { [named()]: { allowedDecisions: ['approve'] } } })] });"
    )

    assert asked(found) == {"drop": Truth.UNKNOWN, "look": Truth.UNKNOWN}
    assert found.unresolved


def test_filters_that_are_none_filter_nothing() -> None:
    found = script(
        "import { Agent } from '@openai/agents';\n"
        "new Agent({ name: 'a', inputGuardrails: undefined, outputGuardrails: null });"
    )

    assert not found.guardrails


def test_middleware_that_is_added_later_may_set_a_budget() -> None:
    found = script(
        f"{GATED}const around = [piiMiddleware('email')];\naround.push(given);\n"
        "createAgent({ tools: [], middleware: around });"
    )

    assert found.agents[0].budget is Known.UNKNOWN


def test_a_question_of_one_agent_is_none_of_another() -> None:
    asking = "middleware: [humanInTheLoopMiddleware({ interruptOn: { drop: true } })]"
    one = f"const one = createAgent({{ tools: [drop], {asking} }});\n"
    two = "const two = createAgent({ tools: [drop] });\n"

    assert asked(script(GATED + one))["drop"] is Truth.YES
    assert asked(script(GATED + one + one.replace("one", "three")))["drop"] is Truth.YES
    assert asked(script(GATED + one + two))["drop"] is Truth.UNKNOWN
    assert asked(script(GATED + two + one))["drop"] is Truth.UNKNOWN
