"""smolagents, calling tools."""

from ground import KEY, MODEL, crunch, serve
from smolagents import OpenAIServerModel, Tool, ToolCallingAgent


class Crunch(Tool):
    name = "crunch"
    description = "Adds up many numbers."
    inputs = {}  # noqa: RUF012 -- as the library wants it
    output_type = "string"

    def forward(self):
        return crunch()


model = OpenAIServerModel("gpt-4o", api_base=f"{MODEL}/v1", api_key=KEY)
agent = ToolCallingAgent(tools=[Crunch()], model=model, verbosity_level=0)
serve(agent.run)
