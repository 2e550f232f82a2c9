"""The model, as the agent sees it: an OpenAI-compatible endpoint over HTTP."""

import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Message = Mapping[str, object]
TIMEOUT_S = 60.0


class ModelError(Exception):
    """The model gave no usable answer."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What the model asks the agent to do."""

    id: str
    name: str
    arguments: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the model: text, or tool calls; and the message to put into the history."""

    text: str
    tool_calls: tuple[ToolCall, ...]
    message: Message
    prompt_tokens: int
    completion_tokens: int


class ChatModel:
    """A client of `POST /v1/chat/completions`."""

    def __init__(self, base_url: str, *, name: str = "scripted-react") -> None:
        parts = urlsplit(base_url)
        self.host = parts.hostname or "127.0.0.1"
        self.port = parts.port or 80
        self.name = name
        self._path = parts.path.rstrip("/") + "/chat/completions"

    def complete(self, messages: Sequence[Message], tools: Sequence[Message] = ()) -> Reply:
        """The next message of the conversation."""
        body: dict[str, object] = {"model": self.name, "messages": list(messages)}
        if tools:
            body["tools"] = list(tools)
        return _reply(self._post(json.dumps(body)))

    def _post(self, body: str) -> bytes:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_S)
        try:
            connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
        except OSError as error:
            raise ModelError(f"the model does not answer: {error}") from error
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise ModelError(f"the model answered {response.status}")
        return answer


def _reply(answer: bytes) -> Reply:
    completion = json.loads(answer)
    message = completion["choices"][0]["message"]
    calls = tuple(
        ToolCall(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in message.get("tool_calls", ())
    )
    usage = completion["usage"]
    return Reply(
        text=message.get("content") or "",
        tool_calls=calls,
        message=message,
        prompt_tokens=usage["prompt_tokens"],
        completion_tokens=usage["completion_tokens"],
    )
