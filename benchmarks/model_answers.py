"""
What the stub of a model says, in three dialects.

OpenAI's chat completions and responses, and Anthropic's messages, each as the events of a stream
with the whole answer as the last. To a question the answer is a call of the tool that is offered;
to the tool's result, words.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

TOOL = "crunch"
FINAL_TOOL = "final_answer"
"""What smolagents has its models call at the end."""

_WORDS = "The sum is right."

Json = dict[str, object]
Event = tuple[str, Json]
"""Its name, empty where a dialect has none, and what it says."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Words, or the call of a tool."""

    text: str = ""
    tool: str = ""
    arguments: str = "{}"


def events_of(dialect: str, asked: Json) -> Sequence[Event]:
    """
    The answer to what was asked.

    Raises KeyError for a dialect that the stub does not speak.
    """
    return list(_SPEAKERS[dialect](asked, _answer(asked)))


def _answer(asked: Json) -> Answer:
    """The next words of the model: they depend on the conversation alone."""
    turns = _list(asked.get("messages") or asked.get("input"))
    text = json.dumps(turns)
    if "[[ ## next_tool_name ## ]]" in text:
        return Answer(text=_dspy_step(asked))
    if "[[ ## reasoning ## ]]" in text:
        return Answer(text="[[ ## reasoning ## ]]\nIt was told.\n\n[[ ## answer ## ]]\nRight.")
    names = {_tool_name(tool) for tool in _list(asked.get("tools"))}
    tool = _tool_of(names)
    if tool is None or _told(turns[-1] if turns else {}):
        if FINAL_TOOL in names:
            return Answer(tool=FINAL_TOOL, arguments='{"answer": "right"}')
        return Answer(text=_WORDS)
    return Answer(tool=tool)


def _tool_of(names: set[str]) -> str | None:
    return next((name for name in sorted(names) if name.endswith(TOOL)), None)


def _tool_name(tool: Mapping[str, object]) -> str:
    inner = tool.get("function")
    return str((inner if isinstance(inner, dict) else tool).get("name"))


def _told(turn: Mapping[str, object]) -> bool:
    """Whether the last turn is a tool's result, in any of the three ways to say it."""
    if turn.get("role") == "tool" or turn.get("type") == "function_call_output":
        return True
    text = json.dumps(turn)
    return '"tool_result"' in text or "Observation:" in text


def _dspy_step(asked: Json) -> str:
    last = json.dumps(_list(asked.get("messages"))[-1])
    name = "finish" if "observation_0" in last else TOOL
    return (
        "[[ ## next_thought ## ]]\nOn.\n\n"
        f"[[ ## next_tool_name ## ]]\n{name}\n\n[[ ## next_tool_args ## ]]\n{{}}"
    )


def _chat(asked: Json, answer: Answer) -> Iterator[Event]:
    """Chat completions: chunks, and the whole as the last event."""
    head: Json = {"id": "chatcmpl-1", "created": 1, "model": asked.get("model", "stub")}
    call: Json = {
        "id": f"call_{time.monotonic_ns()}",
        "type": "function",
        "function": {"name": answer.tool, "arguments": answer.arguments},
    }
    why = "tool_calls" if answer.tool else "stop"
    deltas: list[Json] = [{"role": "assistant", "content": part} for part in _parts(answer.text)]
    if answer.tool:
        deltas = [{"role": "assistant", "content": None, "tool_calls": [{"index": 0, **call}]}]
    for delta, reason in [*((delta, None) for delta in deltas), ({}, why)]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        yield "", {**head, "object": "chat.completion.chunk", "choices": [choice]}
    yield "", {**head, "object": "chat.completion.chunk", "choices": [], "usage": _USAGE}
    message: Json = {"role": "assistant", "content": answer.text or None}
    if answer.tool:
        message["tool_calls"] = [call]
    choice = {"index": 0, "message": message, "finish_reason": why, "logprobs": None}
    yield "", {**head, "object": "chat.completion", "choices": [choice], "usage": _USAGE}


_USAGE: Json = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}


def _responses(asked: Json, answer: Answer) -> Iterator[Event]:
    """Responses: the events around one item, and the whole as the last."""
    number = time.monotonic_ns()
    item: Json = {
        "type": "message",
        "id": f"msg_{number}",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": answer.text, "annotations": []}],
    }
    if answer.tool:
        item = {
            "type": "function_call",
            "id": f"fc_{number}",
            "call_id": f"call_{number}",
            "name": answer.tool,
            "arguments": answer.arguments,
            "status": "completed",
        }
    whole: Json = {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": asked.get("model", "stub"),
        "output": [item],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 20,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 5,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 25,
        },
    }
    events: list[Event] = [
        ("response.created", {"response": {**whole, "status": "in_progress", "output": []}}),
        ("response.output_item.added", {"output_index": 0, "item": item}),
        ("response.output_item.done", {"output_index": 0, "item": item}),
        ("response.completed", {"response": whole}),
    ]
    for sequence, (name, event) in enumerate(events):
        yield name, {"type": name, "sequence_number": sequence, **event}
    yield "whole", whole


def _messages(asked: Json, answer: Answer) -> Iterator[Event]:
    """Anthropic's messages: the events around one block, and the whole as the last."""
    block: Json = {"type": "text", "text": ""}
    delta: Json = {"type": "text_delta", "text": answer.text}
    if answer.tool:
        block = {
            "type": "tool_use",
            "id": f"toolu_{time.monotonic_ns()}",
            "name": answer.tool,
            "input": {},
        }
        delta = {"type": "input_json_delta", "partial_json": answer.arguments}
    usage: Json = {"input_tokens": 20, "output_tokens": 5}
    why = "tool_use" if answer.tool else "end_turn"
    head: Json = {
        "id": f"msg_{time.monotonic_ns()}",
        "type": "message",
        "role": "assistant",
        "model": asked.get("model", "stub"),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    events: list[Event] = [
        ("message_start", {"message": head}),
        ("content_block_start", {"index": 0, "content_block": block}),
        ("content_block_delta", {"index": 0, "delta": delta}),
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": {"stop_reason": why, "stop_sequence": None}, "usage": usage}),
        ("message_stop", {}),
    ]
    for name, event in events:
        yield name, {"type": name, **event}
    content = block if answer.tool else {**block, "text": answer.text}
    yield "whole", {**head, "content": [content], "stop_reason": why}


def _parts(text: str) -> Sequence[str]:
    size = max(len(text) // 3, 1)
    return [text[at : at + size] for at in range(0, len(text), size)]


def _list(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


_SPEAKERS: Mapping[str, Callable[[Json, Answer], Iterator[Event]]] = {
    "completions": _chat,
    "responses": _responses,
    "messages": _messages,
}
