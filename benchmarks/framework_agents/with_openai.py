"""The OpenAI client on its own: chat completions in a loop."""

from ground import KEY, MODEL, crunch, serve
from openai import OpenAI

client = OpenAI(base_url=f"{MODEL}/v1", api_key=KEY)
TOOLS = [{"type": "function", "function": {"name": "crunch", "parameters": {"type": "object"}}}]


def ask(question):
    turns = [{"role": "user", "content": question}]
    while True:
        answer = client.chat.completions.create(model="gpt-4o", messages=turns, tools=TOOLS)
        message = answer.choices[0].message
        if not message.tool_calls:
            return message.content
        turns.append(message.model_dump(exclude_none=True))
        turns += [
            {"role": "tool", "tool_call_id": call.id, "content": crunch()}
            for call in message.tool_calls
        ]


serve(ask)
