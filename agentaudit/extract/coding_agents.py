"""Switches on command lines after which a coding agent asks nobody any more."""

import re

BYPASS = re.compile(
    r"--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox|--yolo\b"
    r"|--approval-mode[= ]yolo|--permission-mode[= ]bypassPermissions|--full-auto\b"
)
"""Those of Claude Code, Codex and Gemini CLI."""


def bypassed(words: tuple[str, ...]) -> bool:
    """Whether a command line starts an agent that asks nobody."""
    return BYPASS.search(" ".join(words)) is not None
