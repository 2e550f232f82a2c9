"""Conditions of jobs and steps of GitHub: for whom alone they hold."""

import re
from functools import partial

from agentaudit.extract.pipelines.actions_expressions import holds_only
from agentaudit.extract.pipelines.actions_jobs import Job, WorkflowFile
from agentaudit.extract.pipelines.actions_steps import Step, raw

_MEMBER = re.compile(r"\b(?:OWNER|MEMBER|COLLABORATOR)\b")
_STRANGER = re.compile(r"\b(?:CONTRIBUTOR|FIRST_TIME_CONTRIBUTOR|FIRST_TIMER|MANNEQUIN|NONE)\b")
_NEGATED = re.compile(r"!\s*(?:=|\(|contains\s*\(\s*fromJSON)", re.IGNORECASE)
_BY_HAND = re.compile(
    r"github\.event_name\s*==\s*['\"](?:workflow_dispatch|schedule|push|pull_request|release)['\"]"
)
_BY_ONE = re.compile(
    r"github\.(?:event\.(?:\w{1,40}\.){0,3}(?:user|sender)\.type\s*==\s*['\"]Bot['\"]"
    r"|(?:actor|triggering_actor|event\.(?:\w{1,40}\.){0,3}(?:user|sender)\.login)\s*==\s*"
    r"(?:['\"][^'\"\[\]]{1,100}['\"]|github\.repository_owner))"
)
"""Somebody by his name, or an app that was let into the repository."""
_BY_BOT = re.compile(
    r"github\.(?:(?P<last>(?:triggering_)?actor)|event\.(?:\w{1,40}\.){0,3}(?:user|sender)\.login)"
    r"\s*==\s*['\"][\w-]{1,100}\[bot\]['\"]"
)
"""
An app by its login, which nobody else can take. Of a pull request the `actor` is whoever touched it
last, and strangers have Dependabot touch theirs (zizmor, `bot-conditions`).
"""
_REQUESTED = "pull_request_target"
_OF_SUBJECT = re.compile(
    r"github\.event\.(?:issue|pull_request|discussion)\.(?:user\.|author_association\b)"
)
"""Who began what others may comment on."""
_COMMENTS = frozenset(
    {"issue_comment", "discussion_comment", "pull_request_review", "pull_request_review_comment"}
)
_EVENT_NAME = "github.event_name"
_OUTPUT = re.compile(
    r"(?P<of>steps|needs)\.(?P<id>[\w-]+)\.outputs\.(?P<name>[\w-]+)(?:\s*==\s*(?:'true'|true))?"
)
_ASKED = re.compile(
    r"author_association|getCollaboratorPermissionLevel|/collaborators/[^\s\"']{1,200}/permission"
    r"|(?:check|get)MembershipFor"
)
"""How scripts ask GitHub what somebody may do."""


def for_members(workflow: WorkflowFile) -> bool:
    """Whether conditions let agents run for owners, members and collaborators alone."""
    asks = partial(
        _asks_for_members, commented=_is_commented(workflow), requested=_is_requested(workflow)
    )
    jobs = workflow.agent_jobs
    return bool(jobs) and all(holds_only(job.node, asks) for job in jobs)


def _is_commented(workflow: WorkflowFile) -> bool:
    """
    Whether a stranger's comment may start it, whoever began what he comments on.

    Not so where its conditions tell events apart.
    """
    comments = any(event in _COMMENTS for event, _ in workflow.triggers)
    nodes = (
        node for job in workflow.jobs for node in (job.node, *(step.node for step in job.steps))
    )
    return comments and not any(_EVENT_NAME in node.raw_at("if") for node in nodes)


def _is_requested(workflow: WorkflowFile) -> bool:
    """Whether a stranger's pull request may start it, with secrets."""
    return any(event == _REQUESTED for event, _ in workflow.triggers)


class Questions:
    """The scripts of a workflow that ask who started it, by the step or the job that runs them."""

    def __init__(self, workflow: WorkflowFile) -> None:
        self._scripts: dict[tuple[str, str, str], list[str]] = {}
        self._asking: dict[tuple[str, str, str], bool] = {}
        self._commented = _is_commented(workflow)
        self._requested = _is_requested(workflow)
        for job in workflow.jobs:
            for step in job.steps:
                scripts = (step.node.raw_at("run"), raw(step.input("script")))
                for key in (("needs", "", job.name), ("steps", job.name, step.node.raw_at("id"))):
                    self._scripts.setdefault(key, []).extend(scripts)

    def stand_before(self, job: Job, step: Step) -> bool:
        """
        Whether a step runs only where a script before it has asked who started the workflow.

        What the script makes of the answer is not followed.
        """

        def asked(condition: str) -> bool:
            found = _OUTPUT.fullmatch(condition)
            if found is None:
                return _asks_for_members(
                    condition, commented=self._commented, requested=self._requested
                )
            of_job = found["of"] == "needs"
            key = (found["of"], "" if of_job else job.name, found["id"])
            return self._asks(key) and (
                of_job or any(found["name"] in script for script in self._scripts[key])
            )

        return holds_only(step.node, asked) or holds_only(job.node, asked)

    def _asks(self, key: tuple[str, str, str]) -> bool:
        if key not in self._asking:
            scripts = self._scripts.get(key, ())
            self._asking[key] = any(_ASKED.search(script) is not None for script in scripts)
        return self._asking[key]


def _asks_for_members(condition: str, *, commented: bool, requested: bool) -> bool:
    """The same of a condition without operators around its parts."""
    if condition.startswith("!") or _NEGATED.search(condition) or "||" in condition:
        return False
    if commented and _OF_SUBJECT.search(condition):
        return False
    if _BY_HAND.fullmatch(condition) or _BY_ONE.fullmatch(condition):
        return True
    bot = _BY_BOT.fullmatch(condition)
    if bot is not None:
        return not (requested and bot["last"])
    return (
        "author_association" in condition
        and _MEMBER.search(condition) is not None
        and _STRANGER.search(condition) is None
    )
