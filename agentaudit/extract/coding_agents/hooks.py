"""
Commands that the client of a coding agent runs by itself, on an event, and nobody is asked about.

Whoever changes the file that names them runs code on the machine of everybody who works there; so
does whoever answers where they fetch something. Scripts of the repository are not told: they are
reviewed as all of it is.

Sources: https://code.claude.com/docs/en/hooks and /settings, https://cursor.com/docs/agent/hooks,
https://geminicli.com/docs/hooks, https://developers.openai.com/codex/hooks,
https://docs.github.com/en/copilot/reference/copilot-cli-reference/cli-hooks-reference,
https://kiro.dev/docs/hooks, https://docs.windsurf.com/windsurf/cascade/hooks.
"""

from collections.abc import Iterator

from msgspec import Struct

from agentaudit.expressions import regex
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.mcp.installed import as_installed
from agentaudit.extract.mcp.launchers import LONGEST_SCRIPT, Launch, fetched_by_shell
from agentaudit.extract.platform_files import HOOK_FILE
from agentaudit.model.facts.hooks import Hook
from agentaudit.readers.document import Document, Node

_FRONT_MATTER = regex(r"(?:^|/)(?:\.claude/(?:agents|commands|skills)/.+\.md|SKILL\.md)$")
_COMMANDS = ("command", "commandWindows", "command_windows", "bash", "powershell")
_HELPERS = (
    *(("statusLine", "command"), ("subagentStatusLine", "command"), ("fileSuggestion", "command")),
    *(("apiKeyHelper",), ("awsAuthRefresh",), ("awsCredentialExport",), ("gcpAuthRefresh",)),
    *(("otelHeadersHelper",), ("notify",), ("then", "command")),
)
"""Of Claude Code; what Codex tells of the end of a turn; what an event of Kiro starts."""


class _Command(Struct, frozen=True):
    """One command, and what it waits for."""

    event: str
    node: Node
    text: str


def extract_hooks(documents: Documents, collector: Collector) -> None:
    """Every command of a client's hooks, with what it fetches in no fixed version."""
    for document in documents.of("json", "toml", "markdown"):
        pattern = _FRONT_MATTER if document.syntax == "markdown" else HOOK_FILE
        off = document.root.child("disableAllHooks")
        if pattern.search(document.file) and not (off is not None and off.boolean is True):
            for number, command in enumerate(_commands(document)):
                _add(documents, document, collector, number=number, command=command)


def _add(
    documents: Documents,
    document: Document,
    collector: Collector,
    *,
    number: int,
    command: _Command,
) -> None:
    place = evidence(document, command.node, plain(command.event))
    if len(command.text) > LONGEST_SCRIPT:
        what = f"a hook on {plain(command.event)} is longer than is read"
        collector.leave_unread(place, what, "what it fetches further on is open")
    fetched = fetched_by_shell(command.text) or Launch()
    launch = as_installed(fetched, documents, document.file)
    collector.add(
        Hook(
            id=fact_id("hook", command.event, f"{document.file}#hooks.{number}"),
            name=plain(command.event),
            evidence=(place,),
            package=launch.package,
            registry=launch.registry,
            pinned=launch.pinned,
        )
    )


def _commands(document: Document) -> Iterator[_Command]:
    """Those of the file, of each plugin that it lists, and those that stand beside the hooks."""
    root = document.root
    for holder in (root, *root.list_at("plugins")):
        events = holder.child("hooks")
        for event, listed in events.items() if events is not None else ():
            for entry in listed.list():
                for hook in entry.list_at("hooks") or (entry,):
                    yield from _of_hook(event, hook)
    for path in _HELPERS:
        node = root.get(*path)
        if node is not None:
            yield from _command(path[0], node)


def _of_hook(event: str, hook: Node) -> Iterator[_Command]:
    for key in _COMMANDS:
        node = hook.child(key)
        if node is not None:
            yield from _command(event, node, hook.child("args"))


def _command(event: str, node: Node, arguments: Node | None = None) -> Iterator[_Command]:
    words = (*node.texts(), *(arguments.texts() if arguments is not None else ()))
    text = " ".join(words)
    if text:
        yield _Command(event, node, text)
