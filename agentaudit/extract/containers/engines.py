"""Engines of containers that run in a container themselves, and act on its host all the same."""

from collections.abc import Iterable

from agentaudit.expressions import regex
from agentaudit.extract.settings import Setting

_ADDRESS = regex(r"^(?:tcp|https?)://(?P<host>[^:/?#]+)")


def engine_host(settings: Iterable[Setting]) -> str:
    """Where the engine is that a program starts containers with; empty where it calls none."""
    told = (setting.content for setting in settings if setting.key == "DOCKER_HOST")
    found = next(filter(None, map(_ADDRESS.match, told)), None)
    return found["host"] if found is not None else ""
