"""
Agents in TypeScript and JavaScript: recognised by what a file imports, and not read.

What they may do is unknown, so a file that builds an agent or a tool server is named and never
passed over. Imports of types alone build nothing. Packages as their vendors name them:
https://openai.github.io/openai-agents-js/, https://docs.langchain.com/oss/javascript/,
https://ai-sdk.dev/docs/, https://mastra.ai/docs, https://code.claude.com/docs/en/agent-sdk,
https://github.com/modelcontextprotocol/typescript-sdk.
"""

import re

from agentaudit.errors import InputError, Problem
from agentaudit.readers.document import Document

UNREAD = "an agent in TypeScript or JavaScript, of which nothing is read"

_WORDS = (
    *("@openai/agents", "@langchain/langgraph", "langchain", "@mastra/", "claude-agent-sdk"),
    *("modelcontextprotocol", '"ai"', "'ai'"),
)
_PACKAGES = (
    r"(?:@openai/agents(?:-core|-realtime)?|@langchain/langgraph(?:/[\w/-]+)?|langchain(?:/agents)?"
    r"|@mastra/(?:core|mcp|memory)(?:/[\w/-]+)?|@anthropic-ai/claude-agent-sdk"
    r"|@modelcontextprotocol/(?:server|client|sdk(?:/[\w./-]+)?))"
)
_IMPORT = re.compile(
    rf"""^(?:import[ \t](?!type[ \t]+{{)[^'"\n]{{0,400}}|\}}[ \t]*from[ \t]*"""
    rf"""|[^\n]{{0,200}}\brequire\([ \t]*|[^\n]{{0,200}}\bimport\([ \t]*)['"]{_PACKAGES}['"]""",
    re.MULTILINE,
)
_NAMES = re.compile(r"""^import[ \t]*\{([^{}]{0,2000})\}[ \t]*from[ \t]*['"]ai['"]""", re.MULTILINE)
_CALLS = re.compile(r"\b(?:generateText|streamText|ToolLoopAgent|Experimental_Agent)\b")
"""Of the AI SDK only what lets a model act: its types and hooks stand in every page of a chat."""


def builds_agents(file: str, text: str) -> bool:
    """Whether a file imports what agents and tool servers are built with."""
    if file.endswith((".d.ts", ".min.js")) or not any(word in text for word in _WORDS):
        return False
    return _place(text) is not None


def _place(text: str) -> int | None:
    found = [match.start() for match in (_IMPORT.search(text),) if match is not None]
    found += [match.start() for match in _NAMES.finditer(text) if _CALLS.search(match[1])]
    return min(found, default=None)


def parse_javascript(file: str, text: str) -> Document:
    """InputError, always: it names the first import of what nobody looked at."""
    line = text.count("\n", 0, _place(text) or 0) + 1
    raise InputError(Problem(file=file, message=UNREAD, line=line, column=1))
