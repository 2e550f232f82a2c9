"""A program in TypeScript that starts a coding agent which need not ask has such an agent."""

import pytest

from agentaudit.extract.deployment import deployment_of

HEAD = "import { spawn, exec } from 'node:child_process';\n"


def unasked(code: str, file: str = "src/server.ts") -> list[tuple[str, str]]:
    found = deployment_of({file: code}).agents
    return [(each.framework, each.permission_mode) for each in found]


@pytest.mark.parametrize(
    ("code", "framework"),
    [
        ("spawn('claude', ['-p', prompt, '--dangerously-skip-permissions'])", "claude-code"),
        ("spawn('/usr/bin/claude', ['--permission-mode', 'bypassPermissions'])", "claude-code"),
        (
            (
                "const args = ['-p', prompt];\nargs.push('--dangerously-skip-permissions');\n"
                "spawn('claude', args)"
            ),
            "claude-code",
        ),
        (
            "const flags = ['--approval-mode', 'yolo'];\nspawn('gemini', ['-p', prompt, ...flags])",
            "gemini-cli",
        ),
        (
            (
                "const args = ['--prompt', prompt, '--approval-mode', 'yolo'];\n"
                "const spec = { command: 'gemini', args };\nspawn(spec.command, spec.args)"
            ),
            "gemini-cli",
        ),
        ("exec(`codex exec --full-auto ${prompt}`)", "codex"),
        (
            (
                "const flags = ['--json', '--dangerously-bypass-approvals-and-sandbox'];\n"
                "const argv = ['codex', 'exec', ...flags, '-'];\nspawn(argv)"
            ),
            "codex",
        ),
    ],
)
def test_an_agent_that_need_not_ask_is_found(code: str, framework: str) -> None:
    assert unasked(HEAD + code) == [(framework, "bypass")]


@pytest.mark.parametrize(
    "code",
    [
        HEAD + "spawn('claude', ['-p', prompt, '--permission-mode', 'plan'])",
        HEAD + "spawn('gemini', ['--approval-mode', 'default', '-p', prompt])",
        HEAD + "const flag = '--dangerously-skip-permissions';\nspawn('claude', ['--version'])",
        HEAD + "const flag = '--dangerously-skip-permissions';\nwhich('claude')",
        HEAD + "log('claude --dangerously-skip-permissions is not allowed')",
        HEAD + "spawn('docker', ['run', '--yolo'])",
        HEAD + "const every = ['claude', 'codex', ...more];\nconst flags = ['--yolo'];",
        "pane('claude', ['-p', '--dangerously-skip-permissions'])",
    ],
)
def test_one_that_asks_or_is_not_started_is_none(code: str) -> None:
    assert unasked(code) == []


def test_what_a_program_made_is_not_read() -> None:
    code = HEAD + "spawn('claude', ['-p', '--dangerously-skip-permissions'])"

    assert unasked(code, "web/bundle.min.js") == []
