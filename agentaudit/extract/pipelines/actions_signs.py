"""What a workflow of GitHub says of itself: the texts, secrets and strangers that it lets in."""

import re
from collections.abc import Iterator
from itertools import groupby
from shlex import shlex

from agentaudit.extract.coding_agents.signs import starts_agent
from agentaudit.extract.pipelines.actions_agents import INFERENCE, SCRIPT
from agentaudit.extract.pipelines.actions_conditions import Questions
from agentaudit.extract.pipelines.actions_jobs import Job, WorkflowFile, holds_expression
from agentaudit.extract.pipelines.actions_steps import Step, raw
from agentaudit.extract.pipelines.actions_triggers import STRANGERS
from agentaudit.model.evidence import Known, Truth
from agentaudit.readers.document import Node

_EVENT_TEXT = re.compile(
    r"\b(?:github\.event\.(?:[\w-]{1,60}\.){0,10}(?:title|body|message"
    r"|label|name|ref|email|default_branch|description|page_name|comment|review_comments|commits)\b"
    r"|github\.head_ref)"
)
_SECRETS = re.compile(r"\bsecrets\.(?!GITHUB_TOKEN\b)\w")
"""Both within an expression."""
_ANSWER = re.compile(r"\bsteps\.[\w-]{1,100}\.outputs\.response\b")
_INHERITED = re.compile(r"secrets:\s{0,20}inherit")
_ANYONE = ("allowed_bots", "allowed_non_write_users", "allow-users")
ASKS_WHO = (
    *("anthropics/claude-code-action", "openai/codex-action"),
    *("sst/opencode/github", "anomalyco/opencode/github"),
)
"""
Actions that refuse actors without the right to write, unless they are told otherwise; of opencode
`assertPermissions` does (packages/opencode/src/cli/cmd/github.ts).
"""
_TEXT = re.compile(r"\bgithub\.(?:event\.(?P<of>\w+)|head_ref)")
_OWN: dict[str, tuple[str, frozenset[str]]] = {
    "issue_comment": ("created", frozenset({"comment"})),
    "discussion_comment": ("created", frozenset({"comment"})),
    "issues": ("opened", frozenset({"issue"})),
    "discussion": ("created", frozenset({"discussion"})),
    "pull_request_target": ("opened", frozenset({"pull_request"})),
    "pull_request_review": ("", frozenset({"review", "pull_request"})),
    "pull_request_review_comment": ("", frozenset({"comment", "pull_request"})),
}
"""
What of an event is written by whoever causes it, where it is of this type alone.

A review brings secrets only to a branch of the repository itself, which strangers cannot name.
"""

_CLAUDE_ACTIONS = frozenset({"anthropics/claude-code-action", "anthropics/claude-code-base-action"})
_BEFORE_V1, _V1 = re.compile(r"@(?:beta|v0(?:\.\d+)*)$"), re.compile(r"@v[1-9]")
_MINUTES_BEFORE_V1 = 30
"""What the action's input `timeout_minutes` was before its first version, which has it no more."""
_FIREWALL = "awf"
_LEFT = "--enable-dind"
"""With which what runs in the container may start others on the machine."""
_LONGEST_LINE = 20_000


def interpolations(workflow: WorkflowFile) -> Iterator[Node]:
    """
    Scripts, and inputs of agents, that an event's text is written into.

    An agent that asks who causes the event is given nothing by strangers in what he himself wrote.
    """
    questions = Questions(workflow)
    answers = not _runs_answers(workflow)
    for job in workflow.jobs:
        for step in job.steps if not job.off else ():
            script, given = step.node.get("run"), step.node.get("with")
            values = [script] if script is not None else []
            inputs = [value for _, value in given.items()] if given is not None else []
            texts = [value for value in inputs if holds_expression(_EVENT_TEXT, value.raw)]
            handed = list(_handed(step))
            if handed and not questions.stand_before(job, step):
                values += handed
            if step.action == SCRIPT:
                values += texts
            elif answers and _only_answers(step):
                pass
            elif step.runs_agent and (any(_opened(step)) or not questions.stand_before(job, step)):
                asks = step.action in ASKS_WHO and not any(_opened(step))
                values += [each for each in texts if not (asks and _of_actor(workflow, each.raw))]
            yield from (value for value in values if holds_expression(_EVENT_TEXT, value.raw))


def _handed(step: Step) -> Iterator[Node]:
    """Variables of a script that runs an agent which goes on: they may hold what it is told."""
    goes_on = step.runs_agent_itself and not step.asks_once
    variables = step.node.get("env") if step.node.get("run") is not None else None
    if variables is not None and (goes_on or any(not each.never_repeats for each in step.run)):
        yield from (value for _, value in variables.items())


def _only_answers(step: Step) -> bool:
    """Whether a step asks a model that has no tools: all that a text can get of it is words."""
    tools = raw(step.input("enable-github-mcp")).strip().lower()
    return step.action == INFERENCE and tools in ("", "false")


def _runs_answers(workflow: WorkflowFile) -> bool:
    """Whether a model's answer is written into a script, decides, or is handed to another job."""
    if any(_ANSWER.search(step.node.raw_at("if")) for step in workflow.steps):
        return True
    texts = [step.node.raw_at("run") + raw(step.input("script")) for step in workflow.steps]
    handed = (job.node.get("outputs") for job in workflow.jobs)
    texts += [value.raw for node in handed if node is not None for _, value in node.items()]
    return any(holds_expression(_ANSWER, text) for text in texts)


def _of_actor(workflow: WorkflowFile, text: str) -> bool:
    """Whether all that a text takes of an event is written by whoever causes it."""
    taken = {found["of"] or "pull_request" for found in _TEXT.finditer(text)}
    for event, _ in workflow.triggers:
        only, own = _OWN.get(event, ("", frozenset()))
        types = workflow.root.texts_at("on", event, "types")
        if event in STRANGERS and not (taken <= own and (not only or types == (only,))):
            return False
    return True


def uses_secrets(text: str) -> bool:
    """Whether a workflow reads secrets of the repository, or hands all of them on."""
    return holds_expression(_SECRETS, text) or _INHERITED.search(text) is not None


def open_to(workflow: WorkflowFile) -> Iterator[str]:
    """Inputs of its agents by which strangers may start them."""
    for step in workflow.steps:
        yield from _opened(step) if step.runs_agent else ()


def _opened(step: Step) -> Iterator[str]:
    for name in _ANYONE:
        if raw(step.input(name)).strip() == "*":
            yield f"{name}: *"


def session_named(workflow: WorkflowFile) -> Truth:
    """Whether every assumed session has a name."""
    assumed = [step for step in workflow.steps if step.input("role-to-assume") is not None]
    if not assumed:
        return Truth.UNKNOWN
    named = all(step.input("role-session-name") is not None for step in assumed)
    return Truth.YES if named else Truth.NO


def timeout_of(job: Job, step: Step) -> tuple[Known, int | None]:
    """When a job ends, or else the step that runs its agent: whichever comes first."""
    told = [each.get("timeout-minutes") for each in (job.node, step.node)]
    minutes = []
    if step.action in _CLAUDE_ACTIONS and _V1.search(step.uses) is None:
        given = step.input("timeout_minutes")
        told.append(given)
        if given is None and _BEFORE_V1.search(step.uses):
            minutes.append(_MINUTES_BEFORE_V1)
    minutes += [node.integer for node in told if node is not None and node.integer]
    if minutes:
        return Known.SET, min(minutes) * 60
    return (Known.UNKNOWN if any(node is not None for node in told) else Known.NONE), None


def behind_firewall(script: str) -> bool:
    """
    Whether a script starts agents only in the container of GitHub's agentic workflows.

    `awf … -- command` runs a command there: with the folders that are named, and the domains that
    are allowed. Source: github/gh-aw-firewall, "Usage".
    """
    lines = [line for line in script.replace("\\\n", " ").splitlines() if starts_agent(line)]
    return bool(lines) and all(map(_all_behind_firewall, lines))


def _all_behind_firewall(line: str) -> bool:
    if _FIREWALL not in line or len(line) > _LONGEST_LINE:
        return False
    lexer = shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError:
        return False
    commands = (list(group) for ends, group in groupby(words, _ends_command) if not ends)
    return all(_is_firewall(each) for each in commands if starts_agent(" ".join(each)))


def _ends_command(word: str) -> bool:
    return bool(word) and set(word) <= set("();|&")


def _is_firewall(words: list[str]) -> bool:
    """Whether a command is the firewall's, perhaps as another user, and keeps what it starts in."""
    named = [word for word in words if word != "sudo" and not word.startswith("-")]
    return named[:1] == [_FIREWALL] and "--" in words and _LEFT not in words
