"""Google's ADK, on a model that LiteLLM reaches."""

from google.adk.agents import LlmAgent
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner
from google.genai.types import Content, Part
from ground import KEY, MODEL, crunch, serve_async

model = LiteLlm(model="openai/gpt-4o", api_base=f"{MODEL}/v1", api_key=KEY)
runner = InMemoryRunner(agent=LlmAgent(name="adder", model=model, tools=[crunch]), app_name="sums")


async def ask(question):
    session = await runner.session_service.create_session(app_name="sums", user_id="one")
    asked = Content(role="user", parts=[Part(text=question)])
    async for _ in runner.run_async(user_id="one", session_id=session.id, new_message=asked):
        pass


serve_async(ask)
