"""What runs in the target: functions become steps, and are what they were afterwards."""

import asyncio
import json
import re
import socket
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentaudit import markers
from agentaudit.probes.markers import injected
from agentaudit.probes.markers.injected import NAME, told, unwrap, wrap

MARKERS = Path(markers.__file__).read_text()
LIBRARY = """
import functools
class Client:
    def create(self, word): return word * 2
    async def acreate(self, word): return word * 2
    @staticmethod
    def plain(word): return word * 2
    @classmethod
    def named(cls, word): return cls.__name__ + word
    def other(self): return 1
    attribute = "create"
class Child(Client):
    pass
def ask(word): return word * 2
borrowed = re.escape
"""
RULES = [
    (r"(?:.*/)?lib/client\.py", r".*Client\.(create|acreate|plain|named)", "llm_inference"),
    (r"(?:.*/)?lib/client\.py", r"ask", "tool_call"),
    (r"(?:.*/)?lib/other\.py", r".*", "retrieval"),
]


@pytest.fixture
def library() -> Iterator[types.ModuleType]:
    """A module that rules name; whatever was put around its functions is gone afterwards."""
    module = types.ModuleType("lib_client")
    module.__file__ = "/venv/lib/client.py"
    module.__dict__["re"] = re
    exec(LIBRARY, module.__dict__)  # noqa: S102 -- a module of our own, from no file
    sys.modules[module.__name__] = module
    yield module
    unwrap()
    del sys.modules[module.__name__]


def heard(listening: socket.socket) -> list[list[str]]:
    """Fields of all that was told."""
    messages: list[list[str]] = []
    listening.setblocking(False)
    try:
        while True:
            datagram = listening.recv(65536).decode()
            messages += [line.split("\t") for line in datagram.splitlines()]
    except BlockingIOError:
        return messages


def test_functions_that_a_rule_names_are_steps_until_they_are_not(
    library: types.ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = {owner: dict(vars(owner)) for owner in (library.Client, library.Child)}
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(tmp_path / "markers"))
    monkeypatch.setenv(markers.ENVIRONMENT, str(tmp_path / "markers"))

    count = wrap(RULES, MARKERS)
    client = library.Child()
    answers = [client.create("a"), client.plain("b"), client.named("c"), library.ask("d")]
    answers.append(asyncio.run(client.acreate("e")))
    messages = heard(listening)
    undone = unwrap()
    client.create("f")

    assert (count, undone) == (5, 5)
    assert answers == ["aa", "bb", "Childc", "dd", "ee"]
    assert [(fields[7], fields[-1]) for fields in messages if fields[1] == "E"] == [
        ("llm_inference", "Client.create"),
        ("llm_inference", "Client.plain"),
        ("llm_inference", "Client.named"),
        ("tool_call", "ask"),
        ("llm_inference", "Client.acreate"),
    ]
    assert {fields[6] for fields in messages} == {"i"}
    assert {owner: dict(vars(owner)) for owner in before} == before
    assert heard(listening) == []
    assert NAME not in sys.modules
    listening.close()


def test_a_second_visit_wraps_only_what_is_new(library: types.ModuleType) -> None:
    first = wrap(RULES, MARKERS)
    wrapped = library.Client.create
    exec("def later(): pass", library.__dict__)  # noqa: S102 -- loaded while nobody looked

    second = wrap([*RULES, (RULES[0][0], "later", "tool_call")], MARKERS)

    assert (first, second) == (5, 6)
    assert library.Client.create is wrapped


def test_what_somebody_else_replaced_meanwhile_is_left_to_them(library: types.ModuleType) -> None:
    wrap(RULES, MARKERS)
    theirs = vars(library)["ask"] = object()

    unwrap()

    assert vars(library)["ask"] is theirs


def test_where_nothing_was_wrapped_nothing_is_taken_away() -> None:
    assert unwrap() == 0


def test_there_is_a_limit(library: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(injected, "_MOST_WRAPPED", 2)

    assert library.__name__ in sys.modules
    assert wrap(RULES, MARKERS) == 2


def test_what_came_of_it_is_told_to_a_file_that_waits(tmp_path: Path) -> None:
    waits, gone = tmp_path / "answer", tmp_path / "gone"
    waits.touch()

    told(str(waits), lambda: 7)
    good = json.loads(waits.read_text())
    waits.write_text("")
    told(str(waits), lambda: 1 // 0)
    told(str(gone), lambda: 7)

    assert good == {"count": 7}
    assert "ZeroDivisionError" in json.loads(waits.read_text())["problem"]
    assert not gone.exists()
