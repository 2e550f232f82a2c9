"""Words by which code asks a model, or something of which nobody sees whether it does."""

import ast
from collections.abc import Iterable, Iterator

from agentaudit.expressions import regex

_ASKING = regex(
    r"(?i)llm|openai(?!embed)|anthropic|claude|gemini|gpt|bedrock|mistral|ollama|groq|vertexai|agent"
    r"|prompt|chat_?model|chatbot|crew|chain|foundry|inference|hugging"
    r"|^(?:call|use|get|load|init|make|create|build)_(?:\w+_)?model$"
    r"|^a?(?:invoke|stream|batch|predict|generate|generate_content|converse|chat|ask|complete"
    r"|completions?|summari[sz]e|classify|run)$"
)


def speaks_of_asking(nodes: Iterable[ast.AST]) -> bool:
    """Whether code says that it asks."""
    return any(_ASKING.search(word) for word in _words(nodes))


def _words(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """What code itself names; texts say many things."""
    for node in nodes:
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word):
                yield word
            case ast.alias(name=word):
                yield word
            case _:
                pass
