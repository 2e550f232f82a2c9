"""Tools that another file of the repository defines are those that an agent is given."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from tests.extract.invoked import tools_of

TOOLS = (
    "import subprocess\nfrom langchain_core.tools import tool\n"
    '@tool\ndef run(command: str) -> str:\n    """Runs."""\n'
    "    return subprocess.run(command, shell=True)\n"
    '@tool\ndef look(word: str) -> str:\n    """Looks."""\n    return word\n'
    'def plain(word: str) -> str:\n    """Says."""\n    return word\n'
    "both = [run, look]\n"
    "def given():\n    return [run, look]\n"
    "def chosen(all):\n    if all:\n        return both\n    return [look]\n"
    "grown = [look]\ngrown.append(other)\n"
)
HEAD = "import importlib\nfrom langchain.agents import create_agent\n"
EXECUTES = ("delete", "execute", "read", "write")


def read(code: str, where: str = "app/") -> Deployment:
    return deployment_of(
        {f"{where}__init__.py": "", f"{where}kit.py": TOOLS, f"{where}desk.py": HEAD + code}
    )


def tools(deployment: Deployment) -> dict[str, tuple[str, ...]]:
    """What the one agent may call, and what that does."""
    assert len(deployment.agents) == 1
    return {name: tool.effects for name, tool in tools_of(deployment).items()}


@pytest.mark.parametrize(
    "code",
    [
        "from .kit import run, look\ncreate_agent(m, tools=[run, look])\n",
        "from app.kit import run as r, look\ncreate_agent(m, tools=[r, look])\n",
        "from . import kit\ncreate_agent(m, tools=[kit.run, kit.look])\n",
        "from . import kit as k\ncreate_agent(m, tools=k.both)\n",
        "import app.kit as k\ncreate_agent(m, tools=[*k.both])\n",
        "from .kit import both\ncreate_agent(m, both)\n",
        "from .kit import both, run\ncreate_agent(m, both + [run])\n",
        "from .kit import given\ncreate_agent(m, tools=given())\n",
        "from . import kit\ncreate_agent(m, tools=kit.given())\n",
        "from .kit import both\ndef ours():\n    return both\ncreate_agent(m, tools=ours())\n",
    ],
)
def test_imported_tools_are_followed_to_what_defines_them(code: str) -> None:
    deployment = read(code)

    assert tools(deployment) == {"run": EXECUTES, "look": ()}
    assert deployment.unresolved == ()


def test_a_function_of_another_file_is_a_tool_as_it_stands() -> None:
    deployment = read("from .kit import plain\ncreate_agent(m, tools=[plain])\n")
    (tool,) = (tool for tool in deployment.tools if tool.name == "plain")

    assert (tool.evidence[0].file, tool.typed) == ("app/kit.py", "yes")


@pytest.mark.parametrize("given", ["both", "[run, look]", "tools=both"])
def test_a_graph_has_the_tools_of_its_nodes(given: str) -> None:
    head = "from langgraph.graph import StateGraph\nfrom langgraph.prebuilt import ToolNode\n"
    code = f"{head}from .kit import both, look, run\ngraph = StateGraph(State)\n"
    deployment = read(f"{code}graph.add_node('tools', ToolNode({given}))\n")

    assert tools(deployment) == {"run": EXECUTES, "look": ()}


def test_a_node_whose_tools_are_not_known_is_open() -> None:
    head = "from langgraph.graph import StateGraph\nfrom langgraph.prebuilt import ToolNode\n"
    deployment = read(f"{head}graph = StateGraph(State)\ngraph.add_node('t', ToolNode(given))\n")

    assert "the list of tools does not fold" in {end.what for end in deployment.unresolved}


@pytest.mark.parametrize(
    "code",
    [
        "kit = importlib.import_module('app.kit')\ncreate_agent(m, tools=kit.both)\n",
        "from . import kit\ncreate_agent(m, tools=[getattr(kit, n) for n in names])\n",
        "from .kit import chosen\ncreate_agent(m, tools=chosen(True))\n",
        "from .missing import both\ncreate_agent(m, tools=both)\n",
        "from .kit import grown\ncreate_agent(m, tools=grown)\n",
    ],
)
def test_what_cannot_be_followed_is_open(code: str) -> None:
    ends = {end.what for end in read(code).unresolved}

    assert "the list of tools does not fold" in ends


PLAIN = "import subprocess\ndef run(command: str):\n    subprocess.run(command, shell=True)\n"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("app/tools.py", "from .tools import run\ncreate_agent(m, tools=[run])\n"),
        ("app/tools/shell.py", "from app.tools.shell import run\ncreate_agent(m, tools=[run])\n"),
        ("app/shell_tools.py", "from . import shell_tools as s\ncreate_agent(m, tools=[s.run])\n"),
        ("toolkit.py", "import toolkit\ncreate_agent(m, tools=[toolkit.run])\n"),
    ],
)
def test_files_of_tools_are_read_that_name_no_framework(file: str, code: str) -> None:
    deployment = deployment_of({file: PLAIN, "app/desk.py": HEAD + code, "app/__init__.py": ""})

    assert tools(deployment) == {"run": EXECUTES}


def test_files_that_run_programs_are_read_by_any_name() -> None:
    code = "from .helpers import run\ncreate_agent(m, tools=[run])\n"

    assert tools(deployment_of({"app/helpers.py": PLAIN, "app/desk.py": HEAD + code})) == {
        "run": EXECUTES
    }


def test_a_folder_of_tools_hands_on_what_is_in_it() -> None:
    code = "from .tools import run\ncreate_agent(m, tools=[run])\n"
    inner = {"app/tools/__init__.py": "from .shell import run\n", "app/tools/shell.py": PLAIN}

    assert tools(deployment_of({**inner, "app/desk.py": HEAD + code})) == {"run": EXECUTES}


@pytest.mark.parametrize(
    ("file", "text"),
    [("app/helpers.py", "def run(word):\n    return word\n"), ("app/tools.py", "def run(:\n")],
    ids=["called otherwise", "no Python"],
)
def test_files_that_are_not_read_are_open(file: str, text: str) -> None:
    name = file.removeprefix("app/").removesuffix(".py")
    code = f"from .{name} import run\ncreate_agent(m, tools=[run])\n"
    deployment = deployment_of({file: text, "app/desk.py": HEAD + code})

    assert "the tool run is not known" in {end.what for end in deployment.unresolved}


def test_lists_that_lead_in_circles_end() -> None:
    one = f"{HEAD}from two import both\nours = both\ncreate_agent(m, tools=ours)\n"
    two = f"{HEAD}from one import ours\nboth = ours\n"

    assert [tool.name for tool in deployment_of({"one.py": one, "two.py": two}).tools] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [(f"{TOOLS}# {'x' * 500_000}\n", "500,000 characters of one"), ("def run(:\n", "not Python")],
)
def test_tools_that_cannot_be_read_are_named(text: str, reason: str) -> None:
    """A file that names no framework is read for the agent alone, and unread it is not safe."""
    code = "from .tools import plain\ncreate_agent(m, tools=[plain])\n"
    deployment = deployment_of(
        {"app/tools.py": text.replace("langchain", ""), "app/desk.py": HEAD + code}
    )
    (unread,) = (each for each in deployment.coverage if each.status == "failed")

    assert unread.file == "app/tools.py"
    assert reason in unread.reason
    assert deployment.incomplete


def test_tools_that_no_agent_imports_are_not_named() -> None:
    deployment = deployment_of(
        {"app/tools.py": "def run(:\n", "app/desk.py": f"{HEAD}create_agent(m)\n"}
    )

    assert not deployment.incomplete
