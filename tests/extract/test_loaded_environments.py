"""Environment files that programs load themselves."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Known

HELD = "GITHUB_TOKEN=ghp_Zq8mR4tLw2Xv9Nc6Hb3Kj7Pd1Fg5Sa0YeUi4\n"  # gitleaks:allow
AGENT = """\
import os
from agents import Agent, Runner
LOADED
agent = Agent(name="desk")
Runner.run_sync(agent, "Hi", max_turns=TURNS)
"""
LOADERS = [
    "from dotenv import load_dotenv\nload_dotenv()",
    "from dotenv import load_dotenv, find_dotenv\nload_dotenv(find_dotenv())",
    "from dotenv import dotenv_values\nconfig = dotenv_values('.env')",
    "from environs import Env\nenv = Env()\nenv.read_env()",
    "class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_file='.env')",
    "class Settings(BaseSettings):\n    class Config:\n        env_file = '.env'",
]
LOADS = LOADERS[0]
SCRIPT = """\
import "dotenv/config";
import { Agent, run } from "@openai/agents";
const desk = new Agent({ name: "desk" });
await run(desk, "Hi", { maxTurns: 9 });
"""


def program(loaded: str = LOADS, turns: str = "9") -> str:
    return AGENT.replace("LOADED", loaded).replace("TURNS", turns)


def seeing(found: Deployment) -> set[str]:
    """The names of the agents that see credentials."""
    names = {agent.id: agent.name for agent in found.agents}
    seen = (edge.dst for edge in found.edges if edge.kind is EdgeKind.VISIBLE_TO)
    return {names[each] for each in seen if each in names}


@pytest.mark.parametrize("loaded", LOADERS)
def test_an_agent_sees_what_its_program_loads(loaded: str) -> None:
    found = deployment_of({"agent.py": program(loaded), ".env": HELD})

    assert seeing(found) == {"desk"}
    assert [item.holder for item in found.credentials] == ["agent"]


@pytest.mark.parametrize(
    "files",
    [
        {"agent.py": program(""), "main.py": f"{LOADS}\nimport agent\n", ".env": HELD},
        {"src/desk/agent.py": program(""), "src/settings.py": LOADERS[4], ".env": HELD},
        {"app/agent.py": program(), ".env": HELD, "web/.env": "A=b\n"},
        {"agent.py": program("load_dotenv('.env.local')"), ".env.local": HELD},
        {"agent.ts": SCRIPT, ".env": HELD},
    ],
)
def test_a_program_may_load_it_for_others_and_from_above(files: dict[str, str]) -> None:
    assert seeing(deployment_of(files)) == {"desk"}


@pytest.mark.parametrize(
    "files",
    [
        {"agent.py": program(""), ".env": HELD},
        {"agent.py": program(), ".env.example": HELD},
        {"agent.py": program(), ".env.local": HELD},
        {"agent.py": program(), "other/.env": HELD},
        {"agent.py": program(""), "tests/test_a.py": LOADS, ".env": HELD},
        {"a/agent.py": program(""), "b/main.py": LOADS, ".env": HELD},
        {"a/agent.py": program(), "a/.env": "A=b\n", ".env": HELD},
        {"main.py": f"{LOADS}\nprint(1)\n", ".env": HELD},
    ],
)
def test_what_no_program_of_an_agent_loads_it_does_not_see(files: dict[str, str]) -> None:
    assert seeing(deployment_of(files)) == set()


@pytest.mark.parametrize(
    "turns",
    [
        "int(os.environ['PATIENCE'])",
        "int(os.getenv('PATIENCE', '10'))",
        "int(os.environ.get('PATIENCE') or 10)",
        "env.int('PATIENCE', 10)",
        "int(config['PATIENCE'])",
        "settings.patience",
    ],
)
@pytest.mark.parametrize(
    ("given", "known", "count"),
    [
        ("PATIENCE=7", Known.SET, 7),
        ("PATIENCE=500\nRECURSION_LIMIT=3", Known.SET, 500),
        ("DESK_PATIENCE=7", Known.SET, 7),
        ("PATIENCE=0", Known.NONE, None),
        ("A=b", Known.UNKNOWN, None),
    ],
)
def test_a_bound_is_what_the_environment_says(
    turns: str, given: str, known: Known, count: int | None
) -> None:
    files = {"agent.py": program(turns=turns), ".env": f"{given}\n"}
    (agent,) = deployment_of(files).agents

    assert (agent.max_iterations, agent.max_iterations_count) == (known, count)


def test_so_it_is_in_a_container() -> None:
    compose = "services: {desk: {build: ., environment: {PATIENCE: 7, OPENAI_API_KEY: $KEY}}}\n"
    turns = "int(os.environ['PATIENCE'])"
    (agent,) = deployment_of({"agent.py": program("", turns), "compose.yaml": compose}).agents

    assert agent.max_iterations_count == 7


def test_how_often_an_agent_may_loop_is_no_window_of_a_memory() -> None:
    files = {"agent.py": program(turns="int(os.environ['MAX_TURNS'])"), ".env": "MAX_TURNS=500\n"}
    (agent,) = (found := deployment_of(files)).agents
    others = deployment_of({"agent.py": program(), ".env": "CHAT_MAX_TURNS=500\n"})

    assert agent.max_iterations_count == 500
    assert found.memory_stores == ()
    assert [store.max_turns_count for store in others.memory_stores] == [500]


SERVER = """\
from dotenv import load_dotenv
from mcp.server.fastmcp import FastMCP

load_dotenv()
mcp = FastMCP("github")

@mcp.tool()
def issue(title: str) -> str:
    return title
"""


def test_a_server_of_tools_holds_what_its_program_loads() -> None:
    found = deployment_of({"server.py": SERVER, ".env": HELD})
    (server,), (token,) = found.tool_servers, found.credentials

    assert (token.holder, token.holder_id) == ("tool_server", server.id)
    assert found.agents == ()


@pytest.mark.parametrize(
    "files",
    [
        {"server.py": SERVER.replace("load_dotenv", "other"), ".env": HELD},
        {"server.py": SERVER, ".env.example": HELD},
        {"tests/server.py": SERVER, ".env": HELD},
        {
            "agent.py": "from dotenv import load_dotenv\nfrom mcp import StdioServerParameters\n"
            "load_dotenv()\nmade = StdioServerParameters(command='npx', args=['-y', 'x@1.0.0'])\n",
            ".env": HELD,
        },
    ],
)
def test_a_server_of_another_program_does_not(files: dict[str, str]) -> None:
    """A client hands the servers that it starts only what it tells them."""
    found = deployment_of(files)

    assert {item.holder for item in found.credentials} <= {"repository"}


def test_an_agent_of_the_program_holds_it_before_its_servers() -> None:
    found = deployment_of({"agent.py": program(), "server.py": SERVER, ".env": HELD})

    assert seeing(found) == {"desk"}
    assert [item.holder for item in found.credentials] == ["agent"]
