"""
A real inference server in the place of the played one: calls are completions that it is asked for.

It speaks OpenAI's completions API, as vLLM, SGLang and llama.cpp do, and gives as many tokens as it
is asked for: with `min_tokens` or `ignore_eos` no word of the model ends a call early.
"""

import json
import os
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from statistics import fmean, median
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.probes.execution.messages import ANSWER, CALL, packet
from agentaudit.probes.http_connection import connection_to, http_address

MOST_CALLS = 256
"""At once; each is waited for by a thread."""
_SHORT, _LONG = 8, 64
"""Tokens of the calls by whose difference a token's time is known."""
_ROUNDS = 3
_PATIENCE_S = 120.0
_MOST_BYTES = 10_000_000
_SHOWN = 200
_UNKNOWN_CALLER = (401, 403)
_WANTED = "a server of OpenAI's completions is wanted"


class ModelServerError(Exception):
    """What a server answered that it should not have, or that it did not answer."""


class ModelServer(Struct, frozen=True, kw_only=True):
    """Where a server is, what it serves, and what calls cost while nobody else asks."""

    url: str
    """Without the path of the API: `http://127.0.0.1:8000`."""
    model: str
    headers: Mapping[str, str] = {}
    """What it is told with each call, a key for instance."""
    call_ns: int = 0
    """Of any call: its way there and back, and its prompt."""
    token_ns: int = 1

    def tokens(self, demand_ns: int) -> int:
        """How many tokens take nearest to this long; one at the least."""
        return max(round((demand_ns - self.call_ns) / self.token_ns), 1)

    def demand_ns(self, tokens: int) -> int:
        """How long so many tokens take."""
        return self.call_ns + tokens * self.token_ns


def relay(end: socket.socket, server: ModelServer) -> None:
    """Calls as they come, each asked of the server, until the other end is gone."""
    threads = ThreadPoolExecutor(MOST_CALLS)
    while (call := packet(end, CALL)) is not None:
        threads.submit(_relayed, end, server, *call)
    threads.shutdown(wait=False, cancel_futures=True)


def _relayed(end: socket.socket, server: ModelServer, number: int, demand_ns: int) -> None:
    """One call. Without an answer the run cannot go on: the process says why, and ends."""
    begun_ns, answered = time.monotonic_ns(), False
    try:
        complete(server, server.tokens(demand_ns))
        end.send(ANSWER.pack(number, begun_ns, time.monotonic_ns(), time.process_time_ns()))
        answered = True
    except ModelServerError as error:
        print(error, flush=True)  # noqa: T201 -- the driver listens
    finally:
        if not answered:
            os._exit(1)


def complete(server: ModelServer, tokens: int) -> None:
    """Has the server write so many tokens; ModelServerError where it does not."""
    asked = {
        "model": server.model,
        "prompt": f"{secrets.token_hex(8)} is",  # which no cache of prompts has seen
        "max_tokens": tokens,
        "min_tokens": tokens,
        "ignore_eos": True,
        "temperature": 0.0,
    }
    answer = _answer(server, "/v1/completions", asked)
    usage = answer.get("usage")
    written = usage.get("completion_tokens") if isinstance(usage, dict) else None
    if written != tokens:
        told = "nobody knows how many" if written is None else written
        raise ModelServerError(
            f"{server.url} wrote {told} tokens where {tokens} were asked for:"
            " it has to heed min_tokens or ignore_eos, and to tell completion_tokens"
        )


def measured(
    url: str, model: str, sizes: Sequence[int], *, headers: Mapping[str, str]
) -> tuple[ModelServer, list[float]]:
    """
    A server with what its calls cost, and its total speed with so many calls at once.

    The speed of n calls is n times how long one takes alone, over how long one of n takes: 1 for
    the first of `sizes`, which is 1. Raises UsageError where there is no server to measure.
    """
    try:
        server = ModelServer(url=_base(url), model=model, headers=headers)
        server = server if model else replace(server, model=_first_model(server))
        complete(server, _SHORT)  # the first call of all warms the server up
        short: list[float] = []
        long: dict[int, list[float]] = {size: [] for size in sizes}
        for _ in range(_ROUNDS):
            short.append(_mean_ns(server, 1, _SHORT))
            for size, times in long.items():
                times.append(_mean_ns(server, size, _LONG))
    except ModelServerError as error:
        raise UsageError(f"--server: {error}") from error
    alone = median(long[1])
    token_ns = round((alone - median(short)) / (_LONG - _SHORT))
    if token_ns < 1:
        raise UsageError(f"--server: {server.url} takes no longer for {_LONG} tokens than {_SHORT}")
    call_ns = max(round(alone) - _LONG * token_ns, 0)
    speeds = [size * alone / median(times) for size, times in long.items()]
    return replace(server, call_ns=call_ns, token_ns=token_ns), speeds


def _mean_ns(server: ModelServer, calls: int, tokens: int) -> float:
    """How long calls take on average that begin together."""

    def timed(_: int) -> int:
        begun_ns = time.monotonic_ns()
        complete(server, tokens)
        return time.monotonic_ns() - begun_ns

    with ThreadPoolExecutor(calls) as threads:
        return fmean(threads.map(timed, range(calls)))


def _base(url: str) -> str:
    parts, wanted = http_address(url), "an address like http://127.0.0.1:8000 is wanted"
    if parts is None:
        raise ModelServerError(f"{url!r} is none: {wanted}" if "@" not in url else wanted)
    if parts.username is not None:
        raise ModelServerError(f"{wanted}, without a password: a key is told by --server-header")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/v1')}"


def _first_model(server: ModelServer) -> str:
    listed = _answer(server, "/v1/models").get("data")
    first = listed[0] if isinstance(listed, list) and listed else None
    name = first.get("id") if isinstance(first, dict) else None
    if not isinstance(name, str):
        raise ModelServerError(f"{server.url} names no model at /v1/models: say which by --model")
    return name


def _answer(server: ModelServer, path: str, asked: object = None) -> dict[str, Any]:
    """What the server says, which has to be a JSON object."""
    url, parts = f"{server.url}{path}", urlsplit(server.url)
    connection = connection_to(parts, timeout_s=_PATIENCE_S)
    try:
        method, body = ("GET", None) if asked is None else ("POST", json.dumps(asked))
        headers = {"Content-Type": "application/json", **server.headers}
        connection.request(method, parts.path + path, body, headers)
        response = connection.getresponse()
        text = response.read(_MOST_BYTES).decode(errors="replace")
    except (OSError, HTTPException, ValueError) as error:
        raise ModelServerError(f"{server.url} does not answer: {error}") from error
    finally:
        connection.close()
    if response.status != 200:  # noqa: PLR2004, it is called OK
        said = " ".join(text[:_SHOWN].split())
        key = "; a key is told by --server-header" if response.status in _UNKNOWN_CALLER else ""
        raise ModelServerError(f"{url} answered {response.status}: {said}{key}")
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        kind = response.getheader("Content-Type", "something")
        raise ModelServerError(f"{url} answered with {kind}, which is no object of JSON: {_WANTED}")
    return answer
