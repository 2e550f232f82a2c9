"""Which events of a GitHub workflow strangers can cause, and reach an agent with."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from agentaudit.extract.pipelines.actions_conditions import for_members
from agentaudit.extract.pipelines.actions_jobs import WorkflowFile
from agentaudit.readers.document import Node

STRANGERS = frozenset(
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


class Triggers(Struct, frozen=True):
    """The workflows of a repository, by their names: some follow others."""

    workflows: Mapping[str, WorkflowFile]

    def of_strangers(self, workflow: WorkflowFile) -> tuple[tuple[str, Node], ...]:
        """
        The events of a workflow that strangers can cause, each with its place.

        None where all jobs that matter run for members of the project alone.
        """
        if for_members(workflow):
            return ()
        return tuple(self._open(workflow))

    def _open(self, workflow: WorkflowFile) -> Iterator[tuple[str, Node]]:
        for name, node in workflow.triggers:
            if name == "workflow_run" and not self._follows_strangers(workflow):
                continue
            if name in STRANGERS:
                yield name, node

    def _follows_strangers(self, workflow: WorkflowFile) -> bool:
        """Whether one of the workflows that this one follows may be started by anybody."""
        names = workflow.root.texts_at("on", "workflow_run", "workflows")
        known = [self.workflows[name] for name in names if name in self.workflows]
        if not names or len(known) < len(names):
            return True
        open_to_all = STRANGERS | {"pull_request"}
        return any(event in open_to_all for each in known for event, _ in each.triggers)


def triggers_among(workflows: Iterable[WorkflowFile]) -> Triggers:
    """What starts each of the workflows of a repository."""
    return Triggers({workflow.name: workflow for workflow in workflows})
