"""GitHub workflows as jobs and steps: what starts them, what they may do, which run an agent."""

import posixpath
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.extract.documents import Documents
from agentaudit.extract.pipelines.actions_expressions import BEGINNING, never_runs, switched_off
from agentaudit.extract.pipelines.actions_steps import Step, made_step, raw, variables_in
from agentaudit.extract.platform_files import workflows
from agentaudit.readers.document import Document, Node, NodeKind
from agentaudit.readers.places import in_file

_DEEPEST = 10
"""How deep GitHub lets composite actions call one another."""
_MOST_CALLED = 10_000
"""Steps of other files that are read for one workflow: calls that call can multiply without end."""
_MOST_IN_ALL = 100_000
"""The same for all workflows together."""
_PINNED = re.compile(r"@[0-9a-f]{40}$|@sha256:[0-9a-f]{64}$")


class Job(Struct, frozen=True, kw_only=True):
    """One job of a workflow."""

    name: str
    key: Node
    node: Node
    steps: tuple[Step, ...]
    off: bool = False
    """Whether it never runs."""

    @property
    def runs_agent(self) -> bool:
        return not self.off and any(step.runs_agent for step in self.steps)


class WorkflowFile(Struct, frozen=True, kw_only=True):
    """One workflow."""

    document: Document
    root: Node
    jobs: tuple[Job, ...]
    cut: bool = False
    """Whether it calls more steps of this repository than are read."""
    elsewhere: tuple[Node, ...] = ()
    """Workflows and actions that it calls, which are not among the files."""

    @property
    def name(self) -> str:
        given = self.root.name_at("name")
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
        """Those of jobs that run."""
        return (step for job in self.jobs if not job.off for step in job.steps)

    @property
    def runs_agent(self) -> bool:
        return any(job.runs_agent for job in self.jobs)

    @property
    def agent_jobs(self) -> tuple[Job, ...]:
        """The jobs that decide: those that run an agent, or all where none does."""
        return tuple(job for job in self.jobs if job.runs_agent) or self.jobs


def workflow_files(documents: Documents) -> Iterator[WorkflowFile]:
    """Every workflow, with its jobs."""
    repository = _Repository(documents, _MOST_IN_ALL)
    for document in workflows(documents):
        jobs = document.root.get("jobs")
        entries = jobs.entries if jobs is not None else ()
        called, off = _Called(repository, document.file), switched_off(entries)
        variables = variables_in({}, document.root)
        yield WorkflowFile(
            document=document,
            root=document.root,
            jobs=tuple(
                _job(called, (key, node), variables, off=key.raw in off) for key, node in entries
            ),
            cut=called.cut,
            elsewhere=tuple(called.elsewhere),
        )


def _job(
    called: "_Called", entry: tuple[Node, Node], variables: Mapping[str, str], *, off: bool
) -> Job:
    """A job with its steps; those of actions and workflows of this repository stand among them."""
    key, node = entry
    within = variables_in(variables, node)
    steps = (*called.by_job(node), *called.steps(node.get("steps"), within))
    return Job(
        name=key.raw,
        key=key,
        node=node,
        steps=tuple(replace(step, number=number) for number, step in enumerate(steps)),
        off=off,
    )


class _Repository(Struct):
    """What workflows may call, and how many more of its steps may be read for any of them."""

    documents: Documents
    left: int
    _blocks: dict[tuple[str, str], Node | None] = field(default_factory=dict)

    def block(self, file: str, part: str) -> Node | None:
        """A part of a file, each of its nodes with that file."""
        if (file, part) not in self._blocks:
            document = self.documents.at(file) if file else None
            found = document.root.get(part) if document is not None else None
            self._blocks[file, part] = in_file(found, file) if found is not None else None
        return self._blocks[file, part]


class _Called:
    """What one workflow calls of its repository, each as often as it is called, up to a limit."""

    def __init__(self, repository: _Repository, file: str) -> None:
        self.cut = False
        self.elsewhere: list[Node] = []
        self._repository = repository
        self._left = _MOST_CALLED
        self._within = [file]

    def steps(self, listed: Node | None, variables: Mapping[str, str]) -> Iterator[Step]:
        """Steps in their order, what a composite action does before the step that calls it."""
        for member in listed.list() if listed is not None else ():
            if self._too_many():
                return
            within = variables_in(variables, member)
            inner = tuple(self._by_action(member, within))
            yield from inner
            yield made_step(member, inner, within)

    def by_job(self, node: Node) -> Iterator[Step]:
        """The steps of a reusable workflow, and the call with what it hands over."""
        uses = node.raw_at("uses")
        if not uses or self._too_many():
            return
        file = posixpath.normpath(uses) if uses.startswith("./") else ""
        if self._repository.block(file, "jobs") is None:
            self.elsewhere.append(node.get("uses") or node)
        started = self._repository.block(file, "on")
        inputs = started.get("workflow_call", "inputs") if started is not None else None
        inner = tuple(
            step if step.caller is not None else replace(step, caller=node, inputs=inputs)
            for step in self._in(file, "jobs", {})  # it is not given its caller's environment
        )
        yield from inner
        yield made_step(node, inner, {})

    def _by_action(self, caller: Node, variables: Mapping[str, str]) -> Iterator[Step]:
        uses = caller.get("uses")
        if uses is None or not raw(uses).startswith("./"):
            return
        folder = posixpath.normpath(raw(uses))
        files = [f"{folder}/{name}".removeprefix("./") for name in ("action.yml", "action.yaml")]
        if all(self._repository.block(file, "runs") is None for file in files):
            self.elsewhere.append(uses)
        for file in files:
            inputs = self._repository.block(file, "inputs")
            for step in self._in(file, "runs", variables):
                own = step.caller is None
                yield replace(step, caller=caller, inputs=inputs) if own else step

    def _in(self, file: str, part: str, variables: Mapping[str, str]) -> Iterator[Step]:
        """The steps of a file, unless it is being read: what calls itself does nothing more."""
        if file in self._within or len(self._within) > _DEEPEST or self.cut:
            return
        block = self._repository.block(file, part)
        if block is None:
            return
        self._within.append(file)
        for each in (block,) if part == "runs" else (job for _, job in block.entries):
            if not never_runs(each):
                yield from self.by_job(each)
                yield from self.steps(each.get("steps"), variables_in(variables, each))
        self._within.pop()

    def _too_many(self) -> bool:
        """Whether one more step is beyond the limit; those of the workflow's own do not count."""
        if len(self._within) == 1:
            return False
        self._left -= 1
        self._repository.left -= 1
        self.cut = min(self._left, self._repository.left) < 0
        return self.cut


def pinned(uses: str) -> bool:
    """Whether an action is one that cannot change: of this repository, or by its hash."""
    return uses.startswith("./") or _PINNED.search(uses) is not None


def holds_expression(pattern: re.Pattern[str], text: str) -> bool:
    """
    Whether one of the expressions `${{ … }}` in a text holds what a pattern finds.

    An expression ends where the next begins, so that a line of open ones takes linear time.
    """
    return any(pattern.search(part.partition("}}")[0]) for part in text.split(BEGINNING)[1:])
