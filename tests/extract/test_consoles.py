"""Programs in which agents are built and tried, and servers of models: whom they let in."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Truth


def composed(image: str, lines: str = "", ports: str = "'9000:9000'") -> Deployment:
    text = f"services:\n  board:\n    image: {image}\n    ports: [{ports}]\n{lines}"
    return deployment_of({"compose.yaml": text})


def let_in(deployment: Deployment) -> list[str]:
    return [agent.framework for agent in deployment.agents if agent.authenticated is Truth.NO]


@pytest.mark.parametrize(
    ("image", "lines", "expected"),
    [
        ("langflowai/langflow:1.5.0", "", ["langflow"]),
        ("langflowai/langflow", "    environment: {LANGFLOW_AUTO_LOGIN: 'true'}\n", ["langflow"]),
        ("langflowai/langflow", "    environment: {LANGFLOW_AUTO_LOGIN: 'False'}\n", []),
        ("langflowai/langflow", "    environment: {LANGFLOW_AUTO_LOGIN: '${LOGIN}'}\n", []),
        ("langflowai/langflow", "    env_file: .env.board\n", []),
        ("flowiseai/flowise:2.2.6", "", ["flowise"]),
        ("flowiseai/flowise:2.2.6", "    environment: {FLOWISE_USERNAME: ada}\n", []),
        ("flowiseai/flowise:3.0.8", "", []),
        ("flowiseai/flowise", "", []),
        (
            "ghcr.io/open-webui/open-webui:main",
            "    environment: {WEBUI_AUTH: 'False'}\n",
            ["open-webui"],
        ),
        ("ghcr.io/open-webui/open-webui:main", "    environment: {WEBUI_AUTH: '${AUTH}'}\n", []),
        ("ghcr.io/open-webui/open-webui:main", "", []),
    ],
)
def test_a_published_board_lets_everybody_in(image: str, lines: str, expected: list[str]) -> None:
    assert let_in(composed(image, lines)) == expected


def test_a_board_of_this_machine_alone_lets_nobody_in() -> None:
    assert let_in(composed("langflowai/langflow:1.5.0", ports="'127.0.0.1:7860:7860'")) == []


@pytest.mark.parametrize(
    ("inspector", "setting", "expected"),
    [
        ("inspector@0.16.2", "DANGEROUSLY_OMIT_AUTH: 'true'", True),
        ("inspector@0.16.2", "HOST: 0.0.0.0", False),
        ("inspector@0.13.0", "HOST: 0.0.0.0", True),
        ("inspector", "DANGEROUSLY_OMIT_AUTH: 'false'", False),
        (f"inspector@{'9' * 5_000}", "HOST: 0.0.0.0", False),
        ("inspector-cli", "DANGEROUSLY_OMIT_AUTH: 'true'", False),
    ],
)
def test_an_inspector_starts_what_anybody_asks_for(
    inspector: str, setting: str, *, expected: bool
) -> None:
    command = f"    command: [npx, -y, '@modelcontextprotocol/{inspector}']\n"
    found = composed("node:22", f"{command}    environment: {{{setting}}}\n").tool_servers

    assert [server.exposed for server in found] == [True] * expected


@pytest.mark.parametrize(
    ("ports", "expected"), [("'11434:11434'", True), ("'127.0.0.1:11434:11434'", False)]
)
def test_ollama_asks_nobody(ports: str, *, expected: bool) -> None:
    deployment = composed("ollama/ollama:0.12.3", ports=ports)
    (model,) = deployment.models

    assert (model.authenticated, model.exposed) == (Truth.NO, expected)
    assert any(edge.kind is EdgeKind.RUNS_ON and edge.src == model.id for edge in deployment.edges)


def test_what_is_built_upon_ollama_may_ask() -> None:
    (model,) = composed("acme/ollama-behind-login:1.0.0").models

    assert model.authenticated is Truth.UNKNOWN
