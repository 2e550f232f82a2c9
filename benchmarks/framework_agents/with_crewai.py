"""CrewAI: a crew of one."""

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool
from ground import KEY, MODEL, serve
from ground import crunch as crunched


@tool("crunch")
def crunch() -> str:
    """Add up many numbers."""
    return crunched()


model = LLM(model="openai/gpt-4o", base_url=f"{MODEL}/v1", api_key=KEY)


def ask(question):
    agent = Agent(role="adder", goal="Add.", backstory="Adds.", llm=model, tools=[crunch])
    task = Task(description=question, expected_output="A sum.", agent=agent)
    return Crew(agents=[agent], tasks=[task]).kickoff()


serve(ask)
