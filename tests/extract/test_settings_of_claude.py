"""Settings of Claude Code that lie in a repository under another name than in one's home."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth

OPEN = json.dumps({"permissions": {"defaultMode": "bypassPermissions", "allow": ["Bash(*)"]}})
RULES = json.dumps({"permissions": {"allow": ["Bash(make:*)", "mcp__shop__find"]}})
OTHERS = json.dumps({"permissions": {"allow": ["camera", "location"], "defaultMode": "strict"}})


@pytest.mark.parametrize("file", ["global-settings.json", "home/claude/settings.json"])
def test_settings_are_known_by_their_mode_and_rules(file: str) -> None:
    (agent,) = deployment_of({file: OPEN}).agents

    assert (agent.framework, agent.permission_mode) == ("claude-code", "bypass")
    assert [each.framework for each in deployment_of({file: RULES}).agents] == ["claude-code"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("app/settings.json", OTHERS),
        ("permissions.json", OPEN),
        ("examples/settings.json", OPEN),
        ("settings.template.json", OPEN),
    ],
)
def test_settings_of_others_and_those_that_are_shown_are_none(file: str, text: str) -> None:
    assert deployment_of({file: text}).agents == ()


@pytest.mark.parametrize(
    ("allowed", "first"), [("mcp__shop__*", "mcp__shop__*"), ("Read", "../other")]
)
def test_what_opens_most_is_told_before_further_folders(allowed: str, first: str) -> None:
    rules = {"allow": [allowed], "additionalDirectories": ["../other"]}
    (agent,) = deployment_of({".claude/settings.json": json.dumps({"permissions": rules})}).agents

    assert agent.evidence[0].snippet == first
    assert "../other" in {each.snippet for each in agent.evidence}


SHARED, LOCAL = ".claude/settings.json", ".claude/settings.local.json"
EVERYTHING = {"allow": ["Bash(*)", "mcp__shop__*"]}
NOTHING = {"deny": ["Bash", "mcp__shop"]}
SHOP = json.dumps({"mcpServers": {"shop": {"command": "npx", "args": ["shop@1.2.3"]}}})


@pytest.mark.parametrize(
    ("allowing", "denying"),
    [
        (LOCAL, SHARED),
        (SHARED, "etc/claude-code/managed-settings.json"),
        (SHARED, SHARED),
    ],
)
@pytest.mark.parametrize("how", ["deny", "ask"])
def test_what_settings_above_deny_or_ask_for_is_not_allowed(
    allowing: str, denying: str, how: str
) -> None:
    rules: dict[str, dict[str, object]] = {allowing: {}, denying: {}}
    rules[allowing] |= EVERYTHING
    rules[denying] |= {how: NOTHING["deny"]}
    files = {file: json.dumps({"permissions": each}) for file, each in rules.items()}
    deployment = deployment_of(files | {".mcp.json": SHOP})

    assert not any(each.wildcard_tools for each in deployment.agents)
    assert [each.auto_approved for each in deployment.tool_servers] == [False]
    assert "Bash" not in {each.name for each in deployment.tools}


@pytest.mark.parametrize("denying", [LOCAL, "other/.claude/settings.json"])
def test_what_other_people_or_projects_deny_stays_allowed(denying: str) -> None:
    files = {
        SHARED: json.dumps({"permissions": EVERYTHING}),
        denying: json.dumps({"permissions": NOTHING}),
        ".mcp.json": SHOP,
    }
    deployment = deployment_of(files)

    assert any(each.wildcard_tools for each in deployment.agents)
    assert [each.auto_approved for each in deployment.tool_servers] == [True]
    assert "Bash" in {each.name for each in deployment.tools}


@pytest.mark.parametrize(("first", "second"), [(SHARED, LOCAL), (LOCAL, SHARED)])
def test_what_one_of_two_settings_allows_is_not_asked_for(first: str, second: str) -> None:
    files = {
        first: json.dumps({"permissions": EVERYTHING}),
        second: json.dumps({"permissions": {"allow": ["Read"]}}),
        ".mcp.json": SHOP,
    }
    tools = deployment_of(files).tools

    assert {each.approval for each in tools if each.name.startswith("shop")} == {Truth.NO}
