"""
Whether the other end of a connection is a model, by evidence that needs no network.

Sure are the addresses that the user named, those that the process itself was given as the base of
a model's API, ports that serve nothing else, and servers of models on this host. Weak is a remote
HTTPS connection of a process that has a client of models: it may as well be a tool's.
Of a process's environment, only names of variables and `host:port` of such URLs are ever kept.
"""

import ipaddress
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from msgspec import Struct

MODEL_PORTS: Mapping[int, str] = {1234: "LM Studio", 11434: "Ollama", 30000: "SGLang"}
"""Ports that serve nothing else by default."""

ENCRYPTED_PORTS = frozenset({443, 8443})

_SHARED_PORTS = frozenset({80, 443, 4000, 8000, 8080, 8443})
"""Where models and everything else are served: vLLM on 8000, llama.cpp on 8080, LiteLLM on 4000."""

_SERVERS = frozenset(
    {
        "aphrodite", "koboldcpp", "litellm", "llama-server", "llama_cpp", "llamafile", "lmdeploy",
        "local-ai", "mlx_lm", "ollama", "sglang", "tabbyapi", "text-generation-launcher",
        "text-generation-router", "tgi", "tritonserver", "trtllm-serve", "vllm", "xinference",
    }
)  # fmt: skip
"""Programs and Python modules that serve models."""

_CLIENTS = ("/jiter/", "/tiktoken/")
"""Compiled parts that come with the clients of OpenAI and Anthropic, in a process's memory map."""

_VENDORS = (
    "ANTHROPIC|AZURE_OPENAI|COHERE|CO|DEEPSEEK|FIREWORKS|GEMINI|GOOGLE_GENAI|GROQ|HF|HUGGINGFACE"
    "|LITELLM|LLM|LM_STUDIO|MISTRAL|MODEL|NVIDIA|OLLAMA|OPENAI|OPENROUTER|PERPLEXITY|SGLANG"
    "|TOGETHER|VLLM|XAI"
)
_BASE = re.compile(rf"(?:{_VENDORS})_(?:API_BASE|API_URL|BASE|BASE_URL|ENDPOINT|HOST|URL)")
_KEY = re.compile(rf"(?:{_VENDORS})_(?:API_KEY|AUTH_TOKEN|TOKEN)")
_PROXY = re.compile(r"(?:https_proxy|all_proxy)", re.IGNORECASE)
_LONGEST = 256 * 1024
_WORDS = 6
_AT_ONCE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
"""Nobody waits for whoever might write into a pipe."""

_STALE_NS = 60_000_000_000
_SERVER_STALE_NS = 1_000_000_000


class Evidence(Struct, frozen=True, kw_only=True):
    """Why an endpoint is taken for a model's. Where it is not `sure`, only a long wait counts."""

    text: str
    sure: bool


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a process was given and has loaded: `host:port` and ports of bases, by variable."""

    bases: Mapping[str, str]
    ports: Mapping[int, str]
    proxies: Collection[str]
    client: str
    """What shows that it has a client of models; empty without."""
    read_ns: int


class ModelEndpoints:
    """Evidence by process and address. `named` are the user's, as `host:port` in numbers."""

    def __init__(self, named: Collection[str]) -> None:
        self._named = frozenset(named)
        self._surroundings: dict[int, Surroundings] = {}
        self._servers: dict[int, tuple[int, str]] = {}
        """When each was looked at: a launcher becomes the server, and numbers are given again."""

    def evidence(self, now_ns: int, pid: int, peer: str, peer_pid: int) -> Evidence | None:
        """What speaks for a model behind `peer`, to which the process is connected."""
        port = int(peer.rpartition(":")[2])
        if peer in self._named:
            return Evidence(text="--llm-endpoint", sure=True)
        around = self._around(now_ns, pid)
        if peer in around.bases:
            return Evidence(text=around.bases[peer], sure=True)
        if port in MODEL_PORTS:
            return Evidence(text=f"port {port}", sure=True)
        server = self._server(now_ns, peer_pid)
        if server:
            return Evidence(text=f"served by {server}", sure=True)
        if peer_pid:
            return None
        return _weak(peer, port, around)

    def _around(self, now_ns: int, pid: int) -> Surroundings:
        known = self._surroundings.get(pid)
        if known is None or now_ns - known.read_ns > _STALE_NS:
            known = self._surroundings[pid] = surroundings(pid, now_ns)
        return known

    def _server(self, now_ns: int, pid: int) -> str:
        if not pid:
            return ""
        looked_ns, name = self._servers.get(pid, (0, ""))
        if not looked_ns or now_ns - looked_ns > _SERVER_STALE_NS:
            name = server_in(beginning_of(f"/proc/{pid}/cmdline").split("\0"))
            self._servers[pid] = (now_ns, name)
        return name


def _weak(peer: str, port: int, around: Surroundings) -> Evidence | None:
    if port in around.ports and port not in ENCRYPTED_PORTS:
        return Evidence(text=f"port of {around.ports[port]}", sure=False)
    if not around.client:
        return None
    if peer in around.proxies:
        return Evidence(text=f"proxy, {around.client}", sure=False)
    if port in _SHARED_PORTS and not _loopback(peer):
        return Evidence(text=f"port {port}, {around.client}", sure=False)
    return None


def surroundings(pid: int, now_ns: int) -> Surroundings:
    """What a process's environment and memory map say of models; no secret is kept of it."""
    variables = _variables(pid)
    hosts = _hosts(pid)
    bases: dict[str, str] = {}
    ports: dict[int, str] = {}
    for name, value in variables.items():
        if _BASE.fullmatch(name) and (place := _place(value)):
            host, port = place
            ports[port] = name
            bases |= dict.fromkeys(_numeric(host, port, hosts), name)
    proxies = {
        address
        for name, value in variables.items()
        if _PROXY.fullmatch(name) and (place := _place(value))
        for address in _numeric(*place, hosts)
    }
    return Surroundings(
        bases=bases, ports=ports, proxies=proxies, client=_client(pid, variables), read_ns=now_ns
    )


def server_in(command: Collection[str]) -> str:
    """The server of models that a command line starts; empty when it starts none that we know."""
    for word in list(command)[:_WORDS]:
        name = word.rpartition("/")[2]
        for candidate in (name, re.split(r"[.:]", name)[0]):
            if candidate.lower() in _SERVERS:
                return candidate.lower()
    return ""


def shown(host: str, port: int) -> str:
    """`host:port`, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _client(pid: int, variables: Mapping[str, str]) -> str:
    keys = sorted(name for name in variables if _KEY.fullmatch(name) or _BASE.fullmatch(name))
    if keys:
        return keys[0]
    mapped = beginning_of(f"/proc/{pid}/maps", longest=16 * _LONGEST)
    return next((part.strip("/") for part in _CLIENTS if part in mapped), "")


def _variables(pid: int) -> Mapping[str, str]:
    pairs = (entry.partition("=") for entry in beginning_of(f"/proc/{pid}/environ").split("\0"))
    return {
        name: value
        for name, equals, value in pairs
        if equals and (_BASE.fullmatch(name) or _KEY.fullmatch(name) or _PROXY.fullmatch(name))
    }


def _place(url: str) -> tuple[str, int] | None:
    """Host and port of a URL, or of what is left of one: `0.0.0.0:11434`."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}", scheme="http")
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname else None


def _numeric(host: str, port: int, hosts: Mapping[str, Collection[str]]) -> Iterator[str]:
    """The addresses that a host stands for, as far as no network is needed to know."""
    if host in {"localhost", "0.0.0.0", "::"}:  # noqa: S104 -- to connect to, it is this host
        yield from (shown("127.0.0.1", port), shown("::1", port))
    try:
        yield shown(str(ipaddress.ip_address(host)), port)
    except ValueError:
        yield from (shown(address, port) for address in hosts.get(host, ()))


def _hosts(pid: int) -> Mapping[str, Collection[str]]:
    """Names in the hosts file that the process sees."""
    found: dict[str, list[str]] = {}
    for line in beginning_of(f"/proc/{pid}/root/etc/hosts").splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        for name in names:
            found.setdefault(name.lower(), []).append(address)
    return found


def _loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer.rpartition(":")[0].strip("[]")).is_loopback
    except ValueError:
        return False


def beginning_of(path: str, longest: int = _LONGEST) -> str:
    """The beginning of a file; nothing of a pipe or a device that stands in its place."""
    try:
        with os.fdopen(os.open(path, _AT_ONCE), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return ""
            return file.read(longest).decode("utf-8", "replace")
    except OSError:  # gone, or not ours to look at
        return ""
