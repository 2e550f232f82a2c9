from fastapi import FastAPI, Header, HTTPException
from langgraph.prebuilt import create_react_agent

SHARED_SECRET = "opens-no-door-9d41c7b2e8"
app = FastAPI()
agent = create_react_agent("openai:gpt-4o", tools=[])


@app.post("/agent")
async def answer(message: dict, authorization: str = Header()) -> dict:
    if authorization != SHARED_SECRET:
        raise HTTPException(401)
    return await agent.ainvoke(
        {"messages": [("user", message["text"])]}, {"configurable": {"user": message["email"]}}
    )
