"""Which hosts are of one's own machine or network, asked in one place for all formats."""

import pytest

from agentaudit.extract.addresses import (
    called_locally,
    is_of_own_network,
    is_own_machine,
    stays_inside,
)


@pytest.mark.parametrize(
    "host",
    ["db", "my_db", "crm.tools.svc", "crm.tools.svc.cluster.local", "crm.acme.internal", "nas.lan"],
)
def test_a_network_of_ones_own_knows_it_alone(host: str) -> None:
    assert is_of_own_network(host)
    assert stays_inside(f"http://{host}:8080/mcp")
    assert stays_inside(f"https://agent:{{}}@{host}")


@pytest.mark.parametrize(
    "host", ["", "*", "acme.example.com", "internal.acme.com", "acme.test", "10.0.0.7"]
)
def test_others_may_know_it(host: str) -> None:
    assert not is_of_own_network(host)
    assert not stays_inside(f"http://{host}/mcp")


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://crm.{{NAMESPACE}}.svc.cluster.local:8000/mcp", True),
        ("http://crm.${NAMESPACE}.svc/mcp", True),
        ("http://{{HOST}}/mcp", False),
        ("http://vendor.io/.svc", False),
        ("http://vendor.io#x.svc", False),
    ],
)
def test_a_service_is_told_by_its_whole_name_whatever_is_left_to_fill_in(
    url: str, *, inside: bool
) -> None:
    assert stays_inside(url) is inside


def test_a_service_with_its_namespace_stays_inside() -> None:
    """As an address it does; as the host of an Ingress nobody would write it."""
    assert stays_inside("http://crm.team-tools:8080")
    assert not is_of_own_network("crm.team-tools")


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://crm-mcp.ai:4483/mcp", True),
        ("http://crm-mcp.ai/mcp", False),
        ("http://crm-mcp.ai:80/mcp", False),
        ("https://crm-mcp.ai:4483/mcp", False),
        ("http://crm.example:4483", False),
    ],
)
def test_a_namespace_may_be_called_as_an_ending_of_the_internet(url: str, *, inside: bool) -> None:
    assert stays_inside(url) is inside


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "host.docker.internal"])
def test_the_own_machine(host: str) -> None:
    assert is_own_machine(host)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://0.0.0.0:3156/mcp", True),
        ("http://localhost:3156/mcp", True),
        ("http://0.0.0.0.acme.test/mcp", False),
        ("http://0.0.0.0:x@acme.test/mcp", False),
    ],
)
def test_what_is_called_at_every_interface_is_called_here(url: str, *, here: bool) -> None:
    assert called_locally(url) is here
