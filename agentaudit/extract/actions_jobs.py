"""GitHub workflows as jobs and steps: what starts them, what they may do, which run an agent."""

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.coding_agents import starts_agent
from agentaudit.extract.documents import Documents
from agentaudit.extract.platform_files import workflows
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
_DEEPEST = 10
"""How deep GitHub lets composite actions call one another."""
_PINNED = re.compile(r"@[0-9a-f]{40}$|@sha256:[0-9a-f]{64}$")


class Step(Struct, frozen=True, kw_only=True):
    """One step of a job."""

    node: Node
    number: int
    agent_inside: bool = False
    """Whether it calls steps of this repository that run an agent."""

    @property
    def uses(self) -> str:
        return raw(self.node.get("uses"))

    @property
    def action(self) -> str:
        """The action without its version, in lower case."""
        return self.uses.partition("@")[0].lower()

    @property
    def runs_agent(self) -> bool:
        return self.agent_inside or self.runs_agent_itself

    @property
    def runs_agent_itself(self) -> bool:
        return self.action in AGENT_ACTIONS or starts_agent(raw(self.node.get("run")))

    def input(self, name: str) -> Node | None:
        """One of its inputs; GitHub takes their names in any case."""
        given = self.node.get("with")
        pairs = given.items() if given is not None else ()
        return next((value for key, value in pairs if key.lower() == name), None)


class Job(Struct, frozen=True, kw_only=True):
    """One job of a workflow."""

    name: str
    key: Node
    node: Node
    steps: tuple[Step, ...]

    @property
    def runs_agent(self) -> bool:
        return any(step.runs_agent for step in self.steps)


class WorkflowFile(Struct, frozen=True, kw_only=True):
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
            jobs=tuple(_job(documents, key, node) for key, node in jobs.entries)
            if jobs is not None
            else (),
        )


def _job(documents: Documents, key: Node, node: Node) -> Job:
    """A job with its steps; those of actions and workflows of this repository stand among them."""
    steps = tuple(_called_job(documents, node)) + tuple(_steps(documents, node.get("steps"), 0))
    return Job(
        name=key.raw,
        key=key,
        node=node,
        steps=tuple(replace(step, number=number) for number, step in enumerate(steps)),
    )


def _steps(documents: Documents, listed: Node | None, depth: int) -> Iterator[Step]:
    """Steps in their order, what a composite action does before the step that calls it."""
    for member in listed.list() if listed is not None else ():
        step = Step(node=member, number=0)
        inner = tuple(_composite(documents, step.uses, depth))
        yield from inner
        yield replace(step, agent_inside=any(each.runs_agent for each in inner))


def _composite(documents: Documents, uses: str, depth: int) -> Iterator[Step]:
    """The steps of an action of this repository, placed in its own file."""
    if not uses.startswith("./") or depth >= _DEEPEST:
        return
    folder = posixpath.normpath(uses)
    for name in ("action.yml", "action.yaml"):
        document = documents.at(f"{folder}/{name}".removeprefix("./"))
        runs = document.root.get("runs", "steps") if document is not None else None
        if document is not None and runs is not None:
            yield from _steps(documents, placed(runs, document.file), depth + 1)


def _called_job(documents: Documents, node: Node) -> Iterator[Step]:
    """The steps of a reusable workflow of this repository, and the call with what it hands over."""
    uses = raw(node.get("uses"))
    if not uses:
        return
    document = documents.at(posixpath.normpath(uses)) if uses.startswith("./") else None
    inner: list[Step] = []
    if document is not None:
        jobs = document.root.get("jobs") or document.root
        for _, job in jobs.entries:
            inner += _steps(documents, placed(job.get("steps") or job, document.file), 1)
    yield from inner
    yield Step(node=node, number=0, agent_inside=any(step.runs_agent for step in inner))


def placed(node: Node, file: str) -> Node:
    """A node and all below it, each with the file that it stands in."""
    return node.changed(
        file=file,
        entries=tuple((placed(key, file), placed(value, file)) for key, value in node.entries),
        elements=tuple(placed(element, file) for element in node.elements),
    )


def pinned(uses: str) -> bool:
    """Whether an action is one that cannot change: of this repository, or by its hash."""
    return uses.startswith("./") or _PINNED.search(uses) is not None


def raw(node: Node | None) -> str:
    """The text of a scalar; empty for anything else."""
    return (node.text or "") if node is not None else ""
