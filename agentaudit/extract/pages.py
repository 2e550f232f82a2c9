"""Agents whose server lets web pages of every origin call them."""

import re
from collections.abc import Collection

from msgspec.structs import replace

from agentaudit.expressions import regex
from agentaudit.extract.collector import with_place
from agentaudit.extract.containers.workloads import Workload
from agentaudit.extract.credentials.literals import literal_of
from agentaudit.extract.environment import LONGEST_NAME, is_called
from agentaudit.extract.settings import Setting
from agentaudit.model.evidence import Evidence
from agentaudit.model.facts.agents import Agent

_ORIGINS = regex(r"(?:CORS|ALLOWED|ALLOW)_(?:.*_)?ORIGINS?$", re.IGNORECASE)
_WITH_CREDENTIALS = regex(r"CORS.*CREDENTIALS$|ALLOW_CREDENTIALS$", re.IGNORECASE)


def opened_to_pages(agent: Agent, place: Evidence) -> Agent:
    """The agent of a server that says at a place that it lets them in."""
    at = agent.cors_place or str(place)
    return replace(agent, cors_open=True, cors_place=at, evidence=with_place(agent, place))


def open_to_every_page(workload: Workload, variables: Collection[str]) -> Setting | None:
    """
    Where the environment lets pages of every origin call with their user's credentials.

    `variables` are those that its code takes origins from, and credentials with them.
    """
    settings = [item for item in workload.settings if len(item.key) <= LONGEST_NAME]
    credentials = any(
        _WITH_CREDENTIALS.search(item.key) and literal_of(item.content).lower() in {"true", "1"}
        for item in settings
    )
    return next(
        (
            item
            for item in settings
            if (credentials and _ORIGINS.search(item.key))
            or any(is_called(item.key, name) for name in variables)
            if "*" in re.split(r"[\s,\[\]\"']+", literal_of(item.content))
        ),
        None,
    )
