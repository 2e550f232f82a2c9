"""The OpenAI client on its own: responses."""

from ground import KEY, MODEL, crunch, serve
from openai import OpenAI

client = OpenAI(base_url=f"{MODEL}/v1", api_key=KEY)
TOOLS = [{"type": "function", "name": "crunch", "parameters": {"type": "object"}}]


def ask(question):
    turns = [{"role": "user", "content": question}]
    while True:
        answer = client.responses.create(model="gpt-4o", input=turns, tools=TOOLS)
        calls = [item for item in answer.output if item.type == "function_call"]
        if not calls:
            return answer.output_text
        turns += [call.model_dump(exclude_none=True) for call in calls]
        turns += [
            {"type": "function_call_output", "call_id": call.call_id, "output": crunch()}
            for call in calls
        ]


serve(ask)
