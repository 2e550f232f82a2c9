"""The Anthropic client on its own."""

from anthropic import Anthropic
from ground import KEY, MODEL, crunch, serve

client = Anthropic(base_url=MODEL, api_key=KEY)
TOOLS = [{"name": "crunch", "input_schema": {"type": "object"}}]


def ask(question):
    turns = [{"role": "user", "content": question}]
    while True:
        answer = client.messages.create(
            model="claude-sonnet-4-5", max_tokens=100, messages=turns, tools=TOOLS
        )
        calls = [block for block in answer.content if block.type == "tool_use"]
        if not calls:
            return
        turns.append({"role": "assistant", "content": [call.model_dump() for call in calls]})
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": crunch()} for call in calls
        ]
        turns.append({"role": "user", "content": results})


serve(ask)
