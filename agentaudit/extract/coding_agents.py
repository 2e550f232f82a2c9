"""Command lines that start coding agents, and switches after which nobody is asked any more."""

import re

BYPASS = re.compile(
    r"--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox|--yolo\b"
    r"|--approval-mode[= ]yolo|--permission-mode[= ]bypassPermissions|--full-auto\b"
)
"""Those of Claude Code, Codex and Gemini CLI."""

_AGENT_COMMAND = re.compile(
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
