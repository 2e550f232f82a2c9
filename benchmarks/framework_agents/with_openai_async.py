"""The asynchronous OpenAI client on its own."""

from ground import KEY, MODEL, crunch, serve_async
from openai import AsyncOpenAI

TOOLS = [{"type": "function", "function": {"name": "crunch", "parameters": {"type": "object"}}}]
client = AsyncOpenAI(base_url=f"{MODEL}/v1", api_key=KEY)


async def ask(question):
    turns = [{"role": "user", "content": question}]
    while True:
        answer = await client.chat.completions.create(model="gpt-4o", messages=turns, tools=TOOLS)
        message = answer.choices[0].message
        if not message.tool_calls:
            return message.content
        turns.append(message.model_dump(exclude_none=True))
        turns += [
            {"role": "tool", "tool_call_id": call.id, "content": crunch()}
            for call in message.tool_calls
        ]


serve_async(ask)
