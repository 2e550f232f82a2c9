"""A workload built from a project that depends on what builds agents runs them, if it is alone."""

import pytest

from agentaudit.extract.deployment import deployment_of

GO_MOD = "module example.com/desk\n\nrequire github.com/cloudwego/eino v0.5.0\n"
COMPOSE = "services:\n  api:\n    build: ./api\n    ports: ['8080:8080']\n"
TWO = f"{COMPOSE}  worker:\n    build: ./api\n"


def roles(files: dict[str, str]) -> list[str]:
    return [runtime.role for runtime in deployment_of(files).runtimes if runtime.kind != "image"]


@pytest.mark.parametrize(
    ("manifest", "text"),
    [
        ("go.mod", GO_MOD),
        ("composer.json", '{"require": {"prism-php/prism": "^1"}}'),
        ("Cargo.toml", '[dependencies]\nrig-core = "0.20"\n'),
    ],
)
def test_the_one_workload_of_such_a_project_is_an_agent(manifest: str, text: str) -> None:
    files = {"docker-compose.yml": COMPOSE, f"api/{manifest}": text}
    (runtime,) = deployment_of(files).runtimes

    assert (runtime.role, runtime.runs_agent) == ("agent", True)
    assert f"api/{manifest}" in {place.file for place in runtime.evidence}


def test_a_dockerfile_beside_the_project_tells_where_all_are_built_from_one_folder() -> None:
    project = '<Project><PackageReference Include="Microsoft.Agents.AI" /></Project>'
    services = "".join(
        f"  {name}:\n    build: {{context: ., dockerfile: src/{name}/Dockerfile}}\n"
        for name in ("desk", "shop")
    )
    found = deployment_of(
        {"compose.yaml": f"services:\n{services}", "src/desk/Desk.csproj": project}
    )

    assert {each.name: each.role for each in found.runtimes} == {"desk": "agent", "shop": ""}


@pytest.mark.parametrize(
    "files",
    [
        {"docker-compose.yml": COMPOSE, "other/go.mod": GO_MOD},
        {"docker-compose.yml": COMPOSE, "api/pubspec.yaml": "dependencies:\n  langchain: ^0.7.0\n"},
        {"docker-compose.yml": COMPOSE, "api/go.mod": GO_MOD.replace("cloudwego/eino", "a/b")},
        {
            "docker-compose.yml": COMPOSE,
            "api/go.mod": GO_MOD.replace("cloudwego/eino", "openai/openai-go"),
        },
        {"docker-compose.yml": COMPOSE.replace("build: ./api", "image: a"), "api/go.mod": GO_MOD},
    ],
)
def test_another_workload_is_none(files: dict[str, str]) -> None:
    assert roles(files) == [""]


def test_of_several_which_does_is_open() -> None:
    files = {"docker-compose.yml": TWO, "api/go.mod": GO_MOD}
    found = deployment_of(files)

    assert roles(files) == ["", ""]
    assert "which of 2 workloads that are built from here run its agents" in {
        end.what for end in found.unresolved
    }


def test_of_several_nothing_is_open_where_one_is_known() -> None:
    named = TWO.replace("worker:", "support-agent:")
    found = deployment_of({"docker-compose.yml": named, "api/go.mod": GO_MOD})

    assert not any(end.what.startswith("which of") for end in found.unresolved)
