"""AutoGen's assistant."""

from autogen_agentchat.agents import AssistantAgent
from autogen_ext.models.openai import OpenAIChatCompletionClient
from ground import KEY, MODEL, crunch, serve_async

client = OpenAIChatCompletionClient(model="gpt-4o", base_url=f"{MODEL}/v1", api_key=KEY)


async def ask(question):
    agent = AssistantAgent("adder", client, tools=[crunch], reflect_on_tool_use=True)
    return await agent.run(task=question)


serve_async(ask)
