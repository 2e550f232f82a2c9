"""
Frameworks for agents in Python and TypeScript that are recognised, and not read.

The names are those of the packages' documentation in late 2026.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from agentaudit.expressions import holds_word, regex
from agentaudit.readers.cdk import TESTS
from agentaudit.readers.script_imports import import_of

UNREAD = "an agent of {framework}, a framework that is not read"

UNREAD_FRAMEWORKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "agency_swarm": ("Agency Swarm", r"\w*Agent|Agency"),
        "agentscope": ("AgentScope", r"\w*Agent"),
        "beeai_framework": ("BeeAI", r"\w*Agent|AgentWorkflow"),
        "browser_use": ("Browser Use", r"Agent"),
        "camel": ("CAMEL", r"\w*Agent|\w*RolePlaying|Workforce"),
        "controlflow": ("ControlFlow", r"Agent|Flow"),
        "fast_agent": ("fast-agent", r"FastAgent"),
        "griptape": ("Griptape", r"Agent|Pipeline|Workflow"),
        "llama_stack_client": ("Llama Stack", r"\w*Agent"),
        "managed_deepagents": ("Managed Deep Agents", r"define_deep_agent"),
        "mcp_agent": ("mcp-agent", r"MCPApp|FastAgent|Agent|Orchestrator\w*"),
        "metagpt": ("MetaGPT", r"Team|DataInterpreter|SoftwareCompany"),
        "phi": ("Phidata", r"Agent|Assistant"),
        "praisonaiagents": ("PraisonAI", r"\w*Agents?"),
        "qwen_agent": ("Qwen-Agent", r"\w*Agent|Assistant|ReActChat|GroupChat|Router"),
        "swarms": ("Swarms", r"Agent|\w*Swarm|\w*Workflow"),
        "taskweaver": ("TaskWeaver", r"TaskWeaverApp"),
        "upsonic": ("Upsonic", r"Agent|Team"),
    }
)
"""By the package: what the framework is called, and the names of what builds an agent there."""


class _Scripted(Struct, frozen=True):
    """A framework of scripts: its package, with what lies below that, and a use that builds."""

    name: str
    packages: str
    used: re.Pattern[str]


_NEW_AGENT = regex(r"\bnew\s+\w{0,40}Agent\(")
_SCRIPTED = (
    _Scripted("AI SDK Workflow", "@ai-sdk/workflow", regex(r"\bnew\s+WorkflowAgent\(")),
    _Scripted(
        "Azure AI Agents",
        "@azure/ai-agents|@azure/ai-projects",
        regex(r"\.createAgent\(|\bagents\.create(?:Version)?\("),
    ),
    _Scripted("BeeAI", "beeai-framework", _NEW_AGENT),
    _Scripted(
        "CopilotKit",
        "@copilotkit/runtime",
        regex(r"\bnew\s+(?:CopilotRuntime|BuiltInAgent|BasicAgent)\("),
    ),
    _Scripted("ElizaOS", "@elizaos/core", regex(r"\bnew\s+AgentRuntime\(")),
    _Scripted(
        "inline agents of Bedrock",
        "@aws-sdk/client-bedrock-agent-runtime",
        regex(r"\bInvokeInlineAgentCommand\("),
    ),
    _Scripted(
        "LiveKit Agents",
        "@livekit/agents",
        regex(r"\bdefineAgent\(|\b(?:new|extends)\s+(?:voice\.)?\w{0,40}Agent\b"),
    ),
    _Scripted(
        "LlamaIndex.TS before workflows",
        r"llamaindex|@llamaindex",
        regex(r"\bnew\s+(?!FunctionAgent\b)\w{0,40}Agent\("),
    ),
    _Scripted("LM Studio", "@lmstudio/sdk", regex(r"\.act\(")),
    _Scripted("mcp-use", "mcp-use", regex(r"\bnew\s+MCPAgent\(")),
    _Scripted(
        "Microsoft 365 Agents",
        "@microsoft/agents-hosting",
        regex(r"\bnew\s+AgentApplication\w{0,20}[(<]"),
    ),
    _Scripted("Stagehand", "@browserbasehq/stagehand", regex(r"\.agent\(")),
    _Scripted("TanStack AI", "@tanstack/ai", regex(r"\btoolDefinition\(|\bchat\(\{")),
    _Scripted(
        "Teams AI",
        "@microsoft/teams.ai|@microsoft/teams-ai",
        regex(r"\bnew\s+(?:ChatPrompt|ActionPlanner)\("),
    ),
    _Scripted("Tiny Agents", "@huggingface/tiny-agents|@huggingface/mcp-client", _NEW_AGENT),
)
_PACKAGE = "|".join(each.packages for each in _SCRIPTED)
_WORDS = tuple(_PACKAGE.split("|"))
_IMPORTED = regex(import_of(rf"(?P<package>{_PACKAGE})(?:/[\w./-]+)?"), re.MULTILINE)


def unread_in_script(file: str, text: str) -> Iterator[tuple[int, str]]:
    """Where a script imports each framework that it builds an agent with, and what is told."""
    if not holds_word(text, _WORDS) or TESTS.search(file):
        return
    told: set[str] = set()
    for found in _IMPORTED.finditer(text):
        package = found["package"]
        framework = next(each for each in _SCRIPTED if package in each.packages.split("|"))
        if framework.name not in told and framework.used.search(text):
            told.add(framework.name)
            yield found.start(), UNREAD.format(framework=framework.name)
