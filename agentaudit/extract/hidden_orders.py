"""
Orders to a model that are kept from people: in what a tool says of itself, and in instructions.

A sentence alone makes none: prompts ask for discretion, and guides name files of keys. Two signs
close together do, of which one is that the user must not learn of it or that a tag lends it weight,
and so does text in characters that nobody sees.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, with_place
from agentaudit.extract.documents import Documents
from agentaudit.model.facts.agents import Instruction
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.document import Document, text_at

_SECRECY = regex(
    r"(?i)\b(?:do not|don't|never|without)\s+(?:mention|tell|inform|notify|reveal|disclose|alert"
    r"|show|let)(?:ing)?\b[^.;]{0,60}?\busers?\b"
)
_KEY_FILES = regex(
    r"(?i)(?:~|\$HOME|/root|/home/\w+)/\.(?:ssh|aws|kube|gnupg|netrc|npmrc|docker)\b"
    r"|(?:~|\$HOME|/root|/home/\w+)/\.claude(?:\.json|/\.credentials|/settings)\b"
    r"|\bid_(?:rsa|ed25519)\b|\.aws/credentials|\.cursor/mcp\.json|/etc/(?:passwd|shadow)\b"
)
_WEIGHT = regex(
    r"<(?:IMPORTANT|HIDDEN|SYSTEM|SECRET)>|\[(?:HIDDEN|SYSTEM)(?: \w+){0,3}\]"
    r"|(?i:\bignore (?:all |any )?(?:the )?previous instructions\b)"
)
_FETCHED = regex(r"\b(?:curl|wget)\s[^\n|;&]{1,200}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b")
_UNSEEN = regex(r"(?<!\U0001f3f4)[\U000e0020-\U000e007e]{4,}")
"""Letters of tags, which no screen shows; behind a black flag they make those of countries."""
_SIGNS = (
    ("secrecy", _SECRECY),
    ("key files", _KEY_FILES),
    ("weight", _WEIGHT),
    ("fetched", _FETCHED),
)
_CLOSE = 600
"""Characters between two signs of one order."""
_WITHIN = 60
"""Lines of a tool in code, from its name on."""


class _Order(Struct, frozen=True):
    """Where an order begins, in characters and in lines from 1."""

    start: int
    line: int
    text: str


def extract_hidden_orders(documents: Documents, collector: Collector) -> None:
    """Marks the tools and the instructions that give orders which people are not to see."""
    tools: dict[str, list[Tool]] = {}
    for tool in collector.of(Tool):
        tools.setdefault(tool.evidence[0].file, []).append(tool)
    instructions = {each.evidence[0].file: each for each in collector.of(Instruction)}
    for document in documents.of("python", "javascript", "json", "yaml", "markdown"):
        instruction = instructions.get(document.file)
        if document.file not in tools and instruction is None:
            continue
        for order in _orders(document.text):
            if instruction is not None:
                _mark(collector, document, instruction.id, order)
            for tool in _around(tools.get(document.file, ()), order):
                _mark(collector, document, tool.id, order)


def _mark(collector: Collector, document: Document, fact_id: FactId, order: _Order) -> None:
    fact = collector.facts.get(fact_id)
    if not isinstance(fact, Tool | Instruction) or fact.hidden_orders:
        return
    start = document.text.rfind("\n", 0, order.start) + 1
    node = text_at(order.line, order.start - start, order.text)
    place = evidence(document, node, order.text)
    collector.update(replace(fact, hidden_orders=True, evidence=with_place(fact, place)))


def _orders(text: str) -> Iterator[_Order]:
    """The orders in a text: what nobody sees, and two signs of which one wants to hide or weigh."""
    for match in _UNSEEN.finditer(text):
        yield _order(text, match.start(), "")
    found = sorted(
        (match.start(), kind, match[0]) for kind, sign in _SIGNS for match in sign.finditer(text)
    )
    for (start, kind, words), (after, other, more) in pairwise(found):
        kinds = {kind, other}
        close = after - start <= _CLOSE
        if close and len(kinds) > 1 and "secrecy" in kinds:
            yield _order(text, *((start, words) if kind == "secrecy" else (after, more)))
        elif close and kinds == {"weight", "key files"}:
            yield _order(text, start, words)


def _order(text: str, start: int, words: str) -> _Order:
    return _Order(start, text.count("\n", 0, start) + 1, words.partition("\n")[0])


def _around(tools: Sequence[Tool], order: _Order) -> Iterator[Tool]:
    """The tool whose name stands last before an order, in the lines that a tool has."""
    before = [tool for tool in tools if 0 <= order.line - tool.evidence[0].line <= _WITHIN]
    last = max((tool.evidence[0].line for tool in before), default=0)
    yield from (tool for tool in before if tool.evidence[0].line == last)
