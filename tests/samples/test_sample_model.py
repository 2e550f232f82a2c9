"""The model server: deterministic in what it says, and batching in the time that it takes."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import MAX_TURNS
from agentaudit.cli.demo import Sample
from llm import ChatModel, ModelError
from model_server import BATCH_SIZES, Batch, slowdown
from policy import Message, next_thought


@given(st.integers(1, BATCH_SIZES[-1] - 1))
def test_a_larger_batch_is_slower_for_each_and_faster_for_all(batch: int) -> None:
    assert slowdown(batch) <= slowdown(batch + 1)
    assert batch / slowdown(batch) < (batch + 1) / slowdown(batch + 1)


def test_two_requests_at_once_share_the_batch() -> None:
    """Half again as long as one alone would still be batching; one after the other is twice."""
    batch = Batch()
    batch.start()
    begun = time.monotonic()
    batch.serve(0.2)
    alone = time.monotonic() - begun
    both = [threading.Thread(target=batch.serve, args=(0.2,)) for _ in range(2)]
    begun = time.monotonic()
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert alone < time.monotonic() - begun < 1.8 * alone


def _research(question: str, results: list[str]) -> list[str]:
    """The tools that the model asks for, one after the other, when tools answer like this."""
    messages: list[Message] = [{"role": "user", "content": question}]
    asked: list[str] = []
    while len(asked) <= MAX_TURNS:
        thought = next_thought(messages, has_tools=True)
        if not thought.tool:
            break
        answer = results[len(asked) % len(results)]
        messages.append({"role": "tool", "name": thought.tool, "content": answer})
        asked.append(thought.tool)
    return asked


@given(st.text(), st.lists(st.text() | st.just('[{"text": "12 of 40."}]'), min_size=1))
def test_every_conversation_ends_whatever_the_tools_say(question: str, results: list[str]) -> None:
    asked = _research(question, results)

    assert len(asked) < MAX_TURNS
    assert asked == _research(question, results)


def test_the_model_is_an_openai_compatible_endpoint(sample: Sample) -> None:
    reply = ChatModel(sample.model_url).complete([{"role": "user", "content": "Hello?"}])

    assert reply.text
    assert (reply.completion_tokens > 0, reply.prompt_tokens > 0) == (True, True)


@pytest.mark.parametrize("messages", [[], [{"role": "system", "content": "No question."}]])
def test_the_model_refuses_a_conversation_without_a_question(
    sample: Sample, messages: list[dict[str, str]]
) -> None:
    with pytest.raises(ModelError, match="answered 400"):
        ChatModel(sample.model_url).complete(messages)


def test_a_model_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(ModelError, match="does not answer"):
        ChatModel("http://127.0.0.1:9/v1").complete([{"role": "user", "content": "Hello?"}])
