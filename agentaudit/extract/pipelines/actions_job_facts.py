"""Jobs of GitHub workflows to facts: the machine, the agents on it, what those may do unasked."""

import re

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
from agentaudit.extract.pipelines.actions_credentials import add_job_credentials
from agentaudit.extract.pipelines.actions_jobs import (
    Job,
    WorkflowFile,
)
from agentaudit.extract.pipelines.actions_settings import add_auto_memory, allowed_by_settings
from agentaudit.extract.pipelines.actions_signs import (
    behind_firewall,
    timeout_of,
)
from agentaudit.extract.pipelines.actions_steps import Step, words_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Confidence, Evidence, Known
from agentaudit.model.facts.agents import Agent
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Runtime, Workflow
from agentaudit.readers.document import Node

_MAX_TURNS = re.compile(
    r"(?:--max-turns[= ]+|\bmax_turns: |[\"']maxSessionTurns[\"']:\s*)[\"']?"
    r"(?:(?P<count>\d{1,6})|\$)"
)
"""Of Claude Code and its action; in the settings of Gemini CLI (its "Configuration", `model`)."""
_MOST_INFERENCES = 5
_HOSTED = re.compile(r"^(?:ubuntu|windows|macos)-")


class Reading(Struct, frozen=True):
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


def add_job(documents: Documents, reading: Reading, fact: Workflow, job: Job) -> None:
    """A job as a runtime, with its credentials, and the agents that it runs."""
    collector = reading.collector
    runtime = collector.add(_runtime(reading, job))
    agents: dict[FactId, Evidence] = {}
    if any(step.runs_agent_itself or step.agent_inside for step in job.steps) and job.runs_agent:
        step = _worst(job)
        agent = collector.add(_agent(reading, fact, (job, step)))
        words = f"{words_of(step)}\n{allowed_by_settings(documents, agent, step)}"
        add_allowed_tools(collector, agent, words, agent.evidence[0])
        add_auto_memory(documents, collector, agent, step)
        agents[agent.id] = agent.evidence[0]
    for step in job.steps if not job.off else ():
        for agent in step.run:
            agents.setdefault(agent.id, reading.place(step.node.get("run") or step.node))
    for agent_id, place in agents.items():
        collector.link(EdgeKind.RUNS_ON, agent_id, runtime.id, place)
        collector.link(EdgeKind.TRIGGERED_BY, agent_id, fact.id, place)
    if agents:
        add_egress(collector, runtime, "any")
    seen_by = (*agents, runtime.id)
    placed = (reading.workflow, job)
    if add_job_credentials(collector, placed, seen_by, state_elsewhere=reading.state_elsewhere):
        collector.update(replace(runtime, holds_secrets=True))


def _worst(job: Job) -> Step:
    """The step that runs an agent; one that asks nobody and is in no box before others."""
    steps = [step for step in job.steps if step.runs_agent_itself]
    steps = steps or [step for step in job.steps if step.agent_inside]
    steps.sort(key=lambda step: step.asks_once)
    unasked = [step for step in steps if BYPASS_IN_JOB.search(words_of(step))]
    return next((step for step in unasked if not _boxed(step)), (unasked or steps)[0])


def _boxed(step: Step) -> bool:
    return behind_firewall(step.node.raw_at("run"))


def _runtime(reading: Reading, job: Job) -> Runtime:
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


def _agent(reading: Reading, fact: Workflow, where: tuple[Job, Step]) -> Agent:
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
    if (held or step.unknown) and turns is Known.NONE:
        turns = Known.UNKNOWN
    node = step.node.get("uses") or step.node.get("run") or step.node
    if held:
        what = f"which switches {plain(held)} holds"
        reading.collector.leave_open(reading.place(node), what, "the agent may ask nobody")
    if step.unknown:
        what = f"what {plain(step.action)} does with the model that it asks"
        reading.collector.leave_open(reading.place(node), what, "which tools it gives it is open")
    return Agent(
        id=fact_id("agent", fact.name, f"{reading.key}#jobs.{job.name}.agent"),
        name=_agent_name(reading, job, node),
        evidence=(reading.place(node, step.uses),),
        confidence=Confidence.LIKELY if step.unknown else Confidence.CERTAIN,
        framework=framework_of(step.action, once=step.asks_once),
        permission_mode="bypass" if bypass else "",
        max_iterations=turns,
        max_iterations_count=count,
        timeout=timeout,
        timeout_s=timeout_s,
        own_machine=_boxed(step),
        never_repeats=count == 1,
    )


def _agent_name(reading: Reading, job: Job, node: Node) -> str:
    """Its workflow and job, or else the file that these call for it, which all have in common."""
    if node.file in ("", reading.key):
        return f"{reading.workflow.name}/{job.name}"
    folder, _, file = node.file.rpartition("/")
    stem = file.rpartition(".")[0]
    return folder.rpartition("/")[2] if folder and stem == "action" else stem
