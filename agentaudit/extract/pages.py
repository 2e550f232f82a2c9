"""Agents whose server lets web pages of every origin call them."""

from msgspec.structs import replace

from agentaudit.extract.collector import with_place
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.agents import Agent


def opened_to_pages(agent: Agent, place: Evidence) -> Agent:
    """The agent of a server that says at a place that it lets them in."""
    at = agent.cors_place or str(place)
    return replace(agent, cors_open=True, cors_place=at, evidence=with_place(agent, place))
