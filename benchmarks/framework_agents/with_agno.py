"""Agno."""

from agno.agent import Agent
from agno.models.openai import OpenAIChat
from ground import KEY, MODEL, crunch, serve

model = OpenAIChat(id="gpt-4o", base_url=f"{MODEL}/v1", api_key=KEY)
agent = Agent(model=model, tools=[crunch], telemetry=False)
serve(agent.run)
