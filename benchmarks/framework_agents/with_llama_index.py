"""LlamaIndex's agent that calls functions."""

from ground import KEY, MODEL, crunch, serve_async
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.llms.openai import OpenAI

model = OpenAI(model="gpt-4o", api_base=f"{MODEL}/v1", api_key=KEY)
agent = FunctionAgent(tools=[crunch], llm=model, streaming=False)


async def ask(question):
    return await agent.run(question)


serve_async(ask)
