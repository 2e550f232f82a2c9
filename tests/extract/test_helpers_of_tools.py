"""Tools in Python that hand the model's words on to functions of the repository."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.known_tools import EVERYTHING
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.tools import Tool

_SHELL = """
import subprocess

def run(command, cwd="."):
    return subprocess.run(command, shell=True, cwd=cwd)

def start(command, cwd="."):
    return subprocess.run(command, cwd=cwd)

def within(path):
    return start(["git", "status"], path)

class Shell:
    def __init__(self):
        self.inner = Inner()

    def go(self, command):
        return self._go(command)

    def _go(self, command):
        return self.inner.go(command)

class Inner(object):
    def go(self, command):
        subprocess.run(command, shell=True)

class Derived(Shell):
    pass
"""


def _tool(body: str, beside: str = _SHELL, *, elsewhere: bool = False) -> Tool:
    imported = "from shell_tools import Derived, Shell, run, start, within, shell as made\n"
    code = f"""
import asyncio, functools, multiprocessing, subprocess
from langchain_core.tools import tool
{imported if elsewhere else beside}
shell = Shell()

@tool
async def runs(words: str):
    {body}
"""
    files = {"agent.py": code}
    if elsewhere:
        files["shell_tools.py"] = f"{beside}\nshell = Shell()\n"
    (found,) = deployment_of(files).tools
    return found


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize(
    ("body", "runs"),
    [
        ("return run(words)", True),
        ("return run(f'ls {words}')", True),
        ("return run('ls', cwd=words)", False),
        ("return run(command=words)", True),
        ("return run(**{'command': words})", True),
        ("return start(['bash', '-c', words])", True),
        ("return start(words.split())", True),
        ("return start(['git', 'log', words])", False),
        ("return start(['git', *words.split()])", False),
        ("line = ['git']\n    return start(line + [words])", False),
        ("return start(['git', 'status'], cwd=words)", False),
        ("return within(words)", False),
        ("return shell.go(words)", True),
        ("return shell.go('ls')", False),
        ("return Shell().go(words)", True),
        ("return Derived().go(words)", True),
        ("mine = Derived()\n    return mine.go(words)", True),
        ("return await asyncio.to_thread(run, words)", True),
        ("return await asyncio.to_thread(subprocess.run, words, shell=True)", True),
        (
            "loop = asyncio.get_running_loop()\n    await loop.run_in_executor(None, run, words)",
            True,
        ),
        ("work = functools.partial(run, words)\n    return work()", True),
        ("multiprocessing.Process(target=run, args=(words,)).start()", True),
        ("return await asyncio.to_thread(run, 'ls')", False),
        ("return store.go(words)", False),
    ],
)
def test_words_are_followed_into_what_a_tool_calls(
    body: str,
    runs: bool,  # noqa: FBT001 -- a column of the table
    elsewhere: bool,  # noqa: FBT001 -- the other column
) -> None:
    """A fixed program stays one, wherever it is started."""
    assert ("execute" in _tool(body, elsewhere=elsewhere).effects) is runs


def test_an_object_of_another_file_is_known_by_what_makes_it() -> None:
    assert "execute" in _tool("return made.go(words)", elsewhere=True).effects


def test_a_calculator_that_checks_its_words_may_hand_them_on() -> None:
    beside = "class Shell: pass\ndef work_out(text):\n    return eval(text)\n"
    checked = "if not set(words) <= set('0123456789+-'):\n        return ''\n    "

    assert "execute" not in _tool(f"{checked}return work_out(words)", beside).effects
    assert "execute" in _tool("return work_out(words)", beside).effects


def test_what_is_done_with_a_statement_depends_on_the_statement() -> None:
    beside = """
class Shell: pass

def fetch(sql, *values):
    with connect() as db:
        return db.execute(sql, values).fetchall()
"""
    read = _tool("return fetch('SELECT * FROM orders WHERE id = ?', words)", beside)
    deleted = _tool("return fetch('DELETE FROM orders WHERE id = ?', words)", beside)
    anything = _tool("return fetch(words)", beside)

    assert read.effects == ("read",)
    assert deleted.effects == ("delete",)
    assert anything.effects == ("delete", "read", "write")


def test_a_request_to_a_fixed_address_reads_no_strangers_words() -> None:
    beside = """
import requests
class Shell: pass

def call(method, url, **more):
    return requests.request(method, url, **more).json()
"""
    fixed = _tool("return call('GET', 'https://api.example.com/v1', params=words)", beside)
    free = _tool("return call('GET', words)", beside)

    assert (fixed.effects, fixed.reads_untrusted) == (("read",), Truth.NO)
    assert (free.effects, free.reads_untrusted) == (("read",), Truth.YES)


def test_settings_that_a_helper_reads_are_no_private_files_of_the_tool() -> None:
    beside = """
class Shell: pass

def settings():
    with open("settings.json") as found:
        return found.read()

def log(words):
    print(words)
"""
    tool = _tool("log(words)\n    return settings()", beside)

    assert tool.effects == ()
    assert tool.reads_private is Truth.UNKNOWN


def test_a_tool_without_words_is_followed_as_well() -> None:
    code = """
from langchain_core.tools import tool

def orders():
    return db.execute("SELECT * FROM orders").fetchall()

@tool
def all_orders() -> list:
    return orders()
"""
    (tool,) = deployment_of({"agent.py": code}).tools

    assert tool.effects == ("read",)


def test_what_tools_are_passed_without_names_is_the_models_too() -> None:
    code = """
import subprocess
from langchain_core.tools import tool

@tool
def runs(**given):
    subprocess.run(given["command"], shell=True)
"""
    (tool,) = deployment_of({"agent.py": code}).tools

    assert "execute" in tool.effects


def test_functions_that_call_each_other_end() -> None:
    beside = """
import subprocess
class Shell: pass

def one(words, more):
    return two(more, words)

def two(words, more):
    one(words, more)
    return subprocess.run(more, shell=True)
"""
    assert "execute" in _tool("return one(words, words)", beside).effects


def test_chains_of_functions_are_read_in_time() -> None:
    """Each hands two commands to the next: what is asked of callers of callers is answered once."""
    steps = "\n".join(
        f"def step{at}(a, b):\n    line = a + b\n    return step{at + 1}(line + a, [*line, *b])"
        for at in range(15)
    )
    last = "def step15(a, b):\n    subprocess.run(a)\n    subprocess.run(b)\n"
    beside = f"import subprocess\nclass Shell: pass\n{steps}\n{last}"

    assert "execute" not in _tool("return step0(['git'], [words])", beside).effects
    assert "execute" in _tool("return step0([words], ['git'])", beside).effects


_OF_TOOLS = """
from langchain_core.tools import tool
from .machine import go, Machine
from . import machine

@tool
def runs(words: str):
    return go(words)

@tool
def starts(words: str):
    return Machine().go(words)

@tool
def calls(words: str):
    return machine.go(words)
"""
_MACHINE = """
from .lines import send

def go(line):
    return send(line)

class Machine:
    def go(self, line):
        return send(line)
"""
_LINES = "import subprocess\ndef send(line):\n    subprocess.run(line, shell=True)\n"


def test_files_that_run_programs_are_read_where_files_of_tools_take_them() -> None:
    both = {"app/machine.py": f"{_MACHINE}\neval('1')\n", "app/lines.py": _LINES}
    found = deployment_of({"app/__init__.py": "", "app/agent.py": _OF_TOOLS, **both})

    assert ["execute" in tool.effects for tool in found.tools] == [True, True, True]


def test_what_runs_programs_and_no_tool_takes_is_not_read() -> None:
    code = "from openai import OpenAI\nfrom .machine import go\ngo('ls')\n"
    files = {"app/__init__.py": "", "app/desk.py": code, "app/machine.py": _LINES}

    read = {each.file: each.status for each in deployment_of(files).coverage}

    assert read["app/machine.py"] == "skipped"


_CLIENT = """
class Shell: pass

def spread(*args, timeout=5):
    return subprocess.run(["kubectl", *args], timeout=timeout)

def listed(args):
    command = ["kubectl"] + args
    return subprocess.run(command)

def built(*args):
    command = ["kubectl"]
    if CONFIG:
        command.extend(["--kubeconfig", CONFIG])
    command.extend(args)
    return command

def named(verb, name):
    return subprocess.run(["docker", verb, name])
"""


@pytest.mark.parametrize(
    ("body", "effects"),
    [
        ("return spread('get', 'pods', '-n', words)", {"read"}),
        ("return spread('-n', words, 'delete', 'pod', 'a')", {"delete"}),
        ("return spread('exec', words, 'get')", set(EVERYTHING)),
        ("return spread(words, 'get')", set(EVERYTHING)),
        ("return spread(*words.split())", set(EVERYTHING)),
        ("return spread('get', *words.split())", {"read"}),
        ("return listed(['get', 'pods', '-n', words])", {"read"}),
        ("more = ['logs', words]\n    return listed(more)", {"read"}),
        ("return listed(['exec', words])", set(EVERYTHING)),
        ("return listed(words.split())", set(EVERYTHING)),
        ("return subprocess.run(built('get', words, '-o', 'wide'))", {"read"}),
        (
            "line = built('logs', words)\n    line.append('-f')\n    return listed(line[1:])",
            set(EVERYTHING),
        ),
        ("return subprocess.run(built('exec', words))", set(EVERYTHING)),
        ("return subprocess.run(built(words))", set(EVERYTHING)),
        ("line = built('logs')\n    line.extend([words])\n    subprocess.run(line)", {"read"}),
        (
            "line = ['docker']\n    if words:\n        line.append('ps')\n    subprocess.run(line)",
            set(EVERYTHING),
        ),
        ("line = ['docker']\n    line.append('ps')\n    subprocess.run([*line, words])", {"read"}),
        ("return named('restart', words)", {"write"}),
        ("return named('exec', words)", set(EVERYTHING)),
        ("return named(words, 'desk')", set(EVERYTHING)),
    ],
)
def test_what_a_client_is_told_through_a_function_says_what_it_does(
    body: str, effects: set[str]
) -> None:
    assert set(_tool(body, _CLIENT).effects) == effects


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        ("subprocess.run(['npx', 'cdk', 'init'], cwd=words)", False),
        ("subprocess.run(['python', words])", True),
        ("subprocess.run(['python', '-'], input=words)", True),
        ("open('a.py', 'w').write(words)\n    subprocess.run(['python', 'a.py'])", True),
    ],
)
def test_a_fixed_command_in_a_folder_of_the_models_choice_runs_none_of_its_words(
    line: str,
    runs: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    beside = f"import subprocess\nclass Shell: pass\ndef make(words):\n    {line}\n"

    assert ("execute" in _tool("return make(words)", beside).effects) is runs


def test_where_another_function_runs_what_the_model_writes_is_shown_beside_the_tool() -> None:
    elsewhere = _tool("run(words)", elsewhere=True)
    beside = _tool("run(words)")
    itself = _tool("subprocess.run(words, shell=True)")

    assert [place.file for place in elsewhere.evidence] == ["agent.py", "shell_tools.py"]
    assert [place.snippet for place in beside.evidence][1:] == ["subprocess.run"]
    assert len(itself.evidence) == 1


@pytest.mark.parametrize(
    ("made", "body"),
    [
        ("def get() -> Shell:\n    return kept", "return get().go(words)"),
        ("def get() -> Optional[Shell]:\n    return kept", "it = get()\n    return it.go(words)"),
        ("def get() -> 'x' | None:\n    return kept", ""),
        ("def get():\n    return Shell()", "return get().go(words)"),
        ("def use(it: Shell, line):\n    it.go(line)", "return use(kept, words)"),
        ("def use(it: Shell | None, line):\n    it.go(line)", "return use(kept, words)"),
    ],
)
def test_types_say_whose_method_is_called(made: str, body: str) -> None:
    tool = _tool(body or "return get().go(words)", f"{_SHELL}\n{made}\n")

    assert ("execute" in tool.effects) is bool(body)


def test_functions_that_make_each_other_end() -> None:
    made = "def one():\n    return two().more()\ndef two():\n    return one().more()\n"

    assert _tool("return one().go(words)", f"class Shell: pass\n{made}").effects == ()
