"""A client of the Model Context Protocol, whose tool is a server of its own over pipes."""

import asyncio
import sys
from pathlib import Path

from ground import KEY, MODEL, served, told
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from openai import AsyncOpenAI

TOOLS = [{"type": "function", "function": {"name": "crunch", "parameters": {"type": "object"}}}]
SERVER = StdioServerParameters(
    command=sys.executable, args=[str(Path(__file__).with_name("mcp_side.py"))]
)
client = AsyncOpenAI(base_url=f"{MODEL}/v1", api_key=KEY)


async def main():
    async with stdio_client(SERVER) as pipes, ClientSession(*pipes) as session:
        await session.initialize()

        async def ask(question):
            turns = [{"role": "user", "content": question}]
            while True:
                answer = await client.chat.completions.create(
                    model="gpt-4o", messages=turns, tools=TOOLS
                )
                message = answer.choices[0].message
                if not message.tool_calls:
                    return
                turns.append(message.model_dump(exclude_none=True))
                for call in message.tool_calls:
                    result = await session.call_tool(call.function.name, {})
                    text = result.content[0].text
                    told("tool_call", int(text))
                    turns.append({"role": "tool", "tool_call_id": call.id, "content": text})

        await served(ask)


asyncio.run(main())
