"""DSPy's ReAct."""

import dspy
from ground import KEY, MODEL, crunch, serve

dspy.configure(lm=dspy.LM("openai/gpt-4o", api_base=f"{MODEL}/v1", api_key=KEY, cache=False))
agent = dspy.ReAct("question -> answer", tools=[crunch])


def ask(question):
    return agent(question=question)


serve(ask)
