"""The OpenAI Agents SDK."""

from agents import (
    Agent,
    Runner,
    function_tool,
    set_default_openai_client,
    set_tracing_disabled,
)
from ground import KEY, MODEL, crunch, serve
from openai import AsyncOpenAI

set_tracing_disabled(disabled=True)
set_default_openai_client(AsyncOpenAI(base_url=f"{MODEL}/v1", api_key=KEY))
agent = Agent(name="adder", model="gpt-4o", tools=[function_tool(crunch)])


def ask(question):
    return Runner.run_sync(agent, question)


serve(ask)
