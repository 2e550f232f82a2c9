"""How an agent gets at what a finding is about: in order, each place once, in every format."""

import json
from collections.abc import Mapping

from inline_snapshot import snapshot

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.finding import Finding, LintResult
from agentaudit.report.formats.sarif import render_sarif
from agentaudit.report.page.blocks import Table
from agentaudit.report.page.findings_section import findings_section
from agentaudit.report.tables.findings import render_table
from agentaudit.rules.ours import lint_rules

KEY = "sk-proj-" + "Q7dKx2mVb8TnRj4WcZ5y" * 2
COMPOSE = """\
services:
  agent:
    build: .
    env_file: .env
"""
AGENT = """\
from langchain.agents import create_agent

support = create_agent("openai:gpt-5", tools=[])
"""
TERRAFORM = """\
resource "aws_bedrockagent_agent" "support" {
  agent_name              = "support"
  agent_resource_role_arn = aws_iam_role.agent.arn
}
resource "aws_iam_role" "agent" {
  name               = "support-role"
  assume_role_policy = "{}"
}
resource "aws_iam_role_policy" "all" {
  role   = aws_iam_role.agent.id
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }]
  })
}
"""


def found(texts: Mapping[str, str], rule: str) -> tuple[Finding, LintResult]:
    result = lint(deployment_of(texts), lint_rules(), names={rule})
    [finding] = result.findings
    return finding, result


def told(finding: Finding) -> list[tuple[str, str]]:
    return [(str(step.evidence), step.says) for step in finding.flow]


def test_a_key_leads_from_its_file_through_what_hands_it_over_to_the_agent() -> None:
    texts = {
        ".env": f"OPENAI_API_KEY={KEY}\n",
        "compose.yaml": COMPOSE,
        "Dockerfile": "FROM python:3.13-slim\nCOPY agent.py .\nCMD python agent.py\n",
        "agent.py": AGENT,
    }

    finding, result = found(texts, "literal-model-api-key")

    assert told(finding) == snapshot(
        [
            (".env:1:16", "OPENAI_API_KEY → visible to → support"),
            ("compose.yaml:4:15", ".env"),
            ("agent.py:3:11", "support"),
        ]
    )
    assert KEY not in render_sarif(result)


def test_an_agent_leads_through_its_role_to_a_statement() -> None:
    finding, _ = found({"main.tf": TERRAFORM}, "service-wildcard-grant")

    assert told(finding) == snapshot(
        [
            ("main.tf:1:1", "support"),
            ("main.tf:3:29", "support → authenticates as → support-role"),
            ("main.tf:12:18", "support-role → grants → aws_iam_role_policy.all.policy #1"),
        ]
    )


def test_a_tool_leads_from_its_agent_to_the_call_that_runs_what_the_model_writes() -> None:
    python = {
        "agent.py": "from agents import Agent\nfrom work import shell\n\n"
        'desk = Agent(name="desk", tools=[shell])\n',
        "work.py": "import subprocess\n\nfrom agents import function_tool\n\n\n@function_tool\n"
        "def shell(command: str) -> str:\n    return subprocess.getoutput(command)\n",
    }
    typescript = {
        "agent.ts": 'import { Agent, tool } from "@openai/agents";\n'
        'import { execSync } from "child_process";\nimport { z } from "zod";\n'
        'const shell = tool({ name: "shell", description: "runs", '
        "parameters: z.object({ command: z.string() }),\n"
        "  execute: async ({ command }) => execSync(command) });\n"
        'export const desk = new Agent({ name: "desk", tools: [shell] });\n',
    }

    assert told(found(python, "unsandboxed-execution")[0]) == snapshot(
        [
            ("agent.py:4:8", "desk → invokes → shell"),
            ("work.py:7:5", "shell"),
            ("work.py:8:12", "subprocess.getoutput"),
        ]
    )
    assert told(found(typescript, "unsandboxed-execution")[0]) == snapshot(
        [
            ("agent.ts:6:25", "desk"),
            ("agent.ts:6:55", "desk → invokes → shell"),
            ("agent.ts:4:15", "shell"),
            ("agent.ts:5:35", "child_process.execSync"),
        ]
    )


STORE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: agent}
data: {CONVERSATION_MEMORY_URL: "redis://redis:6379/0"}
---
apiVersion: v1
kind: Pod
metadata: {name: agent}
spec:
  containers:
    - name: agent
      image: acme/support-agent:1
      envFrom: [{configMapRef: {name: agent}}]
---
apiVersion: v1
kind: Pod
metadata: {name: redis, labels: {app: redis}}
spec:
  serviceAccountName: store
  containers: [{name: redis, image: "redis:8"}]
---
apiVersion: v1
kind: Service
metadata: {name: redis}
spec: {selector: {app: redis}, ports: [{port: 6379}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: store}
roleRef: {kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: store, namespace: default}]
"""


def test_who_writes_to_a_store_does_not_act_as_what_runs_the_store() -> None:
    texts = {"agent.yaml": STORE}

    assert told(found(texts, "administrator-grant")[0]) == []
    assert told(found(texts, "memory-that-fills-up")[0]) == snapshot(
        [
            ("agent.yaml:11:13", "agent"),
            ("agent.yaml:4:33", "agent → likely persists to → conversation memory (redis)"),
        ]
    )


def test_what_no_agent_reaches_has_no_flow() -> None:
    text = (
        "services:\n  db:\n    image: postgres:17\n    environment: {POSTGRES_PASSWORD: Vk7tq2Ls}\n"
    )
    finding, result = found({"compose.yaml": text}, "literal-database-password")

    assert told(finding) == []
    assert "codeFlows" not in json.loads(render_sarif(result))["runs"][0]["results"][0]


def test_sarif_the_table_and_the_page_tell_the_same_steps() -> None:
    finding, result = found({"main.tf": TERRAFORM}, "service-wildcard-grant")
    [shown] = json.loads(render_sarif(result))["runs"][0]["results"]
    [flow] = shown["codeFlows"][0]["threadFlows"]
    [table] = findings_section(result).blocks
    assert isinstance(table, Table)

    locations = [step["location"] for step in flow["locations"]]
    places = [each["physicalLocation"] for each in locations]
    regions = [(each["artifactLocation"]["uri"], each["region"]) for each in places]
    steps = [
        (f"{file}:{region['startLine']}:{region['startColumn']}", location["message"]["text"])
        for (file, region), location in zip(regions, locations, strict=True)
    ]

    assert steps == told(finding)
    assert [step["executionOrder"] for step in flow["locations"]] == [1, 2, 3]
    assert list(table.rows[0].cells[3].way) == told(finding)
    assert str(render_table(result, width=200, verbose=True)).count(". main.tf:") == len(steps)
    assert ". main.tf:" not in str(render_table(result, width=200))
