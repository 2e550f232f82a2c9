"""
What scripts and steps of pipelines tell clouds to do that a template would say of itself.

They make keys that nobody ends, and they let everybody on the internet call what they deploy. A
line that tells people of such a command, in a comment or in a message, runs nothing.

https://cloud.google.com/sdk/gcloud/reference/iam/service-accounts/keys/create,
https://cloud.google.com/sdk/gcloud/reference/run/deploy,
https://docs.aws.amazon.com/cli/latest/reference/iam/create-access-key.html,
https://learn.microsoft.com/cli/azure/ad/sp#az-ad-sp-create-for-rbac
"""

import posixpath
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.expressions import holds_word, regex
from agentaudit.extract.budgets import Budget
from agentaudit.extract.by_folder import by_folder
from agentaudit.extract.collector import Collector, evidence, fact_id, with_place
from agentaudit.extract.containers.started_code import is_deployed_code
from agentaudit.extract.documents import Documents, folder_of
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.extract.told_lines import not_printed, run_by
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Truth
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import NOBODY
from agentaudit.model.facts.tools import ToolServer
from agentaudit.readers.cloud_words import CLOUD_WORDS
from agentaudit.readers.document import Document, text_at
from agentaudit.readers.lines import lines_of

_YEAR_S = 365 * 86_400
_COMMANDS = Budget("commands", 5_000)
_LONGEST = 4_000
"""Characters of one command, with the lines on which it goes on."""
_RUN = regex(
    r"(?:^|[;&|(`!]|\b(?:then|do|else|if|sudo|exec|time|eval)[ \t])[ \t@-]{0,8}"
    r"(?:[A-Za-z_]\w{0,60}=\S{0,200}[ \t]+){0,4}[\"']?"
    r"(?P<command>(?:gcloud|aws|az)[ \t][^\n;|]{0,3000})"
)
"""At the place of a command: after a sign of the shell, or what it sets for one command."""
_QUOTES = regex("[\"']")
_GOES_ON = ("\\", "`", "^")
"""At the end of a line in a shell of Unix, in PowerShell and in Windows' own."""


class _Maker(Struct, frozen=True):
    """A command that makes a key, which is good until somebody revokes it unless it says so."""

    program: str
    words: str
    provider: str
    kind: str
    ttl_s: int | None = None
    unless: str = "--create-cert"


_MAKERS = (
    _Maker("gcloud", "iam service-accounts keys create", "google", "key_file"),
    _Maker("gcloud", "services api-keys create", "google", "api_key"),
    _Maker("aws", "iam create-access-key", "aws", "access_key"),
    _Maker("aws", "iam create-service-specific-credential", "aws", "api_key"),
    _Maker("az", "ad sp create-for-rbac", "azure", "client_secret", _YEAR_S),
    _Maker("az", "ad sp credential reset", "azure", "client_secret", _YEAR_S),
    _Maker("az", "ad app credential reset", "azure", "client_secret", _YEAR_S),
)
_PROGRAMS = frozenset({"gcloud", "aws", "az"})
_SPANS = {"--years": _YEAR_S, "--credential-age-days": 86_400}
_MOST_DIGITS = 6
_OPENING = "--allow-unauthenticated"
_DEPLOYING = ("run deploy", "functions deploy")
_CALLED_BY = ("services add-iam-policy-binding", "functions add-iam-policy-binding")


class _Command(Struct, frozen=True):
    """One command of a cloud, without its quotes, and where it stands."""

    document: Document
    words: tuple[str, ...]
    place: Evidence

    @property
    def said(self) -> str:
        """What it does: its words, without options."""
        return " ".join(word for word in self.words if not word.startswith("-"))

    def option(self, name: str) -> str:
        """The value of an option, as `--name value` or `--name=value`."""
        for word, following in zip(self.words, (*self.words[1:], ""), strict=True):
            if word == name:
                return following
            if word.startswith(f"{name}="):
                return word.partition("=")[2]
        return ""


def extract_cloud_commands(documents: Documents, collector: Collector) -> None:
    """Keys that are made, and agents and servers whose services are opened to everybody."""
    opened: list[_Command] = []
    for command in _commands(documents, collector):
        for maker in _MAKERS:
            if command.words[0] == maker.program and f" {maker.words}" in f" {command.said} ":
                _add_key(command, maker, collector)
        if _opens(command):
            opened.append(command)
    if opened:
        _open_agents(opened, collector)
        _open_servers(opened, collector)


def _add_key(command: _Command, maker: _Maker, collector: Collector) -> None:
    if maker.unless in command.words or command.option("--create-password") == "false":
        return
    script = command.document.syntax == "script"
    file, line = command.place.file, command.place.line
    collector.add(
        Credential(
            id=fact_id("credential", maker.words, f"{file}#made.{line}.{maker.words}"),
            name=f"the key that `{maker.program} {maker.words}` makes",
            evidence=(command.place,),
            confidence=Confidence.LIKELY,
            provider=maker.provider,
            kind=maker.kind,
            form=CredentialForm.FILE,
            lifetime=Lifetime.STATIC,
            ttl_s=_lifetime_s(command, maker),
            holder="repository" if script else "ci",
            exposure="made",
            variable=f"{maker.program} {maker.words}",
        )
    )


def _lifetime_s(command: _Command, maker: _Maker) -> int | None:
    for name, unit_s in _SPANS.items():
        count = command.option(name)
        if count.isascii() and count.isdecimal() and len(count) < _MOST_DIGITS:
            return int(count) * unit_s
    return maker.ttl_s


def _opens(command: _Command) -> bool:
    """Whether a command lets everybody call a service of Google."""
    if command.words[0] != "gcloud":
        return False
    deployed = any(f" {words} " in f" {command.said} " for words in _DEPLOYING)
    if deployed and _OPENING in command.words:
        inside = command.option("--ingress").startswith("internal")
        return not inside and "--iap" not in command.words
    bound = any(f" {words} " in f" {command.said} " for words in _CALLED_BY)
    return bound and command.option("--member") == "allUsers"


def _open_agents(opened: Sequence[_Command], collector: Collector) -> None:
    """The first agent in the folder that a service is made of, behind which the others stand."""
    behind = {edge.dst for edge in collector.edges_of(EdgeKind.DELEGATES_TO)}
    packed = filter(is_deployed_code, collector.of(Agent))
    before = (agent for agent in packed if agent.id not in behind)
    agents = sorted((agent.evidence[0].file, agent.evidence[0].line, agent.id) for agent in before)
    commands = {folder: each for each in reversed(opened) if (folder := _folder(each)) is not None}
    for folder, command in commands.items():
        within = f"{folder}/" if folder else ""
        at = bisect_left(agents, (within, 0, NOBODY))
        first = agents[at] if at < len(agents) else None
        known = collector.facts.get(first[2]) if first and first[0].startswith(within) else None
        if isinstance(known, Agent) and known.authenticated is Truth.UNKNOWN:
            places = with_place(known, command.place)
            collector.update(replace(known, authenticated=Truth.NO, evidence=places))


def _open_servers(opened: Sequence[_Command], collector: Collector) -> None:
    """The server of tools that a service is made of, where there is but one, and it asks nobody."""
    served = (item for item in collector.of(ToolServer) if item.transport in {"http", "sse"})
    servers = by_folder(item for item in served if not is_rehearsal(item.evidence[0].file))
    for command in opened:
        folder = _folder(command)
        found = servers.get(folder, ()) if folder is not None else ()
        server = collector.facts.get(found[0].id) if len(found) == 1 else None
        if isinstance(server, ToolServer) and server.authenticated is Truth.NO:
            places = with_place(server, command.place)
            collector.update(replace(server, exposed=True, evidence=places))


def _folder(command: _Command) -> str | None:
    """What a service is built from: the folder that is named, or that of the script."""
    here, source = folder_of(command.document.file), command.option("--source")
    if command.document.syntax != "script":
        here = "" if here.startswith(".") else here
    if source and not source.startswith(("$", "/", "gs:")):
        joined = posixpath.normpath(posixpath.join(here, source))
        return None if joined.startswith("..") else joined.removeprefix(".")
    return here or None


def _commands(documents: Documents, collector: Collector) -> Iterator[_Command]:
    for document in documents.of("script", "yaml"):
        if not holds_word(document.text, CLOUD_WORDS):
            continue
        found = _of_script(document) if document.syntax == "script" else _of_steps(document)
        for words, place in found:
            what = f"the commands of {document.file} after {_COMMANDS.most:,}"
            if not collector.affords(_COMMANDS, 1, (place, what, "they may make keys")):
                break
            yield _Command(document, words, place)


def _of_script(document: Document) -> Iterator[tuple[tuple[str, ...], Evidence]]:
    lines = lines_of(document.text)
    for number, words in _run(document.text):
        yield words, evidence(document, text_at(number, 0, lines[number - 1]))


def _of_steps(document: Document) -> Iterator[tuple[tuple[str, ...], Evidence]]:
    """Scripts in texts, and commands whose words are a list, as Cloud Build has them."""
    for root in document.roots:
        for node in root.walk():
            if node.elements:
                words = node.texts()
                led = words if words[0] in _PROGRAMS else ("gcloud", *words)
                if holds_word(" ".join(words), CLOUD_WORDS) and all(map(_is_word, words)):
                    yield led, evidence(document, node.elements[0])
            elif node.text and holds_word(node.text, CLOUD_WORDS):
                for _, found in _run(node.text):
                    yield found, evidence(document, node)


def _is_word(text: str) -> bool:
    return bool(text) and not any(letter.isspace() for letter in text)


def _run(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The commands of a script by their lines, but for those in what it tells people."""
    for number, line in not_printed(_whole_lines(text)):
        for match in _RUN.finditer(run_by(line)):
            words = match["command"].split()
            yield number, tuple(_QUOTES.sub("", word).rstrip("`)") for word in words)


def _whole_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with those on which they go on, and the number of the first."""
    start, length, parts = 1, 0, list[str]()
    for number, line in enumerate(lines_of(text), 1):
        if not parts:
            start, length = number, 0
        stripped = line.rstrip()
        length += len(line) + 1
        goes_on = stripped.endswith(_GOES_ON) and length < _LONGEST
        parts.append(stripped[:-1] if goes_on else stripped)
        if not goes_on:
            yield start, " ".join(parts)
            parts = []
    if parts:
        yield start, " ".join(parts)
