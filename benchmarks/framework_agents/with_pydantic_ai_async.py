"""Pydantic AI on an event loop."""

from ground import KEY, MODEL, crunch, serve_async
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

model = OpenAIChatModel("gpt-4o", provider=OpenAIProvider(base_url=f"{MODEL}/v1", api_key=KEY))
agent = Agent(model, tools=[crunch])
serve_async(agent.run)
