"""GitHub workflows to facts: what starts them, the agents they run, and what those may do."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.extract.coding_agents.allowed_tools import add_allowed_tools
from agentaudit.extract.coding_agents.signs import BYPASS_IN_JOB, turns_told
from agentaudit.extract.coding_agents.switches_in_variables import held_elsewhere
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.facts import add_egress
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.documents import Documents
from agentaudit.extract.pipelines.actions_agents import INFERENCE, framework_of
from agentaudit.extract.pipelines.actions_credentials import add_job_credentials, runs_terraform
from agentaudit.extract.pipelines.actions_jobs import (
    Job,
    WorkflowFile,
    pinned,
    workflow_files,
)
from agentaudit.extract.pipelines.actions_permissions import Permissions, permissions_of
from agentaudit.extract.pipelines.actions_settings import add_auto_memory, allowed_by_settings
from agentaudit.extract.pipelines.actions_signs import (
    ASKS_WHO,
    behind_firewall,
    interpolations,
    open_to,
    session_named,
    timeout_of,
    uses_secrets,
)
from agentaudit.extract.pipelines.actions_steps import Step, raw, words_of
from agentaudit.extract.pipelines.actions_triggers import triggers_among
from agentaudit.extract.terraform.state_stores import keeps_state_elsewhere
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Known
from agentaudit.model.facts.agents import Agent, Source
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.permissions import Grant
from agentaudit.model.facts.runtimes import Runtime, Workflow
from agentaudit.readers.document import Node

_MAX_TURNS = re.compile(
    r"(?:--max-turns[= ]+|\bmax_turns: |[\"']maxSessionTurns[\"']:\s*)[\"']?"
    r"(?:(?P<count>\d{1,6})|\$)"
)
"""Of Claude Code and its action; in the settings of Gemini CLI (its "Configuration", `model`)."""
_MOST_INFERENCES = 5
_HOSTED = re.compile(r"^(?:ubuntu|windows|macos)-")


class _Reading(Struct, frozen=True):
    """One workflow while it is read."""

    workflow: WorkflowFile
    collector: Collector
    open: tuple[tuple[str, Node], ...] = ()
    """The events of it that strangers can cause."""
    state_elsewhere: bool = False
    """Whether it runs Terraform, whose state is not kept in AWS."""
    told: frozenset[str] = frozenset()
    """Files of workflows that run agents themselves: what they use is told of them."""

    @property
    def key(self) -> str:
        return self.workflow.document.file

    def place(self, node: Node, snippet: str = "") -> Evidence:
        return evidence(self.workflow.document, node, plain(snippet))


def extract_actions(documents: Documents, collector: Collector) -> None:
    """Every workflow of GitHub, and those of forges that read the same files."""
    workflows = tuple(workflow_files(documents))
    triggers = triggers_among(workflows)
    elsewhere = keeps_state_elsewhere(documents)
    told = frozenset(each.document.file for each in workflows if each.runs_agent)
    for workflow in workflows:
        reading = _Reading(
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
            _add_job(documents, reading, fact, job)


def _workflow(reading: _Reading) -> Workflow:
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


def _workflow_places(reading: _Reading, event_texts: Sequence[Node]) -> Iterator[Evidence]:
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


def _add_source(reading: _Reading, fact: Workflow) -> None:
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


def _add_grant(reading: _Reading, fact: Workflow) -> None:
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


def _grant(reading: _Reading, rights: Permissions, node: Node) -> Grant:
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


def _add_job(documents: Documents, reading: _Reading, fact: Workflow, job: Job) -> None:
    """A job as a runtime, with its credentials, and the agent that it runs."""
    seen_by: tuple[FactId, ...] = ()
    runtime = reading.collector.add(_runtime(reading, job))
    if job.runs_agent:
        step = _worst(job)
        agent = reading.collector.add(_agent(reading, fact, (job, step)))
        words = f"{words_of(step)}\n{allowed_by_settings(documents, agent, step)}"
        add_allowed_tools(reading.collector, agent, words, agent.evidence[0])
        add_auto_memory(documents, reading.collector, agent, step)
        seen_by = (agent.id, runtime.id)
        place = agent.evidence[0]
        reading.collector.link(EdgeKind.RUNS_ON, agent.id, runtime.id, place)
        reading.collector.link(EdgeKind.TRIGGERED_BY, agent.id, fact.id, place)
        add_egress(reading.collector, runtime, "any")
    own = seen_by or (runtime.id,)
    placed = (reading.workflow, job)
    if add_job_credentials(reading.collector, placed, own, state_elsewhere=reading.state_elsewhere):
        reading.collector.update(replace(runtime, holds_secrets=True))


def _worst(job: Job) -> Step:
    """The step that runs an agent; one that asks nobody and is in no box before others."""
    steps = [step for step in job.steps if step.runs_agent_itself]
    steps = steps or [step for step in job.steps if step.runs_agent]
    steps.sort(key=lambda step: step.asks_once)
    unasked = [step for step in steps if BYPASS_IN_JOB.search(words_of(step))]
    return next((step for step in unasked if not _boxed(step)), (unasked or steps)[0])


def _boxed(step: Step) -> bool:
    return behind_firewall(step.node.raw_at("run"))


def _runtime(reading: _Reading, job: Job) -> Runtime:
    """A job; the machines of the forge have limits of their own, and live for one job."""
    bounded = Known.SET if _HOSTED.match(job.node.raw_at("runs-on")) else Known.UNKNOWN
    name = f"{reading.workflow.name}/{job.name}"
    return Runtime(
        id=fact_id("runtime", name, f"{reading.key}#jobs.{job.name}"),
        name=name,
        evidence=(reading.place(job.key, job.name),),
        kind="job",
        cpu_limit=bounded,
        memory_limit=bounded,
        pids_limit=bounded,
        runs_agent=job.runs_agent,
    )


def _agent(reading: _Reading, fact: Workflow, where: tuple[Job, Step]) -> Agent:
    job, step = where
    words = words_of(step)
    turns, count = turns_told(_MAX_TURNS.search(words))
    bypass = BYPASS_IN_JOB.search(words) is not None
    held = "" if bypass else held_elsewhere(words)
    if step.action == INFERENCE:
        turns, count = Known.SET, _MOST_INFERENCES
    elif step.asks_once:
        turns, count = Known.SET, 1
    timeout, timeout_s = timeout_of(job, step)
    if held and turns is Known.NONE:
        turns = Known.UNKNOWN
    node = step.node.get("uses") or step.node.get("run") or step.node
    if held:
        what = f"which switches {plain(held)} holds"
        reading.collector.leave_open(reading.place(node), what, "the agent may ask nobody")
    return Agent(
        id=fact_id("agent", fact.name, f"{reading.key}#jobs.{job.name}.agent"),
        name=_agent_name(reading, job, node),
        evidence=(reading.place(node, step.uses),),
        framework=framework_of(step.action, once=step.asks_once),
        permission_mode="bypass" if bypass else "",
        max_iterations=turns,
        max_iterations_count=count,
        timeout=timeout,
        timeout_s=timeout_s,
        own_machine=_boxed(step),
        never_repeats=count == 1,
    )


def _agent_name(reading: _Reading, job: Job, node: Node) -> str:
    """Its workflow and job, or else the file that these call for it, which all have in common."""
    if node.file in ("", reading.key):
        return f"{reading.workflow.name}/{job.name}"
    folder, _, file = node.file.rpartition("/")
    stem = file.rpartition(".")[0]
    return folder.rpartition("/")[2] if folder and stem == "action" else stem
