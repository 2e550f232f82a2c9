"""
Orders to a model that are kept from people: in what a tool says of itself, and in instructions.

A sentence alone makes none: prompts ask for discretion, and guides name files of keys. Two signs
close together do, of which one is that the user must not learn of it or that a tag lends it weight,
and so does text in characters that nobody sees.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from msgspec.structs import replace

from agentaudit.expressions import folded, holds_word, regex
from agentaudit.extract.collector import Collector, evidence, with_place
from agentaudit.extract.documents import Documents
from agentaudit.model.facts.agents import Instruction
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.tools import Tool
from agentaudit.readers.document import Document, Node, text_at
from agentaudit.readers.lines import Lines

_NEGATED = ("do not", "don't", "never", "without")
_TOLD = ("mention", "tell", "inform", "notify", "reveal", "disclose", "alert", "show", "let")
_SECRECY = regex(
    rf"(?i)\b(?:{'|'.join(_NEGATED)})\s+(?:{'|'.join(_TOLD)})(?:ing)?\b[^.;]{{0,60}}?\busers?\b"
)
_KEY_FILES = regex(
    r"(?i)(?:~|\$HOME|/root|/home/\w+)/\.(?:ssh|aws|kube|gnupg|netrc|npmrc|docker)\b"
    r"|(?:~|\$HOME|/root|/home/\w+)/\.claude(?:\.json|/\.credentials|/settings)\b"
    r"|\bid_(?:rsa|ed25519)\b|\.aws/credentials|\.cursor/mcp\.json|/etc/(?:passwd|shadow)\b"
)
_WEIGHT = regex(
    r"(?=[<\[iI\u0130\u0131])"  # a quick no to most characters, of all that `(?i)` takes for an i
    r"(?:<(?:IMPORTANT|HIDDEN|SYSTEM|SECRET)>|\[(?:HIDDEN|SYSTEM)(?: \w+){0,3}\]"
    r"|(?i:\bignore (?:all |any )?(?:the )?previous instructions\b))"
)
_FETCHED = regex(r"\b(?:curl|wget)\s[^\n|;&]{1,200}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b")
_UNSEEN = regex(r"(?<!\U0001f3f4)[\U000e0020-\U000e007e]{4,}")
"""Letters of tags, which no screen shows; behind a black flag they make those of countries."""
_TAGS = "\U000e0020".encode()[:2]
"""With which all of them begin."""
_SPOKEN = (("secrecy", _SECRECY), ("weight", _WEIGHT))
_DONE = (("key files", _KEY_FILES), ("fetched", _FETCHED))
_LISTED = regex(r"""[(,|]\s?["'“][^"'“”\n]{0,20}$""")
"""Before a sign that is quoted within a list, brackets or a table: it is spoken about."""
_LIST_GOES_ON = regex(r"""[^"'“”\n]{0,20}["'”]\s?[),|]""")
_WEIGHTS = (
    "<important>",
    "<hidden>",
    "<system>",
    "<secret>",
    "[hidden",
    "[system",
    "previous instructions",
)
_CLOSE = 600
"""Characters between two signs of one order."""
_WITHIN = 60
"""Lines of a tool in code, from its name on."""


def extract_hidden_orders(documents: Documents, collector: Collector) -> None:
    """Marks the tools and the instructions that give orders which people are not to see."""
    tools: dict[str, dict[int, list[FactId]]] = {}
    for tool in collector.of(Tool):
        place = tool.evidence[0]
        tools.setdefault(place.file, {}).setdefault(place.line, []).append(tool.id)
    instructions = {each.evidence[0].file: each.id for each in collector.of(Instruction)}
    for document in documents.of("python", "javascript", "json", "yaml", "markdown"):
        by_line, instruction = tools.get(document.file, {}), instructions.get(document.file)
        if not by_line and instruction is None:
            continue
        named = sorted(by_line)
        for order in _orders(document.text):
            if instruction is not None:
                _mark(collector, document, instruction, order)
            for marked in by_line.pop(_above(named, order), ()):  # by its first order
                _mark(collector, document, marked, order)


def _mark(collector: Collector, document: Document, fact_id: FactId, order: Node) -> None:
    fact = collector.facts.get(fact_id)
    if not isinstance(fact, Tool | Instruction) or fact.hidden_orders:
        return
    place = evidence(document, order, order.raw)
    collector.update(replace(fact, hidden_orders=True, evidence=with_place(fact, place)))


def _orders(text: str) -> Iterator[Node]:
    """The first words of each order, where they stand."""
    found = tuple(_beginnings(text))
    if not found:
        return
    lines = Lines(text)
    for start, words in found:
        line, column = lines.place(start)
        yield text_at(line, column - 1, words.partition("\n")[0])


def _beginnings(text: str) -> Iterator[tuple[int, str]]:
    """What nobody sees, and two signs of which one wants to hide or weigh."""
    if not text.isascii() and _TAGS in text.encode(errors="replace"):
        for match in _UNSEEN.finditer(text):
            yield match.start(), ""
    if not _may_order(folded(text)):
        return
    spoken = [sign for sign in _signs(text, _SPOKEN) if not _only_named(text, sign[1])]
    if not spoken:
        return
    found = sorted(
        (match.start(), kind, match[0]) for kind, match in (*spoken, *_signs(text, _DONE))
    )
    for (start, kind, words), (after, other, more) in pairwise(found):
        kinds = {kind, other}
        close = after - start <= _CLOSE
        if close and len(kinds) > 1 and "secrecy" in kinds:
            yield (start, words) if kind == "secrecy" else (after, more)
        elif close and kinds == {"weight", "key files"}:
            yield start, words


def _may_order(text: str) -> bool:
    """Whether it may hide or weigh anything: a no for most texts, in a twentieth of the time."""
    secret = "user" in text and holds_word(text, _NEGATED) and holds_word(text, _TOLD)
    return secret or holds_word(text, _WEIGHTS)


def _signs(
    text: str, kinds: Iterable[tuple[str, re.Pattern[str]]]
) -> Iterator[tuple[str, re.Match[str]]]:
    for kind, sign in kinds:
        for match in sign.finditer(text):
            yield kind, match


def _only_named(text: str, sign: re.Match[str]) -> bool:
    """Whether a text names a sign among others, as scanners do: `("do not tell the user", …)`."""
    before = _LISTED.search(text, max(0, sign.start() - 30), sign.start())
    return before is not None and _LIST_GOES_ON.match(text, sign.end()) is not None


def _above(named: Sequence[int], order: Node) -> int:
    """The last line with the name of a tool before an order, as far as a tool goes; 0 for none."""
    behind = bisect_right(named, order.line)
    last = named[behind - 1] if behind else 0
    return last if order.line - last <= _WITHIN else 0
