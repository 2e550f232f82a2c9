"""Which tools run what the model writes."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth


@pytest.mark.parametrize(
    ("body", "runs"),
    [
        ("subprocess.run(words, shell=True)", True),
        ("subprocess.run(f'ls {words}', shell=asked())", True),
        ("subprocess.run(shlex.split(words))", True),
        ("subprocess.run([words, '--help'])", True),
        ("subprocess.run(['bash', '-c', words])", True),
        ("subprocess.run([sys.executable, path])", True),
        ("line = 'x' + words\n    os.system(line)", True),
        ("for word in words:\n        command = [word]\n        subprocess.run(command)", True),
        ("with open(words) as found:\n        exec(found.read())", True),
        ("subprocess.run(args=[words])", True),
        ("first = second = words\n    subprocess.run([first])", True),
        ("command: list[str] = [words]\n    subprocess.run(command)", True),
        ("if command := [words]:\n        subprocess.run(command)", True),
        ("async for word in split(words):\n        subprocess.run([word])", True),
        ("line = other = ['git', 'clone']\n    subprocess.run(line + [words])", False),
        ("line = words\n    line = line + ' -x'\n    subprocess.run([line])", True),
        ("words = words + ' -x'\n    subprocess.run(words)", True),
        ("line = ['ls']\n    line = ['bash', '-c'] + [words]\n    subprocess.run(line)", True),
        ("line = ['flow', words]\n    line = ['mpirun'] + line\n    subprocess.run(line)", False),
        (
            "line = ['flow', words]\n    line = [os.getenv('M')] + line\n    subprocess.run(line)",
            False,
        ),
        ("subprocess.run(['kill', '-15', str(words)])", False),
        ("command = ['git', 'clone']\n    subprocess.run(command + [words])", False),
        ("subprocess.run([configured(), '20'])", False),
        ("subprocess.run('systemctl restart agent', shell=True)", False),
        ("subprocess.run(['ls', words], shell=False)", False),
        ("os.system('uptime')", False),
        ("subprocess.run(['kubectl', 'get', 'pods', '-n', words])", False),
        ("subprocess.run(['kubectl', '-n', words, 'logs', words, '--tail=9'])", False),
        ("subprocess.run(['kubectl', f'--namespace={words}', 'get', 'pods'])", False),
        (
            "line = ['kubectl', 'get', words]\n    line.append('-A')\n    subprocess.run(line)",
            False,
        ),
        ("line = LINES[words]\n    subprocess.run(line)", False),
        ("line = words[1:]\n    subprocess.run([line])", True),
        ("subprocess.run([*words.split()[0:2]])", True),
        (
            "line = load_one(words).do\n    subprocess.run([e.replace('_', words) for e in line])",
            False,
        ),
        ("tool = Tools.load(words)\n    subprocess.run(tool.lint.command)", False),
        ("made = json.loads(words)\n    subprocess.run(made.command)", True),
        ("made = yaml.load(words)\n    subprocess.run(made.command)", True),
        ("made = parsed(words)\n    subprocess.run(made.command)", True),
        ("subprocess.run(words.command)", True),
        (
            "line = [each.replace('a', 'b') for each in words.split()]\n    subprocess.run(line)",
            True,
        ),
        ("line = [words for each in range(2)]\n    subprocess.run(line)", True),
        ("subprocess.run(shlex.split(f'journalctl -u {words} -n 20'))", False),
        ("line = f'ping -c 3 {words}'\n    subprocess.run(shlex.split(line))", False),
        ("subprocess.run(shlex.split(f'kubectl logs {words}'))", False),
        ("subprocess.run(shlex.split(f'kubectl -n {words} logs desk'))", True),
        ("subprocess.run(shlex.split(f'{words} --version'))", True),
        ("subprocess.run(shlex.split(f'./{words}.sh --version'))", True),
        ("subprocess.run(shlex.split(f'bash {words}'))", True),
        ("subprocess.run(shlex.split(f'find . -name {words}'))", True),
        ("subprocess.run(shlex.split(f'sudo {words} ls'))", True),
        ("subprocess.run(shlex.split(f'ping {words}'), shell=True)", True),
        ("line = f'ping {words}'\n    line = words\n    subprocess.run(shlex.split(line))", True),
        ("line = line2 = line\n    subprocess.run(shlex.split(line + words))", True),
        ("subprocess.run(['npx', 'cdk@latest', 'init', 'app'], cwd=words)", False),
        ("subprocess.run(['uvx', '--from', 'ruff', 'ruff', 'check', words])", False),
        ("subprocess.run(['npx', '-y', 'tsx@4', words])", True),
        ("subprocess.run(['npx', '-c', words])", True),
        ("subprocess.run(['npx', '--yes', words])", True),
        ("subprocess.run(['uvx', '--from', words, 'tool'])", True),
        ("subprocess.run(['uvx', 'pytest'])", True),
        ("subprocess.run(['kubectl', 'exec', words, '--', 'ls'])", True),
        ("subprocess.run(['kubectl', 'apply', '-f', words])", True),
        ("subprocess.run(['kubectl', words, 'pods'])", True),
        ("subprocess.run(['kubectl', '-n', 'desk', words])", True),
        ("subprocess.run(['kubectl'] + words.split())", True),
        ("subprocess.run(['kubectl', *words])", True),
        ("subprocess.run(f'kubectl get pods -n {words}', shell=True)", True),
        ("subprocess.run(['docker', 'logs', words])", False),
        ("subprocess.run(['/usr/bin/docker', '--context', 'desk', 'restart', words])", False),
        ("subprocess.run(['docker', 'run', words])", True),
        ("subprocess.run(['docker', 'compose', '-f', 'a.yml', 'restart', words])", False),
        ("subprocess.run(['docker', 'compose', 'exec', 'desk', words])", True),
        ("subprocess.run(['docker', 'container', 'exec', words])", True),
        ("subprocess.run(['sudo', '-n', 'systemctl', 'restart', words])", False),
        ("subprocess.run(['sudo', '-u', 'desk', 'bash', '-c', words])", True),
        ("subprocess.run(['sudo', words])", True),
        ("subprocess.run(['timeout', '30', 'ping', words])", False),
        ("subprocess.run(['timeout', '-k', '5', '30s', 'sh', words])", True),
        ("subprocess.run(['env', 'A=b', 'python3', words])", True),
        ("subprocess.run(['env', '-u', words])", True),
        ("subprocess.run(['ssh', 'desk', words])", True),
        ("subprocess.run(['python3', 'desk.py', words])", False),
        ("subprocess.run(['python3', words, 'desk.py'])", True),
        ("subprocess.run(['python3', '-c', words, 'desk.py'])", True),
        ("subprocess.run([sys.executable, os.path.join(HERE, 'desk.py')] + [words])", False),
        ("subprocess.run([sys.executable, os.path.join(words, 'desk.py')])", True),
        ("open('a.py', 'w').write(words)\n    subprocess.run([sys.executable, 'a.py'])", True),
    ],
)
def test_what_the_model_writes_is_run_by_shells_and_interpreters(
    body: str,
    runs: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    """A fixed program that gets words of the model as arguments is another thing."""
    code = f"""
import os, shlex, subprocess, sys
from langchain_core.tools import tool

@tool
async def runs(words: str):
    {body}
"""
    (tool,) = deployment_of({"agent.py": code}).tools

    assert ("execute" in tool.effects) is runs


@pytest.mark.parametrize(("line", "runs"), [("f'journalctl -u {words}'", False), ("words", True)])
def test_a_line_that_a_helper_takes_apart_is_what_the_tool_hands_it(
    line: str,
    runs: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    code = f"""
import shlex, subprocess
from langchain_core.tools import tool

def started(cmd: str, timeout: int = 15):
    return subprocess.run(shlex.split(cmd), timeout=timeout)

@tool
def logs(words: str):
    cmd = {line}
    return started(cmd)
"""
    (tool,) = deployment_of({"agent.py": code}).tools

    assert ("execute" in tool.effects) is runs


def test_a_tool_that_the_model_tells_nothing_runs_nothing_of_its_own() -> None:
    code = """
import subprocess
from langchain_core.tools import tool

@tool
def restart():
    subprocess.run("sh /srv/restart.sh", shell=True)
    subprocess.run(["sh", "/srv/restart.sh"])
"""
    (tool,) = deployment_of({"agent.py": code}).tools

    assert "execute" not in tool.effects


@pytest.mark.parametrize(
    ("command", "effects"),
    [
        ("['kubectl', 'delete', 'pod', words]", {"delete"}),
        ("['docker', 'rm', words]", {"delete"}),
        ("['kubectl', 'scale', words]", {"write"}),
        ("['sudo', 'docker', 'compose', 'up', words]", {"write"}),
        ("['kubectl', 'get', words]", {"read"}),
        ("['systemctl', 'restart', words]", set[str]()),
    ],
)
def test_clients_of_clusters_and_containers_do_what_their_command_says(
    command: str, effects: set[str]
) -> None:
    code = f"""
import subprocess
from langchain_core.tools import tool

@tool
def manages(words: str):
    subprocess.run({command})
"""
    (tool,) = deployment_of({"agent.py": code}).tools

    assert set(tool.effects) == effects


_ALLOWED = "if words not in SERVICES:\n        raise ValueError(words)\n    "


@pytest.mark.parametrize(
    ("body", "runs"),
    [
        (f"{_ALLOWED}subprocess.run(['sh', words])", False),
        (f"{_ALLOWED}os.system(f'systemctl restart {{words}}')", False),
        (
            "if not words or words not in ('a', 'b'):\n        return ''\n    os.system(words)",
            False,
        ),
        (f"{_ALLOWED}os.system(other)", True),
        (f"{_ALLOWED}words = other\n    os.system(words)", True),
        (f"{_ALLOWED.replace(' not in', ' in')}os.system(words)", True),
        (f"{_ALLOWED.replace('SERVICES', 'other')}os.system(words)", True),
        (f"{_ALLOWED.replace('SERVICES', repr('ls -l'))}os.system(words)", True),
        (f"{_ALLOWED.replace('words not', 'words.split()[0] not')}os.system(words)", True),
        (f"{_ALLOWED.replace('raise ValueError(words)', 'print(words)')}os.system(words)", True),
        ("if other and words not in KNOWN:\n        return ''\n    os.system(words)", True),
    ],
)
def test_what_must_be_among_names_of_the_program_is_no_word_of_the_model(
    body: str,
    runs: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    code = f"""
import os, subprocess
from langchain_core.tools import tool

@tool
def restarts(words: str, other: str = ''):
    {body}
"""
    (tool,) = deployment_of({"agent.py": code}).tools

    assert ("execute" in tool.effects) is runs


_DIGITS = "if not re.match(r'^[0-9+\\-*/().^ ]+$', words):\n        return 'no'\n    "
_EACH = "if not all(c in '0123456789+-*/() ' for c in words):\n        raise ValueError\n    "

_SET = "digits = set('0123456789+-')\n    if not set(words) <= digits:\n        return ''\n    "


@pytest.mark.parametrize(
    ("body", "runs"),
    [
        (f"{_DIGITS}return eval(words)", False),
        (f"{_DIGITS}words = words.replace('^', '**')\n    return eval(words)", False),
        (f"{_EACH}return eval(words)", False),
        (f"{_EACH}said = words.replace('^', '**')\n    return eval(said)", False),
        (f"said = words\n    words = ''\n    {_EACH}eval(said)", True),
        (f"{_EACH}said = words.replace('1', 'exit()')\n    eval(said)", True),
        (f"{_EACH}other = words\n    eval(other)", True),
        (
            (
                "digits = set('0123456789+-')\n    if any(c not in digits for c in words):\n"
                "        return ''\n    return eval(words)"
            ),
            False,
        ),
        (f"{_SET}return eval(words)", False),
        (f"{_SET.replace('digits:', 'set(other):')}return eval(words)", True),
        ("if set(words) - set('0123456789+-'):\n        return ''\n    return eval(words)", False),
        ("if set(words) - set('abc+-'):\n        return ''\n    return eval(words)", True),
        ("if not re.fullmatch(r'[z-a]+', words):\n        return ''\n    eval(words)", True),
        ("if not re.fullmatch(r'[\\d+*. ]+', words):\n        return ''\n    eval(words)", False),
        ("if not re.match(r'[0-9]+', words):\n        return ''\n    eval(words)", True),
        ("if not re.match(r'^[\\w+]+$', words):\n        return ''\n    eval(words)", True),
        ("if not re.match(r'^[!-~]+$', words):\n        return ''\n    eval(words)", True),
        ("if not re.match(r'^[^;]+$', words):\n        return ''\n    eval(words)", True),
        ("if not re.match(r'^[0-9]+$', words):\n        print(words)\n    eval(words)", True),
        (f"{_DIGITS}words = words.replace('1', 'exit()')\n    eval(words)", True),
        (f"{_DIGITS}words = other\n    eval(words)", True),
        (f"{_DIGITS}eval(other)", True),
        (
            (
                "if words:\n        if not re.match(r'^[0-9]+$', words):\n"
                "            return ''\n    eval(words)"
            ),
            True,
        ),
    ],
)
def test_what_lets_numbers_and_operators_through_alone_runs_no_code(
    body: str,
    runs: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    code = f"""
import re
from langchain_core.tools import tool

@tool
def calculates(words: str, other: str = ''):
    {body}
"""
    (tool,) = deployment_of({"agent.py": code}).tools

    assert ("execute" in tool.effects) is runs


SCREEN = """
from agents import Agent, ComputerTool
from agents.sandbox.session import SandboxSession
class Screen:
    def __init__(self, session: {taken}): ...
def built(screen: Screen):
    return Agent(name="a", tools=[ComputerTool(computer={given})])
"""


@pytest.mark.parametrize(
    ("taken", "given", "sandboxed"),
    [
        ("SandboxSession", "screen", Truth.YES),
        ("SandboxSession", "Screen(session)", Truth.YES),
        ("SandboxSession", "other", Truth.UNKNOWN),
        ("Session", "screen", Truth.UNKNOWN),
    ],
)
def test_a_computer_around_a_sandbox_is_one(taken: str, given: str, sandboxed: Truth) -> None:
    (tool,) = deployment_of({"a.py": SCREEN.format(taken=taken, given=given)}).tools

    assert tool.sandboxed is sandboxed


def test_a_computer_that_is_a_page_of_a_browser_runs_no_programs() -> None:
    code = (
        "from agents import Agent, ComputerTool\n{imported}\n\n"
        "agent = Agent(name='a', tools=[ComputerTool(computer=screen)])\n"
    )
    browser = code.format(imported="from playwright.async_api import Page")
    (page,) = deployment_of({"a.py": browser}).tools
    (machine,) = deployment_of({"a.py": code.format(imported="import pyautogui")}).tools

    assert (page.effects, page.egress) == (("read", "write"), Truth.YES)
    assert "execute" in machine.effects


def test_a_runtime_of_agentcore_gives_each_session_a_machine() -> None:
    code = "from strands import Agent\nfrom strands_tools import shell\na = Agent(tools=[shell])\n"
    hosted = f"from bedrock_agentcore.runtime import BedrockAgentCoreApp\n{code}"

    assert [tool.own_machine for tool in deployment_of({"a.py": hosted}).tools] == [True]
    assert [tool.own_machine for tool in deployment_of({"a.py": code}).tools] == [False]


@pytest.mark.parametrize(
    ("folder", "image", "apart"),
    [
        ("infra/sandbox", "infra/sandbox/Dockerfile", True),
        ("infra/sandbox", "infra/Dockerfile", False),
        ("infra/runner", "infra/runner/Dockerfile", False),
    ],
)
def test_what_an_image_of_a_sandbox_holds_runs_in_one(
    folder: str, image: str, *, apart: bool
) -> None:
    code = (
        "from claude_agent_sdk import ClaudeAgentOptions\n"
        "options = ClaudeAgentOptions(permission_mode='bypassPermissions')\n"
    )
    files = {f"{folder}/agent.py": code, image: "FROM python:3.14\nCOPY agent.py .\n"}
    deployment = deployment_of(files)
    running = [tool.own_machine for tool in deployment.tools if "execute" in tool.effects]

    assert {*running, *(agent.own_machine for agent in deployment.agents)} == {apart}


@pytest.mark.parametrize(("beside", "apart"), [("prod", False), ("runner", True)])
def test_a_stage_that_is_called_sandbox_is_none(beside: str, *, apart: bool) -> None:
    code = (
        "from claude_agent_sdk import ClaudeAgentOptions\n"
        "options = ClaudeAgentOptions(permission_mode='bypassPermissions')\n"
    )
    image = "FROM python:3.14\nCOPY agent.py .\n"
    files = {"stages/sandbox/desk/agent.py": code, "stages/sandbox/desk/Dockerfile": image}
    agents = deployment_of({**files, f"stages/{beside}/desk/Dockerfile": image}).agents

    assert {agent.own_machine for agent in agents if agent.permission_mode == "bypass"} == {apart}


@pytest.mark.parametrize(
    ("pattern", "runs"),
    [(r"[^0-9+\-*/().]", False), (r"[^0-9 ]+", False), (r"[^0-9a-z]", True), (r"[0-9]", True)],
)
def test_a_calculator_may_strip_what_names_something(
    pattern: str,
    runs: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    code = f"""
import re
from langchain_core.tools import tool

@tool
def runs(words: str):
    words = re.sub(r"{pattern}", "", words)
    return eval(words)
"""
    (tool,) = deployment_of({"agent.py": code}).tools

    assert ("execute" in tool.effects) is runs


_WORD = "if not re.match(r'^[a-zA-Z0-9][\\w.-]*$', words):\n        return 'no'\n    "
_NAMED = "name = other['name']\n    "
_REMOTE = "run_on_server({'command': f'docker restart {name}'})"
_RUNS = "subprocess.run(f'docker restart {words}', shell=True)"


@pytest.mark.parametrize(
    ("body", "runs"),
    [
        (f"{_WORD}{_RUNS}", False),
        (f"{_WORD}line = f'docker restart {{words}}'\n    os.system(line)", False),
        (f"{_WORD}os.system(f'systemctl restart {{words}}')", False),
        (f"if not NAME.fullmatch(words):\n        raise ValueError\n    {_RUNS}", False),
        (f"if re.search(r'[^a-z0-9-]', words):\n        raise ValueError\n    {_RUNS}", False),
        (f"if not words or not words.isalnum():\n        return ''\n    {_RUNS}", False),
        (
            f"{_NAMED}if not name.replace('-', '').isalnum():\n        return ''\n    {_REMOTE}",
            False,
        ),
        (f"{_NAMED}{_REMOTE}", True),
        (f"{_WORD}os.system(f'{{words}} restart')", True),
        (f"{_WORD}os.system(words)", True),
        (f"{_WORD}os.system(f'bash {{words}}')", True),
        (f"{_WORD}os.system(f'docker exec {{words}}')", True),
        (f"{_WORD}os.system(f'cat {{words}} | sh')", True),
        (f"{_WORD}words = other\n    {_RUNS}", True),
        (f"{_WORD.replace('$', '')}{_RUNS}", True),
        (f"{_WORD.replace('.-]', '. -]')}{_RUNS}", True),
        (f"{_WORD.replace('.-]', '.;-]')}{_RUNS}", True),
        (f"{_WORD.replace('words', 'other')}{_RUNS}", True),
        (f"{_WORD.replace('re.match', 're.search')}{_RUNS}", True),
        (_WORD.replace("return 'no'", "print(words)") + _RUNS, True),
        (f"if not words.isprintable():\n        return ''\n    {_RUNS}", True),
        (f"if not words.replace(' ', '').isalnum():\n        return ''\n    {_RUNS}", True),
        (f"if re.search(r'[^a-z ]', words):\n        return ''\n    {_RUNS}", True),
        (f"if other:\n        if not words.isalnum():\n            return ''\n    {_RUNS}", True),
    ],
)
def test_one_word_in_a_fixed_line_is_an_argument(
    body: str,
    runs: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    code = f"""
import os, re, subprocess
from langchain_core.tools import tool

NAME = re.compile("[a-z0-9-]+")

def run_on_server(asked):
    return subprocess.run(asked["command"], shell=True)

@tool
def restarts(words: str, other: dict):
    {body}
"""
    (tool,) = deployment_of({"agent.py": code}).tools

    assert ("execute" in tool.effects) is runs
