"""Agents that let pages of every origin call them, with what the user's browser holds."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.rules.ours import lint_rules

CODE = """\
import json, os
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic_ai import Agent
from settings import settings
agent = Agent("openai:gpt-5", name="helper")
app = FastAPI()
{lines}
app.add_middleware(CORSMiddleware, allow_origins={origins}, allow_credentials={credentials})
"""
COMPOSE = """\
services:
  agent:
    build: api
    environment: {{{variables}}}
"""


def opened(
    origins: str, *, lines: str = "", credentials: str = "True", variables: str = ""
) -> bool:
    code = CODE.format(origins=origins, lines=lines, credentials=credentials)
    files = {"api/app.py": code, "compose.yaml": COMPOSE.format(variables=variables)}
    (agent,) = deployment_of(files).agents
    return agent.cors_open


@pytest.mark.parametrize(
    ("origins", "expected"),
    [
        ('["*"]', True),
        ('os.getenv("CORS_ORIGINS", "*").split(",")', True),
        ('os.environ.get("CORS_ORIGINS", "https://a.example,*").split(",")', True),
        ('[o.strip() for o in os.getenv("CORS_ORIGINS", "*").split(",")]', True),
        ('json.loads(os.getenv("CORS_ORIGINS", \'["*"]\'))', True),
        ('os.getenv("CORS_ORIGINS", "https://a.example").split(",")', False),
        ('os.getenv("CORS_ORIGINS").split(",")', False),
        ("settings.origins", False),
        ('os.getenv("A", "https://*.example").split(",")', False),
    ],
)
def test_a_default_of_a_variable_counts(origins: str, *, expected: bool) -> None:
    assert opened(origins) is expected
    assert not opened(origins, credentials="False")


def test_a_variable_may_have_a_name() -> None:
    assert opened("ORIGINS", lines='ORIGINS = os.getenv("CORS_ORIGINS", "*").split(",")')


@pytest.mark.parametrize(
    ("origins", "variables", "expected"),
    [
        ('os.getenv("PAGES").split(",")', "PAGES: 'https://a.example,*'", True),
        ('os.getenv("PAGES").split(",")', "PAGES: 'https://a.example'", False),
        ('os.getenv("PAGES").split(",")', "OTHER_ORIGINS: '*'", False),
        ("settings.cors_origins", "API_CORS_ORIGINS: '*'", True),
        ('[o for o in settings.cors_origins.split(",")]', "CORS_ORIGINS: '${O:-*}'", True),
        ("json.loads(settings.cors_origins)", "CORS_ORIGINS: '*'", True),
        ("settings.pages", "PAGES: '*'", False),
    ],
)
def test_what_a_variable_is_set_to_counts(origins: str, variables: str, *, expected: bool) -> None:
    assert opened(origins, variables=variables) is expected
    assert not opened(origins, variables=variables, credentials="False")


AGENT = "from pydantic_ai import Agent\nagent = Agent('openai:gpt-5', name='helper')\n"
SERVER = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from {module} import {name}

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins={origins}, allow_credentials=True)
{line}
"""
PATHS = "from fastapi import APIRouter\nfrom desk.agent import agent\nrouter = APIRouter()\n"
HELP = "from desk.agent import agent\n"
HERE = "@app.post('/ask')\ndef ask(text): return agent.run_sync(text)"
THERE = "app.include_router(router)"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("desk.agent", "agent", "['*']", HERE), True),
        ((".agent", "agent", "['*']", HERE), True),
        (("desk.paths", "router", "['*']", THERE), True),
        (("desk.help", "router", "['*']", THERE), False),
        (("desk.agent", "agent", "['https://desk.example']", HERE), False),
        (("elsewhere", "agent", "['*']", HERE), False),
    ],
)
def test_a_server_may_let_pages_call_what_it_imports(
    given: tuple[str, str, str, str], *, expected: bool
) -> None:
    """The server names no framework of agents, and neither does what has its paths."""
    module, name, origins, line = given
    server = SERVER.format(module=module, name=name, origins=origins, line=line)
    files = {
        "desk/agent.py": AGENT,
        "desk/paths.py": PATHS,
        "desk/help.py": HELP,
        "desk/main.py": server,
    }
    (agent,) = deployment_of(files).agents

    assert agent.cors_open is expected


def test_so_may_a_server_that_is_read_because_it_loads_its_environment() -> None:
    server = SERVER.format(module="desk.paths", name="router", origins="['*']", line=THERE)
    loading = f"from dotenv import load_dotenv\nload_dotenv()\n{server}"
    files = {"desk/agent.py": AGENT, "desk/paths.py": PATHS, "desk/server.py": loading}

    assert [agent.cors_open for agent in deployment_of(files).agents] == [True]


def test_a_server_that_lets_every_page_in_is_told_once_for_all_its_agents() -> None:
    """What is changed is one line; a server of its own is another."""
    more = 'second = Agent("openai:gpt-5", name="second")\n'
    server = CODE.format(lines=more, origins='["*"]', credentials="True")
    graphs = (
        '{"graphs": {"a": "./a.py:g", "b": "./b.py:g"}, "http": {"cors": {"allow_origins": ["*"]}}}'
    )
    deployment = deployment_of({"api/app.py": server, "langgraph.json": graphs})
    found = [item for item in lint(deployment, lint_rules()).findings if item.rule == "open-cors"]

    assert sum(agent.cors_open for agent in deployment.agents) == 4
    assert sorted(item.evidence.file for item in found) == ["api/app.py", "langgraph.json"]
    assert all("The same holds at 1 more place." in item.message for item in found)
