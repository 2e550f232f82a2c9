"""LangChain's agent on LangGraph, with a checkpointer."""

from itertools import count

from ground import KEY, MODEL, crunch, serve
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver

model = ChatOpenAI(model="gpt-4o", base_url=f"{MODEL}/v1", api_key=KEY)
agent = create_agent(model, tools=[crunch], checkpointer=InMemorySaver())
threads = count()


def ask(question):
    where = {"configurable": {"thread_id": str(next(threads))}}
    return agent.invoke({"messages": [{"role": "user", "content": question}]}, where)


serve(ask)
