"""A real inference server in the place of the played one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.errors import IncompleteError, UsageError
from agentaudit.model.workload import Heavy, Stage, WorkRequest, WorkStep
from agentaudit.probes.execution.executor import execute
from agentaudit.probes.execution.hands import Hands
from agentaudit.probes.execution.model_server import ModelServer, measured
from agentaudit.probes.execution.tools import Tool
from agentaudit.probes.execution.workers import Workers
from agentaudit.simulation.policies.capped import FirstCome
from tests.completions import completions

MS = 1_000_000


def requests(count: int, demand_ns: int) -> list[WorkRequest]:
    step = WorkStep(stage=Stage.GPU, demand_ns=demand_ns)
    return [
        WorkRequest(request_id=number, type="", heavy=Heavy.GPU, arrival_ns=0, steps=(step,))
        for number in range(count)
    ]


@given(st.integers(0, 10**10), st.integers(1, 10**9), st.integers(1, 10**6))
def test_whole_tokens_take_as_long_as_they_say(call_ns: int, token_ns: int, tokens: int) -> None:
    server = ModelServer(url="", model="", call_ns=call_ns, token_ns=token_ns)

    assert server.tokens(server.demand_ns(tokens)) == tokens
    assert server.tokens(0) >= 1


def test_a_server_is_measured_alone_and_with_many_calls() -> None:
    with completions() as real:
        server, speeds = measured(
            f"{real.url}/v1/", "", (1, 2, 4), headers={"Authorization": "Bearer key"}
        )

    assert (server.url, server.model) == (real.url, "counter")
    assert server.token_ns > 0
    assert speeds[0] == 1
    assert len(speeds) == 3
    assert {asked["max_tokens"] for asked in real.asked} == {8, 64}
    assert all(asked["min_tokens"] == asked["max_tokens"] for asked in real.asked)
    assert {told["Authorization"] for told in real.told} == {"Bearer key"}
    assert len({asked["prompt"] for asked in real.asked}) == len(real.asked)


def test_calls_of_a_run_are_completions_of_as_many_tokens_as_take_so_long() -> None:
    with completions() as real:
        server = ModelServer(url=real.url, model="counter", call_ns=MS, token_ns=MS)
        with Workers(count=1, tools={Tool.INTERPRETER}, server=server) as workers:
            hands = Hands(workers, {Tool.INTERPRETER: 1.0})
            run = execute(requests(3, 6 * MS), FirstCome(2), hands)

    assert [asked["max_tokens"] for asked in real.asked] == [5, 5, 5]
    assert {asked["model"] for asked in real.asked} == {"counter"}
    assert run.running_peak == 2
    assert all(step.sent_ns <= step.begun_ns < step.ended_ns <= step.seen_ns for step in run.steps)


def test_a_server_that_fails_in_a_run_is_what_the_error_speaks_of() -> None:
    with completions(broken_after=1) as real:
        server = ModelServer(url=real.url, model="counter", token_ns=MS)
        with Workers(count=1, tools={Tool.INTERPRETER}, server=server) as workers:
            hands = Hands(workers, {Tool.INTERPRETER: 1.0})
            with pytest.raises(IncompleteError, match=r"answered 500: .*out of memory.* request 1"):
                execute(requests(2, 5 * MS), FirstCome(1), hands)


def test_a_server_that_ends_calls_early_is_refused() -> None:
    with (
        completions(heeds=False) as real,
        pytest.raises(UsageError, match="wrote 1 tokens where 8 were asked for"),
    ):
        measured(real.url, "counter", (1,), headers={})


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1", "http://127.0.0.1:1 does not answer"),
        ("127.0.0.1:8000", "an address like"),
        ("file:///etc/passwd", "an address like"),
        ("http://user:secret@127.0.0.1", "without a password"),
        ("http://127.0.0.1:99999", "an address like"),
        ("", "an address like"),
    ],
)
def test_where_no_server_is_that_is_said(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        measured(url, "", (1,), headers={})

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, '{"error": "no key"}', "answered 401: .*no key.*; a key is told by --server-header"),
        (500, "broken", "answered 500: broken$"),
        (200, "<html>", "answered with text/html, which is no object of JSON: a server of OpenAI"),
        (200, "[1]", "which is no object of JSON"),
        (200, '{"data": []}', "names no model at /v1/models: say which by --model"),
    ],
)
def test_what_is_no_server_of_models_is_told_as_that(status: int, body: str, said: str) -> None:
    with completions(says=(status, body)) as real, pytest.raises(UsageError, match=said):
        measured(real.url, "", (1,), headers={})
