"""Microsoft's Agent Framework."""

from agent_framework import Agent
from agent_framework.openai import OpenAIChatClient
from ground import KEY, MODEL, crunch, serve_async

client = OpenAIChatClient(model="gpt-4o", base_url=f"{MODEL}/v1", api_key=KEY)
agent = Agent(client=client, tools=[crunch])
serve_async(agent.run)
