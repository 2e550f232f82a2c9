"""Settings of Claude Code that lie in a repository under another name than in one's home."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of

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
