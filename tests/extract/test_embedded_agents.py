"""Coding agents that a program has within it by the SDKs of Codex and of Copilot."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent

CODEX = "import { Codex } from '@openai/codex-sdk';\nconst codex = new Codex();\n"
COPILOT = (
    "import { approveAll, CopilotClient } from '@github/copilot-sdk';\n"
    "const client = new CopilotClient();\n"
)
PYTHON = "from openai_codex import ApprovalMode, Codex, Sandbox\ncodex = Codex()\n"
PILOT = "from copilot import CopilotClient, PermissionHandler\nclient = CopilotClient()\n"
OPEN = "danger-full-access"


def agent(file: str, code: str) -> Agent:
    (found,) = deployment_of({file: f"{code}\n"}).agents
    return found


@pytest.mark.parametrize(
    ("options", "mode", "sandboxed"),
    [
        ("", "", Truth.UNKNOWN),
        ("{ sandboxMode: 'workspace-write', approvalPolicy: 'never' }", "", Truth.YES),
        (f"{{ sandboxMode: '{OPEN}' }}", "bypass", Truth.NO),
        (f"{{ sandboxMode: '{OPEN}', approvalPolicy: 'never' }}", "bypass", Truth.NO),
        (f"{{ sandboxMode: '{OPEN}', approvalPolicy: 'on-request' }}", "", Truth.NO),
    ],
)
def test_what_keeps_codex_is_its_sandbox(options: str, mode: str, sandboxed: Truth) -> None:
    found = agent("run.ts", f"{CODEX}const thread = codex.startThread({options});")

    assert (found.framework, found.permission_mode, found.sandboxed) == ("codex", mode, sandboxed)


@pytest.mark.parametrize(
    ("options", "mode", "sandboxed"),
    [
        ("", "", Truth.UNKNOWN),
        ("sandbox=Sandbox.workspace", "", Truth.YES),
        ("sandbox=Sandbox.full_access", "", Truth.NO),
        ("sandbox=Sandbox.full_access, approval_mode=ApprovalMode.auto_review", "", Truth.NO),
        ("sandbox=Sandbox.full_access, approval_mode=ApprovalMode.deny_all", "bypass", Truth.NO),
    ],
)
def test_codex_says_the_same_in_python(options: str, mode: str, sandboxed: Truth) -> None:
    found = agent("run.py", f"{PYTHON}thread = codex.thread_start({options})")

    assert (found.permission_mode, found.sandboxed) == (mode, sandboxed)


@pytest.mark.parametrize(
    ("file", "code", "mode"),
    [
        ("run.ts", "client.createSession({ onPermissionRequest: approveAll });", "bypass"),
        ("run.ts", "client.createSession({ onPermissionRequest: ask });", ""),
        ("run.ts", "client.createSession({ model: 'gpt-5' });", ""),
        (
            "run.ts",
            "client.createSession({ onPermissionRequest: approveAll, availableTools: ['view'] });",
            "",
        ),
        (
            "run.py",
            "client.create_session(on_permission_request=PermissionHandler.approve_all)",
            "bypass",
        ),
        ("run.py", "client.create_session(on_permission_request=ask)", ""),
    ],
)
def test_copilot_asks_its_program_which_may_approve_everything(
    file: str, code: str, mode: str
) -> None:
    found = agent(file, (COPILOT if file.endswith(".ts") else PILOT) + code)

    assert (found.framework, found.permission_mode) == ("copilot-sdk", mode)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("run.ts", f"{CODEX}codex.startThread(options);"),
        ("run.ts", f"{CODEX}codex.startThread({{ sandboxMode: mode }});"),
        ("run.ts", f"{CODEX}codex.startThread({{ sandboxMode: process.env.SANDBOX }});"),
        (
            "run.ts",
            f"{CODEX}codex.startThread({{ sandboxMode: '{OPEN}', approvalPolicy: given.asks }});",
        ),
        ("run.py", f"{PYTHON}codex.thread_start(sandbox=settings.sandbox)"),
        ("run.py", f"{PYTHON}codex.thread_start(**options)"),
        ("run.py", f"{PYTHON}codex.thread_start(sandbox=chosen())"),
    ],
)
def test_what_is_not_read_is_open(file: str, code: str) -> None:
    ends = deployment_of({file: f"{code}\n"}).unresolved

    assert [end.what for end in ends] == [f"the options of {file} do not fold"]


def test_sessions_of_others_are_no_agents() -> None:
    code = "from requests import create_session\nimport openai_codex_tools\ncreate_session()\n"

    assert deployment_of({"run.py": code}).agents == ()
