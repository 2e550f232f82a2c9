"""The load is bounded, repeatable, and stays on this machine."""

import json
import random
import subprocess
import sys
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.cli.demo import Sample
from agentaudit.store.shipped import shipped
from load import Tally, questions, summary


def _load(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = shipped("sample_configs") / "agent" / "load.py"
    return subprocess.run(
        [sys.executable, "-B", script, url, *arguments], capture_output=True, text=True, check=False
    )


@given(seed=st.integers(), share=st.sampled_from([0.0, 1.0]))
def test_equal_seeds_ask_equal_questions_of_the_asked_kind(seed: int, share: float) -> None:
    one, other = (
        list(islice(questions(random.Random(seed), share), 20))  # noqa: S311, a workload
        for _ in range(2)
    )

    assert one == other
    assert {kind for kind, _ in one} == {"research" if share else "chat"}


@given(st.lists(st.tuples(st.sampled_from(["research", "chat"]), st.floats(0, 60), st.booleans())))
def test_every_request_is_counted_once(done: list[tuple[str, float, bool]]) -> None:
    tally = Tally()
    for kind, latency_s, ok in done:
        tally.add(kind, latency_s, ok=ok)
    counted = summary(tally, 1.0)

    assert counted["requests"] == sum(ok for _, _, ok in done)
    assert counted["errors"] == sum(not ok for _, _, ok in done)


def test_the_open_loop_asks_at_its_own_pace(sample: Sample) -> None:
    run = _load(sample.agent_url, "--seconds", "1", "--rate", "8", "--mix", "0.2")
    counted = json.loads(run.stdout)

    assert counted["requests"] > 0
    assert counted["errors"] == 0


def test_an_agent_that_is_not_there_is_an_error_and_not_an_answer() -> None:
    run = _load("http://127.0.0.1:9", "--seconds", "0.3", "--concurrency", "1")
    counted = json.loads(run.stdout)

    assert counted["requests"] == 0
    assert counted["errors"] > 0


@pytest.mark.parametrize("url", ["http://support.acme.test:8080", "http://10.0.0.1", "nonsense"])
def test_only_an_agent_on_this_machine_is_loaded(url: str) -> None:
    run = _load(url, "--seconds", "0.1")

    assert run.returncode == 2
    assert "on this machine only" in run.stderr
