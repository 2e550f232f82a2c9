"""
Agents and tool servers in C#, Java, Kotlin, Go and Rust: recognised, and not read.

What they may do is unknown, so a file that imports what agents are built with, and builds one, is
named and never passed over; tests of such code deploy nothing. Of these files, and of others that
have a key of a known form, the text is kept, so that it is found. The names that are looked for are
those of the vendors' documentation:
https://learn.microsoft.com/agent-framework/, https://learn.microsoft.com/semantic-kernel/,
https://learn.microsoft.com/azure/azure-functions/functions-bindings-mcp-trigger,
https://modelcontextprotocol.io/docs/sdk, https://docs.langchain4j.dev,
https://docs.spring.io/spring-ai/reference/, https://google.github.io/adk-docs/,
https://docs.koog.ai, https://github.com/mark3labs/mcp-go, https://www.cloudwego.io/docs/eino/,
https://github.com/tmc/langchaingo, https://docs.rig.rs.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from agentaudit.expressions import holds_word, regex
from agentaudit.readers.cdk import TESTS, UNRENDERED, declares_stack
from agentaudit.readers.document import Document
from agentaudit.readers.lines import MAX_CODE
from agentaudit.readers.one_text import searched_text
from agentaudit.readers.token_forms import holds_token

UNREAD = "an agent or a tool server in {language}, in which nothing but known forms of keys is read"

TOOL_OF_FUNCTIONS = regex(r"[\[@]\s{0,3}McpToolTrigger(?:Attribute)?\b")
"""By which an app of Azure Functions offers a tool: an attribute, or an annotation."""


class _Language(Struct, frozen=True):
    """What a file of a language has where it builds an agent: an import, and a use of it."""

    name: str
    imported: re.Pattern[str]
    used: re.Pattern[str]
    words: tuple[str, ...]
    """One of which no such import is without."""


COMPILED: Mapping[str, _Language] = MappingProxyType(
    {
        "csharp": _Language(
            "C#",
            regex(
                r"^\s{0,80}(?:global\s+)?using\s+(?:static\s+)?(?:Microsoft\.(?:Agents\.AI|AutoGen"
                r"|SemanticKernel|Azure\.Functions\.Worker)|ModelContextProtocol|AutoGen"
                r"|Azure\.AI\.(?:Agents|Projects))\b",
                re.MULTILINE,
            ),
            regex(
                r"\[(?:KernelFunction|McpServerTool|McpToolTrigger)|\bAIAgent\b|\bChatClientAgent\b"
                r"|\bChatCompletionAgent\b|\bCreateAIAgent(?:Async)?\(|\bPersistentAgentsClient\b"
                r"|\bAddMcpServer\(|\bAddFromType<|\bImportPluginFrom"
            ),
            (
                *("Microsoft.Agents.AI", "SemanticKernel", "ModelContextProtocol", "AutoGen"),
                *("Azure.AI.", "Functions.Worker"),
            ),
        ),
        **dict.fromkeys(
            ("java", "kotlin"),
            _Language(
                "Java or Kotlin",
                regex(
                    r"^import\s+(?:static\s+)?(?:dev\.langchain4j|io\.quarkiverse\.langchain4j"
                    r"|org\.springframework\.ai|org\.springaicommunity\.mcp|com\.google\.adk"
                    r"|io\.modelcontextprotocol|ai\.koog|com\.embabel\.agent"
                    r"|com\.microsoft\.(?:semantickernel|azure\.functions))\b",
                    re.MULTILINE,
                ),
                regex(
                    r"@(?:Tool|McpTool|McpToolTrigger|RegisterAiService|AiService"
                    r"|DefineKernelFunction|Agent)\b|\bAiServices\b|\bLlmAgent\b|\bAIAgent\b"
                    r"|\bMcpServer\.(?:sync|async)\(|\bToolCallbackProvider\b"
                    r"|\bServer\(\s{0,80}(?:serverInfo|Implementation)"
                ),
                (
                    *("langchain4j", "springframework.ai", "springaicommunity", "google.adk"),
                    *("modelcontextprotocol", "ai.koog", "embabel", "semantickernel"),
                    "azure.functions",
                ),
            ),
        ),
        "go": _Language(
            "Go",
            regex(
                r"""^(?:import)?[\s(]{0,80}(?:\w+\s+)?"(?:github\.com/(?:mark3labs/mcp-go/server"""
                r"""|modelcontextprotocol/go-sdk/mcp|metoro-io/mcp-golang|tmc/langchaingo/agents"""
                r"""|cloudwego/eino(?:-ext)?/[\w/]+|firebase/genkit/go/[\w/]+)"""
                r"""|google\.golang\.org/adk/[\w/]+)""",
                re.MULTILINE,
            ),
            regex(
                r"\b(?:server\.NewMCPServer|mcp\.(?:NewServer|AddTool)|llmagent\.New|mcp_golang\.NewServer"
                r"|agents\.New\w{0,40}|react\.NewAgent|adk\.New\w{0,40}Agent|genkit\.DefineTool)\("
            ),
            ("mcp-go", "go-sdk/mcp", "langchaingo", "cloudwego/eino", "genkit/go", "org/adk"),
        ),
        "rust": _Language(
            "Rust",
            regex(r"^\s{0,80}use\s+(?:rmcp|rig)\b", re.MULTILINE),
            regex(r"#\[tool(?:_router|_handler)?\b|\bServerHandler\b|\.agent\(|\bAgentBuilder\b"),
            ("rmcp", "rig"),
        ),
    }
)
"""By syntax."""


def names_agents(file: str, syntax: str, text: str) -> bool:
    """Whether a file builds agents or tools, declares rights, or has a key of a known form."""
    if len(text) > MAX_CODE or TESTS.search(file):
        return False
    found = _builds(syntax, text) is not None or declares_stack(file, text) is not None
    return found or holds_token(text)


def _builds(syntax: str, text: str) -> int | None:
    """Where a file first imports what it builds an agent with."""
    language = COMPILED[syntax]
    if not holds_word(text, language.words):
        return None
    found = language.imported.search(text)
    return found.start() if found is not None and language.used.search(text) else None


def parse_compiled(file: str, syntax: str, text: str) -> Document:
    """The text alone; where it builds an agent, with a problem at the import that says so."""
    told = UNREAD.format(language=COMPILED[syntax].name)
    found = ((_builds(syntax, text), told), (declares_stack(file, text), UNRENDERED))
    return searched_text(file, syntax, text, unread=found)
