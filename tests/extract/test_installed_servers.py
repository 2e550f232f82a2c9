"""Tool servers and hooks that `npx` starts from what the project has itself."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth

LOCK = {"package-lock.json": '{"lockfileVersion": 3}'}


def pinned(args: list[str], manifest: object, *, command: str = "npx", **more: str) -> Truth:
    server = {"mcpServers": {"desk": {"command": command, "args": args}}}
    files = {".cursor/mcp.json": json.dumps(server), "package.json": json.dumps(manifest), **more}
    (found,) = deployment_of(files).tool_servers
    return found.pinned


@pytest.mark.parametrize(
    ("args", "manifest"),
    [
        (["-y", "@acme/cli", "mcp"], {"dependencies": {"@acme/cli": "20.1.0"}}),
        (["@acme/cli", "mcp"], {"devDependencies": {"@acme/cli": "20.1.0"}}),
        (["playwright", "run-test-mcp-server"], {"devDependencies": {"@playwright/test": "1.2.3"}}),
        (["@acme/cli"], {"dependencies": {"@acme/cli": "workspace:*"}}),
    ],
)
def test_what_the_project_depends_on_in_one_version_is_started(
    args: list[str], manifest: object
) -> None:
    assert pinned(args, manifest) is Truth.YES


def test_of_a_range_the_lock_says_which_version_it_is() -> None:
    manifest = {"devDependencies": {"@acme/cli": "^20.1.0"}}

    assert pinned(["-y", "@acme/cli"], manifest) is Truth.UNKNOWN
    assert pinned(["-y", "@acme/cli"], manifest, **LOCK) is Truth.YES


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("npx", ["-y", "@acme/cli@latest"]),
        ("npx", ["-y", "@acme/cli@^20"]),
        ("npx", ["-y", "@acme/other"]),
        ("pnpm", ["dlx", "@acme/cli"]),
        ("pnpx", ["@acme/cli"]),
    ],
)
def test_what_is_fetched_all_the_same_is_not_pinned(command: str, args: list[str]) -> None:
    manifest = {"dependencies": {"@acme/cli": "20.1.0"}}

    assert pinned(args, manifest, command=command, **LOCK) is Truth.NO


def test_another_project_says_nothing_of_this_one() -> None:
    beside = {"shop/package.json": json.dumps({"dependencies": {"@acme/cli": "20.1.0"}})}

    assert pinned(["-y", "@acme/cli"], {"name": "desk"}, **beside) is Truth.NO


def test_a_hook_runs_what_the_project_has() -> None:
    settings = {"hooks": {"Stop": [{"hooks": [{"command": "npx -y @acme/lint ."}]}]}}
    files = {".claude/settings.json": json.dumps(settings)}
    own = {"package.json": json.dumps({"devDependencies": {"@acme/lint": "3.0.1"}})}

    assert [each.pinned for each in deployment_of(files).hooks] == [Truth.NO]
    assert [each.pinned for each in deployment_of({**files, **own}).hooks] == [Truth.YES]


def test_a_gateway_of_docker_starts_servers_of_its_catalogue() -> None:
    assert pinned(["mcp", "gateway", "run"], {}, command="docker") is Truth.UNKNOWN
    assert pinned(["run", "-i", "acme/mcp"], {}, command="docker") is Truth.NO
