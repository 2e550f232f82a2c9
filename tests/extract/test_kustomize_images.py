"""Images that kustomizations give to what they list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.rules.ours import lint_rules

POD = """
apiVersion: v1
kind: Pod
metadata: {name: crm-mcp}
spec:
  containers: [{name: crm-mcp, image: %s}]
"""
BASE = "resources: [pod.yaml]\n"


def images(image: str, **kustomizations: str) -> list[str]:
    """Of the pod below `base`, with kustomizations by their folders."""
    files = {f"{folder}/kustomization.yaml": text for folder, text in kustomizations.items()}
    found = deployment_of({"base/pod.yaml": POD % image, **files})
    return [runtime.image for runtime in found.runtimes]


def listing(*, name: str = "acme/crm-mcp", of: str = "../base", **changes: str) -> str:
    pairs = "".join(f", {key}: {value}" for key, value in changes.items())
    return f"resources: [{of}]\nimages: [{{name: {name}{pairs}}}]\n"


@pytest.mark.parametrize(
    ("written", "changes", "applied"),
    [
        ("acme/crm-mcp", {"newTag": "1.4.2"}, "acme/crm-mcp:1.4.2"),
        ("acme/crm-mcp:latest", {"newTag": "1.10"}, "acme/crm-mcp:1.10"),
        ("acme/crm-mcp:1", {"newName": "eu.example/crm-mcp"}, "eu.example/crm-mcp:1"),
        ("acme/crm-mcp:1", {"digest": "'sha256:ab'"}, "acme/crm-mcp@sha256:ab"),
        ("acme/crm-mcp-page:1", {"newTag": "1.4.2"}, "acme/crm-mcp-page:1"),
        ("localhost:5000/acme/crm-mcp", {"newTag": "2"}, "localhost:5000/acme/crm-mcp"),
    ],
)
def test_an_image_is_what_the_kustomization_makes_it(
    written: str, changes: dict[str, str], applied: str
) -> None:
    assert images(written, base=listing(of="pod.yaml", **changes)) == [applied]


def test_a_kustomization_is_applied_after_what_it_lists() -> None:
    inner = listing(of="pod.yaml", newName="eu.example/crm-mcp")
    outer = listing(name="eu.example/crm-mcp", newTag="1.4.2")

    assert images("acme/crm-mcp", base=inner, prod=outer) == ["eu.example/crm-mcp:1.4.2"]


def test_an_image_stays_where_one_of_several_leaves_it() -> None:
    pinned, bare = listing(newTag="1.4.2"), "resources: [../base]\n"

    assert images("acme/crm-mcp", base=BASE, prod=pinned, dev=bare) == ["acme/crm-mcp"]
    assert images("acme/crm-mcp", base=BASE, prod=pinned, dev=pinned) == ["acme/crm-mcp:1.4.2"]


@pytest.mark.parametrize(
    ("kustomizations", "open_"),
    [
        ({"base": listing(of="pod.yaml", newTag="1")}, []),
        ({"base": BASE, "prod": listing(newTag="1")}, []),
        ({"base": BASE, "prod": listing(newTag="1"), "dev": listing(newTag="2")}, ["dev", "prod"]),
        ({"base": listing(of="../base", newTag="1")}, ["base"]),
    ],
)
def test_images_that_are_not_applied_everywhere_are_named(
    kustomizations: dict[str, str], open_: list[str]
) -> None:
    files = {f"{folder}/kustomization.yaml": text for folder, text in kustomizations.items()}
    found = deployment_of({"base/pod.yaml": POD % "acme/crm-mcp", **files})
    told = {each.file.partition("/")[0] for each in found.coverage if "images" in each.reason}

    assert sorted(told) == open_


@pytest.mark.parametrize(("tag", "pinned"), [("1.4.2", True), ("latest", False)])
def test_a_tool_server_is_pinned_by_its_kustomization(tag: str, pinned: bool) -> None:  # noqa: FBT001
    files = {
        "base/pod.yaml": POD % "acme/crm-mcp",
        "base/kustomization.yaml": listing(of="pod.yaml", newTag=tag),
    }
    rules = {each.rule for each in lint(deployment_of(files), lint_rules()).findings}

    assert ("unpinned-tool-server" in rules) is not pinned


@given(depth=st.integers(1, 30))
def test_kustomizations_that_multiply_end_and_are_named(depth: int) -> None:
    """Each lists the next one twice: 2 to the power of their number ways lead to the last."""
    files = {
        f"{number}/kustomization.yaml": f"resources: [../{number + 1}, ../{number + 1}]\n"
        for number in range(depth)
    }
    files[f"{depth}/kustomization.yaml"] = "images: [{name: a, newTag: '1'}]\n"
    found = deployment_of(files)
    told = [each.file for each in found.coverage if "images" in each.reason]

    assert told == ([f"{depth}/kustomization.yaml"] if depth >= 13 else [])
