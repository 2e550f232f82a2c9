"""
Pipelines of GitLab, CircleCI, Bitbucket, Azure and CodeBuild: facts as of a workflow of GitHub.

What starts them, the agents they run, and the static keys that jobs hold where the forge would
issue a token for the job.
"""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from agentaudit.extract.budgets import Budget
from agentaudit.extract.coding_agents.allowed_tools import add_allowed_tools
from agentaudit.extract.coding_agents.switches_in_variables import held_elsewhere, with_switches
from agentaudit.extract.collector import Collector, evidence, fact_id
from agentaudit.extract.containers.facts import add_egress
from agentaudit.extract.credentials.holdings import Holding, add_credentials
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.credentials.secret_names import secret_name
from agentaudit.extract.mcp.launchers import image_launch
from agentaudit.extract.pipelines.pipeline_agents import agent_of, runs_agent
from agentaudit.extract.pipelines.pipeline_jobs import Pipeline, PipelineJob
from agentaudit.extract.pipelines.run_files import RunAgents
from agentaudit.extract.settings import Setting
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.agents import Source
from agentaudit.model.facts.credentials import Credential, CredentialForm, Lifetime
from agentaudit.model.facts.fact import FactId
from agentaudit.model.facts.runtimes import Runtime, Workflow
from agentaudit.readers.document import Node

_VARIABLE = re.compile(r"\$(?:\{|\()?(?P<name>[A-Za-z_]\w*)")
_LONG = 100
"""Characters; a longer text takes as much longer."""
_PARTS = Budget("parts of jobs", 30_000)
"""Variables and lines of scripts of all jobs, each as often as a job has it."""
_PROVIDERS = frozenset({"aws", "google", "azure", "anthropic", "openai"})
"""Of what a script asks for by name, only the keys of clouds and of models matter here."""
_CLOUDS = frozenset({"aws", "google", "azure"})
"""Where the job has a token to exchange, variables of these names hold what it got for it."""
_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")


def add_pipeline(
    collector: Collector, pipeline: Pipeline, run: RunAgents | None = None
) -> tuple[Runtime, ...]:
    """The workflow, its jobs as runtimes, their agents and what those hold; the runtimes."""
    pipeline = replace(pipeline, jobs=tuple(_readable(collector, pipeline, run)))
    fact = collector.add(_workflow(pipeline))
    if pipeline.untrusted is not None and fact.runs_agent:
        _add_source(collector, pipeline, fact, pipeline.untrusted)
    made = tuple(_add_job(collector, pipeline, fact, job) for job in pipeline.jobs)
    if any(runtime.runs_agent and runtime.holds_secrets for runtime in made):
        collector.update(replace(fact, uses_secrets=True))
    return made


def _readable(
    collector: Collector, pipeline: Pipeline, run: RunAgents | None
) -> Iterator[PipelineJob]:
    """The jobs, as long as what all of them have is not read all too often."""
    sizes: dict[int, int] = {}
    for job in pipeline.jobs:
        parts = (
            *(block for _, block in job.blocks),
            *job.scripts,
            *(node for _, node in job.tokens),
        )
        for part in parts:
            if id(part) not in sizes:
                sizes[id(part)] = 1 + sum(1 + len(node.raw) // _LONG for node in part.walk())
        size = sum(sizes[id(part)] for part in parts)
        what = f"the job {plain(job.name)} and those after it"
        effect = "they may run agents and hold credentials"
        if not collector.affords(
            _PARTS, size, (evidence(pipeline.document, job.key), what, effect)
        ):
            return
        script = "\n".join(line for node in job.scripts for line in node.texts())
        variables = {
            name: (node.get("value") or node).raw
            for _, block in job.blocks
            for name, node in block.items()
        }
        script = with_switches(script, variables)
        found = run.of(script, _repository(pipeline)) if run is not None else ()
        starts = runs_agent(job, script)
        yield replace(job, script=script, run=found, runs_agent=starts or bool(found))


def _repository(pipeline: Pipeline) -> str:
    """The folder that jobs begin in: a file such as `.circleci/config.yml` lies below it."""
    parts = pipeline.document.file.split("/")[:-1]
    while parts and parts[-1].startswith("."):
        parts.pop()
    return "/".join(parts)


def _workflow(pipeline: Pipeline) -> Workflow:
    document, agents = pipeline.document, [job for job in pipeline.jobs if job.runs_agent]
    texts = [node for job in agents for node in _with_event_text(pipeline, job)]
    place = pipeline.untrusted or (agents[0].key if agents else document.root)
    unpinned = [
        *pipeline.included,
        *(name for job in agents for name in job.unpinned),
        *(plain(job.image) for job in agents if not re.search(r"@sha256:|\$", job.image)),
    ]
    return Workflow(
        id=fact_id("workflow", pipeline.name, document.file),
        name=pipeline.name,
        evidence=(
            evidence(document, place, plain(place.raw)),
            *(evidence(document, node) for node in texts),
        ),
        triggers=pipeline.triggers,
        untrusted_trigger=pipeline.untrusted is not None,
        interpolates_event=bool(texts),
        permissions_set=Known.UNKNOWN,
        runs_agent=bool(agents),
        deployed=pipeline.deployed,
        unpinned_actions=tuple(dict.fromkeys(name for name in unpinned if name)),
        uses_secrets=any(True for job in agents or pipeline.jobs for _ in _asked(job)),
    )


def _with_event_text(pipeline: Pipeline, job: PipelineJob) -> Iterator[Node]:
    for node in job.scripts:
        yield from (line for line in node.list() if pipeline.event_text.search(line.text or ""))


def _add_source(collector: Collector, pipeline: Pipeline, fact: Workflow, node: Node) -> None:
    place = evidence(pipeline.document, node, plain(node.raw))
    source = collector.add(
        Source(
            id=fact_id("source", pipeline.forge, f"{pipeline.document.file}#trigger"),
            name=f"what anyone writes ({pipeline.forge})",
            evidence=(place,),
        )
    )
    collector.link(EdgeKind.TRIGGERED_BY, fact.id, source.id, place)


def _add_job(collector: Collector, pipeline: Pipeline, fact: Workflow, job: PipelineJob) -> Runtime:
    document = pipeline.document
    place = evidence(document, job.key, plain(job.name))
    runtime = collector.add(
        Runtime(
            id=fact_id("runtime", f"{fact.name}/{job.name}", f"{document.file}#job.{job.name}"),
            name=f"{fact.name}/{job.name}",
            evidence=(place,),
            kind="job",
            image=plain(job.image),
            image_pinned=image_launch(job.image).pinned if job.image else Truth.UNKNOWN,
            privileged=job.privileged,
            runs_agent=job.runs_agent,
        )
    )
    seen_by: tuple[FactId, ...] = (runtime.id,)
    agents = list(job.run)
    if job.runs_agent and runs_agent(job, job.script):
        agent = collector.add(agent_of(pipeline, job))
        if not agent.permission_mode and (held := held_elsewhere(job.script)):
            what = f"which switches {plain(held)} holds"
            collector.leave_open(agent.evidence[0], what, "the agent may ask nobody")
        add_allowed_tools(collector, agent, job.script, place)
        agents.insert(0, agent)
    for agent in agents:
        collector.link(EdgeKind.RUNS_ON, agent.id, runtime.id, place)
        collector.link(EdgeKind.TRIGGERED_BY, agent.id, fact.id, place)
    if agents:
        add_egress(collector, runtime, "any")
        seen_by = (*(agent.id for agent in agents), runtime.id)
    if not _add_credentials(collector, pipeline, job, seen_by):
        return runtime
    holding = replace(runtime, holds_secrets=True)
    collector.update(holding)
    return holding


def _add_credentials(
    collector: Collector, pipeline: Pipeline, job: PipelineJob, seen_by: tuple[FactId, ...]
) -> bool:
    """The variables of a job, what its scripts ask for, and the tokens issued for it."""
    document = pipeline.document
    settings = [
        Setting(key=key, value=value, document=document, route=route, text=_given(value))
        for route, block in job.blocks
        for key, value in block.items()
        if value.text
    ]
    named = {setting.key for setting in settings}
    settings += [
        Setting(
            key=name,
            value=node,
            document=document,
            route=f"{job.name}.script",
            text=f"${{{name}}}",
        )
        for name, node in _asked(job)
        if name not in named
    ]
    holding = Holding(
        holder="ci",
        exposure="env",
        holder_id=seen_by[0],
        seen_by=seen_by,
        short_alternative=dict(pipeline.alternatives),
        applied=False,
    )
    found = add_credentials(collector, settings, holding)
    for name, node in job.tokens:
        place = evidence(document, node, plain(name))
        token = collector.add(
            Credential(
                id=fact_id("credential", name, f"{document.file}#{job.name}.token.{name}"),
                name=name,
                evidence=(place,),
                provider=pipeline.forge,
                kind="jwt",
                form=CredentialForm.WORKLOAD_IDENTITY,
                lifetime=Lifetime.SHORT,
                holder="ci",
                holder_id=seen_by[0],
                exposure="env",
                variable=name,
            )
        )
        for seer in seen_by:
            collector.link(EdgeKind.VISIBLE_TO, token.id, seer, place)
    return bool(found)


def _given(value: Node) -> str:
    """What a variable gets; parameters of orbs are the names of variables."""
    text = value.text or ""
    return f"${{{text}}}" if _NAME.fullmatch(text) else text


def _asked(job: PipelineJob) -> Iterator[tuple[str, Node]]:
    """Keys of clouds and models that a job's scripts ask for, each once, with the line."""
    issued = bool(job.tokens) or "web-identity" in job.script
    providers = _PROVIDERS - (_CLOUDS if issued else frozenset())
    seen: set[str] = set()
    blocks = [value for _, block in job.blocks for _, value in block.items()]
    for node in (*job.scripts, *blocks):
        for line in node.list():
            for match in _VARIABLE.finditer(line.text or ""):
                found = secret_name(match["name"])
                if found and found.provider in providers and match["name"] not in seen:
                    seen.add(match["name"])
                    yield match["name"], line
