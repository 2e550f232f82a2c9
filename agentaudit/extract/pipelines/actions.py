"""GitHub workflows to facts: what starts them, the agents they run, and what those may do."""

import posixpath
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from agentaudit.extract.collector import Collector, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.pipelines.actions_credentials import runs_terraform
from agentaudit.extract.pipelines.actions_expressions import BEGINNING, never_runs
from agentaudit.extract.pipelines.actions_job_facts import Reading, add_job
from agentaudit.extract.pipelines.actions_jobs import (
    Job,
    WorkflowFile,
    pinned,
    workflow_files,
)
from agentaudit.extract.pipelines.actions_permissions import Permissions, permissions_of
from agentaudit.extract.pipelines.actions_signs import (
    ASKS_WHO,
    interpolations,
    open_to,
    session_named,
    uses_secrets,
)
from agentaudit.extract.pipelines.actions_steps import Step, raw
from agentaudit.extract.pipelines.actions_triggers import triggers_among
from agentaudit.extract.pipelines.run_files import RunAgents
from agentaudit.extract.terraform.state_stores import keeps_state_elsewhere
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Known
from agentaudit.model.facts.agents import Source
from agentaudit.model.facts.permissions import Grant
from agentaudit.model.facts.runtimes import Workflow
from agentaudit.readers.document import Node


def extract_actions(documents: Documents, collector: Collector) -> None:
    """Every workflow of GitHub, and those of forges that read the same files."""
    run = RunAgents(documents, collector)
    workflows = tuple(_with_run(run, workflow) for workflow in workflow_files(documents))
    triggers = triggers_among(workflows)
    elsewhere = keeps_state_elsewhere(documents)
    told = frozenset(each.document.file for each in workflows if each.runs_agent)
    for workflow in workflows:
        reading = Reading(
            workflow,
            collector,
            triggers.of_strangers(workflow),
            state_elsewhere=elsewhere and runs_terraform(workflow),
            told=told - {workflow.document.file},
        )
        fact = collector.add(_workflow(reading))
        if workflow.cut:
            place = reading.place(workflow.root.key_of("jobs") or workflow.root, workflow.name)
            collector.leave_unread(
                place,
                "it calls more steps of this repository than are read",
                "what the others do is open",
            )
        for uses in workflow.elsewhere:
            what = f"the file of {plain(raw(uses))} is not in the audit"
            collector.leave_open(reading.place(uses), what, "what it runs is open")
        _add_source(reading, fact)
        _add_grant(reading, fact)
        for job in workflow.jobs:
            add_job(documents, reading, fact, job)


def _with_run(run: RunAgents, workflow: WorkflowFile) -> WorkflowFile:
    """A workflow with the agents of the repository that its scripts run, each from its folder."""
    above = workflow.document.file.partition(".github/")[0].rstrip("/")

    def told(job: Job, step: Step) -> Step:
        if not step.script or never_runs(step.node):
            return step
        general = (
            each.raw_at("defaults", "run", "working-directory")
            for each in (job.node, workflow.root)
        )
        inside = step.node.raw_at("working-directory") or next(filter(None, general), "")
        folder = posixpath.join(above, "" if BEGINNING in inside else inside)
        return replace(step, run=run.of(step.script, folder))

    jobs = (
        replace(job, steps=tuple(told(job, step) for step in job.steps)) for job in workflow.jobs
    )
    return replace(workflow, jobs=tuple(jobs))


def _workflow(reading: Reading) -> Workflow:
    workflow = reading.workflow
    rights = permissions_of(workflow, workflow.agent_jobs)
    names = tuple(name for name, _ in workflow.triggers)
    event_texts = tuple(interpolations(workflow))
    return Workflow(
        id=fact_id("workflow", workflow.name, reading.key),
        name=workflow.name,
        evidence=tuple(_workflow_places(reading, event_texts)),
        triggers=names,
        untrusted_trigger=bool(reading.open),
        interpolates_event=bool(event_texts),
        permissions=rights.given,
        permissions_set=_permissions_set(rights, names),
        write_permissions=rights.writes,
        runs_agent=workflow.runs_agent,
        unpinned_actions=tuple(
            dict.fromkeys(
                plain(step.uses)
                for step in workflow.steps
                if step.uses and not pinned(step.uses) and step.node.file not in reading.told
            )
        ),
        open_to=tuple(open_to(workflow)),
        uses_secrets=uses_secrets(workflow.document.text),
        session_named=session_named(workflow),
    )


def _permissions_set(rights: Permissions, triggers: tuple[str, ...]) -> Known:
    """A workflow that is only called has the token of its caller, which may be limited."""
    inherited = triggers == ("workflow_call",) and rights.known is Known.NONE
    return Known.UNKNOWN if inherited else rights.known


def _workflow_places(reading: Reading, event_texts: Sequence[Node]) -> Iterator[Evidence]:
    """What starts it, where it runs an agent, and where an event's text goes in."""
    root = reading.workflow.root
    triggers = reading.workflow.triggers
    untrusted = [node for _, node in reading.open]
    key = root.key_of("on") or root.key_of("jobs") or root
    yield reading.place(untrusted[0] if untrusted else key, ", ".join(name for name, _ in triggers))
    for step in reading.workflow.steps:
        if step.runs_agent:
            node = step.node.get("uses") or step.node.get("run") or step.node
            yield reading.place(node, step.uses)
    yield from (reading.place(node) for node in event_texts)


def _add_source(reading: Reading, fact: Workflow) -> None:
    """What strangers write, where an event of theirs starts an agent."""
    if not fact.untrusted_trigger or not fact.runs_agent:
        return
    name, node = reading.open[0]
    place = reading.place(node, name)
    source = reading.collector.add(
        Source(
            id=fact_id("source", name, f"{reading.key}#on.{name}"),
            name=f"what anyone writes ({name})",
            evidence=(place,),
        )
    )
    agents = [step for step in reading.workflow.steps if step.runs_agent]
    asks = not fact.open_to and all(step.action in ASKS_WHO for step in agents)
    confidence = Confidence.LIKELY if asks else Confidence.CERTAIN
    reading.collector.link(EdgeKind.TRIGGERED_BY, fact.id, source.id, place, confidence=confidence)


def _add_grant(reading: Reading, fact: Workflow) -> None:
    """The rights of the workflow's token; without a word the repository's default is open."""
    workflow = reading.workflow
    rights = permissions_of(workflow, workflow.agent_jobs)
    if rights.node is None:
        if workflow.runs_agent:
            effect = "it may write to the repository, if that is the repository's default"
            reading.collector.leave_open(fact.evidence[0], "the permissions of the token", effect)
        return
    if not rights.writes and not rights.reads:
        return
    grant = reading.collector.add(_grant(reading, rights, rights.node))
    reading.collector.link(EdgeKind.GRANTS, fact.id, grant.id, *grant.evidence)


def _grant(reading: Reading, rights: Permissions, node: Node) -> Grant:
    name = f"token of {reading.workflow.name}"
    return Grant(
        id=fact_id("grant", name, f"{reading.key}#permissions"),
        name=name,
        evidence=(reading.place(node, ", ".join(rights.given)),),
        principal=reading.workflow.name,
        provider="github",
        actions=(*rights.writes, *rights.reads),
        resources=("repository",),
        expanded_count=len(rights.writes) + len(rights.reads),
        write_count=len(rights.writes),
        read_count=len(rights.reads),
        sensitive_actions=rights.writes,
        agent_reachable=reading.workflow.runs_agent,
        source="github_token",
    )
