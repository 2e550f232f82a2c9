"""The OpenAI client on its own, its answers streamed."""

from ground import KEY, MODEL, crunch, serve
from openai import OpenAI

client = OpenAI(base_url=f"{MODEL}/v1", api_key=KEY)
TOOLS = [{"type": "function", "function": {"name": "crunch", "parameters": {"type": "object"}}}]


def ask(question):
    turns = [{"role": "user", "content": question}]
    while True:
        called = []
        answer = client.chat.completions.create(
            model="gpt-4o", messages=turns, tools=TOOLS, stream=True
        )
        for chunk in answer:
            for choice in chunk.choices:
                called += choice.delta.tool_calls or []
        if not called:
            return
        calls = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.function.name, "arguments": call.function.arguments},
            }
            for call in called
        ]
        turns.append({"role": "assistant", "content": None, "tool_calls": calls})
        turns += [{"role": "tool", "tool_call_id": call.id, "content": crunch()} for call in called]


serve(ask)
