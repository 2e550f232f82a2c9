"""What speaks for a model at the other end of a connection."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from agentaudit.probes.connections.model_endpoints import (
    Evidence,
    ModelEndpoints,
    beginning_of,
    server_in,
    shown,
    surroundings,
)

Program = subprocess.Popen[str]
Start = Callable[..., Program]
REMOTE = "203.0.113.7:443"


@pytest.fixture
def given_to(monkeypatch: pytest.MonkeyPatch, start: Start) -> Callable[..., int]:
    """The pid of a program with these variables and none of ours that name a model."""

    def started(**variables: str) -> int:
        for name in tuple(os.environ):
            if name.partition("_")[0] in {"ANTHROPIC", "OPENAI", "HF", "LLM"}:
                monkeypatch.delenv(name)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return start("import sys\nprint('ready', flush=True)\nsys.stdin.read()\n").pid

    return started


def evidence(pid: int, peer: str, peer_pid: int = 0, named: str = "") -> Evidence | None:
    return ModelEndpoints({named}).evidence(10**9, pid, peer, peer_pid)


def test_what_the_user_names_is_sure() -> None:
    assert evidence(1, REMOTE, named=REMOTE) == Evidence(text="--llm-endpoint", sure=True)


@pytest.mark.parametrize("port", [1234, 11434, 30000])
def test_ports_of_models_alone_are_sure(port: int, given_to: Callable[..., int]) -> None:
    found = evidence(given_to(), f"10.0.0.9:{port}")

    assert found == Evidence(text=f"port {port}", sure=True)


@pytest.mark.parametrize(
    ("variables", "peer"),
    [
        ({"OPENAI_BASE_URL": "http://127.0.0.1:9001/v1"}, "127.0.0.1:9001"),
        ({"ANTHROPIC_BASE_URL": "http://localhost:4001"}, "127.0.0.1:4001"),
        ({"OLLAMA_HOST": "0.0.0.0:11999"}, "127.0.0.1:11999"),
        ({"AZURE_OPENAI_ENDPOINT": "https://10.1.2.3/"}, "10.1.2.3:443"),
        ({"VLLM_API_BASE": "http://[fd00::5]:8001/v1"}, "[fd00::5]:8001"),
    ],
)
def test_the_base_of_an_api_that_a_process_was_given_is_sure(
    variables: Mapping[str, str], peer: str, given_to: Callable[..., int]
) -> None:
    assert evidence(given_to(**variables), peer) == Evidence(text=next(iter(variables)), sure=True)


def test_names_in_the_hosts_file_need_no_network(given_to: Callable[..., int]) -> None:
    name = socket.gethostname()
    pid = given_to(OPENAI_BASE_URL="http://localhost:9001/v1", LLM_URL=f"http://{name}:9002")
    places = surroundings(pid, 0).bases

    assert places["127.0.0.1:9001"] == "OPENAI_BASE_URL"


def test_a_name_that_only_a_network_could_resolve_leaves_its_port(
    given_to: Callable[..., int],
) -> None:
    pid = given_to(OPENAI_BASE_URL="http://vllm.internal.example:8001/v1")

    assert evidence(pid, "10.0.0.5:8001") == Evidence(text="port of OPENAI_BASE_URL", sure=False)
    assert evidence(pid, "10.0.0.5:5432") is None


def test_https_of_a_process_with_a_key_of_a_model_may_be_a_model(
    given_to: Callable[..., int],
) -> None:
    pid = given_to(ANTHROPIC_API_KEY="not a secret")

    assert evidence(pid, REMOTE) == Evidence(text="port 443, ANTHROPIC_API_KEY", sure=False)
    assert evidence(pid, "203.0.113.7:5432") is None
    assert evidence(pid, "127.0.0.1:8000") is None


def test_a_proxy_of_a_process_with_a_key_may_lead_to_a_model(given_to: Callable[..., int]) -> None:
    pid = given_to(OPENAI_API_KEY="not a secret", HTTPS_PROXY="http://10.0.0.2:3128")

    assert evidence(pid, "10.0.0.2:3128") == Evidence(text="proxy, OPENAI_API_KEY", sure=False)


def test_https_of_any_other_process_is_nothing(given_to: Callable[..., int]) -> None:
    assert evidence(given_to(OPENAI_API_BASE="http://", HF_HOME="/x"), "10.0.0.5:81") is None
    assert evidence(given_to(), REMOTE) is None


def test_no_value_of_the_environment_is_kept(given_to: Callable[..., int]) -> None:
    pid = given_to(
        OPENAI_API_KEY="sk-canary",
        OPENAI_BASE_URL="http://user:canary@127.0.0.1:9001/canary?canary",
    )

    kept = repr(surroundings(pid, 0))

    assert "127.0.0.1:9001" in kept
    assert "canary" not in kept


def test_the_compiled_part_of_a_client_shows_in_its_memory(
    start: Start, tmp_path_factory: pytest.TempPathFactory, given_to: Callable[..., int]
) -> None:
    assert not surroundings(given_to(), 0).client
    folder = tmp_path_factory.mktemp("site-packages") / "jiter"
    folder.mkdir()
    mapped = folder / "jiter.so"
    mapped.write_bytes(b"x" * 4096)
    program = start(
        "import mmap, sys\nfile = open(sys.argv[1], 'rb')\n"
        "held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)\n"
        "print('ready', flush=True)\nsys.stdin.read()\n",
        str(mapped),
        name="client.py",
    )

    assert surroundings(program.pid, 0).client == "jiter"


def test_a_server_of_models_on_this_host_is_known_by_its_command(
    start: Start, given_to: Callable[..., int]
) -> None:
    serving = start("import sys\nprint('ready', flush=True)\nsys.stdin.read()\n", name="vllm.py")
    pid = given_to(OPENAI_API_KEY="not a secret")

    found = evidence(pid, "127.0.0.1:8000", serving.pid)

    assert found == Evidence(text="served by vllm", sure=True)
    assert evidence(pid, "10.0.0.3:8000", os.getpid()) is None


@pytest.mark.parametrize(
    ("command", "server"),
    [
        (["/usr/bin/ollama", "serve"], "ollama"),
        (["python3", "-m", "vllm.entrypoints.openai.api_server"], "vllm"),
        (["python", "-m", "sglang.launch_server"], "sglang"),
        (["VLLM::EngineCore"], "vllm"),
        (["/opt/llama.cpp/bin/llama-server", "-m", "x.gguf"], "llama-server"),
        (["/bin/bash", "-c", "echo"], ""),
        ([""], ""),
    ],
)
def test_servers_of_models_by_their_command(command: list[str], server: str) -> None:
    assert server_in(command) == server


def test_what_a_process_was_given_is_read_once_a_minute(given_to: Callable[..., int]) -> None:
    models = ModelEndpoints(())
    pid = given_to(OPENAI_API_KEY="not a secret")
    before = models.evidence(1, pid, REMOTE, 0)
    os.kill(pid, 9)

    assert models.evidence(2, pid, REMOTE, 0) == before
    assert sys.platform == "linux"


def test_a_launcher_that_becomes_a_server_is_known_as_one(start: Start) -> None:
    launcher = start(
        "import os, sys\nprint('ready', flush=True)\nsys.stdin.readline()\n"
        "os.execvp('sh', ['vllm', '-c', 'echo ready; read line'])\n"
    )
    models = ModelEndpoints(())
    before = models.evidence(10**9, launcher.pid, "10.0.0.9:8000", launcher.pid)
    assert launcher.stdin
    assert launcher.stdout
    launcher.stdin.write("go\n")
    launcher.stdin.flush()
    launcher.stdout.readline()

    assert before is None
    assert models.evidence(3 * 10**9, launcher.pid, "10.0.0.9:8000", launcher.pid) == Evidence(
        text="served by vllm", sure=True
    )


def test_a_pipe_in_place_of_a_file_holds_nobody_up(tmp_path: Path) -> None:
    pipe = tmp_path / "hosts"
    os.mkfifo(pipe)

    assert beginning_of(str(pipe)) == ""


def test_addresses_are_shown_as_in_urls() -> None:
    assert shown("10.0.0.1", 80) == "10.0.0.1:80"
    assert shown("::1", 80) == "[::1]:80"
