"""The asynchronous Anthropic client on its own, its answers streamed."""

from anthropic import AsyncAnthropic
from ground import KEY, MODEL, crunch, serve_async

client = AsyncAnthropic(base_url=MODEL, api_key=KEY)
TOOLS = [{"name": "crunch", "input_schema": {"type": "object"}}]


async def ask(question):
    turns = [{"role": "user", "content": question}]
    while True:
        async with client.messages.stream(
            model="claude-sonnet-4-5", max_tokens=100, messages=turns, tools=TOOLS
        ) as stream:
            answer = await stream.get_final_message()
        calls = [block for block in answer.content if block.type == "tool_use"]
        if not calls:
            return
        turns.append({"role": "assistant", "content": [call.to_dict() for call in calls]})
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": crunch()} for call in calls
        ]
        turns.append({"role": "user", "content": results})


serve_async(ask)
