"""Files of TypeScript and JavaScript: which are read, and keys that are found in any script."""

from pathlib import Path

import pytest

from agentaudit.extract.credentials.recognition import by_look
from agentaudit.extract.deployment import deployment_of, read_deployment
from agentaudit.model.deployment import FileCoverage, FileStatus
from agentaudit.readers.files import NOT_A_FORMAT
from agentaudit.rules.fakes import FAKES, fake


def coverage(file: str, text: str) -> FileCoverage:
    return deployment_of({file: text}).coverage[0]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.ts", "import { Agent, run } from '@openai/agents';\n"),
        ("a.ts", '// an agent\nimport { StateGraph } from "@langchain/langgraph";\n'),
        ("a.tsx", "import {\n  createAgent,\n} from 'langchain';\n"),
        ("a.mjs", 'import { query } from "@anthropic-ai/claude-agent-sdk"\n'),
        ("a.mts", "import { Mastra } from '@mastra/core/mastra'\n"),
        ("a.js", "\nconst sdk = require('@modelcontextprotocol/sdk/server/mcp.js')\n"),
        ("a.ts", "import { streamText, type UIMessage } from 'ai';\n"),
        ("a.ts", 'import {\n  tool,\n  ToolLoopAgent,\n} from "ai";\n'),
        ("a.js", "const m = await import('@openai/agents');\n"),
        ("a.ts", "import { app } from '@azure/functions';\n\napp.mcpTool('a', {});\n"),
        ("a.ts", "import { tool } from 'ai';\n"),
        ("a.ts", "import { createAgent,\n  tool } from 'langchain';\n"),
        ("a.ts", "export { Agent } from '@openai/agents';\n"),
        ("a.jsx", "import { createMCPClient } from '@ai-sdk/mcp';\n"),
        ("a.ts", "import { RedisChatMessageHistory } from '@langchain/redis';\n"),
        (
            "a.js",
            "import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio';\n",
        ),
    ],
)
def test_a_file_that_builds_agents_is_read(file: str, text: str) -> None:
    assert coverage(file, text).status is FileStatus.READ


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.ts", "export const answer = 42;\n"),
        ("a.ts", "import { app } from '@azure/functions';\napp.http('a', {});\n"),
        ("a.ts", "import type { Agent } from '@openai/agents';\n".replace("type {", "type  {")),
        ("a.ts", "import type { Agent } from '@openai/agents';\n"),
        ("page.tsx", "import { useChat } from '@ai-sdk/react';\nimport { UIMessage } from 'ai';\n"),
        ("a.d.ts", "import { Agent } from '@openai/agents';\n"),
        ("ui/index.ts", "export { Button } from './button';\n"),
        ("tools/index.ts", "export const a = 1;\n"),
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


AGENT = "import { Agent } from '@openai/agents';\n"


@pytest.mark.parametrize(
    ("code", "name", "line", "column"),
    [
        ("const apiKey = 'KEY';\n", "apiKey", 1, 17),
        (f"{AGENT}const client = new OpenAI({{ apiKey: `KEY` }});\n", "apiKey", 2, 38),
        ("call('x', 'KEY')\n", "text", 1, 12),
        ('const ü = {\n  "x-api-key": "KEY"\n};\n', "x-api-key", 2, 17),
        ("// first\n\n/* a.b */ a.apiKey = 'KEY'\n", "apiKey", 3, 23),
    ],
)
def test_a_key_in_a_script_is_found_where_it_stands(
    code: str, name: str, line: int, column: int
) -> None:
    key = fake("anthropic_key")
    deployment = deployment_of({"web/a.ts": code.replace("KEY", key)})
    (credential,) = deployment.credentials
    place = credential.evidence[0]

    assert (credential.variable, credential.provider) == (name, "anthropic")
    assert (place.line, place.column, place.end_column) == (line, column, column + len(key) - 1)
    assert key not in repr(deployment)


@pytest.mark.parametrize("kind", sorted(kind for kind in FAKES if by_look(fake(kind))))
@pytest.mark.parametrize("file", ["a.ts", "a.py", "a.yaml"])
def test_a_file_is_read_for_a_key_of_any_form(kind: str, file: str) -> None:
    """Whatever the form, the key alone is enough: no other word of interest stands there."""
    quoted = f"'{fake(kind)}'"
    text = f"x: {quoted}\n" if file.endswith("yaml") else f"x = {quoted}\n"
    found = deployment_of({file: text})

    assert len(found.credentials) == 1
    assert found.coverage[0].status is FileStatus.READ


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.ts", "const key = process.env.OPENAI_API_KEY; // sk-proj-...\n"),
        ("a.ts", f"const key = 'sk-proj-{'x' * 48}';\n"),
        ("a.ts", "const prefix = 'AKIA';\n"),
        ("a.min.js", "const key = 'KEY';\n"),
        ("a.js", "const key = 'KEY';\n" + "// a bundle\n" * 100_000),
    ],
)
def test_prefixes_examples_and_bundles_hold_no_keys(file: str, text: str) -> None:
    found = deployment_of({file: text.replace("KEY", fake("openai_key"))}).credentials

    assert not found


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("stack.py", "import json\nfrom aws_cdk import aws_iam\naws_iam.PolicyStatement()\n", 2),
        ("stack.py", "import aws_cdk.aws_bedrock as agents\nagents.CfnAgent(self, 'a')\n", 1),
        ("lib/a.ts", "import * as cdk from 'aws-cdk-lib';\nimport * as b from '@x/bedrock';\n", 1),
        ("lib/a.ts", "import {\n Role,\n} from '@aws-cdk/aws-iam';\nnew ManagedPolicy();\n", 3),
        ("index.ts", 'import * as k from "@pulumi/kubernetes";\nconst e = "OPENAI_API_KEY";\n', 1),
        ("__main__.py", "import pulumi_aws as aws\naws.iam.RolePolicyAttachment('a')\n", 1),
        ("main.py", "from cdktf import App\nIamRolePolicy(self, 'a')\n", 1),
    ],
)
def test_a_stack_that_a_program_declares_is_named_as_not_rendered(
    file: str, text: str, line: int
) -> None:
    found = coverage(file, text)

    assert (found.status, found.line) == (FileStatus.PARTIAL, line)
    assert "cdk synth" in found.reason


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("stack.py", "from aws_cdk import aws_s3\naws_s3.Bucket(self, 'a')\n"),
        ("notes.py", "TEXT = 'aws_cdk has a PolicyStatement'\n"),
        ("index.ts", 'import * as k from "@pulumi/kubernetes";\nnew k.core.v1.Namespace("a");\n'),
        ("tests/test_stack.py", "import aws_cdk\nfrom stack import PolicyStatement\n"),
        ("test/a.test.ts", "import { App } from 'aws-cdk-lib';\nnew ManagedPolicy();\n"),
    ],
)
def test_what_only_speaks_of_stacks_is_passed_over(file: str, text: str) -> None:
    assert coverage(file, text).status is FileStatus.SKIPPED
