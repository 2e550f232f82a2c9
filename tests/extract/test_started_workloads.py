"""Services of Compose that are built here run the agents that their command starts."""

import json

import pytest
from inline_snapshot import snapshot

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.finding import Finding, Severity
from agentaudit.rules.ours import lint_rules

GRAPH = (
    "from langgraph.prebuilt import create_react_agent\n"
    "desk = create_react_agent(model, tools=[look_up])\n"
)
PAGES = "from fastapi import FastAPI\nfrom desk.routes import router\napp = FastAPI()\n"
ROUTES = "from fastapi import APIRouter\nfrom desk.graph import desk\n"
BASE = "FROM python:3.13-slim\nCOPY . .\n"
SERVED = f'{BASE}CMD ["uvicorn", "desk.main:app", "--host", "0.0.0.0"]\n'
DESK = (
    "import { generateText, tool } from 'ai';\n"
    "const look = tool({ inputSchema: shape, execute: async ({ q }) => find(q) });\n"
    "export const desk = () => generateText({ model, prompt, tools: { look }, stopWhen: done });\n"
)
SERVE = "import { tool } from 'ai';\nimport { desk } from './desk';\nserve(desk);\n"
COMPOSE = "services: {api: {build: ./backend, env_file: .env}, db: {image: 'postgres:17'}}\n"
CODE = {
    "backend/desk/graph.py": GRAPH,
    "backend/desk/main.py": PAGES,
    "backend/desk/routes.py": ROUTES,
}


def agents(files: dict[str, str], manifest: str = COMPOSE) -> set[str]:
    found = deployment_of({"compose.yaml": manifest, **files})
    return {each.name for each in found.runtimes if each.kind == "container" and each.runs_agent}


@pytest.mark.parametrize(
    "files",
    [
        {"backend/Dockerfile": SERVED},
        {"backend/Dockerfile": f"{BASE}CMD uvicorn desk.main:app\n"},
        {"backend/Dockerfile": f"{BASE}CMD gunicorn 'desk.main:app()'\n"},
        {"backend/Dockerfile": f'{BASE}CMD ["sh", "-c", "cd /app; exec uvicorn desk.main:app"]\n'},
        {
            "backend/Dockerfile": f'{BASE}ENTRYPOINT ["./start.sh"]\n',
            "backend/start.sh": "exec uvicorn desk.main:app\n",
        },
    ],
)
def test_what_is_started_says_that_it_is_an_agent(files: dict[str, str]) -> None:
    assert agents({**CODE, **files}) == {"api"}


@pytest.mark.parametrize(
    ("command", "script", "expected"),
    [
        ('["npm", "start"]', "tsx src/serve.ts", {"api"}),
        ('["npm", "run", "start"]', "node dist/serve.js", {"api"}),
        ("pnpm start", "tsx src/serve.ts", {"api"}),
        ("npm run build", "tsx src/serve.ts", set()),
        ("npm start", "vite preview", set()),
    ],
)
def test_what_a_package_starts_is_said_by_its_manifest(
    command: str, script: str, expected: set[str]
) -> None:
    files = {
        "backend/Dockerfile": f"FROM node:22\nCOPY . .\nCMD {command}\n",
        "backend/package.json": f'{{"name": "desk", "scripts": {{"start": "{script}"}}}}',
        "backend/src/serve.ts": SERVE,
        "backend/src/desk.ts": DESK,
    }

    assert agents(files) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ('sh -c "alembic upgrade head && uvicorn desk.main:app --host 0.0.0.0"', {"api"}),
        ('bash -lc "cd /app; uvicorn desk.main:app;"', {"api"}),
        ('bash -c "alembic upgrade head\nuvicorn desk.main:app"', {"api"}),
        ('sh -c "cd /app && pytest desk/main.py"', set()),
        ('sh -c "alembic upgrade head"', set()),
    ],
)
def test_a_script_within_a_command_is_read(command: str, expected: set[str]) -> None:
    manifest = COMPOSE.replace("env_file: .env", f"command: {json.dumps(command)}")

    assert agents({**CODE, "backend/Dockerfile": BASE}, manifest) == expected


def test_a_command_of_the_manifest_comes_first() -> None:
    manifest = COMPOSE.replace("env_file: .env", "command: uvicorn desk.main:app")

    assert agents({**CODE, "backend/Dockerfile": BASE}, manifest) == {"api"}
    assert not agents(
        {**CODE, "backend/Dockerfile": SERVED}, COMPOSE.replace("env_file: .env", "command: pytest")
    )


def test_a_file_that_is_read_says_what_it_imports() -> None:
    manifest = """\
services:
  api: {build: ., command: python -m desk.serve}
  crawl: {build: ., command: python -m desk.crawl}
"""
    files = {
        "Dockerfile": BASE,
        "desk/graph.py": GRAPH,
        "desk/serve.py": "import langchain_openai\nfrom desk.graph import desk\n",
        "desk/crawl.py": "import langchain_openai\nimport feedparser\n",
    }

    assert agents(files, manifest) == {"api"}


def test_of_two_that_start_unread_files_of_one_folder_none_is_known() -> None:
    manifest = COMPOSE.replace(
        "db: {image: 'postgres:17'}", "admin: {build: ./backend, command: python desk/admin.py}"
    )
    files = {**CODE, "backend/Dockerfile": SERVED, "backend/desk/admin.py": "import flask\n"}

    assert not agents(files, manifest)


@pytest.mark.parametrize(
    "files",
    [
        {
            "backend/Dockerfile": f"{BASE}CMD uvicorn other.main:app\n",
            "backend/other/main.py": PAGES,
        },
        {"backend/Dockerfile": f"{BASE}CMD python tests/test_graph.py\n"},
        {"backend/Dockerfile": f"{BASE}CMD sleep infinity\n"},
    ],
)
def test_what_starts_something_else_is_none(files: dict[str, str]) -> None:
    assert not agents({**CODE, **files})


def test_agents_of_another_image_are_not_its_own() -> None:
    manifest = "services: {pages: {build: .}, desk: {build: ./desk}}\n"
    files = {
        "Dockerfile": f"{BASE}CMD python app.py\n",
        "app.py": "import flask\n",
        "desk/Dockerfile": f"{BASE}CMD python graph.py\n",
        "desk/graph.py": GRAPH,
    }

    assert agents(files, manifest) == {"desk"}


def test_a_dockerfile_in_a_folder_of_its_own_starts_what_lies_there() -> None:
    manifest = """\
services:
  voice: {build: {context: ., dockerfile: voice/Dockerfile}}
  desk: {build: {context: ., dockerfile: desk/Dockerfile}}
"""
    files = {
        "voice/Dockerfile": f'{BASE}CMD ["/app/start.sh"]\n',
        "voice/main.py": "import flask\n",
        "desk/Dockerfile": f"{BASE}CMD uvicorn main:app\n",
        "desk/main.py": PAGES,
        "desk/graph.py": GRAPH,
        "tools/graph.py": GRAPH,
    }

    assert agents(files, manifest) == {"desk"}


def test_a_dockerfile_outside_of_what_it_is_built_from_starts_nothing_beside_it() -> None:
    pages = f'{BASE}ENTRYPOINT ["/serve-pages.sh"]\n'
    built = "services: {shop: {build: {context: ./shop, dockerfile: ../Dockerfile.pages}}}\n"
    code = {"desk/graph.py": GRAPH, "shop/package.json": '{"name": "shop"}'}

    assert not agents({**code, "Dockerfile.pages": pages, "compose.yaml": built})
    whole = built.replace("./shop", ".").replace("../", "")
    assert agents({**code, "Dockerfile.pages": pages, "compose.yaml": whole}) == {"shop"}


@pytest.mark.parametrize(
    ("build", "expected"),
    [("./bridge", set()), ("{context: ., dockerfile: bridge/Dockerfile}", {"bridge"})],
)
def test_what_lies_above_all_that_an_image_is_built_from_is_not_in_it(
    build: str, expected: set[str]
) -> None:
    files = {"index.ts": DESK, "bridge/Dockerfile": 'FROM node:22\nCMD ["node", "index.js"]\n'}

    assert agents(files, f"services:\n  bridge:\n    build: {build}\n") == expected


def test_the_server_of_adk_serves_the_agents_of_its_folder() -> None:
    files = {
        "backend/Dockerfile": f'{BASE}CMD ["sh", "-c", "adk api_server -v agents --port 8000"]\n',
        "backend/agents/desk/agent.py": (
            "from google.adk.agents import Agent\n"
            'root_agent = Agent(name="desk", model="gemini-2.5-flash", tools=[look_up])\n'
        ),
    }

    assert agents(files) == {"api"}


def test_the_server_of_langgraph_serves_the_graphs_of_its_folder() -> None:
    image = f'{BASE}CMD ["langgraph", "dev", "--host", "0.0.0.0"]\n'

    assert agents({**CODE, "backend/Dockerfile": image}) == {"api"}
    assert not agents({**CODE, "backend/Dockerfile": image.replace("dev", "build")})


@pytest.mark.parametrize(
    ("manifest", "files", "told"),
    [
        (COMPOSE.replace("env_file: .env", "ports: ['2024:2024']"), {}, True),
        (COMPOSE.replace("env_file: .env", "ports: ['127.0.0.1:2024:2024']"), {}, False),
        (COMPOSE, {}, False),
        (
            COMPOSE.replace("env_file: .env", "ports: ['2024:2024']"),
            {
                "backend/langgraph.json": '{"dependencies": ["."], "graphs": '
                '{"desk": "./desk/graph.py:desk"}, "auth": {"path": "./desk/auth.py:auth"}}'
            },
            False,
        ),
    ],
)
def test_a_frameworks_own_server_asks_nobody(
    manifest: str, files: dict[str, str], *, told: bool
) -> None:
    image = f"{BASE}CMD langgraph dev --host 0.0.0.0\n"
    found = deployment_of({"compose.yaml": manifest, **CODE, "backend/Dockerfile": image, **files})
    result = lint(found, lint_rules(), names={"unauthenticated-agent"})

    assert bool(result.findings) is told


def _served_by_adk(agent: str) -> list[Finding]:
    image = f'{BASE}CMD ["adk", "web", "--host", "0.0.0.0"]\n'
    files = {
        "backend/Dockerfile": image,
        "backend/desk/agent.py": f"from google.adk.agents import Agent\n{agent}",
        "backend/strands/main.py": "from strands import Agent\nother = Agent(tools=[look_up])\n",
    }
    manifest = COMPOSE.replace("env_file: .env", "ports: ['8000:8000']")
    found = deployment_of({"compose.yaml": manifest, **files})
    return list(lint(found, lint_rules(), names={"unauthenticated-agent"}).findings)


def test_a_frameworks_own_server_answers_for_its_agents_and_for_those_before_others() -> None:
    """What an agent hands work to is reached through it, and another framework's not at all."""
    below = 'Agent(name="below", model="m", tools=[look_up])'
    (finding,) = _served_by_adk(
        f'below = {below}\nroot_agent = Agent(name="desk", model="m", sub_agents=[below])\n'
    )

    assert finding.message == "desk does not authenticate its callers."


def test_agents_that_hand_work_to_one_another_answer_all_the_same() -> None:
    """They are behind one server, so that one finding tells of them."""
    (finding,) = _served_by_adk(
        'a = Agent(name="a", model="m", sub_agents=[b])\n'
        'b = Agent(name="b", model="m", sub_agents=[a])\n'
    )

    assert finding.message == snapshot(
        "a does not authenticate its callers. The same holds at 1 more place."
    )


@pytest.mark.parametrize(
    ("command", "severity"),
    [
        ("uvicorn desk.main:app", Severity.MEDIUM),
        ("uvicorn desk.main:app --reload", Severity.LOW),
        ("uvicorn desk.main:app --reload-delay 2", Severity.MEDIUM),
    ],
)
def test_who_has_it_start_again_at_each_change_develops(command: str, severity: Severity) -> None:
    told = COMPOSE.replace("env_file: .env", f"command: {command}")
    for manifest, image in ((COMPOSE, f"{BASE}CMD {command}\n"), (told, SERVED)):
        found = deployment_of({"compose.yaml": manifest, **CODE, "backend/Dockerfile": image})
        result = lint(found, lint_rules(), names={"agent-as-root"})

        assert [finding.severity for finding in result.findings] == [severity]


def test_what_many_services_start_in_the_same_words_is_looked_at_once() -> None:
    """A manifest may hold a long script, which each of them had been read for."""
    services = "".join(f"  s{n}:\n    build: .\n    command: npm start\n" for n in range(2_000))
    deployment = deployment_of(
        {
            "desk.ts": DESK,
            "package.json": f'{{"scripts": {{"start": "tsx desk.ts {"x " * 40_000}"}}}}',
            "docker-compose.yml": f"services:\n{services}",
            "Dockerfile": "FROM node:22\nCOPY . .\n",
        }
    )

    assert all(runtime.runs_agent for runtime in deployment.runtimes)
