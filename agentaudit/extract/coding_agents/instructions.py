"""Text that steers agents: instructions as facts, and the secrets that stand in them."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.coding_agents.told_passwords import ToldPasswords
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.literals import form_of
from agentaudit.extract.credentials.made_up import is_code, is_made_up, is_words
from agentaudit.extract.credentials.recognition import (
    Recognised,
    by_look,
    may_be_named,
    may_show,
    recognise,
)
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.mcp.declared import declared_servers
from agentaudit.extract.rehearsals import is_put_away
from agentaudit.extract.settings import UNNAMED, Setting
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence
from agentaudit.model.facts.agents import Agent, Instruction
from agentaudit.model.facts.credentials import CredentialForm
from agentaudit.readers.document import Document, text_at
from agentaudit.readers.escaped_marks import plain_text

_HOST = regex(r"(?P<host>[\w.-]{1,253})")
_EXAMPLES = regex(r"\.example\.(?:com|org|net)$|\.(?:local|localhost|test|invalid)$")
_SCHEME = r"(?:(?:Bearer|Basic)[ \t]{1,3}(?=\w{0,99}\d)(?=[^\s\"'`]{20}))?"
"""How a header begins that proves who calls, where what follows may be no word."""
_ASSIGNMENT = regex(
    r"(?P<name>[A-Za-z_][\w-]{1,60}+)[\"'`]?[ \t]*(?P<sign>=|:(?!:))[ \t]*"
    rf"(?:(?P<quote>[\"'`]){_SCHEME}(?P<quoted>[^\s\"'`]{{1,500}})(?P=quote)"
    rf"|{_SCHEME}(?P<bare>(?:(?!\\[nrt])[^\s\"'`,;)])+))"
)
_SPOKEN = regex(r"(?:[a-z]+[-_])+(?:pass|password|secret|token|key)", re.IGNORECASE)
"""What examples write where a secret will stand: `proxy-pass`."""
_PROMPTED = Budget("agents of instructions", 20_000, free=4, whole=True)
"""Each as often as there are instructions that may be for it."""


def extract_instructions(documents: Documents, collector: Collector) -> None:
    """Every instruction, the agents it prompts, and what it gives away."""
    near = _Near(collector.of(Agent))
    for document in documents.of("markdown"):
        settings = tuple(_settings(document))
        place = evidence(document, document.root)
        instruction = Instruction(
            id=fact_id("instruction", document.file, f"{document.file}#"),
            name=document.file,
            evidence=(place,),
        )
        agents = near.prompted(document)
        end = (place, f"which agents {document.file} prompts", "what steers them is open")
        agents = agents if collector.affords(_PROMPTED, len(agents), end) else ()
        holding = Holding(
            holder="agent",
            exposure="prompt",
            holder_id=agents[0].id if agents else instruction.id,
            seen_by=tuple(agent.id for agent in agents),
            applied=False,
        )
        found = add_credentials(collector, settings, holding)
        if is_put_away(document.file):  # where no model reads it any more
            for credential in found:
                collector.update(replace(credential, exposure="file"))
        collector.add(
            Instruction(
                id=instruction.id,
                name=instruction.name,
                evidence=(place,),
                holds_secret=bool(found),
            )
        )
        for agent in agents:
            collector.link(
                EdgeKind.PROMPTS,
                instruction.id,
                agent.id,
                place,
                confidence=Confidence.LIKELY,
            )


class _Near:
    """Agents by the folders around them, and those of Claude Code among them."""

    def __init__(self, agents: Sequence[Agent]) -> None:
        self._all = by_folder(agents)
        self._claude = by_folder(agent for agent in agents if agent.framework == "claude-code")

    def prompted(self, document: Document) -> Sequence[Agent]:
        """Those whose project the instruction lies in; Claude's own files are Claude's."""
        folder = folder_of(document.file).partition(".claude")[0].rstrip("/")
        near = self._all.get(folder, ())
        if "CLAUDE" in document.file or ".claude/" in document.file:
            return self._claude.get(folder, near)
        return near


def _settings(document: Document) -> Iterator[Setting]:
    """Assignments in prose, passwords it tells, and what looks like a credential by itself."""
    told = ToldPasswords()
    for number, written in _lines(document):
        plain = plain_text(document.file, written)
        line, seen = plain.text, set[str]()
        found = chain(_assigned(line, seen), told.on(line), _looking(line, seen))
        for name, start, value in found:
            if value not in seen:
                seen.add(value)
                node = text_at(number, plain.original(start), value)
                yield Setting(key=name, value=node, document=document, route=f"text.{number}")


def _assigned(line: str, seen: set[str]) -> Iterator[tuple[str, int, str]]:
    """Names with their values, and where these begin; what is no value is marked as seen."""
    for match in _ASSIGNMENT.finditer(line):
        group = "quoted" if match["quoted"] else "bare"
        value = match[group]
        if not may_be_named(match["name"]) and not may_show(value):
            continue
        if not _stated(match, value, line[match.end() : match.end() + 1]):
            seen.add(value)
        elif recognise(match["name"], value) is not None:
            yield match["name"], match.start(group), value


def _looking(line: str, seen: Collection[str]) -> Iterator[tuple[str, int, str]]:
    """What looks like a credential, and is no part of what was seen."""
    token = by_look(line)
    if token is None or not _shown(token, line):
        return
    if not any(token.secret in value for value in seen):
        name = "database_password" if token.kind == "connection_string" else UNNAMED
        yield name, max(line.find(token.secret), 0), token.secret


def _shown(token: Recognised, text: str) -> bool:
    """
    Whether what looks like a credential is one: no name, as in `postgres://me:$PASSWORD@db`.

    Of addresses of databases those count that others reach, with a password that nobody made up.
    """
    if token.form is not CredentialForm.LITERAL:
        return False
    if token.kind != "connection_string":
        return True
    return not is_made_up(token.secret) and _elsewhere(text.partition(token.secret + "@")[2])


def _elsewhere(rest: str) -> bool:
    """
    Whether an address leads to a machine that others reach: `db.acme.io`, and not `localhost`.

    What a developer starts on his own machine is described with its password everywhere.
    """
    host = _HOST.match(rest)
    name = host["host"].lower() if host is not None else ""
    return (
        "." in name
        and not name.startswith(("127.", "0.", "example."))
        and (_EXAMPLES.search(name) is None)
    )


def _lines(document: Document) -> Iterator[tuple[int, str]]:
    """The lines that a model reads: not those that start servers, of which these tell."""
    spans = {(each.node.line, each.node.end_line) for each in declared_servers(document)}
    unread = {line for first, last in spans for line in range(first, last + 1)}
    for number, line in enumerate(document.text.split("\n"), start=1):
        if number not in unread:
            yield number, line


def _stated(match: re.Match[str], value: str, rest: str) -> bool:
    """
    Whether the model reads a value here: not `PASSWORD=$TOKEN` of a shell, which it reads as that.

    Nor a piece of a program, nor words: `Pass: names, dates`, `key = ConvertTo-SecureString $it`.
    """
    if _SPOKEN.fullmatch(value) or is_made_up(value):
        return False
    shown = by_look(value)
    labels = value.endswith(":")  # `PASS:/FAIL:`, which says what stands there
    other = labels or is_code(value) or _said(match["sign"], value, rest)
    address = shown is not None and shown.kind == "connection_string"
    if (shown is None or address) and match["bare"] and other:
        return False
    if shown is not None and address:
        return _shown(shown, value)
    form = shown.form if shown is not None else form_of(match["name"], value)
    return form is CredentialForm.LITERAL


def _said(sign: str, value: str, rest: str) -> bool:
    """Whether a value without quotes is a word of a sentence, or a command and its arguments."""
    return is_words(value) and (sign == ":" or rest.startswith((" ", "\t")) or not value.isalpha())
