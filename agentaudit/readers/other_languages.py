"""
Agents and tool servers in languages that lint does not parse: recognised, and not read.

What they may do is unknown, so a file that imports what agents are built with, and builds one, is
named and never passed over; tests of such code deploy nothing. Of these files, and of others that
have a key of a known form, the text is kept, so that it is found.
"""

from agentaudit.expressions import holds_word, regex
from agentaudit.readers.agent_languages import CONFIGURATIONS, LANGUAGES
from agentaudit.readers.cdk import TESTS, UNRENDERED, declares_stack
from agentaudit.readers.document import Document
from agentaudit.readers.lines import MAX_CODE
from agentaudit.readers.one_text import searched_text
from agentaudit.readers.token_forms import holds_token

UNREAD = "an agent or a tool server in {language}, in which nothing but known forms of keys is read"

ASKING = (
    "a program in {language} that hands a model tools by requests of its own, which is not read"
)

TOOL_OF_FUNCTIONS = regex(r"[\[@]\s{0,3}McpToolTrigger(?:Attribute)?\b")
"""By which an app of Azure Functions offers a tool: an attribute, or an annotation."""
_PATHS = ("chat/completions", "v1/messages", "enerateContent", "/api/chat")
_ADDRESS = regex(r"/chat/completions\b|/v1/messages\b|:(?:streamG|g)enerateContent\b|/api/chat\b")
"""Of the interfaces of OpenAI, Anthropic, Gemini and Ollama."""
_CALLED = regex(r"\btool_calls?\b|\btool_use\b|\bfunctionCalls?\b")
"""How those answer that a tool shall be called."""
OTHER_LANGUAGES = frozenset(LANGUAGES)
"""Their syntaxes."""


def names_agents(file: str, syntax: str, text: str) -> bool:
    """Whether a file builds agents or tools, declares rights, or has a key of a known form."""
    if len(text) > MAX_CODE or TESTS.search(file):
        return False
    builds = _builds(syntax, text) is not None or _asks(syntax, text) is not None
    return builds or declares_stack(file, text) is not None or holds_token(text)


def _builds(syntax: str, text: str) -> int | None:
    """Where a file first imports what it builds an agent with."""
    language = LANGUAGES[syntax]
    if not holds_word(text, language.words):
        return None
    found = language.imported.search(text)
    return found.start() if found is not None and language.uses(text) else None


def _asks(syntax: str, text: str) -> int | None:
    """Where a file first has the address of a model, if it speaks of tools that one calls."""
    if syntax in CONFIGURATIONS or not holds_word(text, _PATHS):
        return None
    found = _ADDRESS.search(text)
    return found.start() if found is not None and _CALLED.search(text) is not None else None


def parse_program(file: str, syntax: str, text: str) -> Document:
    """The text alone; where it builds an agent, with a problem at the import that says so."""
    name, builds = LANGUAGES[syntax].name, _builds(syntax, text)
    asks = _asks(syntax, text) if builds is None else None
    found = (
        (builds, UNREAD.format(language=name)),
        (asks, ASKING.format(language=name)),
        (declares_stack(file, text), UNRENDERED),
    )
    return searched_text(file, syntax, text, unread=found)
