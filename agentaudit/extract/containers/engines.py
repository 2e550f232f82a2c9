"""Engines of containers that run in a container themselves, and act on its host all the same."""

from collections.abc import Iterable

from agentaudit.expressions import regex
from agentaudit.extract.settings import Setting

_SOCKETS = ("docker.sock", "containerd.sock", "crio.sock", "podman.sock")
"""In whatever folder: an engine that runs as a person lets whoever has its socket act as him."""
_ADDRESS = regex(r"^(?:tcp|https?)://(?P<host>[^:/?#]+)")


def is_engine_socket(path: str) -> bool:
    """Whether whoever has a path may tell the engine of the host what to start."""
    return path.rstrip("}").rpartition("/")[2] in _SOCKETS


def engine_host(settings: Iterable[Setting]) -> str:
    """Where the engine is that a program starts containers with; empty where it calls none."""
    told = (setting.content for setting in settings if setting.key == "DOCKER_HOST")
    found = next(filter(None, map(_ADDRESS.match, told)), None)
    return found["host"] if found is not None else ""
