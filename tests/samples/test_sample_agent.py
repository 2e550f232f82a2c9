"""The agent really answers, really works for it, and really remembers."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psutil
import pytest

from agentaudit.cli.demo import Sample

Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.mark.parametrize(
    ("question", "tools"),
    [
        ("Which incidents hit billing?", ["search_files", "summarize"]),
        ("How long do incidents of pricing last?", ["search_files", "run_python", "summarize"]),
        ("Compare search with identity.", ["search_files", "search_files", "summarize"]),
        ("zzzz qqqq", ["search_files"]),
    ],
)
def test_the_plan_depends_on_the_question_and_on_what_is_found(
    sample: Sample, ask: Ask, question: str, tools: list[str]
) -> None:
    status, answer = ask(sample.agent_url, type="research", question=question)

    assert (status, answer["tools"]) == (200, tools)
    assert answer["model_calls"] == len(tools) + 1


def test_a_research_answer_stands_on_the_reports(sample: Sample, ask: Ask) -> None:
    _, answer = ask(sample.agent_url, type="research", question="Which incidents hit billing?")
    reports = " ".join(path.read_text() for path in (sample.data / "corpus").glob("*.txt"))
    sentences = answer["answer"].removeprefix("In short: ").split(". ")

    assert all(sentence.rstrip(".") in reports for sentence in sentences)


def test_a_chat_is_all_model(sample: Sample, ask: Ask) -> None:
    status, answer = ask(sample.agent_url, type="chat", question="Why was billing slow?")

    assert (status, answer["tools"]) == (200, [])
    assert answer["model_calls"] in {2, 3}
    assert len(answer["answer"]) > 500


def test_tools_burn_cpu_outside_of_the_agent(sample: Sample, ask: Ask) -> None:
    before = psutil.Process(sample.pid).cpu_times()
    ask(sample.agent_url, type="research", question="Which incidents hit billing?")
    after = psutil.Process(sample.pid).cpu_times()

    assert after.children_user - before.children_user > 0
    assert after.children_user - before.children_user > after.user - before.user


def test_what_was_said_is_remembered_in_its_session(sample: Sample, ask: Ask) -> None:
    _, answer = ask(sample.agent_url, type="chat", question="Who are you?", session="memory test")
    with closing(sqlite3.connect(sample.data / "memory.sqlite")) as store:
        rows = store.execute(
            "SELECT question, answer FROM turns WHERE session = 'memory test'"
        ).fetchall()

    assert rows == [("Who are you?", answer["answer"])]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"{}",
        json.dumps({"type": "poem", "question": "?"}).encode(),
        json.dumps({"type": "chat", "question": 7}).encode(),
        json.dumps({"type": "chat", "question": "x" * 3_000}).encode(),
        json.dumps({"type": "chat", "question": "?", "session": ""}).encode(),
    ],
)
def test_what_is_no_task_is_refused(sample: Sample, ask: Ask, body: bytes) -> None:
    status, answer = ask(sample.agent_url, body)

    assert status == 400
    assert set(answer) == {"error"}
