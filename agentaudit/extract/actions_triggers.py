"""Which events of a GitHub workflow strangers can cause, and reach an agent with."""

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from agentaudit.extract.actions_jobs import Job, WorkflowFile, raw
from agentaudit.readers.document import Node

_STRANGERS = frozenset(
    {
        "issues",
        "issue_comment",
        "pull_request_target",
        "pull_request_review",
        "pull_request_review_comment",
        "discussion",
        "discussion_comment",
        "workflow_run",
        "fork",
        "watch",
    }
)
"""
Events that anybody may cause and that run with the repository's secrets.

`pull_request` is not among them: from a fork it gets no secrets and a token that only reads.
"""
_MEMBER = re.compile(r"\b(?:OWNER|MEMBER|COLLABORATOR)\b")
_STRANGER = re.compile(r"\b(?:CONTRIBUTOR|FIRST_TIME_CONTRIBUTOR|FIRST_TIMER|MANNEQUIN|NONE)\b")
_NEGATED = re.compile(r"!\s*(?:=|\(|contains\s*\(\s*fromJSON)", re.IGNORECASE)
_MOST_PARENTHESES = 100
_LONGEST = 21_000
"""Characters of an expression; GitHub refuses a workflow with a longer one."""
_BY_HAND = re.compile(
    r"github\.event_name\s*==\s*['\"](?:workflow_dispatch|schedule|push|pull_request|release)['\"]"
)


class Triggers(Struct, frozen=True):
    """The workflows of a repository, by their names: some follow others."""

    workflows: Mapping[str, WorkflowFile]

    def of_strangers(self, workflow: WorkflowFile) -> tuple[tuple[str, Node], ...]:
        """
        The events of a workflow that strangers can cause, each with its place.

        None where all jobs that matter run for members of the project alone.
        """
        if all(_for_members(job) for job in workflow.agent_jobs) and workflow.agent_jobs:
            return ()
        return tuple(self._open(workflow))

    def _open(self, workflow: WorkflowFile) -> Iterator[tuple[str, Node]]:
        for name, node in workflow.triggers:
            if name == "workflow_run" and not self._follows_strangers(workflow):
                continue
            if name in _STRANGERS:
                yield name, node

    def _follows_strangers(self, workflow: WorkflowFile) -> bool:
        """Whether one of the workflows that this one follows may be started by anybody."""
        names = workflow.root.texts_at("on", "workflow_run", "workflows")
        known = [self.workflows[name] for name in names if name in self.workflows]
        if not names or len(known) < len(names):
            return True
        open_to_all = _STRANGERS | {"pull_request"}
        return any(event in open_to_all for each in known for event, _ in each.triggers)


def triggers_among(workflows: Iterable[WorkflowFile]) -> Triggers:
    """What starts each of the workflows of a repository."""
    return Triggers({workflow.name: workflow for workflow in workflows})


def _for_members(job: Job) -> bool:
    """Whether a job's condition lets it run for owners, members and collaborators alone."""
    condition = raw(job.node.get("if")).strip()
    condition = condition.removeprefix("${{").removesuffix("}}").strip()
    long = len(condition) > _LONGEST or condition.count("(") > _MOST_PARENTHESES
    if not condition or long:
        return False
    return _members_alone(condition)


def _members_alone(condition: str) -> bool:
    """Whether a condition holds for members alone: of `a || b` each, of `a && b` one at least."""
    inner = condition.strip()
    while inner.startswith("(") and _closing(inner) == len(inner) - 1:
        inner = inner[1:-1].strip()
    for operator, settles in (("||", all), ("&&", any)):
        parts = tuple(_split(inner, operator))
        if len(parts) > 1:
            return settles(map(_members_alone, parts))
    return _asks_for_members(inner)


def _asks_for_members(condition: str) -> bool:
    """The same of a condition without operators around its parts."""
    if condition.startswith("!") or _NEGATED.search(condition) or "||" in condition:
        return False
    return _BY_HAND.fullmatch(condition) is not None or (
        "author_association" in condition
        and _MEMBER.search(condition) is not None
        and _STRANGER.search(condition) is None
    )


def _split(condition: str, operator: str) -> Iterator[str]:
    """A condition at each `||` or `&&` that stands in no parentheses and in no text."""
    start = 0
    for position, depth in _depths(condition):
        if depth == 0 and condition.startswith(operator, position):
            yield condition[start:position]
            start = position + 2
    yield condition[start:]


def _closing(condition: str) -> int:
    """Where the parenthesis closes that a condition begins with; -1 for nowhere."""
    found = (at for at, depth in _depths(condition) if depth == 1 and condition[at] == ")")
    return next(found, -1)


def _depths(condition: str) -> Iterator[tuple[int, int]]:
    """Each position outside of texts, with the number of parentheses around it."""
    depth, quoted = 0, False
    for position, character in enumerate(condition):
        if character == "'":
            quoted = not quoted
        if quoted:
            continue
        if character == "(":
            depth += 1
        yield position, depth
        if character == ")":
            depth -= 1
