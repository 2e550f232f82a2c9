"""The tools: what they find, compute and keep, and that they end."""

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tools
from corpus import write_corpus
from llm import ToolCall
from search_files import BEST, search
from summarize import summarize


@given(st.lists(st.text("abc de", min_size=1).map(lambda text: f"{text}."), max_size=12))
@settings(max_examples=50)
def test_a_summary_is_made_of_sentences_of_the_text(sentences: list[str]) -> None:
    kept = summarize(" ".join(sentences)).split(".")[:-1]
    said = [" ".join(sentence.split()) for sentence in " ".join(sentences).split(".")]

    assert len(kept) <= 3
    assert all(" ".join(sentence.split()) in said for sentence in kept)


def test_the_best_paragraph_comes_first(tmp_path: Path) -> None:
    whole = "An expired certificate of billing brought forty tickets."
    parts = ("Billing was quiet.", "Tickets came in.", "The certificate was renewed.", whole)
    (tmp_path / "report.txt").write_text("\n\n".join(parts), encoding="utf-8")
    found = search(tmp_path, "tickets billing certificate")

    assert found[0] == {"source": "report.txt", "text": whole}
    assert len(found) == len(parts)
    assert search(tmp_path, "zzzz") == []


def test_the_agents_own_reports_answer_a_search(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    found = search(tmp_path, "billing certificate")

    assert len(found) == BEST
    assert {"billing", "certificate"} <= set(found[0]["text"].replace(".", "").split())


def test_python_runs_and_says_what_it_prints(tmp_path: Path) -> None:
    call = ToolCall("1", "run_python", {"code": "print(6 * 7)"})

    assert tools.Toolbox(tmp_path).call(call) == "42\n"


def test_a_tool_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "TIMEOUT_S", 0.2)
    call = ToolCall("1", "run_python", {"code": "while True: pass"})

    assert tools.Toolbox(tmp_path).call(call).startswith("stopped after")


def test_an_answer_is_bounded(tmp_path: Path) -> None:
    call = ToolCall("1", "run_python", {"code": "print('x' * 10**6)"})

    assert len(tools.Toolbox(tmp_path).call(call)) == tools.MAX_CHARACTERS


def test_a_tool_does_not_inherit_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_PASSWORD", "of the agent")
    code = "import os; print('AGENT_PASSWORD' in os.environ)"

    assert tools.Toolbox(tmp_path).call(ToolCall("1", "run_python", {"code": code})) == "False\n"


def test_unknown_tools_and_closed_toolboxes_say_so(tmp_path: Path) -> None:
    toolbox = tools.Toolbox(tmp_path)
    unknown = toolbox.call(ToolCall("1", "fly", {}))
    toolbox.close()

    assert unknown == "no such tool: fly"
    assert toolbox.call(ToolCall("2", "run_python", {"code": ""})) == "the agent is stopping"


def test_tools_run_with_the_interpreter_of_the_agent(tmp_path: Path) -> None:
    assert tools.command("summarize", {}, tmp_path)[0] == sys.executable
