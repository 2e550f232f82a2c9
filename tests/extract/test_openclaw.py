"""What configurations of OpenClaw say of its agents, and of who may talk to them."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.agents import Agent


def agent_of(**settings: object) -> Agent:
    (agent,) = deployment_of({"home/.openclaw/openclaw.json": json.dumps(settings)}).agents
    return agent


@pytest.mark.parametrize(
    ("sandbox", "elevated", "sandboxed"),
    [
        ({}, {}, Truth.NO),
        ({"mode": "off"}, {}, Truth.NO),
        ({"mode": "non-main"}, {}, Truth.UNKNOWN),
        ({"mode": "all"}, {}, Truth.YES),
        ({"mode": "all"}, {"allowFrom": {"slack": ["U1"]}}, Truth.NO),
        ({"mode": "all"}, {"enabled": False, "allowFrom": {"slack": ["U1"]}}, Truth.YES),
    ],
)
def test_commands_run_in_a_sandbox_where_it_is_told_and_none_leaves_it(
    sandbox: dict[str, str], elevated: dict[str, object], sandboxed: Truth
) -> None:
    agent = agent_of(agents={"defaults": {"sandbox": sandbox}}, tools={"elevated": elevated})

    assert agent.sandboxed is sandboxed


@pytest.mark.parametrize(
    ("commands", "mode"),
    [
        ({"security": "full", "ask": "off"}, "bypass"),
        ({"security": "full", "ask": "always"}, ""),
        ({"ask": "off"}, ""),
    ],
)
def test_it_asks_nobody_only_where_both_are_told(commands: dict[str, str], mode: str) -> None:
    assert agent_of(agents={}, tools={"exec": commands}).permission_mode == mode


@pytest.mark.parametrize(
    ("bind", "mode", "authenticated"),
    [
        ("lan", "none", Truth.NO),
        ("loopback", "none", Truth.UNKNOWN),
        ("lan", "token", Truth.YES),
        ("lan", "", Truth.UNKNOWN),
    ],
)
def test_its_door_asks_or_is_open(bind: str, mode: str, authenticated: Truth) -> None:
    agent = agent_of(agents={}, gateway={"bind": bind, "auth": {"mode": mode}})

    assert agent.authenticated is authenticated


def test_a_configuration_within_a_manifest_has_the_places_of_its_file() -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: desk}\ndata:\n  openclaw.json: |\n"
        '    {"agents": {"list": [{"id": "desk"},\n'
        '      {"id": "mail", "sandbox": {"mode": "all"}}]},\n'
        '     "channels": {"telegram": {"dmPolicy": "open"},\n'
        '       "slack": {"dm": {"allowFrom": ["*"]}}, "irc": {"allowFrom": ["me"]}},\n'
        '     "gateway": {"controlUi": {"allowedOrigins": ["*"]}}}\n'
    )
    found = deployment_of({"desk.yaml": text})

    assert [(a.name, a.evidence[0].line, a.cors_open) for a in found.agents] == [
        ("OpenClaw/defaults", 6, True),
        ("OpenClaw/mail", 7, True),
    ]
    assert [agent.sandboxed for agent in found.agents] == [Truth.NO, Truth.YES]
    assert {source.name for source in found.sources} == {
        "messages of anybody on telegram",
        "messages of anybody on slack",
    }


CONFIGURED = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: desk}\ndata:\n  openclaw.json: |\n"
    '    {"gateway": {"port": 18789}, "agents": {}}\n'
)
POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {{name: claw}}\nspec:\n  {runtime}\n"
    "  containers: [{{name: claw, image: openclaw}}]\n"
    "  volumes: [{{name: settings, configMap: {{name: {mounted}}}}}]\n"
)


@pytest.mark.parametrize(
    ("runtime", "mounted", "sandboxed"),
    [
        ("runtimeClassName: gvisor", "desk", Truth.YES),
        ("runtimeClassName: kata-vm-isolation", "desk", Truth.YES),
        ("runtimeClassName: gvisor", "other", Truth.NO),
        ("runtimeClassName: nvidia", "desk", Truth.NO),
        ("hostNetwork: false", "desk", Truth.NO),
    ],
)
def test_a_pod_with_a_kernel_of_its_own_is_a_sandbox(
    runtime: str, mounted: str, sandboxed: Truth
) -> None:
    pod = POD.format(runtime=runtime, mounted=mounted)
    agents = deployment_of({"claw/desk.yaml": CONFIGURED, "claw/pod.yaml": pod}).agents

    assert {a.sandboxed for a in agents if a.framework == "openclaw"} == {sandboxed}


def test_a_pod_beside_a_file_that_it_does_not_mount_boxes_nothing() -> None:
    """Volumes of other kinds have no ConfigMap, and a file of its own has no name."""
    pod = POD.format(runtime="runtimeClassName: gvisor", mounted="other")
    pod = pod.replace("volumes: [", "volumes: [{name: tmp, emptyDir: {}}, ")
    files = {"claw/openclaw.json": '{"agents": {}}', "claw/pod.yaml": pod}

    agents = deployment_of(files).agents

    assert {a.sandboxed for a in agents if a.framework == "openclaw"} == {Truth.NO}


def test_what_a_pod_without_a_box_mounts_too_is_in_none() -> None:
    boxed, bare = (
        POD.format(runtime=runtime, mounted="desk")
        for runtime in ("runtimeClassName: gvisor", "hostNetwork: false")
    )
    files = {"claw/desk.yaml": CONFIGURED, "claw/pod.yaml": boxed, "claw/other.yaml": bare}
    agents = deployment_of(files).agents

    assert {a.sandboxed for a in agents if a.framework == "openclaw"} == {Truth.NO}


def test_a_pod_in_another_folder_mounts_another_file_of_that_name() -> None:
    pod = POD.format(runtime="runtimeClassName: gvisor", mounted="desk")
    agents = deployment_of({"claw/desk.yaml": CONFIGURED, "other/pod.yaml": pod}).agents

    assert {a.sandboxed for a in agents if a.framework == "openclaw"} == {Truth.NO}
