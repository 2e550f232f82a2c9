"""Names in Python are those of the places where things are defined, through all imports."""

import pytest

from agentaudit.extract.deployment import deployment_of

OWN = (
    "from langchain.agents import create_agent\n\n\n"
    "class ConversationBufferMemory:\n    limit = 3\n"
)


def stores(**files: str) -> list[str]:
    texts = {f"{name.replace('__', '/')}.py": text for name, text in files.items()}
    deployment = deployment_of({name: f"import langchain\n{text}" for name, text in texts.items()})
    return [store.kind for store in deployment.memory_stores]


@pytest.mark.parametrize(
    "code",
    [
        "from langchain.memory import ConversationBufferMemory as Kept\nm = Kept()",
        "from langchain_classic.memory import ConversationBufferMemory as M\nm = M()",
        "import langchain.memory as lm\nm = lm.ConversationBufferMemory()",
        "import langchain.memory\nm = langchain.memory.ConversationBufferMemory()",
        "from langchain import memory\nm = memory.ConversationBufferMemory()",
        "from langchain.memory import *\nm = ConversationBufferMemory()",
    ],
)
def test_a_framework_s_class_is_known_however_it_is_imported(code: str) -> None:
    assert stores(app=code) == ["buffer"]


@pytest.mark.parametrize(
    "code",
    [
        "class ConversationBufferMemory: ...\nm = ConversationBufferMemory()",
        "from mine.memory import ConversationBufferMemory\nm = ConversationBufferMemory()",
        "from .memory import ConversationBufferMemory\nm = ConversationBufferMemory()",
        "import mine as langchain_like\nm = langchain_like.ConversationBufferMemory()",
        "from llama_index.core import *\nclass ChatMemoryBuffer: ...\nm = ChatMemoryBuffer()",
        "from strands import *\nm = ConversationBufferMemory()",
    ],
)
def test_a_class_of_the_same_name_is_another(code: str) -> None:
    assert stores(app=code) == []


@pytest.mark.parametrize(
    "code",
    [
        "from pkg.kept import Kept\nm = Kept()",
        "from .kept import Kept\nm = Kept()",
        "from . import kept\nm = kept.Kept()",
        "import pkg.kept as k\nm = k.Kept()",
        "from pkg import kept\nm = kept.Kept()",
        "from .kept import *\nm = Kept()",
    ],
)
def test_names_that_a_file_passes_on_are_followed(code: str) -> None:
    kept = "from langchain.memory import ConversationBufferMemory as Kept\n"

    assert stores(pkg__app=code, pkg__kept=kept, pkg____init__="") == ["buffer"]


@pytest.mark.parametrize("code", ["from .kept import *", "from pkg.kept import *"])
def test_a_repository_s_own_class_is_not_a_framework_s(code: str) -> None:
    text = f"{code}\nm = ConversationBufferMemory()"

    assert stores(pkg__app=text, pkg__kept=OWN) == []


def test_imports_in_a_circle_end() -> None:
    a = "from b import ConversationBufferMemory\nm = ConversationBufferMemory()"
    b = "from a import ConversationBufferMemory\nfrom a import *"

    assert stores(a=a, b=b) == []


def test_an_agents_module_of_the_repository_is_not_the_sdk() -> None:
    own = "import openai\n\n\nclass Agent:\n    def __init__(self, name): ...\n"
    use = "from agents import Agent\nimport openai\nhelper = Agent(name='helper')\n"

    assert deployment_of({"agents.py": own, "main.py": use}).agents == ()
    assert [agent.name for agent in deployment_of({"main.py": use}).agents] == ["helper"]


def test_a_tool_of_the_repository_s_own_is_not_one_of_a_framework() -> None:
    own = "import langchain\n\n\nclass ShellTool:\n    pass\n"
    use = (
        "from langchain.agents import create_agent\nfrom tools import ShellTool\n"
        "agent = create_agent(tools=[ShellTool()])\n"
    )
    deployment = deployment_of({"tools.py": own, "main.py": use})

    assert [tool.effects for tool in deployment.tools] == [()]
