"""How coding agents are known: by the commands that start them, and by their files."""

import re

from agentaudit.expressions import regex
from agentaudit.readers.document import Document

BYPASS = regex(
    r"--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox|--yolo\b"
    r"|--approval-mode[= ]yolo|--permission-mode[= ]bypassPermissions|--full-auto\b"
)
"""Switches of Claude Code, Codex and Gemini CLI after which nobody is asked any more."""
_CODEX = regex(r"(?:^|/)(?:\.codex/)?config\.toml$")
_CODEX_KEYS = ("approval_policy", "sandbox_mode", "history", "profiles", "otel")

_AGENT_COMMAND = regex(
    r"(?:^|[\s;&|(])(?:npx\s+(?:-y\s+)?@anthropic-ai/claude-code|claude\s+(?:-p|--print|-\w)"
    r"|codex\s+exec|gemini\s+(?:-p|--prompt|--yolo)|aider\s|opencode\s+run|goose\s+run"
    r"|crewai\s+run|cursor-agent\s)",
    re.MULTILINE,
)


def starts_agent(script: str) -> bool:
    """Whether a script starts a coding agent."""
    return _AGENT_COMMAND.search(script) is not None


def bypassed(words: tuple[str, ...]) -> bool:
    """Whether a command line starts an agent that asks nobody."""
    return BYPASS.search(" ".join(words)) is not None


def is_codex(document: Document) -> bool:
    """Whether a TOML document is a configuration of Codex: by its name, and a key of its own."""
    named = _CODEX.search(document.file) is not None
    return named and any(document.root.child(key) is not None for key in _CODEX_KEYS)
