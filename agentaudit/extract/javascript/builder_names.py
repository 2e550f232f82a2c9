"""
Names by which calls build agents and tools where the program itself says whose method it is.

What `genkit()` makes has the methods of Genkit, whatever it is called, and clients of OpenAI and
Anthropic run loops of their own: `client.beta.messages.toolRunner(…)`.
"""

import ast

from agentaudit.extract.javascript.modules import Program
from agentaudit.extract.programs.written import Written

_RUNNERS = frozenset({"messages.toolRunner", "completions.runTools"})
_MADE_BY = frozenset({"genkit.genkit", "genkit/beta.genkit"})
_MADE = frozenset(
    {"generate", "generateStream", "definePrompt", "defineAgent", "defineTool", "dynamicTool"}
)


def builder_name(program: Program, called: Written) -> str:
    """The full name of what is called, or what it is called in its package."""
    name, node = called.name, called.node
    if not isinstance(node, ast.Attribute):
        return name
    ending = ".".join(name.split(".")[-2:])
    if ending in _RUNNERS:
        return ending
    if node.attr in _MADE:
        owner = program.meant(called.beside(node.value))
        if isinstance(owner.node, ast.Call) and owner.name in _MADE_BY:
            return f"genkit.{node.attr}"
    return name
