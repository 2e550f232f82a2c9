"""
Methods by which programs ask a model themselves, through no framework, and whose clients have them.

As the packages of late 2026 call them, in Python and in TypeScript: OpenAI's (and Groq's, which is
alike), Anthropic's, Bedrock's, Google's, Mistral's, LiteLLM's, Ollama's and Cohere's, and the
binding of Cloudflare's Workers (`env.AI.run`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

WORKERS = "workers-ai"
_METHODS = (
    ("chat.completions.create", "chat.completions.create", "openai"),
    ("chat.completions.parse", "chat.completions.parse", "openai"),
    ("chat.completions.stream", "chat.completions.stream", "openai"),
    ("responses.create", "responses.create", "openai"),
    ("responses.parse", "responses.parse", "openai"),
    ("responses.stream", "responses.stream", "openai"),
    ("messages.create", "messages.create", "anthropic"),
    ("messages.stream", "messages.stream", "anthropic"),
    ("messages.tool_runner", "messages.toolRunner", "anthropic"),
    ("converse", "ConverseCommand", "converse"),
    ("converse_stream", "ConverseStreamCommand", "converse"),
    ("invoke_model", "", "converse"),
    ("invoke_model_with_response_stream", "", "converse"),
    ("models.generate_content", "models.generateContent", "google-genai"),
    ("models.generate_content_stream", "models.generateContentStream", "google-genai"),
    ("chats.create", "chats.create", "google-genai"),
    ("chat.complete", "chat.complete", "mistral"),
    ("chat.complete_async", "", "mistral"),
    ("chat.stream", "chat.stream", "mistral"),
    ("chat.stream_async", "", "mistral"),
    ("litellm.completion", "", "litellm"),
    ("litellm.acompletion", "", "litellm"),
    ("ollama.chat", "ollama.chat", "ollama"),
    ("", "AI.run", WORKERS),
)
_PYTHON = tuple((name, client) for name, _, client in _METHODS if name)
_SCRIPTS = tuple((name, client) for _, name, client in _METHODS if name)
MADE_BY = (
    ("ollama.", "ollama"),
    ("cohere.", "cohere"),
    ("azure.ai.inference.", "azure-inference"),
)
"""Clients whose methods have names that others have, too: known by what makes them."""
OF_MADE = ("chat", "chat_stream", "complete")
_ByEnd = Mapping[str, Sequence[tuple[str, str]]]
"""Methods and whose they are, by the last part of their names: most calls end like none."""
_CALLED = ("client", "co")
"""How manuals call such a client; Cohere's the latter."""
_ALONE = frozenset({"litellm", "models"})
"""Whose functions are imported by themselves, or which older clients call otherwise."""


def _by_end(methods: Iterable[tuple[str, str]]) -> _ByEnd:
    found: dict[str, list[tuple[str, str]]] = {}
    for name, client in methods:
        found.setdefault(name.rpartition(".")[2], []).append((name, client))
    return found


IN_PYTHON, IN_SCRIPTS = _by_end(_PYTHON), _by_end(_SCRIPTS)


def client_asked(methods: _ByEnd, called: str) -> str:
    """Whose client a call of this full name asks; empty for none of these."""
    for name, client in methods.get(called.rpartition(".")[2], ()):
        if called == name or called.endswith(f".{name}"):
            return client
    return ""


def _words(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        owner, _, method = name.rpartition(".")
        yield f"{method}(" if owner in _ALONE else f"{owner.rpartition('.')[2]}.{method}("


WORDS_IN_PYTHON = (
    *_words(name for name, _ in _PYTHON),
    *(f"{client}.{method}(" for client in _CALLED for method in OF_MADE),
)
"""One of which stands in every program that asks a model so."""
WORDS_IN_SCRIPTS = tuple(word.strip(".(") for word in _words(name for name, _ in _SCRIPTS))
"""The same of TypeScript, where types may stand before the parenthesis."""
