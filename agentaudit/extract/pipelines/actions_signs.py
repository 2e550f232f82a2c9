"""What a workflow of GitHub says of itself: the texts, secrets and strangers that it lets in."""

import re
from collections.abc import Iterator

from agentaudit.extract.pipelines.actions_jobs import WorkflowFile, holds_expression, raw
from agentaudit.model.evidence import Truth
from agentaudit.readers.document import Node

_EVENT_TEXT = re.compile(
    r"\b(?:github\.event\.(?:[\w-]{1,60}\.){0,10}(?:title|body|message"
    r"|label|name|ref|email|default_branch|description|page_name|comment|review_comments|commits)\b"
    r"|github\.head_ref)"
)
_SECRETS = re.compile(r"\bsecrets\.(?!GITHUB_TOKEN\b)\w")
"""Both within an expression."""
_INHERITED = re.compile(r"secrets:\s{0,20}inherit")
_ANYONE = ("allowed_bots", "allowed_non_write_users", "allow-users")


def interpolations(workflow: WorkflowFile) -> Iterator[Node]:
    """Scripts, and inputs of agents, that an event's text is written into."""
    for step in workflow.steps:
        script, given = step.node.get("run"), step.node.get("with")
        values = [script] if script is not None else []
        if step.runs_agent or step.action == "actions/github-script":
            values += [value for _, value in given.items()] if given is not None else []
        yield from (value for value in values if holds_expression(_EVENT_TEXT, value.raw))


def uses_secrets(text: str) -> bool:
    """Whether a workflow reads secrets of the repository, or hands all of them on."""
    return holds_expression(_SECRETS, text) or _INHERITED.search(text) is not None


def open_to(workflow: WorkflowFile) -> Iterator[str]:
    """Inputs of its agents by which strangers may start them."""
    for step in workflow.steps:
        for name in _ANYONE if step.runs_agent else ():
            if raw(step.input(name)).strip() == "*":
                yield f"{name}: *"


def session_named(workflow: WorkflowFile) -> Truth:
    """Whether every assumed session has a name."""
    assumed = [step for step in workflow.steps if step.input("role-to-assume") is not None]
    if not assumed:
        return Truth.UNKNOWN
    named = all(step.input("role-session-name") is not None for step in assumed)
    return Truth.YES if named else Truth.NO
