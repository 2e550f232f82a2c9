"""The agents that jobs of pipelines run: commands, reviewers, and scripts that ask a model."""

from agentaudit.expressions import regex
from agentaudit.extract.coding_agents.signs import BYPASS_IN_JOB, starts_agent, turns_told
from agentaudit.extract.coding_agents.switches_in_variables import held_elsewhere
from agentaudit.extract.collector import evidence, fact_id
from agentaudit.extract.credentials.redaction import plain
from agentaudit.extract.pipelines.asked_models import (
    asks_model,
    is_question,
    is_reviewer,
    reviews,
)
from agentaudit.extract.pipelines.pipeline_jobs import Pipeline, PipelineJob
from agentaudit.model.evidence import Known
from agentaudit.model.facts.agents import Agent

_MAX_TURNS = regex(r"--max-turns[= ]+[\"']?(?:(?P<count>\d{1,6})|\$)")


def runs_agent(job: PipelineJob, script: str) -> bool:
    """Whether a job runs an agent, or asks a model as those of PR-Agent do."""
    return starts_agent(script) or asks_model(script) or reviews(script) or is_reviewer(job.image)


def agent_of(pipeline: Pipeline, job: PipelineJob) -> Agent:
    """The agent of a job that runs one; it stands where it is started."""
    started = starts_agent(job.script)
    tells = starts_agent if started else is_question
    lines = [line for node in job.scripts for line in node.list()]
    place = next((line for line in lines if tells(line.text or "")), job.key)
    turns, count = turns_told(_MAX_TURNS.search(job.script)) if started else (Known.SET, 1)
    if turns is Known.NONE and held_elsewhere(job.script):
        turns = Known.UNKNOWN
    reviewer = reviews(job.script) or is_reviewer(job.image)
    alone = "pr-agent" if reviewer else "model API"
    return Agent(
        id=fact_id("agent", job.name, f"{pipeline.document.file}#job.{job.name}.agent"),
        name=f"{pipeline.name}/{job.name}",
        evidence=(evidence(pipeline.document, place, plain(job.name)),),
        framework="command line" if started else alone,
        permission_mode="bypass" if BYPASS_IN_JOB.search(job.script) else "",
        max_iterations=turns,
        max_iterations_count=count,
        never_repeats=not started,
    )
