"""GitHub workflows as jobs and steps: what starts them, what they may do, which run an agent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agentaudit.extract.documents import Documents
from agentaudit.extract.platforms import workflows
from agentaudit.readers.document import Document, Node, NodeKind

AGENT_ACTIONS = frozenset(
    {
        "anthropics/claude-code-action",
        "anthropics/claude-code-action/base-action",
        "anthropics/claude-code-base-action",
        "google-github-actions/run-gemini-cli",
        "google-gemini/gemini-cli-action",
        "openai/codex-action",
        "all-hands-ai/openhands-resolver",
        "cursor/agent-action",
        "sst/opencode",
        "block/goose-action",
        "actions/ai-inference",
    }
)
_AGENT_COMMAND = re.compile(
    r"(?:^|[\s;&|(])(?:npx\s+(?:-y\s+)?@anthropic-ai/claude-code|claude\s+(?:-p|--print|-\w)"
    r"|codex\s+exec|gemini\s+(?:-p|--prompt|--yolo)|aider\s|opencode\s+run|goose\s+run"
    r"|crewai\s+run|cursor-agent\s)",
    re.MULTILINE,
)
_PINNED = re.compile(r"@[0-9a-f]{40}$|@sha256:[0-9a-f]{64}$")

UNTRUSTED_TRIGGERS = frozenset(
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a job."""

    node: Node
    number: int

    @property
    def uses(self) -> str:
        return raw(self.node.get("uses"))

    @property
    def action(self) -> str:
        """The action without its version, in lower case."""
        return self.uses.partition("@")[0].lower()

    @property
    def runs_agent(self) -> bool:
        return self.action in AGENT_ACTIONS or (
            _AGENT_COMMAND.search(raw(self.node.get("run"))) is not None
        )

    def input(self, name: str) -> Node | None:
        """One of its inputs; GitHub takes their names in any case."""
        given = self.node.get("with")
        pairs = given.items() if given is not None else ()
        return next((value for key, value in pairs if key.lower() == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job of a workflow."""

    name: str
    key: Node
    node: Node
    steps: tuple[Step, ...]

    @property
    def runs_agent(self) -> bool:
        return any(step.runs_agent for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFile:
    """One workflow."""

    document: Document
    root: Node
    jobs: tuple[Job, ...]

    @property
    def name(self) -> str:
        given = raw(self.root.get("name"))
        return given or self.document.file.rpartition("/")[2].rpartition(".")[0]

    @property
    def triggers(self) -> tuple[tuple[str, Node], ...]:
        """The events that start it, each with its place."""
        node = self.root.get("on")
        if node is None:
            return ()
        if node.kind is NodeKind.MAPPING:
            return tuple((key.raw, key) for key, _ in node.entries)
        return tuple((element.raw, element) for element in node.list())

    @property
    def steps(self) -> Iterator[Step]:
        return (step for job in self.jobs for step in job.steps)

    @property
    def runs_agent(self) -> bool:
        return any(job.runs_agent for job in self.jobs)

    @property
    def agent_jobs(self) -> tuple[Job, ...]:
        """The jobs that decide: those that run an agent, or all where none does."""
        return tuple(job for job in self.jobs if job.runs_agent) or self.jobs


def workflow_files(documents: Documents) -> Iterator[WorkflowFile]:
    """Every workflow, with its jobs."""
    for document in workflows(documents):
        root = document.root
        jobs = root.get("jobs")
        yield WorkflowFile(
            document=document,
            root=root,
            jobs=tuple(_job(key, node) for key, node in jobs.entries) if jobs is not None else (),
        )


def _job(key: Node, node: Node) -> Job:
    listed = node.get("steps")
    members = listed.list() if listed is not None else ()
    steps = tuple(Step(node=member, number=number) for number, member in enumerate(members))
    return Job(name=key.raw, key=key, node=node, steps=steps)


def pinned(uses: str) -> bool:
    """Whether an action is one that cannot change: of this repository, or by its hash."""
    return uses.startswith("./") or _PINNED.search(uses) is not None


def raw(node: Node | None) -> str:
    """The text of a scalar; empty for anything else."""
    return (node.text or "") if node is not None else ""
