"""LangChain's agent on LangGraph, on an event loop."""

from ground import KEY, MODEL, crunch, serve_async
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="gpt-4o", base_url=f"{MODEL}/v1", api_key=KEY)
agent = create_agent(model, tools=[crunch])


async def ask(question):
    return await agent.ainvoke({"messages": [{"role": "user", "content": question}]})


serve_async(ask)
