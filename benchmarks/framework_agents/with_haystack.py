"""Haystack's agent."""

from ground import KEY, MODEL, crunch, serve
from haystack.components.agents import Agent
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import create_tool_from_function
from haystack.utils import Secret

model = OpenAIChatGenerator(
    model="gpt-4o", api_base_url=f"{MODEL}/v1", api_key=Secret.from_token(KEY)
)
agent = Agent(chat_generator=model, tools=[create_tool_from_function(crunch)])


def ask(question):
    return agent.run(messages=[ChatMessage.from_user(question)])


serve(ask)
