"""LiteLLM on its own."""

import litellm
from ground import KEY, MODEL, crunch, serve

TOOLS = [{"type": "function", "function": {"name": "crunch", "parameters": {"type": "object"}}}]


def ask(question):
    turns = [{"role": "user", "content": question}]
    while True:
        answer = litellm.completion(
            model="openai/gpt-4o", api_base=f"{MODEL}/v1", api_key=KEY, messages=turns, tools=TOOLS
        )
        message = answer.choices[0].message
        if not message.tool_calls:
            return
        turns.append(message.model_dump(exclude_none=True))
        turns += [
            {"role": "tool", "tool_call_id": call.id, "content": crunch()}
            for call in message.tool_calls
        ]


serve(ask)
