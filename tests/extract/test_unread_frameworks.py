"""An agent of a framework that is not read is named, and its file counts as read in part."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import FileStatus

CAMEL = "from camel.agents import ChatAgent\n\nagent = ChatAgent('You help.')\n"


@pytest.mark.parametrize(
    ("code", "framework", "line"),
    [
        (CAMEL, "CAMEL", 3),
        ("from qwen_agent.agents import Assistant\nbot = Assistant(llm={})\n", "Qwen-Agent", 2),
        (
            "import browser_use as b\n\nasync def go():\n    await b.Agent(task='x').run()\n",
            "Browser Use",
            4,
        ),
        ("from browser_use import Agent\n\n\nclass Desk(Agent):\n    pass\n", "Browser Use", 4),
        ("from mcp_agent.app import MCPApp\napp = MCPApp(name='a')\n", "mcp-agent", 2),
    ],
)
def test_an_agent_that_is_not_read_is_named(code: str, framework: str, line: int) -> None:
    found = deployment_of({"desk.py": code})
    (coverage,) = found.coverage

    assert (coverage.status, coverage.line) == (FileStatus.PARTIAL, line)
    assert coverage.reason == f"an agent of {framework}, a framework that is not read"
    assert found.incomplete
    assert [each.what for each in found.unresolved] == [coverage.reason]


@pytest.mark.parametrize(
    "files",
    [
        {"tests/test_desk.py": CAMEL},
        {"desk.py": "from camel.messages import BaseMessage\n\nsaid = BaseMessage('hi')\n"},
        {"desk.py": CAMEL, "camel/agents.py": "import openai\n\nclass ChatAgent:\n    pass\n"},
        {"desk.py": "from acme.camel import ChatAgent\n\nagent = ChatAgent()\n"},
    ],
)
def test_nothing_is_missed_where_none_is_deployed(files: dict[str, str]) -> None:
    assert not deployment_of(files).incomplete


@pytest.mark.parametrize(
    ("package", "use", "framework"),
    [
        ("@ai-sdk/workflow", "new WorkflowAgent({ tools })", "AI SDK Workflow"),
        ("mcp-use", "new MCPAgent({ tools })", "mcp-use"),
        ("@copilotkit/runtime", "new CopilotRuntime({ actions })", "CopilotKit"),
        ("@livekit/agents", "new voice.Agent({ instructions, tools })", "LiveKit Agents"),
        ("@azure/ai-projects", "project.agents.createAgent(model)", "Azure AI Agents"),
        ("@microsoft/teams.ai", "new ChatPrompt({ model })", "Teams AI"),
        ("@lmstudio/sdk", "model.act(text, [tool])", "LM Studio"),
        ("beeai-framework/agents/react/agent", "new ReActAgent({ tools })", "BeeAI"),
        ("llamaindex", "new ReActAgent({ tools })", "LlamaIndex.TS before workflows"),
    ],
)
def test_an_agent_of_scripts_that_is_not_read_is_named(
    package: str, use: str, framework: str
) -> None:
    code = f'import {{ z }} from "zod";\nimport {{ Agent }} from "{package}";\nconst a = {use};\n'
    (coverage,) = deployment_of({"desk.ts": code}).coverage

    assert (coverage.status, coverage.line) == (FileStatus.PARTIAL, 2)
    assert coverage.reason == f"an agent of {framework}, a framework that is not read"


@pytest.mark.parametrize(
    "code",
    [
        'import type { ReActAgent } from "beeai-framework";\nconst a = new ReActAgent({});\n',
        'import { Agent } from "./agents";\nconst a = new Agent({});\n',
        'import { UserMessage } from "beeai-framework";\nexport const a = new UserMessage({});\n',
        'import { LMStudioClient } from "@lmstudio/sdk";\nconst a = model.respond(text);\n',
        'import { ReActAgent } from "beeai-framework-extras";\nconst a = new ReActAgent({});\n',
    ],
)
def test_scripts_without_such_an_agent_miss_nothing(code: str) -> None:
    assert not deployment_of({"desk.ts": code}).incomplete
