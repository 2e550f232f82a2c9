"""The sample agent, running, and a way to ask it."""

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from agentaudit.cli.demo import Sample, running_sample

Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="session", params=["server.py", "async_server.py"])
def sample(request: pytest.FixtureRequest) -> Iterator[Sample]:
    """The agent in both of its forms, threads and asyncio, with no load on it."""
    with running_sample(load_s=0, variant=request.param) as running:
        yield running


@pytest.fixture
def ask() -> Ask:
    """Post a task, given as keywords or as the raw body; the status and the answer come back."""

    def asked(url: str, body: bytes = b"", **task: str) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        try:
            connection.request("POST", "/run", body or json.dumps(task).encode())
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    return asked
