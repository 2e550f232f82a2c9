"""Agents in TypeScript and JavaScript are named as not read, and nothing else of theirs is."""

from pathlib import Path

import pytest

from agentaudit.extract.deployment import deployment_of, read_deployment
from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.readers.files import NOT_A_FORMAT


def coverage(file: str, text: str) -> FileCoverage:
    return deployment_of({file: text}).coverage[0]


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("a.ts", "import { Agent, run } from '@openai/agents';\n", 1),
        ("a.ts", '// an agent\nimport { StateGraph } from "@langchain/langgraph";\n', 2),
        ("a.tsx", "import {\n  createAgent,\n} from 'langchain';\n", 3),
        ("a.mjs", 'import { query } from "@anthropic-ai/claude-agent-sdk"\n', 1),
        ("a.mts", "import { Mastra } from '@mastra/core/mastra'\n", 1),
        ("a.js", "\nconst sdk = require('@modelcontextprotocol/sdk/server/mcp.js')\n", 2),
        ("a.ts", "import { streamText, type UIMessage } from 'ai';\n", 1),
        ("a.ts", 'import {\n  tool,\n  ToolLoopAgent,\n} from "ai";\n', 1),
        ("a.js", "const m = await import('@openai/agents');\n", 1),
    ],
)
def test_a_file_that_builds_agents_is_named_as_not_read(file: str, text: str, line: int) -> None:
    found = coverage(file, text)

    assert (found.status, found.line) == (FileStatus.FAILED, line)
    assert "TypeScript" in found.reason


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.ts", "export const answer = 42;\n"),
        ("a.ts", "import type { Agent } from '@openai/agents';\n".replace("type {", "type  {")),
        ("a.ts", "import type { Agent } from '@openai/agents';\n"),
        ("page.tsx", "import { useChat } from '@ai-sdk/react';\nimport { UIMessage } from 'ai';\n"),
        ("a.d.ts", "import { Agent } from '@openai/agents';\n"),
        ("a.js", "const text = \"read about '@openai/agents' there\";\n"),
        ("a.ts", "import { split } from 'langchain-like';\nconst a = 'ai';\n"),
    ],
)
def test_other_files_are_of_no_interest(file: str, text: str) -> None:
    assert (coverage(file, text).status, coverage(file, text).reason) == (
        FileStatus.SKIPPED,
        NOT_A_FORMAT,
    )


@pytest.mark.parametrize("content", [b"G\x00\xff\xfe film", b"\xe4 = 1", b""])
def test_films_and_old_scripts_break_no_audit(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.ts").write_bytes(content)

    assert [item.status for item in read_deployment([tmp_path]).coverage] == [FileStatus.SKIPPED]


def test_a_hostile_text_is_searched_in_linear_time() -> None:
    text = "'ai'\n" + "import { generateText\n" * 100_000

    assert coverage("a.ts", text).status is FileStatus.SKIPPED
