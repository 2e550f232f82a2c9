"""Conversations that programs keep in lists of their own."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known, Truth

_HEAD = """
from collections import defaultdict, deque
import chainlit as cl
import streamlit as st
from agents import Runner
from openai import OpenAI

client = OpenAI()
"""
_ASK = "client.chat.completions.create(model='m', messages={asked})"


def _deployment(code: str) -> Deployment:
    return deployment_of({"chat.py": f"{_HEAD}\n{code}\n"})


_MEMBER = """
class Chat:
    def __init__(self):
        self.said = [{{"role": "system", "content": "Help."}}]

    def ask(self, question):
        self.said.append({{"role": "user", "content": question}})
        {cut}
        return client.chat.completions.create(model="m", messages={asked})
"""


def _member(asked: str = "self.said", cut: str = "pass") -> Deployment:
    return _deployment(_MEMBER.format(asked=asked, cut=cut))


@pytest.mark.parametrize(
    "code",
    [
        _MEMBER.format(asked="self.said", cut="pass"),
        _MEMBER.format(asked="[system, *self.said]", cut="pass"),
        _MEMBER.format(asked="[system] + self.said", cut="pass"),
        _MEMBER.format(asked="[dict(each) for each in self.said]", cut="pass"),
        _MEMBER.format(asked="said", cut="said = self.said"),
        _MEMBER.format(asked="self.said", cut="for each in self.said[1:]: print(each)"),
        _MEMBER.format(asked="self.said", cut="if len(self.said) > 1: print(question)"),
        "said = []\ndef ask(q):\n    said.append(q)\n    " + _ASK.format(asked="said"),
        "said = []\ndef ask(q):\n    global said\n    said += [q]\n    "
        + _ASK.format(asked="said"),
        "kept = {}\ndef ask(user, q):\n    kept[user].append(q)\n    "
        + _ASK.format(asked="kept[user]"),
        "kept = defaultdict(list)\ndef ask(u, q):\n    said = kept[u]\n    said.append(q)\n    "
        + _ASK.format(asked="said"),
        "kept = {}\ndef ask(u, q):\n    said = kept.setdefault(u, [])\n    said.append(q)\n    "
        + _ASK.format(asked="said"),
        "class A:\n    def __init__(self):\n        self.kept = {}\n    def ask(self, user, q):\n"
        "        self.kept[user].append(q)\n        " + _ASK.format(asked="self.kept[user]"),
        "def ask(q):\n    said = cl.user_session.get('said')\n    said.append(q)\n    "
        + _ASK.format(asked="said"),
        "if q := st.chat_input():\n    st.session_state.said.append(q)\n    "
        + _ASK.format(asked="st.session_state.said"),
        "if q := st.chat_input():\n    st.session_state['said'].append(q)\n    "
        + _ASK.format(asked="st.session_state['said']"),
        (
            "class A:\n    def __init__(self):\n        self.said = []\n    def ask(self, q):\n"
            "        self.said.append(q)\n        return self.llm.invoke(self.said)"
        ),
        (
            "class A:\n    def __init__(self):\n        self.said = []\n    async def go(self):\n"
            "        out = await Runner.run(agent, self.said)\n"
            "        self.said = out.to_input_list()"
        ),
        (
            "class A:\n    def __init__(self):\n        self.said = []\n    def ask(self, q):\n"
            "        out = self.agent.run_sync(q, message_history=self.said)\n"
            "        self.said = out.all_messages()"
        ),
    ],
)
def test_a_list_that_outlives_the_question_grows_without_end(code: str) -> None:
    (store,) = _deployment(code).memory_stores

    assert (store.max_turns, store.compaction) == (Known.NONE, Known.NONE)
    assert store.persistent is Truth.NO


@pytest.mark.parametrize(
    ("asked", "cut", "count"),
    [
        ("self.said", "self.said = self.said[-20:]", 20),
        ("self.said", "del self.said[1:3]", None),
        ("self.said", "self.said.pop(1)", None),
        ("self.said", "if len(self.said) > 40: self.said.clear()", None),
        ("self.said", "while len(self.said) >= LIMIT: drop(self)", None),
    ],
)
def test_a_list_that_is_shortened_is_bounded(asked: str, cut: str, count: int | None) -> None:
    (store,) = _member(asked, cut).memory_stores

    assert (store.max_turns, store.max_turns_count) == (Known.SET, count)


def test_what_may_shorten_a_list_and_is_not_followed_is_named() -> None:
    found = _member(cut="trim_messages(self)")

    assert found.memory_stores == ()
    assert [end.what for end in found.unresolved] == ["what shortens said is not followed"]


@pytest.mark.parametrize(
    "code",
    [
        _MEMBER.format(asked="self.said[-6:]", cut="pass"),
        _MEMBER.format(asked="[{'role': 'user', 'content': question}]", cut="pass"),
        _MEMBER.format(asked="self.said", cut="pass").replace(
            "self.said.append", "self.log.append"
        ),
        _MEMBER.format(asked="self.said", cut="pass").replace(
            "def __init__(self)", "def run(self)"
        ),
        "def ask(q):\n    said = []\n    said.append(q)\n    " + _ASK.format(asked="said"),
        "def ask(said, q):\n    said.append(q)\n    " + _ASK.format(asked="said"),
        "said = deque(maxlen=9)\ndef ask(q):\n    said.append(q)\n    " + _ASK.format(asked="said"),
        "said = []\nsaid.append('system')\ndef ask(q):\n    " + _ASK.format(asked="said"),
        (
            "class A:\n    def __init__(self):\n        self.said = []\n    def ask(self, q):\n"
            "        self.said.append(q)\n        return self.parser.run(self.said)"
        ),
    ],
)
def test_what_ends_with_the_question_or_never_grows_is_no_memory(code: str) -> None:
    found = _deployment(code)

    assert found.memory_stores == ()
    assert found.unresolved == ()


def test_a_list_that_somebody_may_empty_still_grows() -> None:
    code = _MEMBER.format(asked="self.said", cut="pass")
    (store,) = _deployment(f"{code}\n    def reset(self):\n        self.said = []\n").memory_stores

    assert store.max_turns is Known.NONE


def test_a_list_that_is_handed_to_what_asks_is_the_callers() -> None:
    code = (
        "def ask(said, q):\n    said.append(q)\n    " + _ASK.format(asked="said") + "\n"
        "def answer(q):\n    ask(cl.user_session.get('said'), q)\n"
    )
    (store,) = _deployment(code).memory_stores

    assert (store.name, store.max_turns) == ("said", Known.NONE)


def test_functions_that_hand_a_list_to_each_other_end() -> None:
    code = (
        "def ask(said):\n    said.append(1)\n    "
        + _ASK.format(asked="said")
        + "\n    again(said)\n"
        "def again(said):\n    ask(said)\n"
    )

    assert _deployment(code).memory_stores == ()
