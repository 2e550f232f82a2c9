"""Services of Compose in their less usual forms: named volumes, the engine's socket, variables."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Truth
from agentaudit.model.facts.runtimes import Runtime

KEY = "sk-proj-R7fQ2mZc9Xw4TbKd8LpYhGj3FsAe6UoI5xV1tN0wE"


def service(text: str, **files: str) -> Runtime:
    """The first service of a file; the others lie beside it."""
    compose = f"services: {{desk: {{image: 'acme/agent:1', {text}}}}}\n"
    named = {name.replace("_", "."): content for name, content in files.items()}
    volumes = named.pop("volumes", "")
    found = deployment_of({"compose.yaml": compose + volumes, **named})
    return next(each for each in found.runtimes if each.name == "desk")


@pytest.mark.parametrize(
    ("switch", "owned"),
    [("true", True), ("'true'", True), ("false", False), ("'${A:-false}'", False)],
)
def test_the_socket_that_compose_itself_hands_over_is_the_engines(
    switch: str, *, owned: bool
) -> None:
    assert service(f"use_api_socket: {switch}").docker_socket is owned


@pytest.mark.parametrize(
    ("options", "mounts", "owned"),
    [
        ("{type: none, o: bind, device: /}", ("/",), False),
        ("{type: none, o: 'rw,bind', device: /var/run/docker.sock}", (), True),
        ("{type: nfs, o: 'addr=10.0.0.1,rw', device: '/'}", (), False),
        ("{type: none, o: bind, device: /srv/data}", (), False),
    ],
)
def test_a_volume_with_a_name_is_what_it_is_bound_to(
    options: str, mounts: tuple[str, ...], *, owned: bool
) -> None:
    runtime = service(
        "volumes: ['data:/data']", volumes=f"volumes: {{data: {{driver_opts: {options}}}}}"
    )

    assert (runtime.host_mounts, runtime.docker_socket) == (mounts, owned)


@pytest.mark.parametrize(
    ("written", "dotenv", "privileged"),
    [
        ("'${A:-true}'", "", True),
        ("'${A:-false}'", "", False),
        ("'${A:-true}'", "A=false\n", False),
        ("'${A}'", "A=true\n", True),
        ("'true'", "", True),
        ("'false'", "", False),
    ],
)
def test_a_switch_is_what_its_variable_is(written: str, dotenv: str, *, privileged: bool) -> None:
    assert service(f"privileged: {written}", _env=dotenv).privileged is privileged


def test_a_switch_that_nobody_sets_is_open() -> None:
    compose = "services: {desk: {image: 'acme/agent:1', privileged: '${A}', network_mode: '${B}'}}"

    assert {each.what for each in deployment_of({"compose.yaml": compose}).unresolved} >= {
        "what privileged of a service is",
        "what network_mode of a service is",
    }


def test_a_network_and_a_user_are_those_of_variables() -> None:
    runtime = service("network_mode: '${A:-host}', user: '${B}'", _env="B=0\n")

    assert runtime.host_network
    assert runtime.runs_as_root is Truth.YES


@pytest.mark.parametrize(("base", "own"), [("a.env", "[b.env]"), ("[a.env]", "b.env")])
def test_files_of_variables_add_up_in_either_form(base: str, own: str) -> None:
    compose = (
        f"services:\n  desk: {{extends: base, env_file: {own}}}\n"
        f"  base: {{image: 'acme/agent:1', env_file: {base}}}\n"
    )
    found = deployment_of(
        {"compose.yaml": compose, "a.env": f"OPENAI_API_KEY={KEY}", "b.env": "LOG=1"}
    )
    (desk,) = (each for each in found.runtimes if each.name == "desk")

    assert desk.id in {each.dst for each in found.edges if each.kind == "visible_to"}


def test_networks_add_up_in_either_form() -> None:
    compose = (
        "services:\n  desk: {extends: base, networks: {open: {}}}\n"
        "  base: {image: 'acme/agent:1', networks: [shut]}\n"
        "networks: {shut: {}, open: {internal: true}}\n"
    )
    (desk,) = (
        each for each in deployment_of({"compose.yaml": compose}).runtimes if each.name == "desk"
    )

    assert desk.egress == "any"


INLINE = 'build: {context: ., dockerfile_inline: "FROM python:3.12\\nUSER root"}'


@pytest.mark.parametrize(
    ("build", "root"),
    [
        (INLINE, Truth.UNKNOWN),
        ("build: .", Truth.NO),
        ("build: {context: '${A:-.}', dockerfile: '${B:-Dockerfile.dev}'}", Truth.YES),
        ("build: {context: '${A:-.}', dockerfile: '${B:-Dockerfile}'}", Truth.NO),
    ],
)
def test_an_image_is_built_from_the_file_that_is_named(build: str, root: Truth) -> None:
    files = {
        "compose.yaml": f"services: {{desk-agent: {{{build}}}}}",
        "Dockerfile": "FROM python:3.12\nUSER app\n",
        "Dockerfile.dev": "FROM python:3.12\n",
    }
    found = deployment_of(files)
    (desk,) = (each for each in found.runtimes if each.name == "desk-agent")
    told = "the Dockerfile that is written here" in {each.what for each in found.unresolved}

    assert desk.runs_as_root is root
    assert told is (build == INLINE)
