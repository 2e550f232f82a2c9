"""Which events of a GitHub workflow strangers can cause, and reach an agent with."""

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from agentaudit.extract.pipelines.actions_jobs import Job, WorkflowFile, raw
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
_MARK = re.compile(r"'[^']*'?|\|\||&&|[()]")
"""What decides of which parts a condition is; texts have single quotes."""
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
    closes = None if long or not condition else _pairs(condition)
    return closes is not None and _Condition(condition, closes).for_members(0, len(condition))


class _Condition(Struct, frozen=True):
    """An expression of GitHub, read in one way through it."""

    text: str
    closes: Mapping[int, int]
    """Where each of its parentheses closes."""

    def for_members(self, start: int, end: int) -> bool:
        """Whether a part holds for them alone: of `a || b` each, of `a && b` one at least."""
        text = self.text
        while start < end and text[start].isspace():
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
        if self.closes.get(start) == end - 1:
            return self.for_members(start + 1, end - 1)
        for operator, settles in (("||", all), ("&&", any)):
            parts = tuple(self._parts(start, end, operator))
            if len(parts) > 1:
                return settles(self.for_members(*part) for part in parts)
        return _asks_for_members(text[start:end])

    def _parts(self, start: int, end: int, operator: str) -> Iterator[tuple[int, int]]:
        """What stands around the operators that are in no parentheses."""
        at = start
        while (mark := _MARK.search(self.text, at, end)) is not None:
            at = mark.end()
            if mark[0] == "(":
                at = self.closes[mark.start()] + 1
            elif mark[0] == operator:
                yield start, mark.start()
                start = at
        yield start, end


def _asks_for_members(condition: str) -> bool:
    """The same of a condition without operators around its parts."""
    if condition.startswith("!") or _NEGATED.search(condition) or "||" in condition:
        return False
    return _BY_HAND.fullmatch(condition) is not None or (
        "author_association" in condition
        and _MEMBER.search(condition) is not None
        and _STRANGER.search(condition) is None
    )


def _pairs(text: str) -> Mapping[int, int] | None:
    """Where each parenthesis outside of texts closes; None where not all of them do."""
    closes, opened = {}, []
    for mark in _MARK.finditer(text):
        if mark[0] == "(":
            opened.append(mark.start())
        elif mark[0] == ")":
            if not opened:
                return None
            closes[opened.pop()] = mark.start()
    return None if opened else closes
