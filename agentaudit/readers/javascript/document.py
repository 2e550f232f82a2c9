"""
Agents in TypeScript and JavaScript: recognised by what a file imports, and parsed, never run.

Files that import what agents, their tools and tool servers are built with become trees. Of others
that hold a key of a known form the text is kept. Imports of types alone build nothing. Packages as
their vendors name them:
https://openai.github.io/openai-agents-js/, https://docs.langchain.com/oss/javascript/,
https://ai-sdk.dev/docs/, https://mastra.ai/docs, https://code.claude.com/docs/en/agent-sdk,
https://github.com/modelcontextprotocol/typescript-sdk, https://developers.cloudflare.com/agents/;
apps of Azure Functions give tools by calls:
https://learn.microsoft.com/azure/azure-functions/functions-bindings-mcp-trigger.
"""

import re

import msgspec

from agentaudit.expressions import holds_word, regex
from agentaudit.readers.cdk import UNRENDERED, declares_stack
from agentaudit.readers.document import Document
from agentaudit.readers.lines import MAX_CODE, MAX_WRITTEN
from agentaudit.readers.model_clients import WORDS_IN_SCRIPTS
from agentaudit.readers.one_text import searched_text
from agentaudit.readers.script_imports import import_of
from agentaudit.readers.scripts import UNASKED_WORDS
from agentaudit.readers.token_forms import holds_token
from agentaudit.readers.unread_frameworks import unread_in_script

_WORDS = (
    *("@openai/agents", "langchain", "@mastra/", "claude-agent-sdk", "claude-code", "deepagents"),
    *("modelcontextprotocol", '"ai"', "'ai'", "@azure/functions", "@ai-sdk/mcp", "fastmcp"),
    *("mcp-handler", '"agents', "'agents", "@cloudflare/ai-chat", "@cloudflare/think"),
    *("@openai/codex-sdk", "@github/copilot-sdk", "cloudflare:workers", "@voltagent/core"),
    *("@inngest/agent-kit", "@convex-dev/agent", "@google/adk", "@strands-agents/sdk"),
    *("@workflow/ai", '"genkit', "'genkit", "toolRunner", "runTools", "llamaindex"),
)
_PACKAGES = (
    r"(?:@openai/agents(?:-core|-realtime)?(?:/[\w-]+)?|@langchain/langgraph(?:[\w/-]+)?"
    r"|langchain(?:/(?:agents|memory|tools|stores)(?:/[\w/-]+)?)?|deepagents"
    r"|@langchain/(?:core/tools|classic(?:/[\w/-]+)?|mcp-adapters|redis|mongodb"
    r"|community/(?:stores|tools)/[\w/-]+)"
    r"|@mastra/(?:core|mcp|memory)(?:/[\w/-]+)?|@anthropic-ai/claude-(?:agent-sdk|code)"
    r"|@modelcontextprotocol/(?:server|client|sdk(?:/[\w./-]+)?)|@ai-sdk/mcp|fastmcp|mcp-handler"
    r"|agents(?:/(?:ai-chat-agent|agent-tools|mcp(?:/server)?))?|@cloudflare/(?:ai-chat|think)"
    r"|@openai/codex-sdk|@github/copilot-sdk|@voltagent/core|@inngest/agent-kit"
    r"|@convex-dev/agent|@google/adk|@strands-agents/sdk(?:/[\w/-]+)?|@workflow/ai(?:/agent)?"
    r"|genkit(?:/beta)?|llamaindex|@llamaindex/(?:workflow|core/(?:tools|memory)))"
)
_IMPORT = regex(import_of(_PACKAGES), re.MULTILINE)
OF_VENDORS = regex(rf"^(?=@)(?:{_PACKAGES}|@(?:mastra|voltagent)/[\w/-]+)$")
"""Packages that nobody else calls so: they build the same in their vendors' own repositories."""
_REGISTERS = regex(
    r"""^import[ \t]+type[ \t]+\{[^{}]{0,400}\bMcpServer\b[^{}]{0,400}\}[ \t]*from"""
    r"""[ \t]*['"]@modelcontextprotocol/""",
    re.MULTILINE,
)
"""A server's type: who imports nothing else is handed one, to register tools at it."""
_NAMES = regex(
    r"""(?:^import|\b(?:const|let|var))[ \t]*(?:\{([^{}]{0,2000})\}|\*[ \t]*as[ \t]+\w{1,40})"""
    r"""[ \t]*(?:from|=[ \t]*(?:await[ \t]+import|require)[ \t]*\()[ \t]*['"]ai['"]""",
    re.MULTILINE,
)
_RUNNER = regex(r"\b(?:messages\.toolRunner|completions\.runTools)\(")
_CLIENT = regex(import_of(r"(?:openai|@anthropic-ai/sdk)(?:/[\w./-]+)?"), re.MULTILINE)
"""Of vendors, whose clients run loops of their own."""
_CALLS = regex(
    r"\b(?:generateText|streamText|ToolLoopAgent|Experimental_Agent|(?:dynamicT|t)ool"
    r"|(?:experimental_)?createMCPClient)\b"
)
"""Of the AI SDK only what lets a model act: its types and hooks stand in every page of a chat."""
_GATHERING = regex(
    r"(?:^|/)(?:(?:tools?|agents?|mastra|mcp|ai)/(?:[\w.-]+/)?index|tools|agents)\.[mc]?[jt]sx?$"
)
"""Files that gather the tools or the agents of a folder."""
_BESIDE = regex(
    r"""^(?:import|export|[^'"\n]{0,400}\})[^'"\n]{0,400}from[ \t]*['"]\.{1,2}/""", re.MULTILINE
)
TOOL_OF_FUNCTIONS = regex(r"^[ \t]*app\.mcpTool\(", re.MULTILINE)
"""By which an app of Azure Functions offers a tool."""


_KEEPS_TALK = regex(r"""["'`]assistant["'`]|\bAI\.run\(""")
"""By which a Durable Object may keep what a model said, and not what people say in a room."""
RESULTS = regex(
    r"""\b(?:tool_call_id|tool_use_id|toolUseId|tool_result|toolResult|function_call_output)\b"""
    r"""|\bfunctionResponse\b|\brole:[ \t]*['"]tool['"]"""
)
"""How results of tools go back to a model that a script asks itself."""


_ADDS = regex(r"""\b(?:push|concat)\([^;]{0,80}\brole\b|\[\.\.\.[^;]{0,120}\brole\b""")
"""By which what was said is added to a conversation."""


def loops_itself(file: str, text: str) -> bool:
    """Whether a file asks a model by a vendor's client, and hands back what tools found."""
    if made(file) or "tool" not in text or len(text) > MAX_WRITTEN:
        return False
    asks = "bindTools(" in text or holds_word(text, WORDS_IN_SCRIPTS)
    return asks and RESULTS.search(text) is not None


def keeps_talk(file: str, text: str) -> bool:
    """Whether a file asks a model by a vendor's client with what it adds messages to."""
    if made(file) or len(text) > MAX_WRITTEN or _ADDS.search(text) is None:
        return False
    return holds_word(text, WORDS_IN_SCRIPTS)


def builds_agents(file: str, text: str) -> bool:
    """Whether a file imports what agents and tool servers are built with."""
    if made(file) or not holds_word(text, _WORDS):
        return False
    if _IMPORT.search(text) or _REGISTERS.search(text):
        return True
    if "cloudflare:workers" in text and _KEEPS_TALK.search(text):
        return "DurableObject" in text
    if "@azure/functions" in text and TOOL_OF_FUNCTIONS.search(text):
        return True
    if _RUNNER.search(text) and _CLIENT.search(text):
        return True
    return any(_CALLS.search(match[1] or text) for match in _NAMES.finditer(text))


_STARTS = regex(
    r"""["'](?:(?:node:)?child_process|execa|zx|node-pty|cross-spawn)["']|\bBun\.spawn"""
    r"""|\bDeno\.Command\b"""
)
"""By which a file starts other programs."""


def starts_agents(file: str, text: str) -> bool:
    """Whether a file starts programs, and has a switch by which a coding agent need not ask."""
    return not made(file) and holds_word(text, UNASKED_WORDS) and _STARTS.search(text) is not None


def passes_tools_on(file: str, text: str) -> bool:
    """Whether a file among those of agents or tools hands on what others beside it define."""
    return _GATHERING.search(file) is not None and _BESIDE.search(text) is not None


_PERMITTING = ("PolicyStatement", "AwsManagedPolicyName", "Statement", "permissions:")


def _states_permissions(file: str, text: str) -> bool:
    """Whether a stack that a file declares is given rights in it."""
    if not any(word in text for word in _PERMITTING):
        return False
    return declares_stack(file, text) is not None


def holds_key(file: str, text: str) -> bool:
    """Whether a file that somebody wrote has a key of a known form."""
    return not made(file) and len(text) <= MAX_CODE and holds_token(text)


def made(file: str) -> bool:
    """Whether a program made it."""
    return file.endswith((".d.ts", ".min.js"))


def parse_javascript(file: str, text: str) -> Document:
    """The tree of a file that builds agents or their tools; of any other, the text alone."""
    document = searched_text(file, "javascript", text, unread=_unread(file, text))
    asked = (
        *(builds_agents, starts_agents, passes_tools_on, loops_itself, keeps_talk),
        _states_permissions,
    )
    if not any(asks(file, text) for asks in asked):
        return document
    if len(text) > MAX_WRITTEN:
        return _unparsed(document, f"more than {MAX_WRITTEN:,} characters")
    return _with_tree(document)


def parse_imported(file: str, text: str) -> Document:
    """The tree of a file that one which builds agents imports."""
    return _with_tree(searched_text(file, "javascript", text, unread=_unread(file, text)))


def _unread(file: str, text: str) -> tuple[tuple[int | None, str], ...]:
    return (declares_stack(file, text), UNRENDERED), *unread_in_script(file, text)


def _with_tree(document: Document) -> Document:
    from agentaudit.readers.javascript.tree import module_tree  # takes long to load

    read = module_tree(document.file, document.text)
    if read is None:
        return _unparsed(document, "this is too deep, or too far from TypeScript and JavaScript")
    tree, comments, problems = read
    problems = (*document.problems, *problems)
    return msgspec.structs.replace(document, tree=tree, comments=comments, problems=problems)


def _unparsed(document: Document, why: str) -> Document:
    """A text in which nothing but known forms of keys is looked for."""
    unread = (1, 1, f"{why}: only searched for keys")
    return msgspec.structs.replace(document, problems=(*document.problems, unread))
