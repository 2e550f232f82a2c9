"""How coding agents are known: by the commands that start them, and by their files."""

import re
from types import MappingProxyType

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import evidence
from agentaudit.extract.credentials.redaction import cleaned, plain
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent
from agentaudit.readers.document import Document, Node

_REST = r"[^\n;|&]{0,500}"
_OPEN = r"(?:--sandbox|-s)[= ]danger-full-access"
_NEVER = r"(?:--ask-for-approval|-a)[= ]never"
"""Of Codex: without a sandbox nothing is left where nobody is asked, and `exec` asks nobody."""
_SWITCHES = {
    "claude": r"--dangerously-skip-permissions|--permission-mode[= ]bypassPermissions",
    "codex": r"--dangerously-bypass-approvals-and-sandbox|--yolo\b|--full-auto\b"
    rf"|\bexec\s{_REST}{_OPEN}|{_OPEN}\b{_REST}{_NEVER}|{_NEVER}\b{_REST}{_OPEN}",
    "gemini": r"--yolo\b|--approval-mode[= ]yolo",
    "qwen": r"--yolo\b|--approval-mode[= ]yolo",
    "copilot": r"--allow-all-tools\b|--allow-all(?=\s|$)|--yolo\b",
    "cursor-agent": rf"\bcursor-agent\s{_REST}(?:--force|-f)(?=\s|$)",
    "amp": r"--dangerously-allow-all\b",
}
BYPASS_OF = MappingProxyType({name: regex(switches) for name, switches in _SWITCHES.items()})
"""After which the agents of a command line ask nobody any more: each has its own."""
_ANY_SWITCH = "|".join(_SWITCHES.values())
_BYPASS = regex(_ANY_SWITCH)
"""The same, whosever they are."""
BYPASS_IN_JOB = regex(
    _ANY_SWITCH + r"|\bbypassPermissions\b|\bdanger-full-access\b|\"approvalMode\":\s{0,9}\"yolo\""
    r"|^safety-strategy: unsafe$",
    re.MULTILINE,
)
"""
The same in a job of a pipeline, where nobody is there to ask: also as inputs of actions, and as
settings that a script writes. `codex exec` asks nobody, so its open sandbox is all there was.
"""
_CLAUDE = regex(r"(?:^|/)(?:\.claude/settings(?:\.local)?|managed-settings)\.json$")
_ANY_SETTINGS = regex(r"(?:^|[/_.-])settings(?:[_.-][\w.-]{1,40})?\.json$")
_SHOWN = regex(r"(?:^|[/_.-])(?:examples?|samples?|templates?|tests?|fixtures?|docs?)(?:[/_.-]|$)")
_CLAUDE_MODES = frozenset({"acceptEdits", "bypassPermissions", "dontAsk", "plan"})
_CLAUDE_RULE = regex(r"(?:Bash|Edit|Write|Read|WebFetch)\(.+\)|mcp__\w[\w*-]*", re.DOTALL)
_CODEX = regex(r"(?:^|/)config\.toml$")
_OF_CODEX = regex(r"(?:^|/)\.?codex/config\.toml$")
_CODEX_KEYS = (
    *("approval_policy", "sandbox_mode", "history", "profiles", "otel", "default_permissions"),
    *("shell_environment_policy", "model_providers"),
)

_ASKS = r"(?:v|V|h|-version|-help)(?:[\s\"')]|$)"
"""Behind a dash: what is asked about the program itself, as one does after it is installed."""
_VALUE = "".join(
    rf"(?<!--{option}\s)"
    for option in (
        *("extra", "group", "only-group", "with", "provider", "model", "llm", "agent", "backend"),
        *("engine", "tool", "cli", "client", "target", "runner", "features"),
    )
)
"""Behind an option stands its value: `uv sync --extra gemini --extra web` starts nothing."""
_HELD = r"[\"']?\$(?:\{\{[^{}\n]{1,200}\}\}|\{?\w{1,60}(?:\[[@*]\])?\}?)[\"']?"
"""A variable or an expression, which may be switches."""
_AGENT_COMMAND = regex(
    rf"(?:^|[\s;&|(]){_VALUE}(?:(?:npx|bunx|dlx)\s+(?:-y\s+|--yes\s+)?(?:@anthropic-ai/claude-code"
    r"|@openai/codex|@google/gemini-cli|@github/copilot|@qwen-code/qwen-code|@sourcegraph/amp)"
    rf"|(?:claude|codex|gemini|qwen|amp|aider|cursor-agent)\s+(?:{_HELD}\s+){{0,3}}-(?=-?\w)(?!{_ASKS})"
    r"|codex\s+exec\b"
    rf"|(?:claude|codex|gemini|qwen|amp)\s+[\"'][^\n;|&]{{0,500}}\s--(?:yolo|approval-mode"
    r"|dangerously-|permission-mode|full-auto|model|print|output-format)"
    r"|copilot\s(?:[^\n;|&]{0,500}\s)?--(?:allow-all|allow-tool|yolo)|opencode\s+run"
    r"|aider\s(?:[^\n;|&]{0,500}\s)?--(?:message|yes)|goose\s+run"
    r"|crewai\s+run|cursor-agent\s+(?:[\"'$]|(?:agent|chat)\b))"
    r"|(?:^|[;&|(])[ \t]{0,40}(?:claude|codex|gemini|qwen|amp|aider)[ \t]+[\"']?\$[\w{(]",
    re.MULTILINE,
)


def starts_agent(script: str) -> bool:
    """Whether a script starts a coding agent."""
    return _AGENT_COMMAND.search(script) is not None


def bypassed(words: tuple[str, ...]) -> bool:
    """Whether a command line starts an agent that asks nobody."""
    return _BYPASS.search(" ".join(words)) is not None


def turns_told(found: re.Match[str] | None) -> tuple[Known, int | None]:
    """
    How many turns an agent may take, by its option where that was found.

    What an expression or a variable gives is a limit, of which nobody reads here how high it is.
    """
    if found is None:
        return Known.NONE, None
    return (Known.SET, int(found["count"])) if found["count"] else (Known.UNKNOWN, None)


def is_claude_settings(document: Document) -> bool:
    """
    Whether a JSON document holds settings of Claude Code: by its place, or by rules of its own.

    Those of one's home lie under other names in a repository, from where a script copies them.
    """
    if _CLAUDE.search(document.file) is not None:
        return bool(document.root.entries)
    if _ANY_SETTINGS.search(document.file) is None or _SHOWN.search(document.file):
        return False
    mode = document.root.text_at("permissions", "defaultMode")
    rules = document.root.texts_at("permissions", "allow")
    return mode in _CLAUDE_MODES or any(map(_CLAUDE_RULE.fullmatch, rules))


def is_codex(document: Document) -> bool:
    """Whether a TOML document is a configuration of Codex: by its folder, or a key of its own."""
    if _OF_CODEX.search(document.file):
        return bool(document.root.entries)
    named = _CODEX.search(document.file) is not None
    return named and any(document.root.child(key) is not None for key in _CODEX_KEYS)


def with_folders(agent: Agent, document: Document, listed: Node | None) -> Agent:
    """An agent with the folders that it may use besides its own, where any is named."""
    folders = [each for each in (listed.list() if listed is not None else ()) if each.text]
    if not folders:
        return agent
    named = (*agent.root_paths, *(cleaned(each.raw) for each in folders))
    places = tuple(evidence(document, each, plain(each.raw)) for each in folders)
    graver = agent.permission_mode == "bypass" or agent.wildcard_tools  # which is told first
    told = (*agent.evidence, *places) if graver else (*places, *agent.evidence)
    return replace(
        agent,
        root_paths=tuple(dict.fromkeys(named)),
        evidence=tuple(dict.fromkeys(told)),
    )
